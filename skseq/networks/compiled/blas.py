"""Products of matrices, each on one thread.

They are made of tiles so small that OpenBLAS starts no threads for one, and close to
cubes, for which it rearranges least. ``np.dot`` would need tiles to be contiguous, and
cannot add to its output.
"""

import numpy as np
from numba import njit
from numba.core.errors import TypingError
from numba.extending import overload
from numba.np.linalg import _BLAS, ensure_blas, get_blas_kind

from .tanh import OPTIONS

MOST = 2**18
"""Multiplications in a product up to which OpenBLAS starts no threads."""

FEW = 8
"""Number of columns of a up to which a' b is faster without BLAS."""


@njit(**OPTIONS)
def dot(a, b, out):
    """Write a b to out."""
    if len(a) == 1:
        np.dot(a[0], b, out[0])
    else:
        _multiply(a, b, out, False, False)


@njit(**OPTIONS)
def add_product(a, b, total):
    """Add a' b to the total."""
    if a.shape[1] > FEW:
        _multiply(a, b, total, True, True)
        return
    for i in range(len(a)):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                total[k, j] += a[i, k] * b[i, j]


def _multiply(a, b, out, transposed, adds):
    """Write a b to out, or add it; a can be transposed."""


@overload(_multiply, jit_options=OPTIONS)
def _(a, b, out, transposed, adds):  # noqa: ARG001 (numba wants the same arguments)
    ensure_blas()
    if {array.layout for array in (a, b, out)} != {"C"}:
        raise TypingError("BLAS would read beside the elements of a view.")
    xxgemm = _BLAS().numba_xxgemm(a.dtype)
    kind, n, t = map(ord, (get_blas_kind(a.dtype), "n", "t"))

    def multiply(a, b, out, transposed, adds):
        n_rows, n_columns = out.shape
        n_inner = len(b)
        rows, columns, inner = _tile(n_rows, n_columns, n_inner)
        one, factor = np.ones(1, a.dtype), np.full(1, a.dtype.type(adds))
        for k in range(0, n_inner, inner):
            for i in range(0, n_rows, rows):
                left = a[k:, i:] if transposed else a[i:, k:]
                for j in range(0, n_columns, columns):
                    right, result = b[k:, j:], out[i:, j:]
                    # For BLAS, whose columns are contiguous: result' = right' left'.
                    xxgemm(
                        kind,
                        n,
                        t if transposed else n,
                        min(columns, n_columns - j),
                        min(rows, n_rows - i),
                        min(inner, n_inner - k),
                        one.ctypes,
                        right.ctypes,
                        b.shape[1],
                        left.ctypes,
                        a.shape[1],
                        factor.ctypes,
                        result.ctypes,
                        n_columns,
                    )
            factor = one

    return multiply


@njit(**OPTIONS)
def _tile(rows, columns, inner):
    """Halve the longest side until no threads start."""
    while rows * columns * inner > MOST:
        if columns >= max(rows, inner):
            columns = (columns + 1) // 2
        elif inner >= rows:
            inner = (inner + 1) // 2
        else:
            rows = (rows + 1) // 2
    return rows, columns, inner
