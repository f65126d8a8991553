"""Batches gathered from a window array by one indexing call."""

import numpy as np
import torch
from torch.utils.data import Dataset


def gather(windows, samples):
    """Copy some windows out of an array, as a tensor.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
        May be a read-only view.
    samples : slice or ndarray of int

    Returns
    -------
    tensor of shape (n, length, n_features)
    """
    batch = windows[samples]
    # A slice is still a view of the caller's data, and may be read-only.
    return torch.from_numpy(np.array(batch) if isinstance(samples, slice) else batch)


class WindowDataset(Dataset):
    """Windows with their targets and weights; an index array gives a batch.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
    targets : ndarray of shape (n_samples, ...)
    weights : ndarray of shape (n_samples,) or None
    samples : ndarray of int
        The samples that belong to the set, such as those for validation.
    """

    def __init__(self, windows, targets, weights, samples):
        self.windows = windows
        self.targets = targets
        self.weights = weights
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, positions):
        samples = self.samples[positions]
        y = torch.from_numpy(self.targets[samples])
        if self.weights is not None:
            y = (y, torch.from_numpy(self.weights[samples]))
        return gather(self.windows, samples), y


class Batches:
    """Iterate over a dataset in batches; what skorch calls an iterator.

    Parameters
    ----------
    dataset : WindowDataset
    batch_size : int
    generator : torch.Generator, default=None
        Shuffles anew in every epoch; None keeps the order.
    """

    def __init__(self, dataset, batch_size, generator=None):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        n_samples = len(self.dataset)
        if self.generator is None:
            order = np.arange(n_samples)
        else:
            order = torch.randperm(n_samples, generator=self.generator).numpy()
        for start in range(0, n_samples, self.batch_size):
            yield self.dataset[order[start : start + self.batch_size]]
