"""Products of states and weights, one time step at a time."""

from typing import NamedTuple

import numpy as np
from numba import njit

from .blas import add_product, dot
from .normalization import Norm, normalize, normalize_backward
from .options import OPTIONS
from .parts import at, in_turn, of

MOST_WEIGHTS = 2**16
"""Number of weights up to which each step adds to their gradient.

More of them exceed the cache, so one product of all steps is faster, although it reads
what all steps have written.
"""


class Product(NamedTuple):
    """y = norm(W (h mask)).

    Parameters
    ----------
    inputs : ndarray of shape (models, steps + 1, windows, hidden)
        What is multiplied by the weights.
    transposed : ndarray of shape (models, hidden, units)
        The weights.
    mask : ndarray of shape (models, windows, hidden)
        It has no rows if there is none.
    norm : Norm
    """

    inputs: np.ndarray
    transposed: np.ndarray
    mask: np.ndarray
    norm: Norm


class ProductBackward(NamedTuple):
    """What is needed to differentiate a product.

    Parameters
    ----------
    inputs, mask, norm
    weight : ndarray of shape (models, units, hidden)
    d_products : ndarray of shape (models, steps, windows, units)
        The gradient of W (h mask); it has one step if ``d_weight`` has rows.
    d_weight : ndarray of shape (parts, models, hidden, units)
        It has no rows if it is computed from ``d_products`` afterwards.
    """

    inputs: np.ndarray
    mask: np.ndarray
    norm: Norm
    weight: np.ndarray
    d_products: np.ndarray
    d_weight: np.ndarray


def adds_up(weight):
    """Tell whether each step adds to the gradient of a tensor ([models,] n, m)."""
    return weight.shape[-2] * weight.shape[-1] <= MOST_WEIGHTS


@njit(**OPTIONS)
def multiply(part, m, t, product, states, y):
    """Compute y for one step of a model."""
    entered, mask = at(product.inputs, m, t, part), product.mask
    if len(mask):
        h, kept = at(states, m, t, part), of(mask, m, part)
        for b in range(len(h)):
            for j in range(h.shape[1]):
                entered[b, j] = h[b, j] * kept[b, j]
    dot(entered, product.transposed[m], y)
    if product.norm.kind:
        normalize(part, m, t, product.norm, y)


@njit(**OPTIONS)
def multiply_backward(part, m, t, product, d_h):
    """Write the gradient of h to d_h, given that of y in ``d_products``."""
    d_y, mask = in_turn(product.d_products, m, t, part), product.mask
    if product.norm.kind:
        normalize_backward(part, m, t, product.norm, d_y)
    if len(product.d_weight):
        entered = at(product.inputs, m, t, part)
        add_product(entered, d_y, product.d_weight[part.index, m])
    dot(d_y, product.weight[m], d_h)
    if len(mask):
        kept = of(mask, m, part)
        for b in range(len(d_h)):
            for j in range(d_h.shape[1]):
                d_h[b, j] *= kept[b, j]
