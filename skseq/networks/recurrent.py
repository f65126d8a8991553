"""Recurrent networks: simple RNN, LSTM and GRU."""

import torch
from torch import nn

from .cells import Cell, compiled, compiles, iterate
from .dropout import Dropout
from .layout import is_stacked, of_models, steps_first, windows_first
from .padding import observed, to_end, to_start, zero_padding
from .precision import in_full_precision
from .tracing import is_traced, is_watched

CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
LAYERS = tuple(CELLS.values())
ACTIVATIONS = ("tanh", "relu")

SMALL = 2**15
"""Number of state values up to which a compiled call is fastest."""

LARGE = 32, 16
"""Windows and units from which torch's fused LSTM is slower in training."""


class Recurrent(nn.Module):
    """Layers of one recurrent cell: torch's, or :class:`Cell` if torch lacks it.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    n_features : int
    hidden_size : int
    n_layers : int
    dropout : float
        Dropout between the layers.
    length : int
        Steps of the windows in training, whose statistics batch normalisation keeps.
    bidirectional : bool
        Whether each layer also reads the window from its end; the states are then
        twice as large, and not causal.
    activation : {"tanh", "relu"}
        Activation of the simple RNN.
    recurrent_dropout : float
        Dropout of the state.
    normalization : {None, "layer", "batch"}
        Inside the cell.

    Attributes
    ----------
    n_backward : int
        The last units of each state, which read the window from its end.
    computes_only_last : bool
        Whether it reads one way, so that the last state alone can be asked for.
    """

    stride = 1
    ignores_padding = True

    def __init__(
        self,
        cell,
        n_features,
        hidden_size,
        n_layers,
        dropout,
        length=1,
        bidirectional=False,
        activation="tanh",
        recurrent_dropout=0.0,
        normalization=None,
    ):
        super().__init__()
        self.causal = self.computes_only_last = not bidirectional
        self.n_directions = 2 if bidirectional else 1
        self.output_size = self.n_directions * hidden_size
        self.n_backward = self.output_size - hidden_size
        self.dropout = Dropout(dropout if n_layers > 1 else 0.0)
        self.layers = nn.ModuleList()
        for n_inputs in [n_features] + [self.output_size] * (n_layers - 1):
            for _ in range(self.n_directions):
                if recurrent_dropout or normalization:
                    options = length, activation, recurrent_dropout, normalization
                    layer = Cell(cell, n_inputs, hidden_size, *options)
                else:
                    options = {"nonlinearity": activation} if cell == "RNN" else {}
                    layer = CELLS[cell](
                        n_inputs, hidden_size, batch_first=True, **options
                    )
                initialize(layer)
                self.layers.append(layer)

    def forward(self, x, n_padding, only_last=False):
        """Map values (batch, length, features) to states (batch, length, output_size).

        With two directions, the forward states come first. With ``only_last``, states
        before the last may be missing.
        """
        layers = list(self.layers)
        for i in range(0, len(layers), self.n_directions):
            forward, *backward = layers[i : i + self.n_directions]
            x = self.dropout(x, observed(x, n_padding)) if i else x
            is_last = only_last and i == len(layers) - 1
            states = self._run(forward, x, n_padding, is_last)
            for layer in backward:
                back = self._run_back(layer, x, n_padding)
                states = torch.cat([states, back], dim=-1)
            x = states
        return x

    def _run(self, layer, x, n_padding, only_last):
        if n_padding is None:
            return self._states(layer, x, only_last=only_last)
        if _is_by_hand(layer, x):
            return _by_hand(layer, x, n_padding, only_last)
        states = self._states(layer, to_end(x, n_padding), n_padding)
        return to_start(states, n_padding)

    def _run_back(self, layer, x, n_padding):
        # Read from its end, a window already has its padding last.
        states = self._states(layer, x.flip(1), n_padding).flip(1)
        return zero_padding(states, n_padding)

    def _states(self, layer, x, n_padding=None, only_last=False):
        """States of windows that end with their padding."""
        if isinstance(layer, Cell):
            return layer(x, n_padding, only_last)
        if _is_small(layer, x):
            return compiled().states(layer, x)
        if _is_by_hand(layer, x):
            return _by_hand(layer, x, None, only_last)
        return _by_torch(layer, x)


def is_time_steps(network, batch_size):
    """Tell whether compiled time steps are most of a network's training on batches."""
    if type(network) is not Recurrent:
        return False
    x = next(network.parameters()).new_empty(batch_size, 1, 1)
    with torch.enable_grad():
        return compiles(x) and all(_is_by_hand(layer, x) for layer in network.layers)


