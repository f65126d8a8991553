"""Convolutions along time, alone or before a recurrent network."""

import torch
from torch import nn
from torch.nn.functional import pad

from .by_hand import in_full_precision
from .dropout import Dropout
from .padding import observed, strided


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
        self.reach = dilation * (kernel_size - 1)
        self.n_after = 0 if causal else self.reach // 2
        self.stride = stride
        self.dilation = dilation
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

    def forward(self, x, n_padding, apart=None):
        """Map (batch, steps, n_inputs) to (batch, ceil(steps / stride), n_outputs).

        Padded steps stay zero; their number among the outputs is returned too. With
        ``apart``, there is an output for every step, from inputs that lie that many
        times further apart.
        """
        stride, apart = (self.stride, 1) if apart is None else (1, apart)
        reach, n_after = apart * self.reach, apart * self.n_after
        n_steps = -(-x.shape[1] // stride)
        span = (n_steps - 1) * stride + 1  # from the first output to the last
        if n_padding is not None:
            n_padding = strided(n_padding, x.shape[1], stride)
        n_before = reach - n_after + span - x.shape[1]  # crops if negative
        x = pad(x, (0, 0, n_before, n_after))
        starts = range(0, reach + 1, apart * self.dilation)
        x = torch.cat([x[:, s : s + span : stride] for s in starts], dim=-1)
        x = self.linear(x)
        if isinstance(self.norm, BatchNorm):
            x = self.norm(x, n_padding)
        else:
            x = self.norm(x)
        if n_padding is not None:
            x = x * observed(x, n_padding)[:, :, None]
        return x, n_padding


class BatchNorm(nn.BatchNorm1d):
    """Weighted batch normalisation over windows and steps, without padded ones.

    Attributes
    ----------
    window_weights : tensor of shape (batch,) or None
        Weights of the windows of a batch in training. A window of weight two counts
        like two windows.
    """

    window_weights = None

    @in_full_precision
    def forward(self, x, n_padding):
        """Normalise each variable of x, (batch, steps, n_features)."""
        rows = x.flatten(end_dim=1)
        if self.training and len(rows) > 1:
            share = self._share(x, n_padding)
            mean = share @ rows
            centred = rows - mean
            var = share @ centred.square()
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var, self.momentum)
        else:
            centred, var = rows - self.running_mean, self.running_var
        scale = self.weight * (var + self.eps).rsqrt()
        return torch.addcmul(self.bias, centred, scale).view_as(x)

    def _share(self, x, n_padding):
        """Share of each step of each window in the statistics, (batch * steps,)."""
        share = x.new_ones(x.shape[:2])
        if n_padding is not None:
            share = share * observed(x, n_padding)
        if self.window_weights is not None:
            share = share * self.window_weights[:, None]
        return (share / share.sum().clamp(min=torch.finfo(x.dtype).tiny)).flatten()


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
        self.convs = nn.ModuleList(
            Conv(n_in, n_filters, kernel_size, stride, dilation, normalization, causal)
            for n_in, dilation in zip(sizes, dilations, strict=False)
        )
        self.dropout = Dropout(dropout)

    def forward(self, x, n_padding, every_step=False):
        """Map (batch, steps, n_features) to (batch, fewer steps, n_filters).

        With ``every_step``, map to the output that each step has as the last one.
        """
        apart = 1 if every_step else None
        for conv in self.convs:
            x, n_padding = conv(x, n_padding, apart)
            x = self.dropout(torch.relu(x))
            apart = apart and apart * conv.stride
        return x, n_padding


class Conv1D(nn.Module):
    """A stack of convolutions, then an optional recurrent network.

    Parameters
    ----------
    convs : ConvStack
    recurrent : Recurrent or None
        Over the outputs of the convolutions.
    """

    def __init__(self, convs, recurrent=None):
        super().__init__()
        self.convs = convs
        self.recurrent = recurrent
        self.output_size = (recurrent or convs).output_size
        self.stride = convs.stride
        self.causal = convs.causal and (recurrent is None or recurrent.causal)
        if recurrent is None and self.causal:
            reaches = (c.reach * c.stride**i for i, c in enumerate(convs.convs))
            self.receptive_field = 1 + sum(reaches)

    def forward(self, x, n_padding, every_step=False):
        """Map values (batch, length, features) to states (batch, steps, output_size).

        There is one state per ``stride`` of the window. With ``every_step``, which
        needs a network without recurrent layers, each step has the last state of the
        window that ends there.
        """
        states, n_padding = self.convs(x, n_padding, every_step)
        return states if self.recurrent is None else self.recurrent(states, n_padding)
