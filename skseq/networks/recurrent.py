"""Recurrent networks: simple RNN, LSTM and GRU."""

from torch import nn

from .padding import to_end, to_start

CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


class Recurrent(nn.Module):
    """Layers of one recurrent cell.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    n_features : int
    hidden_size : int
    n_layers : int
    dropout : float
        Between the layers.
    """

    causal = True
    stride = 1

    def __init__(self, cell, n_features, hidden_size, n_layers, dropout):
        super().__init__()
        self.output_size = hidden_size
        self.layers = CELLS[cell](
            n_features,
            hidden_size,
            num_layers=n_layers,
            # torch warns about dropout where there is nothing between layers.
            dropout=dropout if n_layers > 1 else 0.0,
            batch_first=True,
        )
        initialize(self.layers)

    def forward(self, x, n_padding):
        """Map values (batch, length, features) to states (batch, length, hidden)."""
        if n_padding is None:
            return self.layers(x)[0]
        states, _ = self.layers(to_end(x, n_padding))
        return to_start(states, n_padding)


def initialize(layers):
    """Orthogonal recurrent and Glorot input weights, zero bias, forget gate open.

    Parameters
    ----------
    layers : nn.RNN, nn.LSTM or nn.GRU

    References
    ----------
    .. [1] A. M. Saxe et al., "Exact solutions to the nonlinear dynamics of learning
       in deep linear neural networks", ICLR 2014 (orthogonal).
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", AISTATS 2010.
    .. [3] R. Jozefowicz et al., "An empirical exploration of recurrent network
       architectures", ICML 2015 (forget gate).
    """
    hidden = layers.hidden_size
    for name, parameter in layers.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
            if isinstance(layers, nn.LSTM) and name.startswith("bias_ih"):
                nn.init.ones_(parameter[hidden : 2 * hidden])  # gates: i, f, g, o
            continue
        for gate in parameter.split(hidden):
            if name.startswith("weight_hh"):
                nn.init.orthogonal_(gate)
            else:
                nn.init.xavier_uniform_(gate)
