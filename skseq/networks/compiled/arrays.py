"""Tensors as the arrays that compiled loops take."""

from functools import cache

import numpy as np


def array(tensor):
    """Return a contiguous array, which shares the tensor's memory if it can."""
    return tensor.detach().contiguous().numpy()


@cache
def none(dtype, n_axes):
    """Return an array without rows, which means None."""
    return np.empty([0] * n_axes, dtype)
