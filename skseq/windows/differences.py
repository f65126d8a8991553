"""Differences along time, and their exact inverse.

Time is the second-last axis throughout, so that a series ``(n_timesteps,
n_features)`` and windows ``(n_samples, length, n_features)`` are treated alike.
"""

import numpy as np

from .padding import observed


def difference(rows, lag=1, order=1):
    """Subtract from each row the row ``lag`` steps before, ``order`` times.

    Parameters
    ----------
    rows : ndarray of shape (..., n_timesteps, n_features)
    lag : int, default=1
        1 gives changes from step to step; the length of a season gives seasonal
        differences.
    order : int, default=1
        How many times to difference.

    Returns
    -------
    ndarray of shape (..., n_timesteps - lag * order, n_features)

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.windows import difference
    >>> difference(np.array([[1.0], [4.0], [9.0]]))
    array([[3.],
           [5.]])
    """
    for _ in range(order):
        before = rows[..., : max(0, rows.shape[-2] - lag), :]
        rows = rows[..., lag:, :] - before
    return rows


def level_drifts(rows, season):
    """Tell whether the level hardly returns to its mean from season to season.

    The level is the mean of a season. If a stationary one keeps less than three
    quarters of its deviation until the season after, its changes have more than half of
    its variance. If it drifts, they have less, and sooner or later it leaves the values
    seen before.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_timesteps, n_features)
        More than a season of steps, of which padding is left out. If there are fewer
        than two seasons, noise may hide a drift.
    season : int

    Returns
    -------
    bool
        For any variable. False if padding leaves no window that tells.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.windows import level_drifts
    >>> noise = np.random.default_rng(0).normal(size=(1, 200, 1))
    >>> level_drifts(noise, 7), level_drifts(noise.cumsum(axis=1), 7)
    (False, True)
    """
    changes = difference(rows, season)
    level_changes = _moving_means(changes, min(season, changes.shape[1]))
    if not len(level_changes):
        return False
    rows = rows - np.nanmean(rows, axis=(0, 1), dtype=np.float64)
    rounding = np.finfo(np.float64).eps * np.nanvar(rows, axis=(0, 1))
    least = np.maximum(2 * level_changes.var(axis=0), rounding)
    return bool((_moving_means(rows, season).var(axis=0) > least).any())


def _moving_means(rows, length):
    """Return the means of so many rows of a window each, (n_means, n_features)."""
    totals = np.nancumsum(rows, axis=1, dtype=np.float64)
    totals = np.pad(totals, ((0, 0), (1, 0), (0, 0)))
    known = observed(rows[:, : rows.shape[1] - length + 1])  # padding is at the start
    return difference(totals, length)[known] / length


def integrate(differences, past, lag=1, order=1):
    """Undo :func:`difference`, given the rows before them.

    Parameters
    ----------
    differences : ndarray of shape (..., n_timesteps, n_features)
    past : ndarray of shape (..., n_past, n_features)
        The rows right before, not differenced; at least ``lag * order`` of them.
    lag, order : int, default=1

    Returns
    -------
    ndarray of shape (..., n_timesteps, n_features)
        In the dtype of ``differences``.
    """
    past = past[..., past.shape[-2] - lag * order :, :].astype(np.float64)
    rows = differences.astype(np.float64)
    for level in reversed(range(order)):
        rows = _integrate_once(rows, difference(past, lag, level), lag)
    return rows.astype(differences.dtype)


def _integrate_once(differences, past, lag):
    """Add to each difference the row ``lag`` before: a cumulative sum over seasons."""
    *batch, n_timesteps, n_features = differences.shape
    n_seasons = -(-n_timesteps // lag)
    seasons = np.zeros((*batch, (n_seasons + 1) * lag, n_features))
    seasons[..., :lag, :] = past[..., past.shape[-2] - lag :, :]
    seasons[..., lag : lag + n_timesteps, :] = differences
    seasons = seasons.reshape(*batch, n_seasons + 1, lag, n_features)
    rows = seasons.cumsum(axis=-3).reshape(*batch, -1, n_features)
    return rows[..., lag : lag + n_timesteps, :]
