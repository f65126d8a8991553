"""Windows over the series of a panel."""

import numpy as np

from ..windows import cut_windows, lay_coming, sliding_windows
from .scaling import series_sizes


def training_windows(panel, length, horizon, min_length, scaling, missing):
    """Cut windows that are followed by values to learn from.

    Parameters
    ----------
    panel : list of Instance
    length : int
        Time steps in a window.
    horizon : int
        Steps after the window that are its targets.
    min_length : int or None
        Smallest number of observed steps in a window; the others are padded. None
        takes full windows; beside them, a series that is too short gives its longest.
    scaling : {None, "subtract", "divide", "standardize"}
    missing : {"error", "ffill", "interpolate"}
        Values that were interpolated are targets too; others that were filled in are
        not.

    Returns
    -------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
        Ordered series by series.
    targets : ndarray or LazyArray of shape (n_samples, horizon, n_targets)
    n_windows : dict of tuple to int
        Number of windows of each series that is longer than the horizon, by its labels.
    sizes : ndarray of shape (n_series, 1, n_targets)
        Those of these series.
    observed : ndarray of bool of shape (n_samples, horizon), or None
        Whether neither a target nor the end of its window, which may be interpolated
        towards it, was interpolated; None if nothing was.
    """
    used, origins = [], []
    for instance in panel:
        last = len(instance.y) - horizon - 1
        if last < 0:
            continue
        first = min(min_length or length, last + 1) - 1
        used.append(instance)
        if instance.observed.all() or missing == "interpolate":
            origins.append(range(first, last + 1))
        else:
            seen = sliding_windows(instance.observed[:, np.newaxis], horizon)[1:, :, 0]
            origins.append(np.flatnonzero(seen[first:].all(axis=1)) + first)
    if not any(map(len, origins)):
        raise ValueError(
            f"No window of y is followed by {horizon} values: the longest series has "
            f"{max(len(instance.y) for instance in panel)} time steps. Give longer "
            "series, or a shorter horizon, beyond which forecasts iterate."
        )
    longest = max(len(instance.y) for instance in used)
    if min_length is None and longest < length + horizon:
        raise ValueError(
            f"window_length={length} and {horizon} step(s) ahead need "
            f"{length + horizon} time steps, but the longest series has {longest}: "
            "give a shorter window_length or longer series, or set min_length, the "
            "smallest number of observed steps in padded windows."
        )
    windows = cut_windows([lay_rows(one, horizon) for one in used], origins, length)
    targets = cut_windows([one.y for one in used], origins, horizon, ahead=horizon)
    sizes = series_sizes(used, scaling)
    observed = None
    if missing == "interpolate" and not all(one.observed.all() for one in used):
        rows = [one.observed[:, np.newaxis] for one in used]
        steps = cut_windows(rows, origins, horizon + 1, ahead=horizon)
        steps = np.asarray(steps)[:, :, 0]
        observed = steps[:, :1] & steps[:, 1:]
    n_windows = {one.key: len(ends) for one, ends in zip(used, origins, strict=True)}
    return windows, targets, n_windows, sizes, observed


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
