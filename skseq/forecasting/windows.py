"""Windows over the series of a panel, and the level of each."""

import numpy as np

from ..windows import cut_windows, lay_coming, sliding_windows

SCALINGS = (None, "subtract", "divide", "standardize")


def training_windows(panel, length, horizon, min_length=None, scaling=None):
    """Cut windows that are followed by observed values.

    Parameters
    ----------
    panel : list of Instance
    length : int
        Time steps in a window.
    horizon : int
        Steps after the window that are its targets.
    min_length : int, default=None
        Smallest number of observed steps in a window; the others are padded. None
        takes full windows; beside them, a series that is too short gives its longest.
    scaling : {None, "subtract", "divide", "standardize"}

    Returns
    -------
    windows : ndarray of shape (n_samples, length, n_features)
        Ordered series by series.
    targets : ndarray of shape (n_samples, horizon, n_targets)
    n_windows : list of int
        Number of windows of each series that is longer than the horizon.
    sizes : ndarray of shape (n_samples, 1, n_targets)
        Those of the series of each window.
    """
    rows, origins, targets, used = [], [], [], []
    for instance in panel:
        last = len(instance.y) - horizon - 1
        if last < 0:
            continue
        first = min(min_length or length, last + 1) - 1
        y = sliding_windows(instance.y, horizon)[1:]
        rows.append(lay_rows(instance, horizon))
        used.append(instance)
        if instance.seen.all():
            origins.append(range(first, last + 1))
            targets.append(y[first:])
        else:
            seen = sliding_windows(instance.seen[:, np.newaxis], horizon)[1:, :, 0]
            origins.append(np.flatnonzero(seen[first:].all(axis=1)) + first)
            targets.append(y[origins[-1]])
    if not any(map(len, origins)):
        raise ValueError(
            f"No window of y is followed by {horizon} values: the longest series has "
            f"{max(len(instance.y) for instance in panel)} time steps. Give longer "
            "series, or a shorter horizon, beyond which forecasts iterate."
        )
    longest = max(map(len, rows))
    if min_length is None and longest < length + horizon:
        raise ValueError(
            f"window_length={length} and {horizon} step(s) ahead need "
            f"{length + horizon} time steps, but the longest series has {longest}: "
            "give a shorter window_length or longer series, or set min_length, the "
            "smallest number of observed steps in padded windows."
        )
    windows = cut_windows(rows, origins, length)
    targets = targets[0] if len(targets) == 1 else np.concatenate(targets)
    n_windows = list(map(len, origins))
    return windows, targets, n_windows, series_sizes(used, n_windows, scaling)


def series_sizes(panel, n_windows, scaling):
    """Find the size of each whole series, for windows that are constant.

    Parameters
    ----------
    panel : list of Instance
    n_windows : list of int
        Number of windows of each series.
    scaling : {None, "subtract", "divide", "standardize"}

    Returns
    -------
    ndarray of shape (n_samples, 1, n_targets)
    """
    sizes = [level(one.y[np.newaxis], scaling)[1] for one in panel]
    return np.repeat(np.concatenate(sizes), n_windows, axis=0)


def lay_rows(instance, horizon):
    """Put all that is known at each time step in one row.

    The last values known ahead are repeated beyond their end. A network reads for each
    step only what is known for it, so this affects only steps that nobody asked for.

    Parameters
    ----------
    instance : Instance
    horizon : int
        Steps ahead whose known values are in a row.

    Returns
    -------
    ndarray of shape (n_timesteps, n_targets + n_past + n_known * horizon)
        In the layout of :class:`~skseq.KnownAhead`: variable by variable.
    """
    y, past, known = instance.y, instance.past, instance.known
    if not past.shape[1] and not known.shape[1]:
        return y
    parts = [y, past]
    if known.shape[1]:
        n_missing = len(y) + horizon - len(known)
        known = np.pad(known, ((0, max(0, n_missing)), (0, 0)), mode="edge")
        parts.append(lay_coming(known[: len(y) + horizon], horizon))
    return np.hstack(parts).astype(y.dtype, copy=False)


def level(past, scaling, n_steps=None, size=1):
    """Find what a window and its targets are shifted and divided by.

    Parameters
    ----------
    past : ndarray of shape (n_samples, length, n_targets)
    scaling : {None, "subtract", "divide", "standardize"}
    n_steps : int, default=None
        Last steps of the window that define the level; None takes all.
    size : ndarray of shape (n_samples, 1, n_targets), default=1
        Replaces a factor that would be zero, which leaves nothing to divide by.

    Returns
    -------
    shift, factor : ndarray of shape (n_samples, 1, n_targets), or 0 and 1
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
    # A constant leaves rounding noise; dividing by that would blow it up.
    smallest = 10 * np.finfo(past.dtype).eps * np.abs(shift)
    return shift, np.where(factor > smallest, factor, size)
