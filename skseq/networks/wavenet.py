"""WaveNet: stacked convolutions with doubling dilation."""

import torch
from torch import nn

from .conv import Conv
from .dropout import Dropout


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

    def forward(self, x, n_padding):
        """Map (batch, steps, n_filters) to what is added to x and to the skips."""
        signal, gate = self.conv(x, n_padding)[0].chunk(2, dim=-1)
        unit = self.dropout(torch.tanh(signal) * torch.sigmoid(gate))
        return self.out(unit, n_padding)[0]


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
        if causal:
            self.receptive_field = 1 + sum(layer.conv.reach for layer in self.layers)

    def forward(self, x, n_padding):
        """Map values (batch, length, features) to states (batch, length, n_filters)."""
        x, _ = self.first(x, n_padding)
        skipped = 0
        for layer in self.layers:
            out = layer(x, n_padding)
            x, skipped = x + out, skipped + out
        return torch.relu(self.last(torch.relu(skipped), n_padding)[0])
