"""The level of each window, which scaling takes away and gives back."""

import numpy as np

from ..windows import HoldsWindows, chunks

SCALINGS = (None, "subtract", "divide", "standardize")


def series_sizes(panel, scaling):
    """Find the size of each whole series (n_series, 1, n_targets).

    Windows that are constant are divided by it.
    """
    # Column by column: numpy is slow on rows of a few values.
    sizes = [[level(y[np.newaxis], scaling)[1] for y in one.y.T] for one in panel]
    return np.reshape(sizes, (len(panel), 1, -1))


def window_levels(windows, n_windows, sizes, scaling, n_steps):
    """Find what each window and its targets are shifted and divided by.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
        Ordered series by series.
    n_windows : list of int
        Number of windows of each series.
    sizes : ndarray of shape (n_series, 1, n_targets)
        Those of the series; the targets are the first variables.
    scaling : {None, "subtract", "divide", "standardize"}
    n_steps : int or None
        Last steps of the window that define the level; None takes all.

    Returns
    -------
    shift, factor : ndarray of shape (n_samples, 1, n_targets), or 0 and 1
    """
    if scaling is None:
        return level(windows, scaling)
    shape = len(windows), 1, sizes.shape[2]
    shift, factor = np.empty((2, *shape), windows.dtype)
    end = np.cumsum(n_windows)
    for part in chunks(windows):
        series = np.searchsorted(end, np.arange(part.start, part.stop), side="right")
        past = np.asarray(windows[part])[:, :, : sizes.shape[2]]
        shift[part], factor[part] = level(past, scaling, n_steps, sizes[series])
    return shift, factor


class Scaled(HoldsWindows):
    """Reads windows, or their targets, and takes the level of each window away.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, n_steps, n_features)
        The first variables are the targets.
    shift, factor : ndarray of shape (n_samples, 1, n_targets)
    """

    def __init__(self, windows, shift, factor):
        self.windows = windows
        self.shift = shift
        self.factor = factor

    def __call__(self, samples):
        """Return some windows, in units of their level."""
        windows = self.windows[samples]
        targets = windows[:, :, : self.shift.shape[2]]
        targets -= self.shift[samples]
        targets /= self.factor[samples]
        return windows


def level(past, scaling, n_steps=None, size=1):
    """Find what a window and its targets are shifted and divided by.

    Parameters
    ----------
    past : ndarray of shape (n_samples, length, [n_targets])
    scaling : {None, "subtract", "divide", "standardize"}
    n_steps : int, default=None
        Last steps of the window that define the level; None takes all.
    size : ndarray of shape (n_samples, 1, [n_targets]), default=1
        Replaces a factor that would be zero, which leaves nothing to divide by.

    Returns
    -------
    shift, factor : ndarray of shape (n_samples, 1, [n_targets]), or 0 and 1
    """
    if scaling is None:
        return np.zeros((1, 1, 1), past.dtype), np.ones((1, 1, 1), past.dtype)
    past = past if n_steps is None else past[:, -n_steps:]
    shift = np.zeros_like(past[:, :1])
    factor = np.ones_like(shift)
    # Without padding, the same takes a third of the time.
    padded = np.isnan(past[:, 0]).any()
    mean, std = (np.nanmean, np.nanstd) if padded else (np.mean, np.std)
    if scaling in ("subtract", "standardize"):
        shift = mean(past, axis=1, keepdims=True)
    if scaling == "divide":
        factor = mean(np.abs(past), axis=1, keepdims=True)
    if scaling == "standardize":
        factor = std(past, axis=1, keepdims=True)
    # A constant leaves rounding noise; dividing by that would blow it up.
    smallest = 10 * np.finfo(past.dtype).eps * np.abs(shift)
    return shift, np.where(factor > smallest, factor, size)
