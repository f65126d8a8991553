"""Validation of regression targets."""

from functools import partial

import numpy as np
from pandas.api.types import is_list_like
from sklearn.utils import assert_all_finite, check_array

from ..warning import warn
from ..windows import LazyArray, chunks, observed, refuse_masked
from .windows import from_tensor

SEQUENCES = (
    "y holds separate sequences, perhaps of different lengths: make it one array. For "
    "values at the steps of X, pad both at the start, numbers with pad_sequences and "
    "labels with None; for other sequences of labels, fill up with an extra label."
)

N_LOOKED_AT = 1000
"""Windows that tell which columns y continues, if they have to be read first."""


def target_array(y):
    """Return targets or labels as an array of any type, where values may be missing."""
    if isinstance(y, LazyArray):
        return y
    y = from_tensor(y)
    refuse_masked(y, "y")
    try:
        array = check_array(
            y,
            dtype=None,
            ensure_2d=False,
            allow_nd=True,
            ensure_all_finite=False,
            input_name="y",
        )
    except ValueError as error:
        if "array element with a sequence" not in str(error):
            raise
        raise ValueError(SEQUENCES) from None
    # A Series of lists becomes an array of lists.
    if array.dtype == object and array.ndim == 1 and any(map(is_list_like, array)):
        raise ValueError(SEQUENCES)
    return array


def check_targets(y, windows, *, per_step=True, any_length=False, allow_missing=False):
    """Validate regression targets.

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, length, n_outputs)
    windows : ndarray of shape (n_samples, length, n_features)
        Three-dimensional targets of the same length have one for each step.
    per_step : bool, default=True
        Whether there may be a target for each step of the windows.
    any_length : bool, default=False
        Whether three-dimensional targets may have another length.
    allow_missing : bool, default=False
        Whether NaN may be anywhere in y.

    Returns
    -------
    ndarray of the shape of y, or LazyArray if that is given
        In the dtype of the windows.

    Raises
    ------
    ValueError
        For NaN (except at padded steps), infinity, text or a wrong shape.
    """
    y = target_array(y)
    if y.dtype.kind not in "biuf":
        try:
            if y.dtype.kind in "mM":  # astype would turn dates into nanoseconds
                raise TypeError(f"its dtype is {y.dtype}")
            y = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"y is not numeric: {error}. Encode it first.") from None
    if y.ndim > 2 and not per_step:
        raise ValueError(
            f"y has shape {y.shape}: expected (n_samples,) or (n_samples, n_outputs)."
        )
    every_step = y.ndim == 3 and y.shape[1] == windows.shape[1]
    if y.ndim > 3 or (y.ndim == 3 and not (every_step or any_length)):
        raise ValueError(
            f"y has shape {y.shape}: expected (n_samples,), (n_samples, n_outputs), or "
            f"(n_samples, {windows.shape[1]}, n_outputs) with a target for each step "
            "of the windows. For sequences of another length, use "
            "EncoderDecoderRegressor."
        )
    if isinstance(y, LazyArray):
        y = y.map(partial(np.asarray, dtype=windows.dtype))
        for part in chunks(y):
            assert_all_finite(np.asarray(y[part]), input_name="y")
        return y
    with np.errstate(over="ignore"):  # too large for float32: raises below
        y = y.astype(windows.dtype, copy=False)
    counted = y[observed(windows)] if every_step else y
    try:
        assert_all_finite(counted, allow_nan=allow_missing, input_name="y")
    except ValueError as error:
        bad = np.isinf(y) if allow_missing else ~np.isfinite(y)
        if every_step:
            bad &= observed(windows)[..., np.newaxis]
        raise ValueError(
            f"{error} The first is in row {np.argwhere(bad)[0, 0]}: correct it, or "
            "drop the row from X and y after the windows are cut."
        ) from None
    return y


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


def warn_of_other_target(columns, windows, y, *, in_units=False):
    """Warn if y continues other columns of X than ``columns`` says.

    This shows in consecutive windows: their y begins with values from the last row
    of the next window.

    Parameters
    ----------
    columns : ndarray of int of shape (n_targets,)
    windows : ndarray of shape (n_samples, length, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    in_units : bool, default=False
        Whether to also warn if y holds none of the values of a column, as when only
        one of them is scaled.
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


def _follow(windows):
    """Tell whether each window is the previous one moved by one step.

    Windows of one step can't tell.
    """
    if windows.shape[1] == 1:
        return False
    return np.array_equal(windows[1:, :-1], windows[:-1, 1:], equal_nan=True)
