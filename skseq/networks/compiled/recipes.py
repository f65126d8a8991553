"""Recipes for a pass by hand with compiled loops: tensors share arrays' memory."""

from functools import cache

import numpy as np
import torch

from ..memory import empty
from . import cells
from .arrays import array, array_of_models, none, tensor_of_models
from .normalization import BATCH, FIXED, LAYER, NO_NORM, Norm
from .parts import in_threads, parts
from .products import Product, ProductBackward, adds_up
from .projection import Inputs, InputsBackward


class _Recipe:
    """What the cells have in common.

    Parameters
    ----------
    x : Inputs, or tensor of shape ([models,] steps, windows, units)
        What the inputs give to the gates, or products with the inputs and biases.
    product : networks.product.Product
        The product with the state: weights, mask and normalisation.
    only_last : bool
        Whether the forward pass returns the last state alone.
    """

    def __init__(self, x, product, only_last=False):
        self.stacked = product.weight.ndim == 3
        if not isinstance(x, Inputs):
            sums = self._of_models(x)
            x = Inputs(sums, none(sums.dtype, 3))
        self.x, self.dtype = x, x.values.dtype
        self.n_models, self.n_steps, self.n_windows, _ = x.values.shape
        self.n_returned = 1 if only_last else self.n_steps
        self.n_units, hidden = product.weight.shape[-2:]
        # With the zeros before the first step.
        self.states = self._empty(self.n_steps + 1, hidden)
        self.states[:, 0] = 0
        mask, inputs = none(self.dtype, 3), self.states
        if product.mask is not None:
            mask = product.mask.expand(self.n_models, self.n_windows, hidden)
            mask, inputs = array(mask), self._empty(self.n_steps + 1, hidden)
        self.norm_pass, norm = product.norm, self._norm(product.norm, self.n_units)
        transposed = self._of_models(product.transposed)
        self.product = Product(inputs, transposed, mask, norm)
        self.weight = self._of_models(product.weight)
        work = self.n_models * self.n_steps * self.n_windows * self.n_units * hidden
        depend = norm.kind == BATCH
        self.parts = parts(self.n_models, self.n_windows, work, depend)

    def _of_models(self, tensor):
        return array_of_models(tensor, self.stacked)

    def _empty(self, n_steps, n_units):
        """Make an array for all models and windows."""
        return empty((self.n_models, n_steps, self.n_windows, n_units), self.dtype)

    def _norm(self, norm, n_units):
        """Arrays of the pass begun by a normalisation."""
        if norm is None:
            return no_norm(self.dtype)
        unused = none(self.dtype, 3), none(self.dtype, 3)
        gain = array(norm.gain.reshape(self.n_models, n_units))
        arrays = gain, gain[None]  # the backward pass makes one for its gradient
        hat = self._empty(self.n_steps, n_units)
        if norm.share is None:
            shape = self.n_models, self.n_steps, self.n_windows
            moments = *unused, empty(shape, self.dtype)
            return Norm(LAYER, *arrays, *moments, hat, unused[0])
        share = self._of_models(norm.share.squeeze(-2))
        if norm.statistics is None:
            shape = self.n_models, self.n_steps, n_units
            moments = (empty(shape, self.dtype) for _ in range(2))
            room = np.empty((self.n_models, 2, n_units), self.dtype)
            return Norm(BATCH, *arrays, share, *moments, hat, room)
        moments = (self._of_models(m.squeeze(-2)) for m in norm.statistics)
        return Norm(FIXED, *arrays, share, *moments, hat, unused[0])

    def _room(self, n, n_units):
        """Make room for what loops compute in one step: n arrays of zeros."""
        return np.zeros((n, self.n_models, self.n_windows, n_units), self.dtype)

    def _zeros(self, *shape):
        """Make room for the sums of each part."""
        return np.zeros((len(self.parts), *shape), self.dtype)

    def _common(self):
        """Return what the forward loops begin with."""
        return self.x, self.product, self._room(2, self.n_units)

    def _end_forward(self):
        """Return the states, and give normalisations the moments of the pass."""
        self._tell_moments(self.norm_pass, self.product.norm)
        return self._tensor(self.states[:, -self.n_returned :])

    def _tell_moments(self, norm, arrays):
        """Give the pass of a batch normalisation what it learns from."""
        if arrays.kind == BATCH:
            moments = map(self._tensor, (arrays.mean, arrays.scale))
            norm.means, norm.scales = (m.unsqueeze(-2).unbind(-3) for m in moments)

    def _begin_backward(self, d_states, projected):
        """Return what the backward loops begin with.

        ``projected`` are ``weight``, ``d_values`` and ``d_weight`` of inputs that are
        projected in the loop, see :class:`InputsBackward`.
        """
        inputs, _, mask, norm = self.product
        norm = self._with_new_gradient(norm)
        n_sums, n_products = 1, 1  # steps for which gradients are kept
        if not projected:
            projected = none(self.dtype, 3), *2 * [none(self.dtype, 4)]
            n_sums = self.n_steps
        d_weight = none(self.dtype, 4)
        if adds_up(self.weight):
            d_weight = self._zeros(*self.product.transposed.shape)
        else:
            n_products = self.n_steps
        if norm.kind or self.has_inner_bias:
            d_sums = self._empty(n_sums, self.n_units)
            d_products = self._empty(n_products, self.n_units)
        else:  # both are the same
            d_sums = d_products = self._empty(max(n_sums, n_products), self.n_units)
        # If the windows are the first axis outside, the last one is no copy.
        return (
            InputsBackward(self.x.values, d_sums, *projected),
            ProductBackward(inputs, mask, norm, self.weight, d_products, d_weight),
            self._room(3, self.states.shape[-1]),
            self._of_models(d_states.transpose(-2, -3)),
        )

    def _end_backward(self, product):
        """Gradients of the weights, and of the gain (or None)."""
        if len(product.d_weight):
            d_weight = torch.from_numpy(product.d_weight.sum(axis=0))
        else:
            # (models, steps and windows, units)
            d_rows, rows = (
                torch.from_numpy(a).flatten(1, 2)
                for a in (product.d_products, product.inputs[:, :-1])
            )
            d_weight = rows.mT @ d_rows
        d_gain = None
        if product.norm.kind:
            d_gain = self._tensor(product.norm.d_gain.sum(axis=0))
        return d_weight.mT if self.stacked else d_weight[0].mT, d_gain

    def _with_new_gradient(self, norm):
        return norm._replace(d_gain=self._zeros(*norm.gain.shape))

    def _tensor(self, values):
        return tensor_of_models(values, self.stacked)


