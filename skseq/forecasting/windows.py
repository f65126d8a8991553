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
