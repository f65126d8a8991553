"""Batches gathered from a window array by one indexing call."""

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
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
    targets : ndarray of shape (n_samples, ...), or anything that such indexing fits
    weights : ndarray of shape (n_samples,) or None
    samples : range or ndarray of int
        The samples that belong to the set, such as those for validation.
    teach : bool, default=False
        Whether the network is given the targets too, as a decoder wants them.
    """

    def __init__(self, windows, targets, weights, samples, teach=False):
        self.windows = windows
        self.targets = targets
        self.weights = weights
        self.samples = samples
        self.teach = teach

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, positions):
        samples = (
            positions + self.samples.start
            if isinstance(self.samples, range)
            else self.samples[positions]
        )
        x = gather(self.windows, samples)
        y = torch.from_numpy(self.targets[samples])
        if self.teach:
            x = {"x": x, "targets": y}
        if self.weights is not None:
            y = (y, torch.from_numpy(self.weights[samples]))
        return x, y


class Standardized:
    """Targets that are standardised as they are gathered.

    Parameters
    ----------
    targets : ndarray of shape (n_samples, ..., n_outputs)
    mean, scale : ndarray of shape (n_outputs,)
        Subtracted and divided out.
    """

    def __init__(self, targets, mean, scale):
        self.targets = targets
        self.mean = mean
        self.scale = scale

    def __getitem__(self, samples):
        return (self.targets[samples] - self.mean) / self.scale


class EveryStep:
    """Targets for every step of a window: the values that follow that step.

    Gathered from the windows and their targets, so that nothing is stored.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
    targets : ndarray of shape (n_samples, n_targets * horizon)
        What follows the last step, in the units of the windows.
    columns : list of int
        The variables of ``windows`` that the targets continue.
    mean, scale : ndarray of shape (n_targets * horizon,)
        Subtracted from and divided out of the result.
    """

    def __init__(self, windows, targets, columns, mean, scale):
        self.windows = windows
        self.targets = targets
        self.columns = columns
        self.mean = mean
        self.scale = scale

    def __getitem__(self, samples):
        past = self.windows[samples][:, :, self.columns]  # (batch, length, n_targets)
        n_samples, length, n_targets = past.shape
        future = self.targets[samples].reshape(n_samples, n_targets, -1)
        horizon = future.shape[2]
        series = np.concatenate([past, future.swapaxes(1, 2)], axis=1)
        steps = sliding_window_view(series, horizon, axis=1)[:, 1:]
        steps = (steps.reshape(n_samples, length, -1) - self.mean) / self.scale
        # A padded step has no input to forecast from: NaN does not count as target.
        return np.where(np.isnan(past[:, :, :1]), np.nan, steps).astype(past.dtype)


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
            order = np.arange(n_samples, dtype=np.int32)
        else:
            # Half the memory of the default type, which may be that of the series.
            order = torch.randperm(
                n_samples, generator=self.generator, dtype=torch.int32
            ).numpy()
        for start in range(0, n_samples, self.batch_size):
            yield self.dataset[order[start : start + self.batch_size]]
