"""Recipes for a pass by hand with compiled loops: tensors share arrays' memory."""

from functools import cache

import numpy as np
import torch

from ..memory import empty
from . import cells
from .normalization import BATCH, FIXED, LAYER, NO_NORM, Norm
from .parts import in_threads, parts


class _Recipe:
    """What the cells have in common.

    Parameters
    ----------
    x : tensor of shape ([models,] steps, windows, units)
        Products with the input, including biases.
    product : Product
        The product with the state: weights, mask and normalisation.
    """

    def __init__(self, x, product):
        self.stacked = x.ndim == 4
        self.x = self._of_models(x)
        self.product = product
        self.weight = self._of_models(product.weight)
        self.transposed = self._of_models(product.transposed)
        self.mask = none(self.x.dtype, 3)
        n_models, n_steps, n_windows, n_units = self.x.shape
        hidden = self.weight.shape[-1]
        # With the zeros before the first step.
        self.states = self._empty(n_models, n_steps + 1, n_windows, hidden)
        self.states[:, 0] = 0
        self.inputs = self.states  # what the weights are multiplied by
        if product.mask is not None:
            self.mask = _array(product.mask.expand(n_models, n_windows, hidden))
            self.inputs = self._empty(*self.states.shape)
        self.norm = self._norm(product.norm, n_units)
        work = self.x.size * hidden
        depend = self.norm.kind == BATCH
        self.parts = parts(n_models, n_windows, work, depend)

    def _of_models(self, tensor):
        return _array(tensor if self.stacked else tensor.unsqueeze(0))

    def _empty(self, *shape):
        return empty(shape, self.x.dtype)

    def _norm(self, norm, n_units):
        """Arrays of the pass begun by a normalisation."""
        if norm is None:
            return no_norm(self.x.dtype)
        n_models, n_steps, n_windows, _ = self.x.shape
        unused = none(self.x.dtype, 2), none(self.x.dtype, 3)
        gain = _array(norm.gain.reshape(n_models, n_units))
        arrays = gain, gain[None]  # the backward pass makes one for its gradient
        hat = self._empty(n_models, n_steps, n_windows, n_units)
        if norm.share is None:
            scale = self._empty(n_models, n_steps, n_windows)
            return Norm(LAYER, *arrays, *unused, scale, hat)
        share = _array(norm.share[:, 0])
        if norm.statistics is None:
            moments = (self._empty(n_models, n_steps, n_units) for _ in range(2))
            return Norm(BATCH, *arrays, share, *moments, hat)
        moments = (_array(moment.movedim(1, 0)) for moment in norm.statistics)
        return Norm(FIXED, *arrays, share, *moments, hat)

    def _run(self, loop, *arguments):
        in_threads(loop, self.parts, *arguments)

    def _zeros_like(self, array):
        """Make room for the sums of each part."""
        return np.zeros((len(self.parts), *array.shape), array.dtype)

    def _end_forward(self):
        """Return the states, and give normalisations the moments of the pass."""
        _tell_moments(self.product.norm, self.norm)
        return self._tensor(self.states[:, 1:])

    def _begin_backward(self, d_states):
        """Return the gradients of the states, and arrays for those of sums.

        The former are (models, windows, steps, units).
        """
        # If the windows are the first axis outside, this is no copy.
        d_states = self._of_models(d_states.transpose(-2, -3))
        self.norm = self._with_new_gradient(self.norm)
        d_x = self._empty(*self.x.shape)
        shared = self.norm.kind == NO_NORM and not self.has_inner_bias
        return d_states, d_x, d_x if shared else self._empty(*d_x.shape)

    def _end_backward(self, d_products):
        """Gradients of the weights, and of the gain."""
        # (models, steps and windows, units)
        d_rows, rows = (
            torch.from_numpy(a).flatten(1, 2) for a in (d_products, self.inputs[:, :-1])
        )
        d_weight = (rows.mT @ d_rows).mT
        yield d_weight if self.stacked else d_weight[0]
        if self.norm.kind:
            yield self._tensor(self.norm.d_gain.sum(axis=0))

    def _with_new_gradient(self, norm):
        return norm._replace(d_gain=self._zeros_like(norm.gain))

    def _tensor(self, array):
        with torch.inference_mode(False):  # else it would have to be copied
            tensor = torch.from_numpy(array)
            return tensor if self.stacked else tensor[0]


