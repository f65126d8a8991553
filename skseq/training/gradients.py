"""Record and clip the gradients of a fit, and warn if training goes wrong."""

import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from ..warning import warn
from .net import module_of
from .through_time import warn_of_lost_steps

EXPLODED = 1e3
"""Norm of a gradient, in standardised units, far beyond that of any good fit."""

GREW = 10.0
"""Multiple of the first epoch's loss that is far beyond any good fit, if above TRIVIAL.

Below, a loss may bounce: a warm start may begin at nearly zero.
"""

TRIVIAL = 1.0
"""About what it costs, in standardised units, to forecast the mean or guess a class."""

VANISHED = 1e-6
"""Share of the output layer's gradient norm below which a layer does not learn."""


class Gradients(Callback):
    """Record the gradient's norm, in total and for each layer, then clip it.

    Parameters
    ----------
    clip : float or None
        Largest norm, or largest value; None only records.
    clip_by : {"norm", "value"}
        Whether the norm or each value is clipped.
    """

    def __init__(self, clip=None, clip_by="norm"):
        self.clip = clip
        self.clip_by = clip_by

    def on_train_begin(self, net, **kwargs):
        """Find the layers of the module."""
        # Also those that are frozen, which a callback may release later.
        parameters = dict(module_of(net).named_parameters())
        self.layers_ = layers_of(parameters)
        self.parameters_ = list(parameters.values())

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        """Start anew."""
        if len(net.history) == 1:  # all callbacks may have changed the weights
            warn_of_lost_steps(*self._before_training(net, dataset_train))
        self.squares_ = 0.0
        self.n_batches_ = 0
        self.largest_ = None

    def _before_training(self, net, dataset):
        """Return one network and its windows."""
        return module_of(net), dataset

    def on_grad_computed(self, net, **kwargs):
        """Record and clip."""
        gradients = [gradient(parameter) for parameter in self.parameters_]
        squares = torch.stack(torch._foreach_norm(gradients)).square()
        total = squares.sum().sqrt()
        if self.clip is not None and self.clip_by == "value":
            torch._foreach_clamp_min_(gradients, -self.clip)
            torch._foreach_clamp_max_(gradients, self.clip)
        elif self.clip is not None:
            torch._foreach_mul_(gradients, (self.clip / (total + 1e-6)).clamp(max=1.0))
        self._note(squares, total)

    def _note(self, squares, total):
        """Note the squared norm of each parameter, and the norm of all."""
        self.squares_ = self.squares_ + squares
        first = self.largest_ is None
        self.largest_ = total if first else torch.maximum(self.largest_, total)
        self.n_batches_ += 1

    def on_epoch_end(self, net, **kwargs):
        """Record the root mean square and the largest of the epoch's batches."""
        squares = (self.squares_ / self.n_batches_).tolist()
        net.history.record("gradient_norm", sum(squares) ** 0.5)
        net.history.record("gradient_norm_max", self.largest_.item())
        for layer, positions in self.layers_.items():
            norm = sum(squares[i] for i in positions) ** 0.5
            net.history.record(f"gradient_norm {layer}", norm)

    def on_train_end(self, net, **kwargs):
        """Warn of a loss that grew, or a gradient that exploded or vanished."""
        # A callback may have frozen some since.
        learning = [
            layer
            for layer, positions in self.layers_.items()
            if any(self.parameters_[i].requires_grad for i in positions)
        ]
        self.squares_ = self.largest_ = self.parameters_ = None
        warn_of_trouble(net.history, learning, self.clip)


def gradient(parameter):
    """Return the gradient of a parameter, zero if it has none."""
    if parameter.grad is None:
        return torch.zeros_like(parameter)
    return parameter.grad


def warn_of_trouble(history, layers, clip=None):
    """Warn of a loss that grew, or a gradient that exploded or vanished.

    Parameters
    ----------
    history : list of dict
        With ``train_loss``, ``gradient_norm``, ``gradient_norm_max`` and
        ``gradient_norm LAYER``; an epoch has ended if it has a ``learning_rate``.
    layers : iterable of str
    clip : float or None, default=None
        Limit of the gradient, whose norms are those before. It makes a single large
        one harmless, so only the average of an epoch is judged; None does not clip.
    """
    epochs = [row for row in history if "learning_rate" in row]  # those that ended
    if not epochs:
        return
    _warn_if_large(epochs, clip)
    # A layer may learn at first, until too long a step saturates its units. After
    # validation, the weights are those of the best epoch.
    kept = min(reversed(epochs), key=lambda row: row.get("valid_loss", 0.0))
    last = {layer: kept[f"gradient_norm {layer}"] for layer in layers}
    head = sum(last[layer] for layer in last if layer.startswith("head"))
    # The gain of a normalisation may have no gradient without harm.
    norms = {
        layer: last[layer]
        for layer in layers
        if layer.startswith("network") and "norm" not in layer
    }
    vanished = [layer for layer in norms if norms[layer] < VANISHED * head]
    if vanished:
        smallest = min(norms.values()) / head
        names = ", ".join(map(repr, vanished))
        warn(
            f"The gradient vanished in layer{'s' * (len(vanished) > 1)} {names}: its "
            f"norm is down to {smallest:.1g} of the output layer's. Lower "
            "learning_rate if that came in training (see history_); else use fewer "
            "layers or shorter windows or, where the network has a choice, "
            "normalization='layer', or an LSTM or GRU cell.",
            ConvergenceWarning,
        )


def _warn_if_large(epochs, clip):
    """Warn of a gradient that exploded, or else a loss that grew."""
    losses = [row["train_loss"] for row in epochs]
    judged, what, remedy = (
        ("gradient_norm_max", "norm", ", set gradient_clip")
        if clip is None
        else ("gradient_norm", "average norm in an epoch", " or gradient_clip")
    )
    largest = max(row[judged] for row in epochs)
    if largest > EXPLODED:
        warn(
            f"The gradient exploded: its {what} reached {largest:.3g}. Lower "
            f"learning_rate{remedy}, keep standardize=True, or, where the network "
            "has a choice, use activation='tanh' or normalization='layer'.",
            ConvergenceWarning,
        )
    elif losses[-1] > max(GREW * losses[0], TRIVIAL):
        warn(
            f"The training loss grew from {losses[0]:.3g} in the first epoch to "
            f"{losses[-1]:.3g} in the last: training diverged. Lower learning_rate, "
            "or set gradient_clip (or lower it).",
            ConvergenceWarning,
        )


def layers_of(names):
    """Return the layers that parameters belong to, with the positions of each."""
    layers = {}
    for i, name in enumerate(names):
        layer, _, parameter = name.rpartition(".")
        layers.setdefault(layer or parameter, []).append(i)
    return layers
