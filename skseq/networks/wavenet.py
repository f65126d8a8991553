"""WaveNet: stacked convolutions with doubling dilation."""

import torch
from torch import nn

from .conv import Conv
from .dropout import Dropout
from .steps import Kernel, plan


class GatedLayer(nn.Module):
    """A convolution to ``tanh(signal) * sigmoid(gate)``, and a layer over that.

    Parameters
    ----------
    n_filters : int
    kernel_size, dilation : int
    normalization : {None, "layer", "batch"}
        Normalisation before the gated unit.
    dropout : float
        Dropout after the gated unit.
    causal : bool
    """

    def __init__(
        self, n_filters, kernel_size, dilation, normalization, dropout, causal=True
    ):
        super().__init__()
        self.conv = Conv(
            n_filters,
            2 * n_filters,
            kernel_size,
            dilation=dilation,
            normalization=normalization,
            causal=causal,
        )
        self.dropout = Dropout(dropout)
        self.out = Conv(n_filters, n_filters, kernel_size=1)

    def forward(self, x, steps, observed=None):
        """Map (batch, steps, n_filters) to what is added to x and to the skips."""
        signal, gate = self.conv(x, steps, observed).chunk(2, dim=-1)
        unit = self.dropout(torch.tanh(signal) * torch.sigmoid(gate), observed)
        return self.out(unit, observed=observed)


class WaveNet(nn.Module):
    """Gated layers with residual connections, and a sum of all their skip outputs.

    Parameters
    ----------
    n_features : int
    n_filters : int
        Variables between the layers.
    kernel_size : int
    dilations : sequence of int
        One for each layer.
    normalization : {None, "layer", "batch"}
    dropout : float
    causal : bool
        Whether a layer sees no later steps, or as many as earlier ones.
    """

    stride = 1
    ignores_padding = True

    def __init__(
        self,
        n_features,
        n_filters,
        kernel_size,
        dilations,
        normalization,
        dropout,
        causal=True,
    ):
        super().__init__()
        self.causal = causal
        self.output_size = n_filters
        self.first = Conv(n_features, n_filters, kernel_size=1)
        self.layers = nn.ModuleList(
            GatedLayer(n_filters, kernel_size, dilation, normalization, dropout, causal)
            for dilation in dilations
        )
        self.last = Conv(n_filters, n_filters, kernel_size=1)
        self.computes_only_last = normalization != "batch"
        if causal:
            self.receptive_field = 1 + sum(
                layer.conv.kernel.reach for layer in self.layers
            )

    def forward(self, x, n_padding, only_last=False):
        """Map values (batch, length, features) to states (batch, length, n_filters).

        With ``only_last``, there is only the last state.
        """
        kernels = Kernel(1), *(layer.conv.kernel for layer in self.layers)
        steps, *plans = plan(kernels, int(x.shape[1]), only_last, x.device)
        x = self.first(x, steps, steps.observed(n_padding))
        n_states = len(plans[-1].time)
        skipped = 0
        for layer, steps in zip(self.layers, plans, strict=True):
            observed = steps.observed(n_padding)
            out = layer(x, steps, observed)
            x = steps.take_own(x) + out
            skipped = skipped + out[:, -n_states:]
        return torch.relu(self.last(torch.relu(skipped), observed=observed))