class RNN(_Recipe):
    """h = tanh(W h + x), or with ReLU."""

    has_inner_bias = False

    def __init__(self, x, product, activation, **options):
        super().__init__(x, product, **options)
        self.relu = activation == "relu"

    def forward(self):
        """Return the states, ([models,] steps, windows, hidden)."""
        in_threads(
            cells.rnn_forward, self.parts, *self._common(), self.states, self.relu
        )
        return self._end_forward()

    def backward(self, d_states, projected=()):
        """Return the gradients of all tensors, as :mod:`networks.recipes` does."""
        x, product, *common = self._begin_backward(d_states, projected)
        in_threads(
            cells.rnn_backward, self.parts, x, product, *common, self.states, self.relu
        )
        return self._tensor(x.d_sums), *self._end_backward(product)


class LSTM(_Recipe):
    """c = f c + i g, h = o tanh(norm(c) + bias)."""

    has_inner_bias = False

    def __init__(self, x, product, memory=None, bias=None, **options):
        super().__init__(x, product, **options)
        hidden = product.weight.shape[-1]
        self.memory_pass, self.memory = memory, self._norm(memory, hidden)
        zero = np.zeros((self.n_models, hidden), self.dtype)
        self.bias = zero if bias is None else self._of_models(bias)

    def forward(self):
        """Return the states, ([models,] steps, windows, hidden)."""
        hidden = self.states.shape[-1]
        self.gates = self._empty(self.n_steps, self.n_units)
        self.memories = self._empty(self.n_steps + 1, hidden)
        self.memories[:, 0] = 0
        self.outs = self._empty(self.n_steps, hidden)
        kept = self.states, self.gates, self.memories, self.outs
        common = self._common()
        in_threads(
            cells.lstm_forward, self.parts, *common, *kept, self.memory, self.bias
        )
        self._tell_moments(self.memory_pass, self.memory)
        return self._end_forward()

    def backward(self, d_states, projected=()):
        """Return the gradients of all tensors, as :mod:`networks.recipes` does."""
        x, product, *common = self._begin_backward(d_states, projected)
        d_bias = self._zeros(*self.bias.shape)
        self.memory = self._with_new_gradient(self.memory)
        kept = self.gates, self.memories, self.outs, self.memory
        in_threads(cells.lstm_backward, self.parts, x, product, *common, *kept, d_bias)
        gradients = self._tensor(x.d_sums), *self._end_backward(product)
        if not self.memory.kind:
            return gradients
        sums = (parts.sum(axis=0) for parts in (d_bias, self.memory.d_gain))
        return *gradients, *map(self._tensor, sums)


class GRU(_Recipe):
    """n = tanh(x + r (W h + bias)), h = (1 - z) n + z h."""

    has_inner_bias = True

    def __init__(self, x, product, bias, **options):
        super().__init__(x, product, **options)
        self.bias = self._of_models(bias)

    def forward(self):
        """Return the states, ([models,] steps, windows, hidden)."""
        self.gates = self._empty(self.n_steps, self.n_units)
        # Inside the reset gate.
        self.products = self._empty(self.n_steps, self.states.shape[-1])
        kept = self.states, self.gates, self.products
        in_threads(cells.gru_forward, self.parts, *self._common(), *kept, self.bias)
        return self._end_forward()

    def backward(self, d_states, projected=()):
        """Return the gradients of all tensors, as :mod:`networks.recipes` does."""
        x, product, *common = self._begin_backward(d_states, projected)
        d_bias = self._zeros(*self.bias.shape)
        kept = self.states, self.gates, self.products
        in_threads(cells.gru_backward, self.parts, x, product, *common, *kept, d_bias)
        gradients = self._tensor(x.d_sums), *self._end_backward(product)
        return *gradients, self._tensor(d_bias.sum(axis=0))


RECIPES = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


@cache
def no_norm(dtype):
    """Return the record that means no normalisation."""
    none_2, none_3, none_4 = (none(dtype, n_axes) for n_axes in (2, 3, 4))
    return Norm(NO_NORM, none_2, *4 * [none_3], none_4, none_3)
