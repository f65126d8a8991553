"""Windows over several series."""

import numpy as np

from .views import sliding_windows


def cut_windows(rows, origins, length):
    """Cut the windows that end at some rows of several series.

    Parameters
    ----------
    rows : list of ndarray of shape (n_timesteps, n_features)
    origins : list of ndarray of int or range
        Of each series, the last rows of its windows, ascending.
    length : int

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)
        Series by series. Padded where the past is shorter. A view where it can be:
        for all origins, from one on, of a single series.
    """
    if len(rows) == 1 and len(origins[0]) and _consecutive(origins[0], length):
        series, first, last = rows[0], origins[0][0], origins[0][-1]
        return sliding_windows(series[first - length + 1 : last + 1], length)
    padding = np.full((length - 1, rows[0].shape[1]), np.nan, dtype=rows[0].dtype)
    series, ends, n_rows = [], [], 0
    for table, ending in zip(rows, origins, strict=True):
        ending = np.asarray(ending)
        if len(ending):  # a window needs no more than its length before the first
            first = max(0, ending.min() - length + 1)
            series += [padding, table[first:]]
            ends.append(n_rows + ending - first)  # where, without their padding,
            n_rows += length - 1 + len(table) - first  # windows end, and so begin
    if not ends:
        return np.empty((0, length, rows[0].shape[1]), dtype=rows[0].dtype)
    return sliding_windows(np.concatenate(series), length)[np.concatenate(ends)]


def _consecutive(origins, length):
    return origins[0] >= length - 1 and origins[-1] - origins[0] == len(origins) - 1
