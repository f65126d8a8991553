"""Products of matrices, each on one thread.

They are those of the library that torch itself uses, which knows small matrices best:
MKL in its builds for x86. Where torch does not tell where they are, they are scipy's.
"""

import ctypes
from contextlib import contextmanager

import numpy as np
import torch
from llvmlite.binding import add_symbol
from numba import njit, types
from numba.core.errors import TypingError
from numba.extending import get_cython_function_address, overload

from .tanh import OPTIONS

MOST = 2**18
"""Multiplications in a product up to which OpenBLAS starts no threads."""

FEW = 8
"""Number of columns of a up to which a' b is faster without BLAS."""

_TORCH = ctypes.CDLL(torch._C.__file__)


def _address(name):
    """Find a Fortran function of BLAS."""
    try:
        return ctypes.cast(getattr(_TORCH, f"{name}_"), ctypes.c_void_p).value
    except AttributeError:
        return get_cython_function_address("scipy.linalg.cython_blas", name)


def _product(name):
    """Make a product callable in compiled functions.

    They know it by a name, looked up when they are loaded, so that they can be cached.
    """
    add_symbol(f"skseq_{name}", _address(name))
    arguments = 13 * [types.voidptr]
    return types.ExternalFunction(f"skseq_{name}", types.void(*arguments))


_PRODUCTS = {types.float32: _product("sgemm"), types.float64: _product("dgemm")}


@contextmanager
def one_thread():
    """Let MKL start no threads from this one, where torch may use several."""
    if _SET_THREADS is None or torch.get_num_threads() == 1:
        yield
        return
    before = _SET_THREADS(1)
    try:
        yield
    finally:
        _SET_THREADS(before)


_SET_THREADS = getattr(_TORCH, "MKL_Set_Num_Threads_Local", None)


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
    if {array.layout for array in (a, b, out)} != {"C"}:
        raise TypingError("BLAS would read beside the elements of a view.")
    product = _PRODUCTS[a.dtype]

    def multiply(a, b, out, transposed, adds):
        n_rows, n_columns = out.shape
        n_inner = len(b)
        rows, columns, inner = _tile(n_rows, n_columns, n_inner)
        letters = np.array([ord("n"), ord("t")], np.uint8)
        sizes = np.empty(6, np.int32)
        # One by one: to assign a tuple to a slice takes seconds to compile.
        sizes[3], sizes[4], sizes[5] = b.shape[1], a.shape[1], n_columns
        factors = np.ones(2, a.dtype)
        factors[1] = adds
        for k in range(0, n_inner, inner):
            sizes[2] = min(inner, n_inner - k)
            for i in range(0, n_rows, rows):
                sizes[1] = min(rows, n_rows - i)
                left = a[k:, i:] if transposed else a[i:, k:]
                for j in range(0, n_columns, columns):
                    sizes[0] = min(columns, n_columns - j)
                    # For BLAS, whose columns are contiguous: out' = b' a'.
                    product(
                        letters.ctypes,
                        letters[transposed:].ctypes,
                        sizes.ctypes,
                        sizes[1:].ctypes,
                        sizes[2:].ctypes,
                        factors.ctypes,
                        b[k:, j:].ctypes,
                        sizes[3:].ctypes,
                        left.ctypes,
                        sizes[4:].ctypes,
                        factors[1:].ctypes,
                        out[i:, j:].ctypes,
                        sizes[5:].ctypes,
                    )
            factors[1] = 1

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
