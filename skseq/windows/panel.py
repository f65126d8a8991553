"""Windows over several series."""

import numpy as np

from .views import sliding_windows


def cut_windows(rows, origins, length):
    """Cut the windows that end at given rows of several series.

    Parameters
    ----------
    rows : list of ndarray of shape (n_timesteps, n_features)
    origins : list of ndarray of int or range
        For each series, the positions of the last rows of its windows, ascending.
    length : int

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)
        Series by series; padded if the past is shorter than a window. For consecutive
        origins of a single series, without padding, it is a view.
    """
    if len(rows) == 1 and len(origins[0]) and _consecutive(origins[0], length):
        series, first, last = rows[0], origins[0][0], origins[0][-1]
        return sliding_windows(series[first - length + 1 : last + 1], length)
    padding = np.full((length - 1, rows[0].shape[1]), np.nan, dtype=rows[0].dtype)
    series, ends, n_rows = [], [], 0
    for table, ending in zip(rows, origins, strict=True):
        ending = np.asarray(ending)
        if len(ending):  # skip the rows that no window needs
            first = max(0, ending.min() - length + 1)
            series += [padding, table[first:]]
            ends.append(n_rows + ending - first)  # first row of each window
            n_rows += length - 1 + len(table) - first
    if not ends:
        return np.empty((0, length, rows[0].shape[1]), dtype=rows[0].dtype)
    return sliding_windows(np.concatenate(series), length)[np.concatenate(ends)]


def _consecutive(origins, length):
    return origins[0] >= length - 1 and origins[-1] - origins[0] == len(origins) - 1
