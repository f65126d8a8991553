"""SequenceModel: from raw windows to outputs."""

import torch
from torch import nn

from .heads import Head
from .padding import strided


class SequenceModel(nn.Module):
    """An input stage, a network over the time steps, and a head that reads its states.

    Parameters
    ----------
    inputs : nn.Module
        Maps raw windows to values, values known ahead, and padding.
    network : nn.Module
        Maps values and padding to states.
    head : nn.Module
        Maps states to outputs.
    """

    def __init__(self, inputs, network, head):
        super().__init__()
        self.inputs = inputs
        self.network = network
        self.head = head

    def forward(self, x, targets=None):
        """Map windows to outputs.

        Parameters
        ----------
        x : tensor of shape (batch, length, n_features)
            Rows of NaN at the start are padding.
        targets : tensor, default=None
            True outputs for a decoder, in training.
        """
        outputs = self.after_inputs(*self.shortened(x), targets)
        return self.lengthened(outputs, x.shape[1])

    def train(self, mode=True):
        """Set the mode of all parts, unless already set (skorch asks at each batch)."""
        return self if mode == self.training else super().train(mode)

    def encode(self, x):
        """Map windows to what the head reads: states, values known ahead, padding."""
        return self._read(*self.inputs(x))

    def shortened(self, x):
        """Map windows to the results of the input stage, without needless padding."""
        return self.inputs(x, getattr(self.network, "ignores_padding", False))

    def lengthened(self, outputs, length):
        """Repeat the first output, which is that of padding, for the steps left out."""
        if getattr(self.head, "read", None) != "every" or outputs.shape[1] == length:
            return outputs
        first = outputs[:, :1].expand(-1, length - outputs.shape[1], -1)
        return torch.cat([first, outputs], dim=1)

    def after_inputs(self, values, known, n_padding, targets=None):
        """Map the results of the input stage to outputs."""
        taught = () if targets is None else (targets,)
        return self.head(*self._read(values, known, n_padding), *taught)

    def _read(self, values, known, n_padding):
        options = {"only_last": True} if self.computes_only_last else {}
        states = self.network(values, n_padding, **options)
        if n_padding is not None:
            length = values.shape[1]
            n_padding = strided(n_padding, length, self.network.stride or length)
        return states, known, n_padding

    @property
    def computes_only_last(self):
        """Whether the last state is all that the head reads and the network returns."""
        reads_last = isinstance(self.head, Head) and self.head.read == "last"
        return reads_last and getattr(self.network, "computes_only_last", False)
