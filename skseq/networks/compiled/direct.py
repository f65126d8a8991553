"""The states of a few windows in one call, if no gradients are needed.

For one window, the operations around the time steps take longer than the steps.
"""

from functools import partial

import numpy as np
import torch
from numba import njit

from .arrays import array
from .blas import dot
from .cache import compiled
from .cells import copy, gru_state, lstm_memory, lstm_state, rnn_state
from .options import OPTIONS

ALLOCATES = {"_nrt": True}
"""The option of functions that make arrays."""


def states(layer, x):
    """Compute the same as torch's nn.RNN, nn.LSTM or nn.GRU of one layer and direction.

    x : (batch, length, n_features)
    states : (batch, length, hidden_size)
    """
    kind, _, activation = layer.mode.partition("_")
    bias, inner_bias, options = layer.bias_ih_l0, [], []
    if kind == "GRU":
        inner_bias = [layer.bias_hh_l0]
    else:
        bias = bias + layer.bias_hh_l0
    if kind == "RNN":
        options = [activation == "RELU"]
    tensors = x, layer.weight_ih_l0, bias, layer.weight_hh_l0, *inner_bias
    result = _STATES[kind](*map(array, tensors), *options)
    return torch.from_numpy(result).transpose(0, 1)


@njit(**{**OPTIONS, **ALLOCATES})
def _prepare(x, weight_ih, bias, weight_hh):
    """Project all steps; return the sums, the weights of the states, and room."""
    n_windows, n_steps, n_features = x.shape
    n_units, hidden = weight_hh.shape
    weight = np.empty((n_features, n_units), x.dtype)
    transposed = np.empty((hidden, n_units), x.dtype)
    for j in range(n_units):
        for k in range(n_features):
            weight[k, j] = weight_ih[j, k]
        for k in range(hidden):
            transposed[k, j] = weight_hh[j, k]
    rows = np.empty((n_steps * n_windows, n_features), x.dtype)
    for t in range(n_steps):
        for b in range(n_windows):
            for k in range(n_features):
                rows[t * n_windows + b, k] = x[b, t, k]
    sums = np.empty((n_steps, n_windows, n_units), x.dtype)
    dot(rows, weight, sums.reshape(len(rows), n_units))
    for t in range(n_steps):
        for b in range(n_windows):
            for j in range(n_units):
                sums[t, b, j] += bias[j]
    y = np.empty((n_windows, n_units), x.dtype)
    return sums, transposed, y, np.zeros((n_steps + 1, n_windows, hidden), x.dtype)


@partial(compiled, **ALLOCATES)
def _rnn(x, weight_ih, bias, weight_hh, relu):
    sums, transposed, y, states = _prepare(x, weight_ih, bias, weight_hh)
    for t in range(len(sums)):
        dot(states[t], transposed, y)
        rnn_state(y, sums[t], states[t + 1], relu)
    return states[1:]


@partial(compiled, **ALLOCATES)
def _lstm(x, weight_ih, bias, weight_hh):
    sums, transposed, y, states = _prepare(x, weight_ih, bias, weight_hh)
    gate, out = np.empty_like(y), np.empty_like(states[0])
    memories, no_bias = np.zeros_like(states[:2]), np.zeros_like(states[0, 0])
    for t in range(len(sums)):
        dot(states[t], transposed, y)
        memory = memories[(t + 1) % 2]
        lstm_memory(y, sums[t], memories[t % 2], gate, memory)
        copy(memory, out)
        lstm_state(no_bias, gate, out, states[t + 1])
    return states[1:]


@partial(compiled, **ALLOCATES)
def _gru(x, weight_ih, bias, weight_hh, inner_bias):
    sums, transposed, y, states = _prepare(x, weight_ih, bias, weight_hh)
    gate, inside = np.empty_like(y), np.empty_like(states[0])
    for t in range(len(sums)):
        dot(states[t], transposed, y)
        gru_state(y, sums[t], inner_bias, gate, inside, states[t], states[t + 1])
    return states[1:]


_STATES = {"RNN": _rnn, "LSTM": _lstm, "GRU": _gru}
