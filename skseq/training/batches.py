"""Batches of windows and their targets."""

import numpy as np
import torch
from torch.utils.data import Dataset

from ..windows import HoldsWindows, LazyArray
from .gather import gather, on_device

LARGE_BATCH = 1024
"""Windows that go through a network at once outside training."""

FEWEST = 32
"""Windows that share the cost of an operation, however long they are."""


class WindowDataset(HoldsWindows, Dataset):
    """Windows with their targets and weights; an index array gives a batch.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
    targets : Targets
    weights : ndarray of shape (n_samples,) or None
    samples : range or ndarray of int
        The samples that belong to the dataset, such as those for validation.
    teach : bool, default=False
        Whether the network gets the targets too, as a decoder needs them.
    device : torch.device, default=None
        Where all data are, if not in numpy arrays.
    """

    def __init__(self, windows, targets, weights, samples, teach=False, device=None):
        self.windows = windows
        self.targets = targets
        self.weights = weights
        self.samples = samples
        self.teach = teach
        self.device = device

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, positions):
        samples = (
            positions + self.samples.start
            if isinstance(self.samples, range)
            else self.samples[positions]
        )
        x = gather(self.windows, samples)
        y = self.targets[samples]
        if self.teach:
            x = {"x": x, "targets": y}
        if self.weights is not None:
            y = (y, gather(self.weights, samples))
        return x, y

    def has_padding(self):
        """Tell whether any window has padding; None if they are computed when read."""
        if isinstance(self.windows, LazyArray):
            return None
        return bool(np.isnan(self.windows[:, 0, 0]).any())

    def to(self, device):
        """Return the dataset on a device, where its batches are then gathered."""
        windows = on_device(self.windows, device)
        targets = self.targets.to(device, windows)
        weights, samples = self.weights, self.samples
        if weights is not None:
            weights = on_device(weights, device)
        if not isinstance(samples, range):
            samples = on_device(samples, device)
        return WindowDataset(windows, targets, weights, samples, self.teach, device)


class Batches:
    """Iterate over a dataset in batches; what skorch calls an iterator.

    Parameters
    ----------
    dataset : WindowDataset
        Or the dataset that skorch makes of arrays, in its own ``predict``.
    batch_size : int
        The largest size of a batch; sizes are as equal as possible.
    generator : torch.Generator, default=None
        Shuffles again in every epoch; None keeps the order.
    part : tuple of int, default=(0, 1)
        Which part of each batch to use, and the number of parts: one for each process
        that shares the work. All parts have the same size, so a few samples may be
        left out.
    """

    def __init__(self, dataset, batch_size, generator=None, part=(0, 1)):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.part = part

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        n_samples = len(self.dataset)
        order = order_of(n_samples, self.generator)
        device = getattr(self.dataset, "device", None)
        order = order.numpy() if device is None else order.to(device)
        number, n_parts = self.part
        for batch in cut(n_samples, len(self)):
            rows = order[batch]
            yield self.dataset[rows[number::n_parts][: len(rows) // n_parts]]


def order_of(n_samples, generator):
    """Return the numbers of samples, shuffled if there is a generator."""
    # Half the memory of int64, which may be as much as that of the series.
    if generator is None:
        return torch.arange(n_samples, dtype=torch.int32)
    return torch.randperm(n_samples, generator=generator, dtype=torch.int32)


def cut(n_samples, n_batches):
    """Yield the slices that cut samples into batches of sizes as equal as possible.

    A few samples left over would make a step of their own, which is noisy and yet as
    large as that of a whole batch.
    """
    for i in range(n_batches):
        yield slice(i * n_samples // n_batches, (i + 1) * n_samples // n_batches)
