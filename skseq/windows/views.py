"""Windows as views: cut them, and find the series behind them."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from .lazy import LazyArray

CHUNK_ELEMENTS = 2**17
"""Largest number of elements of a window array that is copied at once."""


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


def columns_of(windows, columns):
    """Take some variables of windows; of a LazyArray, an ndarray, read part by part.

    All at once, it would be read with the other variables, which may be many.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
    columns : int or ndarray of int
    """
    if not isinstance(windows, LazyArray):
        return windows[:, :, columns]
    # Copies, since views of a part would keep all of it.
    parts = (np.asarray(windows[part]) for part in chunks(windows))
    return np.concatenate([part[:, :, columns].copy() for part in parts])


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
