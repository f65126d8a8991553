"""tanh and sigmoid for loops compiled by numba, which the processor vectorises."""

import math

import numpy as np
from numba import types
from numba.extending import overload

from .options import OPTIONS


def tanh(x):
    """Compute the hyperbolic tangent of a float32 or float64, to a few ulp."""


def sigmoid(x):
    """Compute ``1 / (1 + exp(-x))``."""


def _make_tanh(floating, integer, mantissa, n_terms):
    """Make tanh for one type.

    Let t = 2 x / log(2), and n the nearest integer. Then ``exp(2 x) - 1`` is
    ``2**n * (2**(t - n) - 1) + (2**n - 1)``. The factor in brackets is a short series,
    and ``2**n`` is written as bits, so the result is accurate for small x too.

    Parameters
    ----------
    floating, integer : type
        Types of numpy, of the same size.
    mantissa : int
        Bits of the mantissa.
    n_terms : int
        Terms of the series.
    """
    size = 8 * floating().itemsize
    zero = integer(2 ** (size - mantissa - 2) - 1)  # the bits of the exponent 0
    mantissa = integer(mantissa)
    factor, half, one, two = map(floating, (2 / math.log(2), 0.5, 1, 2))
    bound = floating(60)  # where tanh is 1
    # ``2**f - 1``, the highest power first.
    series = tuple(
        floating(math.log(2) ** k / math.factorial(k)) for k in range(n_terms, 0, -1)
    )

    def compute(x):
        t = x * factor
        t = bound if t > bound else t  # not min(), which ignores NaN
        t = -bound if t < -bound else t
        n = np.floor(t + half)
        f = t - n
        power = integer((integer(n) + zero) << mantissa).view(floating)
        p = series[0]
        for coefficient in series[1:]:
            p = p * f + coefficient
        e = power * (p * f) + (power - one)
        return e / (e + two)

    return compute


_TANH = {
    types.float32: _make_tanh(np.float32, np.int32, mantissa=23, n_terms=7),
    types.float64: _make_tanh(np.float64, np.int64, mantissa=52, n_terms=14),
}


@overload(tanh, jit_options=OPTIONS)
def _tanh(x):
    return _TANH[x]


def _make_sigmoid(floating):
    half = floating(0.5)

    def compute(x):
        return tanh(half * x) * half + half

    return compute


_SIGMOID = {
    types.float32: _make_sigmoid(np.float32),
    types.float64: _make_sigmoid(np.float64),
}


@overload(sigmoid, jit_options=OPTIONS)
def _sigmoid(x):
    return _SIGMOID[x]