def _is_by_hand(layer, x):
    """Tell whether the computation of torch's layer is done by hand."""
    if not is_single(layer):
        return False
    return is_stacked(layer.weight_hh_l0) or _faster_by_hand(layer, x)


def _faster_by_hand(layer, x):
    """Whether torch's layer is slower for these values.

    On a CPU torch's layers are many operations, whose number matters in training on
    small batches; only its float32 LSTM is one, slower than ours just in training on
    large batches. Compiled by numba, ours are faster, except for many units (measured
    with ``tests/benchmarks/step_time.py``).
    """
    if x.device.type != "cpu" or is_traced() or not _is_replaceable(layer):
        return False
    trains, size = torch.is_grad_enabled(), len(x) * layer.hidden_size
    is_fused = layer.mode == "LSTM" and x.dtype == torch.float32
    if compiles(x) and is_fused:
        large = len(x) >= LARGE[0] and LARGE[1] <= layer.hidden_size <= 256
        return trains and large
    if compiles(x):
        return layer.hidden_size <= (256 if trains else 128)
    return not is_fused and trains and len(x) <= 128 and size <= 4096


def _is_small(layer, x):
    """Whether overhead dominates the arithmetic in a prediction from these values."""
    return (
        not torch.is_grad_enabled()
        and compiles(x)
        and _is_replaceable(layer)
        # Last, since a size may be unknown if torch is tracing.
        and x.shape[0] * x.shape[1] * layer.hidden_size <= SMALL
    )


def _is_replaceable(layer):
    """Whether a layer is torch's own, and nobody wants to see it called."""
    return (
        is_single(layer)
        and not is_stacked(layer.weight_hh_l0)
        and not is_watched(layer)
    )


def is_single(layer):
    """Tell whether it is torch's, of one layer and direction, and with biases."""
    return type(layer) in LAYERS and len(layer._parameters) == 4


# Few processors have torch's LSTM in bfloat16, and on a GPU torch.autocast makes it
# float16 of whatever type: without scaling, it rounds small gradients to zero.
@in_full_precision
def _by_torch(layer, x):
    return layer(x)[0]


@in_full_precision
def _by_hand(layer, x, n_padding, only_last):
    """Compute what torch's layer does, starting where the padding ends."""
    kind, _, activation = layer.mode.partition("_")
    bias, inner = layer.bias_ih_l0, layer.bias_hh_l0
    if kind != "GRU":
        bias, inner = bias + inner, None
    weight = layer.weight_hh_l0
    states = iterate(
        kind,
        steps_first(x, weight),
        weight,
        inner,
        project=(layer.weight_ih_l0, bias),
        n_padding=of_models(n_padding, weight),
        activation=activation.lower(),
        only_last=only_last,
    )
    return windows_first(states, weight)


def initialize(layer):
    """Set orthogonal recurrent and Glorot input weights, and gates of all time scales.

    The gate that keeps the state, a GRU's update gate or an LSTM's forget gate, starts
    at a value drawn for each unit between almost 0 and almost 1. So some units follow
    the last inputs, and others remember long ones. An LSTM's input gate starts at what
    is left to 1, as in a GRU. All other biases are zero.

    Parameters
    ----------
    layer : nn.RNN, nn.LSTM, nn.GRU, a cell of theirs (nn.RNNCell, ...), or Cell

    References
    ----------
    .. [1] A. M. Saxe et al., "Exact solutions to the nonlinear dynamics of learning
       in deep linear neural networks", ICLR 2014 (orthogonal).
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", AISTATS 2010.
    .. [3] A. Gu et al., "Improving the gating mechanism of recurrent neural networks",
       ICML 2020 (uniform gates).
    """
    hidden = layer.hidden_size
    for name, parameter in layer.named_parameters():
        gates = parameter.split(hidden)
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif name.startswith("weight_hh"):
            for gate in gates:
                nn.init.orthogonal_(gate)
        elif name.startswith("weight_ih"):
            for gate in gates:
                nn.init.xavier_uniform_(gate)
        if name.startswith("bias_hh") and len(gates) > 1:
            _start_gates(gates)
    if getattr(layer, "normalization", None) == "layer":
        # Normalised together with the input: this bias is a weight of an input of 1.
        bound = (6 / (1 + layer.weight_ih.shape[1] + hidden)) ** 0.5
        nn.init.uniform_(layer.bias_ih, -bound, bound)


@torch.no_grad()
def _start_gates(biases):
    """Draw the share of the state that each unit keeps, as a bias of its gate.

    torch's order is reset, update, new in a GRU, and input, forget, cell, output in an
    LSTM.
    """
    keep, hidden = biases[1], len(biases[1])
    keep.uniform_(1 / (hidden + 1), hidden / (hidden + 1)).logit_()
    if len(biases) == 4:
        biases[0].copy_(-keep)
