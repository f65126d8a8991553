"""Validation of the columns of X that y continues, and of those known ahead."""

import numpy as np

from ..warning import warn
from ..windows import LazyArray, chunks

N_LOOKED_AT = 1000
"""Windows that tell which columns y continues, if they have to be read first."""

N_TELLING = 10
"""Values of y that are not the next ones from which its first step can be told."""


def check_target_columns(target, n_features, n_outputs):
    """Validate the columns of X that y continues.

    Parameters
    ----------
    target : int or list of int
    n_features : int
        Number of variables of X.
    n_outputs : int
        Number of columns of y; must be a multiple of the number of targets.

    Returns
    -------
    ndarray of int of shape (n_targets,)

    Raises
    ------
    ValueError
        If a target is not a column of X, or named twice, or y has the wrong number of
        columns.
    """
    columns = np.atleast_1d(target)
    if columns.dtype.kind not in "iu" or not set(columns) <= set(range(n_features)):
        raise ValueError(
            f"target={target!r} is not a column of X, which has {n_features} columns: "
            "give positions, counted from 0."
        )
    if len(set(columns)) < len(columns):
        raise ValueError(f"target={target!r} names a column twice: name each once.")
    if n_outputs % len(columns):
        raise ValueError(
            f"y has {n_outputs} columns, which can't be divided equally among "
            f"{len(columns)} targets: give the same number of steps for each target."
        )
    return columns


def check_known_ahead(regressor, columns, n_features, horizon):
    """Raise ValueError if the columns known ahead include one that y continues.

    Returns the number of columns before them.
    """
    n_known = regressor.n_known_ahead * horizon
    n_past = n_features - n_known
    if n_known and n_past < 1 + columns.max():
        raise ValueError(
            f"n_known_ahead={regressor.n_known_ahead} and {horizon} steps ahead "
            f"(target={regressor.target!r}) take the last {n_known} columns of X, but "
            f"X has {n_features} in all: add the values known ahead with KnownAhead, "
            "using the same horizon, and name in target every column that y holds."
        )
    return n_past


def warn_of_other_target(columns, windows, y, *, in_units=False, from_next=False):
    """Warn if y continues other columns of X than ``columns`` says.

    This shows in consecutive windows: their y begins with values from the last row
    of the next window, or of one further on.

    Parameters
    ----------
    columns : ndarray of int of shape (n_targets,)
    windows : ndarray of shape (n_samples, length, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    in_units : bool, default=False
        Whether to also warn if y holds none of the values of a column, as when only
        one of them is scaled.
    from_next : bool, default=False
        Whether to also warn if y begins at another step than the next one.
    """
    if isinstance(windows, LazyArray) or isinstance(y, LazyArray):
        windows, y = np.asarray(windows[:N_LOOKED_AT]), np.asarray(y[:N_LOOKED_AT])
    if len(windows) < 3:
        return
    y = y.reshape(len(y), len(columns), -1)
    found, lost = [], []
    for column, first in zip(columns, y[:-1, :, 0].T, strict=True):
        share = (windows[1:, -1] == first[:, np.newaxis]).mean(axis=0)
        other = int(share.argmax())
        found.append(other if share[other] > 0.9 > share[column] else int(column))
        known = windows[1:, -1, column]
        lost.append(not np.isnan(known).all() and not np.isin(first, known).any())
    found += [one for one in _further_targets(windows, y) if one not in found]
    target = found if len(found) > 1 else found[0]
    message = None
    if found != columns.tolist():
        message = (
            f"y continues column {target} of X, but target is {columns.tolist()}: set "
            f"target={target}, or put the columns to forecast first in X."
        )
    elif in_units and any(lost) and _follow(windows[:100]):
        message = (
            f"y does not continue column {columns[np.argmax(lost)]} of X: it holds "
            "none of that column's values. Here, both must have the same units. "
            "If a scaler changed X, leave it out: networks standardise by themselves, "
            "and TransformedWindowRegressor scales both."
        )
    elif from_next and (step := _first_step(columns[0], windows, y)) != 1:
        message = (
            f"y begins {step} steps after the windows of X, but is taken for the "
            "steps from the next one on, as values known ahead are: give all of these, "
            "as from horizon_targets, and leave the first out of the forecast. "
            "(MultiOutputRegressor and RegressorChain fit each step by itself.)"
        )
    if message is not None:
        warn(message)


def _further_targets(windows, y):
    """Find further columns of X whose next values are among the steps of a target."""
    before, after = y[:-1, :, 1:], y[1:, :, :-1]
    same = sum((before[p] == after[p]).sum(axis=0) for p in chunks(y[1:]))
    shares = [
        (windows[1:, -1] == before[:, target, step, np.newaxis]).mean(axis=0)
        for target, step in np.argwhere(same <= 0.9 * len(before))
    ]
    return [int(share.argmax()) for share in shares if share.max() > 0.9]


def _first_step(column, windows, y):
    """Count the steps from windows to their y; 1 if that can't be told."""
    windows, first = windows[:N_LOOKED_AT], y[:N_LOOKED_AT, 0, 0]
    last, n = windows[:, -1, column], len(windows)
    # Only these tell: others may be equal by chance, such as zeros.
    differs = first[:-1] != last[1:]
    # Mostly there are none, and no other step is looked for.
    if differs.sum() < N_TELLING or not _follow(windows[:100]):
        return 1
    for step in (0, *range(2, n // 2)):
        size = min(n - step, n - 1)
        same = last[step : step + size] == first[:size]
        told = differs[:size]
        n_same = same[told].sum()
        if same.mean() > 0.9 and n_same >= N_TELLING and n_same > 0.9 * told.sum():
            return step
    return 1


def _follow(windows):
    """Tell whether most windows are the previous one moved by one step.

    The first ones of further series are not. Windows of one step can't tell.
    """
    if windows.shape[1] == 1:
        return False
    before, after = windows[:-1, 1:], windows[1:, :-1]
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    return same.all(axis=(1, 2)).mean() > 0.5
