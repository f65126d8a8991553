"""Losses, averaged over outputs and weighted over samples."""

import torch
from torch import nn
from torch.nn import functional as F

ELEMENTWISE = {
    "huber": F.huber_loss,
    "squared_error": F.mse_loss,
    "absolute_error": F.l1_loss,
}
LOSSES = (*ELEMENTWISE, "quantile")
"""Names of losses; another one is a function, for :class:`OwnLoss`."""


class WeightedLoss(nn.Module):
    """A loss for regression.

    Parameters
    ----------
    name : str
        One of LOSSES.
    quantiles : tensor of shape (n_quantiles,), default=None
        For "quantile": the levels of the last axis of the prediction.
    output_weights : tensor of shape (n_outputs,), default=None
        Importance of each output.
    """

    def __init__(self, name, quantiles=None, output_weights=None):
        super().__init__()
        self.name = name
        self.register_buffer("quantiles", quantiles)
        self.register_buffer("output_weights", output_weights)

    def forward(self, prediction, target, n_models=None):
        """Compare with targets, or with a pair of targets and sample weights.

        A target that is NaN does not count. With ``n_models``, the first axis is that
        of the models, and each has its own loss.
        """
        target, weight = target if isinstance(target, (tuple, list)) else (target, None)
        missing = target.isnan()
        # A GPU that is asked is waited for.
        some_missing = target.device.type != "cpu" or bool(missing.any())
        if some_missing:
            target = target.nan_to_num(nan=0.0)
            if prediction.shape == target.shape:  # one's own may divide by the target
                prediction = prediction.masked_fill(missing, 0.0)
        loss = self._elementwise(prediction, target, n_models)  # the shape of target
        if self.output_weights is not None:
            loss = loss * self.output_weights
        loss = _weighted(loss, weight)
        axis = 0 if n_models is None else 1
        if not some_missing:
            return loss.flatten(axis).mean(-1)
        n_given = (~missing).flatten(axis).sum(-1).clamp(min=1)
        return loss.masked_fill(missing, 0.0).flatten(axis).sum(-1) / n_given

    def _elementwise(self, prediction, target, n_models):
        if self.name != "quantile":
            return ELEMENTWISE[self.name](prediction, target, reduction="none")
        prediction = prediction.unflatten(-1, (-1, len(self.quantiles)))
        error = target.unsqueeze(-1) - prediction
        pinball = torch.maximum(self.quantiles * error, (self.quantiles - 1) * error)
        return 2 * pinball.mean(dim=-1)


class OwnLoss(WeightedLoss):
    """A loss for regression that is given as a function.

    Parameters
    ----------
    function : callable
        From predictions and targets to the loss of each element, all of one shape,
        (batch, [steps,] n_outputs).
    output_weights : tensor of shape (n_outputs,), default=None
        Importance of each output.
    """

    def __init__(self, function, output_weights=None):
        super().__init__("own", output_weights=output_weights)
        if isinstance(function, type):
            raise TypeError(
                f"loss must be a function, got the class {function.__name__}: give an "
                "instance of it, with the loss of each element, such as "
                "torch.nn.SmoothL1Loss(reduction='none')."
            )
        self.function = function

    def _elementwise(self, prediction, target, n_models):
        if n_models is not None:  # of which the function knows nothing
            pairs = zip(prediction, target, strict=True)
            return torch.stack([self._elementwise(*pair, None) for pair in pairs])
        loss = self.function(prediction, target)
        if getattr(loss, "shape", None) != target.shape:
            got = tuple(loss.shape) if isinstance(loss, torch.Tensor) else repr(loss)
            raise ValueError(
                "loss must return a tensor with the loss of each element, here of "
                f"shape {tuple(target.shape)}, got {got}: take no mean, as with "
                "torch.nn.SmoothL1Loss(reduction='none')."
            )
        return loss


class CrossEntropy(nn.Module):
    """The loss for classification, with one label or a sequence of labels per sample.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of the target probability that is spread over all classes.
    label_weights : ndarray of shape (n_classes,), default=None
        Importance of each label.
    """

    PADDING = -100
    """The label that does not count."""

    def __init__(self, label_smoothing=0.0, label_weights=None):
        super().__init__()
        if label_weights is not None:
            label_weights = torch.from_numpy(label_weights)
        self.register_buffer("label_weights", label_weights)
        self.label_smoothing = label_smoothing

    def forward(self, prediction, target, n_models=None):
        """Compare logits (batch, [steps,] classes) with labels (batch, [steps]).

        With ``n_models``, the first axis is that of the models, and each has its own
        loss.
        """
        target, weight = target if isinstance(target, (tuple, list)) else (target, None)
        loss = F.cross_entropy(
            prediction.flatten(end_dim=-2),
            target.flatten(),
            reduction="none",
            label_smoothing=self.label_smoothing,
            ignore_index=self.PADDING,
        ).view_as(target)
        if self.label_weights is not None:
            loss = loss * self.label_weights[target.clamp(min=0)]
        axis = 0 if n_models is None else 1
        n_given = (target != self.PADDING).flatten(axis).sum(-1).clamp(min=1)
        return _weighted(loss, weight).flatten(axis).sum(-1) / n_given


def _weighted(loss, weight):
    if weight is None:
        return loss
    return loss * weight.reshape(*weight.shape, *[1] * (loss.ndim - weight.ndim))
