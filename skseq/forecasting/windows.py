"""Windows over the series of a panel, and the level of each."""

import numpy as np

from ..windows import sliding_windows

SCALINGS = (None, "subtract", "divide", "standardize")


def lay_rows(y, past, known, horizon):
    """Lay what is known at each time step beside each other.

    Parameters
    ----------
    y : ndarray of shape (n_timesteps, n_targets)
    past : ndarray of shape (n_timesteps, n_past)
    known : ndarray of shape (at least n_timesteps, n_known)
        Repeated beyond its end: a network reads of each step what is known of it, so
        that this changes nothing but steps that nobody asked for.
    horizon : int
        Steps ahead for which ``known`` is laid.

    Returns
    -------
    ndarray of shape (n_timesteps, n_targets + n_past + n_known * horizon)
        As :class:`~skseq.KnownAhead` lays them: variable by variable.
    """
    if not known.shape[1]:
        return np.hstack([y, past]) if past.shape[1] else y
    n_missing = len(y) + horizon - len(known)
    known = np.pad(known, ((0, max(0, n_missing)), (0, 0)), mode="edge")
    ahead = sliding_windows(known[1 : len(y) + horizon], horizon)
    ahead = ahead.swapaxes(1, 2).reshape(len(y), -1)
    return np.hstack([y, past, ahead])


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


def level(past, scaling, n_steps):
    """Find what is subtracted from a window and its targets, and what divided out.

    Parameters
    ----------
    past : ndarray of shape (n_samples, length, n_targets)
    scaling : {None, "subtract", "divide", "standardize"}
    n_steps : int or None
        Last steps of the window that tell the level; None takes all.

    Returns
    -------
    shift, factor : ndarray of shape (n_samples, 1, n_targets), or 0 and 1
        The factor is one where it would be zero.
    """
    if scaling is None:
        return np.zeros((1, 1, 1), past.dtype), np.ones((1, 1, 1), past.dtype)
    past = past if n_steps is None else past[:, -n_steps:]
    shift = np.zeros_like(past[:, :1])
    factor = np.ones_like(shift)
    if scaling in ("subtract", "standardize"):
        shift = np.nanmean(past, axis=1, keepdims=True)
    if scaling == "divide":
        factor = np.nanmean(np.abs(past), axis=1, keepdims=True)
    if scaling == "standardize":
        factor = np.nanstd(past, axis=1, keepdims=True)
    # What is constant leaves rounding noise; dividing by it would blow it up.
    smallest = 10 * np.finfo(past.dtype).eps * np.abs(shift)
    return shift, np.where(factor > smallest, factor, 1)
