"""Products of states and weights, one time step at a time."""

import numpy as np
from numba import njit

from .normalization import normalize, normalize_backward
from .parts import at, of
from .tanh import OPTIONS

ONE_THREAD = 2**18
"""Multiplications in a product up to which OpenBLAS starts no threads."""


@njit(**OPTIONS)
def product(part, m, t, states, inputs, transposed, mask, norm, y):
    """Compute y = norm(W (h mask)) for one step of a model."""
    entered = at(inputs, m, t, part)
    if len(mask):
        h, kept = at(states, m, t, part), of(mask, m, part)
        for b in range(len(h)):
            for j in range(h.shape[1]):
                entered[b, j] = h[b, j] * kept[b, j]
    dot(entered, transposed[m], y)
    if norm.kind:
        normalize(part, m, t, norm, y)


@njit(**OPTIONS)
def product_backward(part, m, t, d_products, weight, mask, norm, d_h):
    """Write the gradient of h to d_h, and replace that of y by that of W h."""
    d_y = at(d_products, m, t, part)
    if norm.kind:
        normalize_backward(part, m, t, norm, d_y)
    dot(d_y, weight[m], d_h)
    if len(mask):
        kept = of(mask, m, part)
        for b in range(len(d_h)):
            for j in range(d_h.shape[1]):
                d_h[b, j] *= kept[b, j]


@njit(**OPTIONS)
def dot(a, b, out):
    """Multiply matrices on one thread."""
    n_products = a.size * b.shape[1] // ONE_THREAD + 1
    n_rows = -(-len(a) // n_products)
    for start in range(0, len(a), n_rows):
        np.dot(a[start : start + n_rows], b, out[start : start + n_rows])


@njit(**OPTIONS)
def copy(rows, out):
    """Write rows to out: ``out[:] = rows`` takes seconds longer to compile."""
    for b in range(len(rows)):
        for j in range(rows.shape[1]):
            out[b, j] = rows[b, j]
