"""Windows over several series."""

import numpy as np

from .lazy import LazyArray
from .views import HoldsWindows, sliding_windows


def cut_windows(rows, origins, length, ahead=0):
    """Cut the windows that end at given rows of several series, or some rows later.

    Parameters
    ----------
    rows : list of ndarray of shape (n_timesteps, n_features)
    origins : list of ndarray of int or range
        For each series, the positions of the last rows of its windows, ascending.
    length : int
    ahead : int, default=0
        Rows from a position to the end of its window. With as many as ``length``, the
        result is what follows the positions, such as the targets of other windows.

    Returns
    -------
    ndarray or LazyArray of shape (n_samples, length, n_features)
        Series by series; padded if the past is shorter than a window. For consecutive
        origins of a single series it is a view. Else, rows that are read are copied
        from a view of all series, one after the other.
    """
    parts, starts, counts, n_rows = [], [], [], 0
    for table, ending in zip(rows, origins, strict=True):
        if not len(ending):
            continue
        first, last = ending[0] + ahead - length + 1, ending[-1] + ahead
        if first < 0:
            parts.append(np.full((-first, table.shape[1]), np.nan, dtype=table.dtype))
        parts.append(table[max(0, first) : last + 1])
        for start, count in _runs(ending):
            starts.append(n_rows + start - ending[0])
            counts.append(count)
        n_rows += last - first + 1
    if not parts:
        return np.empty((0, length, rows[0].shape[1]), dtype=rows[0].dtype)
    series = parts[0] if len(parts) == 1 else np.concatenate(parts)
    windows = sliding_windows(series, length)
    if len(starts) == 1:
        return windows
    return LazyArray(Runs(windows, starts, counts), range(sum(counts)))


def _runs(numbers):
    """Return the first of each run of consecutive numbers, and its length."""
    if isinstance(numbers, range) and numbers.step == 1:
        return [(numbers[0], len(numbers))]
    first = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 2) != 1)
    counts = np.diff(first, append=len(numbers))
    return zip(np.asarray(numbers)[first], counts, strict=True)


class Runs(HoldsWindows):
    """Reads from a view with windows that do not count, such as those of two series.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, length, n_features)
    starts : list of int
        The first window of each run of those that count.
    counts : list of int
        Windows in each run.
    """

    def __init__(self, windows, starts, counts):
        self.windows = windows
        self.first = np.cumsum([0, *counts[:-1]])
        self.skipped = np.array(starts) - self.first

    def __call__(self, samples):
        """Return a copy of some windows that count, by their numbers among these."""
        run = np.searchsorted(self.first, samples, side="right") - 1
        return self.windows[samples + self.skipped[run]]
