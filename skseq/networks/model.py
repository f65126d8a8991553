"""SequenceModel: standardise, run a network over the window, read the last state."""

import torch
from torch import nn


class SequenceModel(nn.Module):
    """A network between a standardisation and a head.

    Parameters
    ----------
    network : nn.Module
        Maps values ``(batch, length, features)`` and the rows of padding that each
        window starts with, ``(batch,)`` or None, to states
        ``(batch, steps, network.output_size)``.
    n_outputs : int
        Values that the head gives for each window.
    mean, scale : tensor of shape (features,)
        Subtracted from and divided out of the inputs.
    """

    def __init__(self, network, n_outputs, mean, scale):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.network = network
        self.head = nn.Linear(network.output_size, n_outputs)
        nn.init.xavier_uniform_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        """Map windows (batch, length, features) to outputs (batch, n_outputs)."""
        x = (x - self.mean) / self.scale
        n_padding = None
        # Padding stands at the start, so the first row tells whether there is any.
        if x[:, 0, 0].isnan().any():
            n_padding = x[:, :, 0].isnan().sum(dim=1)  # (batch,)
            x = x.nan_to_num(nan=0.0)
        states = self.network(x, n_padding)  # (batch, steps, hidden)
        return self.head(states[:, -1])  # the last step is the origin
