"""Mean and standard deviation over windows."""

import numpy as np

from .views import chunks, series_of


def variable_moments(windows, sample_weight=None):
    """Mean and standard deviation of each variable over all windows.

    Padding does not count. A view gives the same result as a copy of it: each row of
    the series is weighted by the number (or total weight) of windows that hold it.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the windows; None gives each window the weight one.

    Returns
    -------
    mean, scale : ndarray of shape (n_features,)
        In float64. The scale of a variable that is constant, or never observed, is
        infinite: once divided by it, nothing is left of any later value.
    """
    n_samples = len(windows)
    total = _running_total(sample_weight)
    length = 1
    series = series_of(windows)
    if series is not None:
        length = windows.shape[1]
        windows = series[:, np.newaxis]

    def weight(part):
        """Sum over the windows that hold a row: row r is in r - length + 1 to r."""
        row = np.arange(part.start, part.stop)
        first = np.maximum(row - length + 1, 0)
        return total(np.minimum(row + 1, n_samples)) - total(first)

    # Relative to the first value, the mean of a constant column has no rounding error.
    origin = _first_observed(windows, weight)
    count, mean = _weighted_mean(windows, weight, lambda rows: rows - origin)
    mean = origin + mean
    _, variance = _weighted_mean(windows, weight, lambda rows: (rows - mean) ** 2)
    scale = np.sqrt(variance)
    # A constant column may leave rounding noise, which must not be divided by.
    constant = scale <= 10 * np.finfo(windows.dtype).eps * np.abs(mean)
    scale[constant | (count == 0)] = np.inf
    return mean, scale


def _first_observed(windows, weight):
    """Find the first value of each variable that is not padding and has a weight."""
    for part in chunks(windows):
        rows = np.asarray(windows[part])
        counted = ~np.isnan(rows[:, :, 0]) & (weight(part) > 0)[:, np.newaxis]
        if counted.any():
            return rows[counted][0].astype(np.float64)
    return np.zeros(windows.shape[2])


def _running_total(sample_weight):
    """Return a function of n: the weight of the first n windows."""
    if sample_weight is None:
        return lambda n: n
    return np.concatenate([[0.0], np.cumsum(sample_weight, dtype=np.float64)]).take


def _weighted_mean(windows, weight, function):
    count = total = 0.0
    for part in chunks(windows):
        rows = np.asarray(windows[part], dtype=np.float64)
        observed = ~np.isnan(rows)
        weights = weight(part)[:, np.newaxis, np.newaxis] * observed
        count = count + weights.sum(axis=(0, 1))
        total = total + np.where(observed, weights * function(rows), 0.0).sum((0, 1))
    return count, total / np.where(count == 0, 1.0, count)
