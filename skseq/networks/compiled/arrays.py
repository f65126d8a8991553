"""Tensors as the arrays that compiled loops take."""

from functools import cache

import numpy as np
import torch


def array(tensor):
    """Return a contiguous array, which shares the tensor's memory if it can."""
    return tensor.detach().contiguous().numpy()


def array_of_models(tensor, stacked):
    """Return an array whose first axis is that of the models."""
    return array(tensor if stacked else tensor.unsqueeze(0))


def tensor_of_models(values, stacked):
    """Return a tensor, without that axis if models are not stacked."""
    with torch.inference_mode(False):  # else it would have to be copied
        tensor = torch.from_numpy(values)
        return tensor if stacked else tensor[0]


@cache
def none(dtype, n_axes):
    """Return an array without rows, which means None."""
    return np.empty([0] * n_axes, dtype)
