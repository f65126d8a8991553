"""Convolutions along time, alone or before a recurrent network."""

import torch
from torch import nn

from .dropout import Dropout
from .padding import strided
from .precision import in_full_precision
from .steps import Kernel, plan


class Conv(nn.Module):
    """Convolution over the steps of a window, with optional normalisation.

    The output of a step sees that step and ``dilation * (kernel_size - 1)`` others:
    all before it or, if not causal, half of them after it. With a stride, the last
    step is kept, and every ``stride``-th step before it.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Variables of a step (channels).
    kernel_size, stride, dilation : int
    normalization : {None, "layer", "batch"}
        Normalisation of the outputs: over the variables of a step, or over the batch.
    causal : bool
    """

    def __init__(
        self,
        n_inputs,
        n_outputs,
        kernel_size,
        stride=1,
        dilation=1,
        normalization=None,
        causal=True,
    ):
        super().__init__()
        kernel = Kernel(kernel_size, stride, dilation)
        self.kernel = kernel if causal else kernel._replace(n_after=kernel.reach // 2)
        # With few variables, one product over the gathered steps is faster on a CPU
        # than nn.Conv1d. The weights of the oldest step come first.
        # Before batch normalisation a bias would have no effect, but its gradient would
        # be rounding errors, which Adam makes large.
        has_bias = normalization != "batch"
        self.linear = nn.Linear(kernel_size * n_inputs, n_outputs, bias=has_bias)
        nn.init.kaiming_uniform_(self.linear.weight, nonlinearity="relu")
        if has_bias:
            nn.init.zeros_(self.linear.bias)
        self.norm = NORMALIZATIONS[normalization](n_outputs)

    def forward(self, x, steps=None, observed=None):
        """Map inputs (batch, steps, n_inputs) to outputs (batch, n_steps, n_outputs).

        Parameters
        ----------
        x : tensor
            The inputs of all steps that are seen.
        steps : Steps, default=None
            What to compute. None maps each step by itself.
        observed : tensor of bool of shape (batch, n_steps, 1), default=None
            Outputs at other steps, which are padding, are zero.
        """
        x = self.linear(x if steps is None else steps.gather(x))
        x = self.norm(x, observed) if isinstance(self.norm, BatchNorm) else self.norm(x)
        return x if observed is None else x * observed


class BatchNorm(nn.BatchNorm1d):
    """Weighted batch normalisation over windows and steps, without padded ones.

    With weights and statistics of several models, (models, n_features), the statistics
    of each are those of its own windows.

    Attributes
    ----------
    window_weights : tensor of shape (batch,) or None
        Weights of the windows of a batch in training. A window of weight two counts
        like two windows.
    pools : bool
        Whether the running variance is that of all windows, also between batches.
    """

    window_weights = None
    pools = False

    @in_full_precision
    def forward(self, x, observed):
        """Normalise each variable of x, (batch, steps, n_features)."""
        # ([models,] batch * steps, n_features)
        rows = x.reshape(*self.weight.shape[:-1], -1, x.shape[-1])
        if not self.training or rows.shape[-2] == 1:
            centred = rows - self.running_mean.unsqueeze(-2)
            return self._scale(centred, self.running_var.unsqueeze(-2)).view_as(x)
        if observed is None and self.window_weights is None:
            return self._normalize_alike(rows).reshape(x.shape)
        share = self._share(x, observed)
        mean = share @ rows
        centred = rows - mean
        var = share @ centred.square()
        self._learn(mean.squeeze(-2), var.squeeze(-2))
        return self._scale(centred, var).view_as(x)

    def _normalize_alike(self, rows):
        """Normalise rows of one weight by torch's kernel, in half of the time."""
        columns = rows.movedim(-2, 0).flatten(1)  # (rows, [models *] n_features)
        affine = self.weight.flatten(), self.bias.flatten()
        y, mean, inverse = torch.native_batch_norm(
            columns, *affine, None, None, True, self.momentum, self.eps
        )
        shape = self.weight.shape
        self._learn(mean.view(shape), inverse.view(shape) ** -2 - self.eps)
        return y.view(-1, *shape).movedim(0, -2)

    def _scale(self, centred, var):
        scale = self.weight.unsqueeze(-2) * (var + self.eps).rsqrt()
        return torch.addcmul(self.bias.unsqueeze(-2), centred, scale)

    @torch.no_grad()
    def _learn(self, mean, var):
        if self.pools:
            var = var + (1 - self.momentum) * (mean - self.running_mean).square()
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(var, self.momentum)

    def _share(self, x, observed):
        """Share of each step of each window in the statistics, ([models,] 1, rows)."""
        share = x.new_ones(x.shape[:2])
        if observed is not None:
            share = share * observed[:, :, 0]
        if self.window_weights is not None:
            share = share * self.window_weights[:, None]
        share = share.reshape(*self.weight.shape[:-1], 1, -1)
        total = share.sum(-1, keepdim=True)
        return share / total.clamp(min=torch.finfo(x.dtype).tiny)


NORMALIZATIONS = {None: nn.Identity, "layer": nn.LayerNorm, "batch": BatchNorm}


class ConvStack(nn.Module):
    """Convolutions, each followed by ReLU and dropout.

    Parameters
    ----------
    n_features : int
    n_filters : int
        Outputs of each convolution.
    kernel_size, stride : int
    dilations : sequence of int
        One for each convolution.
    normalization : {None, "layer", "batch"}
        Normalisation before each ReLU.
    dropout : float
    causal : bool
        Whether a convolution sees no later steps, or as many as earlier ones.
    """

    def __init__(
        self,
        n_features,
        n_filters,
        kernel_size,
        dilations,
        stride=1,
        normalization=None,
        dropout=0.0,
        causal=True,
    ):
        super().__init__()
        self.causal = causal
        sizes = [n_features] + [n_filters] * len(dilations)
        self.output_size = n_filters
        self.stride = stride ** len(dilations)
        self.computes_only_last = normalization != "batch"
        self.convs = nn.ModuleList(
            Conv(n_in, n_filters, kernel_size, stride, dilation, normalization, causal)
            for n_in, dilation in zip(sizes, dilations, strict=False)
        )
        self.dropout = Dropout(dropout)

    def forward(self, x, n_padding, only_last=False, every_step=False):
        """Map (batch, steps, n_features) to (batch, fewer steps, n_filters).

        With ``only_last``, map to the last output alone. With ``every_step``, map to
        the output that each step has as the last one.
        """
        kernels = tuple(conv.kernel for conv in self.convs)
        if every_step:
            kernels = tuple(_every_step(kernels))
        plans = plan(kernels, int(x.shape[1]), only_last, x.device)
        for conv, steps in zip(self.convs, plans, strict=True):
            observed = steps.observed(n_padding)
            x = self.dropout(torch.relu(conv(x, steps, observed)), observed)
        return x


def _every_step(kernels):
    """Yield kernels that have, at every step, the output of that step as the last."""
    apart = 1
    for kernel in kernels:
        n_after, dilation = apart * kernel.n_after, apart * kernel.dilation
        yield Kernel(kernel.size, 1, dilation, n_after)
        apart *= kernel.stride


class Conv1D(nn.Module):
    """A stack of convolutions, then an optional recurrent network.

    Parameters
    ----------
    convs : ConvStack
    recurrent : Recurrent or None
        Over the outputs of the convolutions.
    """

    ignores_padding = True

    def __init__(self, convs, recurrent=None):
        super().__init__()
        self.convs = convs
        self.recurrent = recurrent
        self.output_size = (recurrent or convs).output_size
        self.stride = convs.stride
        self.causal = convs.causal and (recurrent is None or recurrent.causal)
        self.computes_only_last = (recurrent or convs).computes_only_last
        if recurrent is None and self.causal:
            kernels = (conv.kernel for conv in convs.convs)
            self.receptive_field = 1 + sum(k.reach for k in _every_step(kernels))

    def forward(self, x, n_padding, only_last=False, every_step=False):
        """Map values (batch, length, features) to states (batch, steps, output_size).

        There is one state per ``stride`` of the window. With ``only_last``, states
        before the last may be missing. With ``every_step``, which needs a network
        without recurrent layers, each step has the last state of the window that ends
        there.
        """
        if self.recurrent is None:
            return self.convs(x, n_padding, only_last, every_step)
        states = self.convs(x, n_padding)
        if n_padding is not None:
            n_padding = strided(n_padding, x.shape[1], self.stride)
        return self.recurrent(states, n_padding, only_last)
