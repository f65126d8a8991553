"""What the inputs give to the gates, one time step at a time."""

from typing import NamedTuple

import numpy as np
from numba import njit

from .. import projection
from ..memory import empty
from .arrays import array_of_models, none, tensor_of_models
from .blas import add_product, dot
from .options import INLINED, OPTIONS
from .parts import at


class Inputs(NamedTuple):
    """Sums of the gates, or what they are computed from in the loop.

    Parameters
    ----------
    values : ndarray of shape (models, steps, windows, units)
        The sums, or values (models, steps, windows, features) to be multiplied.
    transposed : ndarray of shape (models, features, units)
        The weights; it has no rows if the sums are given.
    """

    values: np.ndarray
    transposed: np.ndarray


class InputsBackward(NamedTuple):
    """What is needed to differentiate them.

    Parameters
    ----------
    values : ndarray
    d_sums : ndarray of shape (models, steps, windows, units)
        It may have one step if ``d_weight`` has rows.
    weight : ndarray of shape (models, units, n)
        Weights of the first n features.
    d_values : ndarray of shape (models, steps, windows, n)
        It has no rows if it is not needed.
    d_weight : ndarray of shape (parts, models, features, units)
        It has no rows if the sums are given.
    """

    values: np.ndarray
    d_sums: np.ndarray
    weight: np.ndarray
    d_values: np.ndarray
    d_weight: np.ndarray


@njit(**INLINED)
def project(part, m, t, x, sums):
    """Return the sums for one step of a model; what is computed is written to sums."""
    values = at(x.values, m, t, part)
    if not len(x.transposed):
        return values
    dot(values, x.transposed[m], sums)
    return sums


@njit(**OPTIONS)
def project_backward(part, m, t, x, d):
    """Go on from the gradient of the sums to those of the weights and the values."""
    if len(x.d_weight):
        add_product(at(x.values, m, t, part), d, x.d_weight[part.index, m])
    if len(x.d_values):
        dot(d, x.weight[m], at(x.d_values, m, t, part))


class Projected(projection.Projected):
    """The same, computed in the loop, so that the sums of a step stay in the cache."""

    def forward(self):
        """Return what the recipe returns."""
        x = Inputs(self._array(self.x), self._array(self.transposed))
        self.recipe = self.make(x, *self.others)
        return self.recipe.forward()

    def backward(self, gradient):
        """Return the gradients of all tensors."""
        values, transposed = self.recipe.x
        weight, dtype = self._array(self.weight), values.dtype
        d_values = none(dtype, 4)
        if self.differentiates_x:
            d_values = empty((*values.shape[:-1], weight.shape[-1]), dtype)
        d_weight = np.zeros((len(self.recipe.parts), *transposed.shape), dtype)
        _, *d_others = self.recipe.backward(gradient, (weight, d_values, d_weight))
        d_x = self._tensor(d_values) if self.differentiates_x else None
        return self._end_backward(d_x, self._tensor(d_weight.sum(axis=0)), *d_others)

    def _array(self, tensor):
        return array_of_models(tensor, self.stacked)

    def _tensor(self, values):
        return tensor_of_models(values, self.stacked)
