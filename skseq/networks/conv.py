"""Causal convolutions, alone or before a recurrent network."""

import torch
from torch import nn
from torch.nn import functional as F

from .padding import observed, strided


class CausalConv(nn.Module):
    """Convolution over the present and past steps, normalised if wanted.

    The output of a step sees that step and ``dilation * (kernel_size - 1)`` before
    it. With a stride, the last step is kept, and every ``stride``-th before it.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Variables of a step (channels).
    kernel_size, stride, dilation : int
    normalization : {None, "layer", "batch"}
        Of the outputs: over the variables of a step, or over the batch.
    """

    def __init__(
        self, n_inputs, n_outputs, kernel_size, stride=1, dilation=1, normalization=None
    ):
        super().__init__()
        self.reach = dilation * (kernel_size - 1)
        self.stride = stride
        self.dilation = dilation
        # One product over the gathered steps is faster than nn.Conv1d on a CPU, where
        # variables are few. The weights of the oldest step come first.
        self.linear = nn.Linear(kernel_size * n_inputs, n_outputs)
        nn.init.kaiming_uniform_(self.linear.weight, nonlinearity="relu")
        nn.init.zeros_(self.linear.bias)
        self.norm = NORMALIZATIONS[normalization](n_outputs)

    def forward(self, x, n_padding):
        """Map (batch, steps, n_inputs) to (batch, ceil(steps / stride), n_outputs).

        Padded steps stay zero. Returns how many there are among the outputs, too.
        """
        n_steps = -(-x.shape[1] // self.stride)
        span = (n_steps - 1) * self.stride + 1  # from the first output to the last
        if n_padding is not None:
            n_padding = strided(n_padding, x.shape[1], self.stride)
        x = F.pad(x, (0, 0, self.reach + span - x.shape[1], 0))  # crops if negative
        starts = range(0, self.reach + 1, self.dilation)
        x = torch.cat([x[:, s : s + span : self.stride] for s in starts], dim=-1)
        return self._at_each_step(x, n_padding), n_padding

    def _at_each_step(self, x, n_padding):
        if n_padding is None:
            rows = self.norm(self.linear(x.flatten(end_dim=1)))
            return rows.unflatten(0, x.shape[:2])
        steps = observed(x, n_padding)
        states = x.new_zeros(*x.shape[:2], self.linear.out_features)
        states[steps] = self.norm(self.linear(x[steps]))
        return states


class _BatchNorm(nn.BatchNorm1d):
    def forward(self, rows):
        if self.training and len(rows) < 2:  # no variance: as in evaluation
            return F.batch_norm(
                rows, self.running_mean, self.running_var, self.weight, self.bias
            )
        return super().forward(rows)


NORMALIZATIONS = {None: nn.Identity, "layer": nn.LayerNorm, "batch": _BatchNorm}


class ConvStack(nn.Module):
    """Causal convolutions, each followed by ReLU and dropout.

    Parameters
    ----------
    n_features : int
    n_filters : int
        Outputs of each convolution.
    kernel_size, stride : int
    dilations : sequence of int
        One for each convolution.
    normalization : {None, "layer", "batch"}
        Before each ReLU.
    dropout : float
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
    ):
        super().__init__()
        sizes = [n_features] + [n_filters] * len(dilations)
        self.output_size = n_filters
        self.stride = stride ** len(dilations)
        self.convs = nn.ModuleList(
            CausalConv(n_in, n_filters, kernel_size, stride, dilation, normalization)
            for n_in, dilation in zip(sizes, dilations, strict=False)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, n_padding):
        """Map (batch, steps, n_features) to (batch, fewer steps, n_filters)."""
        for conv in self.convs:
            x, n_padding = conv(x, n_padding)
            x = self.dropout(torch.relu(x))
        return x, n_padding


class Conv1D(nn.Module):
    """A stack of causal convolutions, then a recurrent network if wanted.

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
        self.causal = convs.stride == 1 and (recurrent is None or recurrent.causal)

    def forward(self, x, n_padding):
        """Map values (batch, length, features) to states (batch, steps, output_size).

        There is one step for each ``stride`` of the window.
        """
        states, n_padding = self.convs(x, n_padding)
        return states if self.recurrent is None else self.recurrent(states, n_padding)
