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
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import get_cython_function_address, intrinsic, overload
from numba.np.arrayobj import make_array
from numba.np.numpy_support import as_dtype

from .options import OPTIONS

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


def _function(name, address, n_arguments):
    """Make a function of BLAS callable in compiled ones.

    They know it by a name, looked up when they are loaded, so that they can be cached.
    """
    add_symbol(f"skseq_{name}", address)
    arguments = n_arguments * [types.voidptr]
    return types.ExternalFunction(f"skseq_{name}", types.void(*arguments))


def _functions(gemm, gemv):
    """Products with a matrix, and with a vector, which OpenBLAS computes faster."""
    vector = get_cython_function_address("scipy.linalg.cython_blas", gemv)
    return _function(gemm, _address(gemm), 13), _function(gemv, vector, 11)


_FUNCTIONS = {
    types.float32: _functions("sgemm", "sgemv"),
    types.float64: _functions("dgemm", "dgemv"),
}

_AS_IT_IS, _TRANSPOSED = map(np.uint8, b"nt")


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


@intrinsic
def _place(_, number):
    """Store a number, and return its address, which is what Fortran wants."""

    def build(_context, builder, _signature, arguments):
        place = cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(place, cgutils.voidptr_t)

    return types.voidptr(number), build


@intrinsic
def _place_in(_, matrix, i, j):
    """Return the address of an element."""

    def build(context, builder, _signature, arguments):
        array, *indices = arguments
        array = make_array(matrix)(context, builder, array)
        place = cgutils.get_item_pointer(context, builder, matrix, array, indices)
        return builder.bitcast(place, cgutils.voidptr_t)

    return types.voidptr(matrix, i, j), build


@njit(**OPTIONS)
def dot(a, b, out):
    """Write a b to out."""
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
    gemm, gemv = _FUNCTIONS[a.dtype]
    zero, one = map(as_dtype(a.dtype).type, (0, 1))

    def multiply(a, b, out, transposed, adds):
        n_rows, n_columns = out.shape
        n_inner = len(b)
        letter = _TRANSPOSED if transposed else _AS_IT_IS
        factor = one if adds else zero
        # For BLAS, whose columns are contiguous: out' = b' a'.
        if n_rows == 1 and not transposed:
            gemv(
                _place(_AS_IT_IS),
                _place(np.int32(n_columns)),
                _place(np.int32(n_inner)),
                _place(one),
                _place_in(b, 0, 0),
                _place(np.int32(n_columns)),
                _place_in(a, 0, 0),
                _place(np.int32(1)),
                _place(factor),
                _place_in(out, 0, 0),
                _place(np.int32(1)),
            )
            return
        rows, columns, inner = _tile(n_rows, n_columns, n_inner)
        for k in range(0, n_inner, inner):
            for i in range(0, n_rows, rows):
                for j in range(0, n_columns, columns):
                    gemm(
                        _place(_AS_IT_IS),
                        _place(letter),
                        _place(np.int32(min(columns, n_columns - j))),
                        _place(np.int32(min(rows, n_rows - i))),
                        _place(np.int32(min(inner, n_inner - k))),
                        _place(one),
                        _place_in(b, k, j),
                        _place(np.int32(n_columns)),
                        _place_in(a, k, i) if transposed else _place_in(a, i, k),
                        _place(np.int32(a.shape[1])),
                        _place(factor),
                        _place_in(out, i, j),
                        _place(np.int32(n_columns)),
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
