"""Windows as views: cut them, find the series behind them, average over them."""

from statistics import median_low

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from .lazy import LazyArray

CHUNK_ELEMENTS = 2**17
"""Largest number of elements of a window array that is copied at once."""

N_PAIRS = 10
"""Number of pairs of windows, or up to twice as many, that tell if windows overlap."""


def sliding_windows(series, length):
    """Cut a series into all its windows, as a read-only view.

    Parameters
    ----------
    series : ndarray of shape (n_timesteps, n_features)
        Rows are time steps.
    length : int
        Number of time steps in a window.

    Returns
    -------
    ndarray of shape (n_timesteps - length + 1, length, n_features)
        Window ``i`` holds rows ``i`` to ``i + length - 1``. No value is copied.

    Raises
    ------
    ValueError
        If the series has fewer rows than a window.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.windows import sliding_windows
    >>> sliding_windows(np.arange(4.0)[:, None], length=3)[:, :, 0]
    array([[0., 1., 2.],
           [1., 2., 3.]])
    """
    if not 1 <= length <= len(series):
        raise ValueError(
            f"length={length} does not fit a series of {len(series)} rows: "
            "give a shorter length or a longer series."
        )
    # sliding_window_view puts the time within the window last.
    return sliding_window_view(series, length, axis=0).swapaxes(1, 2)


def series_of(windows):
    """Return the series that a window array is a view of, or None.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)

    Returns
    -------
    ndarray of shape (n_samples + length - 1, n_features) or None
        A view. None if the strides do not show that window ``i + 1`` is window ``i``
        moved by one row; the windows then count as separate.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.windows import series_of, sliding_windows
    >>> windows = sliding_windows(np.arange(4.0)[:, None], length=3)
    >>> series_of(windows)[:, 0]
    array([0., 1., 2., 3.])
    >>> series_of(windows.copy()) is None
    True
    """
    if isinstance(windows, LazyArray):
        return None
    n_samples, length, n_features = windows.shape
    if length == 1:
        return windows[:, 0]
    step, within, column = windows.strides
    if step != within or windows.size == 0:
        return None
    shape = (n_samples + length - 1, n_features)
    return as_strided(windows, shape, (within, column), writeable=False)


def pack(windows):
    """Return windows as the series behind them, if they are a view, and their length.

    A view would be pickled as a copy, which is as many times larger.

    Parameters
    ----------
    windows : ndarray, or LazyArray or tensor, which are kept as they are

    Returns
    -------
    array : ndarray, LazyArray or tensor
    length : int or None
        None if the array is not a series. Both are what :func:`unpack` takes.
    """
    is_array = isinstance(windows, np.ndarray) and windows.ndim == 3
    series = series_of(windows) if is_array else None
    return (windows, None) if series is None else (series, windows.shape[1])


def unpack(array, length):
    """Return the windows that were packed."""
    return array if length is None else sliding_windows(array, length)


class HoldsWindows:
    """An object with ``windows``, which are pickled as the series behind them."""

    def __getstate__(self):
        return {**vars(self), "windows": pack(self.windows)}

    def __setstate__(self, state):
        vars(self).update(state, windows=unpack(*state["windows"]))


def changes(windows):
    """Difference windows in time; the result is a view if the windows are one.

    It has one step less: (n_samples, length - 1, n_features).
    """
    series = series_of(windows)
    if series is None or windows.shape[1] == 1:
        return np.diff(windows, axis=1)
    return sliding_windows(np.diff(series, axis=0), windows.shape[1] - 1)


def chunks(windows):
    """Yield slices of windows (n_samples, ...) that hold a bounded number of values.

    At least one sample each.
    """
    n_samples = len(windows)
    size = max(1, CHUNK_ELEMENTS * n_samples // max(1, windows.size))
    for start in range(0, n_samples, size):
        yield slice(start, min(start + size, n_samples))


def n_shared(windows, y):
    """Count the following windows that share targets with a window.

    Each step of a window has a target. Windows overlap if most of them begin with the
    values at the end of the window before. If they are separate sequences, they share
    no targets.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
    y : ndarray of shape (n_samples, length, n_outputs)

    Returns
    -------
    int
    """
    _, length, n_outputs = y.shape
    # The outputs of a step may be several steps ahead of it.
    last_target = length - 1 + n_outputs - 1
    return int(last_target // _usual_shift(windows))


def _usual_shift(windows):
    """Count the steps from a window to the next; infinite if windows are separate."""
    if windows.shape[1] == 1:  # nothing to tell it by
        return 1
    observed = ~np.isnan(windows[:, -1, 0])  # all padding looks like all padding
    pairs = np.flatnonzero(observed[:-1] & observed[1:])
    some = pairs[:: max(1, len(pairs) // N_PAIRS)]
    shifts = [_shift(windows[i], windows[i + 1]) for i in some]
    return median_low(shifts or [np.inf])


def _shift(window, following):
    """Count the steps from a window to one that begins with its end, or infinity."""
    same = (following[:-1] == window[-1]).all(axis=1)
    for n_same in 1 + np.flatnonzero(same)[::-1]:
        if np.array_equal(window[-n_same:], following[:n_same], equal_nan=True):
            return len(window) - n_same
    return np.inf


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
        In float64. A variable that is constant, or never observed, has scale 1.
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
    origin = _first_observed(windows)
    count, mean = _weighted_mean(windows, weight, lambda rows: rows - origin)
    mean = origin + mean
    _, variance = _weighted_mean(windows, weight, lambda rows: (rows - mean) ** 2)
    scale = np.sqrt(variance)
    # A constant column may leave rounding noise, which must not be divided by.
    constant = scale <= 10 * np.finfo(windows.dtype).eps * np.abs(mean)
    scale[constant | (count == 0)] = 1.0
    return mean, scale


def _first_observed(windows):
    """Find the first value of each variable that is not padding (0 if none)."""
    for part in chunks(windows):
        rows = np.asarray(windows[part]).reshape(-1, windows.shape[2])
        observed = np.flatnonzero(~np.isnan(rows[:, 0]))
        if len(observed):
            return rows[observed[0]].astype(np.float64)
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
