"""Samples gathered by one indexing call, from memory or on a device."""

import numpy as np
import torch

from ..windows import LazyArray, pack


def gather(array, samples):
    """Copy some samples out of an array, as a tensor.

    Parameters
    ----------
    array : ndarray, LazyArray or tensor of shape (n_samples, ...)
        May be a view, and read-only. A tensor stays on its device.
    samples : slice, or ndarray or tensor of int

    Returns
    -------
    tensor of shape (n, ...)
    """
    if isinstance(array, torch.Tensor):
        return array[samples]
    if isinstance(samples, torch.Tensor):
        samples = samples.numpy(force=True)
    batch = array[samples]
    # A slice is still a view of the caller's data, and may be read-only.
    return torch.from_numpy(np.array(batch) if isinstance(samples, slice) else batch)


def on_device(array, device):
    """Put an array on a device; if it is windows as a view, the series behind them.

    Parameters
    ----------
    array : ndarray or LazyArray of shape (n_samples, ...)
    device : torch.device

    Returns
    -------
    tensor, or the array itself if it is lazy, or the device has too little memory
    """
    if isinstance(array, LazyArray):
        return array
    rows, length = pack(array)
    try:
        rows = torch.from_numpy(np.array(rows)).to(device)
    except torch.OutOfMemoryError:
        return array
    return rows if length is None else rows.unfold(0, length, 1).mT
