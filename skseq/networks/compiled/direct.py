"""The states of a few windows in one call, if no gradients are needed.

For one window, the operations around the time steps take longer than the steps.
"""

import numpy as np
import torch
from numba import njit

from .arrays import array
from .blas import dot
from .cache import compiled
from .cells import gru_forward, lstm_forward, rnn_forward
from .normalization import without_norm
from .parts import Part
from .products import Product
from .projection import Inputs
from .tanh import OPTIONS


def states(layer, x):
    """Compute the same as a layer of torch.

    Parameters
    ----------
    layer : nn.RNN, nn.LSTM or nn.GRU
        With one layer and one direction.
    x : tensor of shape (batch, length, n_features)

    Returns
    -------
    tensor of shape (batch, length, hidden_size)
    """
    kind, _, activation = layer.mode.partition("_")
    tensors = (
        x,
        layer.weight_ih_l0,
        layer.bias_ih_l0,
        layer.weight_hh_l0,
        layer.bias_hh_l0,
    )
    options = [activation == "RELU"] if kind == "RNN" else []
    result = _STATES[kind](*map(array, tensors), *options)
    return torch.from_numpy(result).transpose(0, 1)


@njit(**OPTIONS)
def _prepare(x, weight_ih, bias, weight_hh):
    """Project all steps; return the arguments of the loops, and room for the states."""
    n_windows, n_steps, n_features = x.shape
    n_units, hidden = weight_hh.shape
    weight = np.empty((n_features, n_units), x.dtype)
    transposed = np.empty((1, hidden, n_units), x.dtype)
    for j in range(n_units):
        for k in range(n_features):
            weight[k, j] = weight_ih[j, k]
        for k in range(hidden):
            transposed[0, k, j] = weight_hh[j, k]
    rows = np.empty((n_steps, n_windows, n_features), x.dtype)
    for t in range(n_steps):
        for b in range(n_windows):
            for k in range(n_features):
                rows[t, b, k] = x[b, t, k]
    rows = rows.reshape(-1, n_features)
    sums = np.empty((len(rows), n_units), x.dtype)
    dot(rows, weight, sums)
    for row in range(len(sums)):
        for j in range(n_units):
            sums[row, j] += bias[j]
    states = np.zeros((1, n_steps + 1, n_windows, hidden), x.dtype)
    all_windows = Part(0, (0, 1), (0, n_windows))
    sums = sums.reshape(1, n_steps, n_windows, n_units)
    # Of the types that the loops are compiled for in training.
    none_2, none_3 = np.empty((0, 0), x.dtype), np.empty((0, 0, 0), x.dtype)
    none_4 = np.empty((0, 0, 0, 0), x.dtype)
    norm = without_norm(none_2, none_3, none_4)
    product = Product(states, transposed, none_3)
    return all_windows, Inputs(sums, none_3), product, norm, states


@compiled
def _rnn(x, weight_ih, bias_ih, weight_hh, bias_hh, relu):
    part, x, product, norm, states = _prepare(
        x, weight_ih, bias_ih + bias_hh, weight_hh
    )
    rnn_forward(part, x, product, norm, states, relu)
    return states[0, 1:]


@compiled
def _lstm(x, weight_ih, bias_ih, weight_hh, bias_hh):
    part, x, product, norm, states = _prepare(
        x, weight_ih, bias_ih + bias_hh, weight_hh
    )
    gates, outs = np.empty_like(x.values), np.empty_like(states)
    kept = gates, np.zeros_like(states), outs, norm, np.zeros_like(states[0, 0])
    lstm_forward(part, x, product, norm, states, *kept)
    return states[0, 1:]


@compiled
def _gru(x, weight_ih, bias_ih, weight_hh, bias_hh):
    part, x, product, norm, states = _prepare(x, weight_ih, bias_ih, weight_hh)
    kept = np.empty_like(x.values), np.empty_like(states), bias_hh.reshape(1, -1)
    gru_forward(part, x, product, norm, states, *kept)
    return states[0, 1:]


_STATES = {"RNN": _rnn, "LSTM": _lstm, "GRU": _gru}