class RNN(_Recipe):
    """h = tanh(W h + x), or with ReLU."""

    has_inner_bias = False

    def __init__(self, x, product, activation):
        super().__init__(x, product)
        self.relu = activation == "relu"

    def forward(self):
        """Return the states, ([models,] steps, windows, hidden)."""
        common = self.x, self.transposed, self.mask, self.norm
        self._run(cells.rnn_forward, *common, self.states, self.inputs, self.relu)
        return self._end_forward()

    def backward(self, d_states):
        """Return the gradients of all tensors, as :mod:`networks.recipes` does."""
        d_states, d_x, d_products = self._begin_backward(d_states)
        common = d_states, self.weight, self.mask, self.norm
        self._run(cells.rnn_backward, *common, self.states, d_x, d_products, self.relu)
        return self._tensor(d_x), *self._end_backward(d_products)


class LSTM(_Recipe):
    """c = f c + i g, h = o tanh(norm(c) + bias)."""

    has_inner_bias = False

    def __init__(self, x, product, memory=None, bias=None):
        super().__init__(x, product)
        hidden = self.weight.shape[-1]
        self.memory_pass, self.memory = memory, self._norm(memory, hidden)
        zero = np.zeros((len(self.x), hidden), self.x.dtype)
        self.bias = zero if bias is None else self._of_models(bias)

    def forward(self):
        """Return the states, ([models,] steps, windows, hidden)."""
        self.gates = self._empty(*self.x.shape)
        self.memories = self._empty(*self.states.shape)
        self.memories[:, 0] = 0
        self.outs = self._empty(*self.states[:, 1:].shape)
        common = self.x, self.transposed, self.mask, self.norm
        kept = self.states, self.inputs, self.gates, self.memories, self.outs
        self._run(cells.lstm_forward, *common, *kept, self.memory, self.bias)
        _tell_moments(self.memory_pass, self.memory)
        return self._end_forward()

    def backward(self, d_states):
        """Return the gradients of all tensors, as :mod:`networks.recipes` does."""
        d_states, d_x, d_products = self._begin_backward(d_states)
        d_bias = self._zeros_like(self.bias)
        self.memory = self._with_new_gradient(self.memory)
        common = d_states, self.weight, self.mask, self.norm, d_x, d_products
        kept = self.gates, self.memories, self.outs, self.memory
        self._run(cells.lstm_backward, *common, *kept, d_bias)
        gradients = self._tensor(d_x), *self._end_backward(d_products)
        if not self.memory.kind:
            return gradients
        sums = (array.sum(axis=0) for array in (d_bias, self.memory.d_gain))
        return *gradients, *map(self._tensor, sums)


class GRU(_Recipe):
    """n = tanh(x + r (W h + bias)), h = (1 - z) n + z h."""

    has_inner_bias = True

    def __init__(self, x, product, bias):
        super().__init__(x, product)
        self.bias = self._of_models(bias)

    def forward(self):
        """Return the states, ([models,] steps, windows, hidden)."""
        self.gates = self._empty(*self.x.shape)
        self.products = self._empty(*self.states[:, 1:].shape)  # inside the reset gate
        common = self.x, self.transposed, self.mask, self.norm
        kept = self.states, self.inputs, self.gates, self.products
        self._run(cells.gru_forward, *common, *kept, self.bias)
        return self._end_forward()

    def backward(self, d_states):
        """Return the gradients of all tensors, as :mod:`networks.recipes` does."""
        d_states, d_x, d_products = self._begin_backward(d_states)
        d_bias = self._zeros_like(self.bias)
        common = d_states, self.weight, self.mask, self.norm, d_x, d_products
        self._run(
            cells.gru_backward, *common, self.states, self.gates, self.products, d_bias
        )
        gradients = self._tensor(d_bias.sum(axis=0)), *self._end_backward(d_products)
        return self._tensor(d_x), *gradients


LOOPS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


@cache
def none(dtype, n_axes):
    """Return an array without rows, which means None."""
    return np.empty([0] * n_axes, dtype)


@cache
def no_norm(dtype):
    """Return the record that means no normalisation."""
    arrays = (none(dtype, n_axes) for n_axes in (2, 3, 2, 3, 3, 4))
    return Norm(NO_NORM, *arrays)


def _array(tensor):
    return tensor.detach().contiguous().numpy()


def _tell_moments(norm, arrays):
    """Give the pass of a batch normalisation what it learns from."""
    if arrays.kind == BATCH:
        moments = arrays.mean, arrays.scale
        norm.means, norm.scales = (torch.from_numpy(a).unbind(1) for a in moments)
