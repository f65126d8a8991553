"""Dense network: all values of the window at once."""

from itertools import pairwise

from torch import nn

from .dropout import Dropout
from .heads import linear

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


class Dense(nn.Module):
    """Fully connected layers over the flattened window.

    Parameters
    ----------
    n_inputs : int
        Time steps times variables.
    hidden_sizes : sequence of int
        Units of each hidden layer; without any, the values stay as they are.
    activation : {"relu", "tanh", "gelu"}
    dropout : float
        Dropout after each hidden layer.

    Attributes
    ----------
    linear : bool
        Whether the states are just the values themselves.
    """

    causal = False
    stride = None  # one state for the whole window

    def __init__(self, n_inputs, hidden_sizes, activation, dropout):
        super().__init__()
        sizes = [n_inputs, *hidden_sizes]
        self.output_size = sizes[-1]
        self.linear = len(sizes) == 1
        layers = []
        for n_in, n_out in pairwise(sizes):
            layers += [linear(n_in, n_out), ACTIVATIONS[activation](), Dropout(dropout)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x, n_padding):  # padding is zero: no effect
        """Map values (batch, length, features) to states (batch, 1, hidden)."""
        return self.layers(x.flatten(start_dim=1)).unsqueeze(1)
