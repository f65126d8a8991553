"""What counts as a series and as windows; errors that name row and column."""

import warnings

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_datetime64_any_dtype,
    is_numeric_dtype,
    is_object_dtype,
)
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    _num_samples,
)

from .windows import chunks, leading_padding, series_of

_FLOATS = [np.float64, np.float32]


def check_series(series, name="X", **check_array_params):
    """Validate a series.

    Parameters
    ----------
    series : array-like of shape (n_timesteps, n_features)
        Rows of NaN at the start are padding (the result of a differencing).
    name : str, default="X"
        Name of the argument, for messages.
    **check_array_params
        Passed on to :func:`sklearn.utils.check_array`.

    Returns
    -------
    ndarray of shape (n_timesteps, n_features)
        float32 stays, all else becomes float64. Not copied where it need not be.

    Raises
    ------
    ValueError
        For NaN after the start, infinity, text, or the wrong number of dimensions.
    """
    array = _to_floats(series, name, **check_array_params)
    if not _is_finite(array[leading_padding(array) :]):
        _check_rows(array, name, "row")
    return array


def check_windows(windows, name="X", *, allow_missing=False, **check_array_params):
    """Validate windows.

    Parameters
    ----------
    windows : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        Two dimensions are read as one variable, without padding.
    name : str, default="X"
        Name of the argument, for messages.
    allow_missing : bool, default=False
        Whether NaN may be anywhere in the windows.
    **check_array_params
        Passed on to :func:`sklearn.utils.check_array`.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)
        float32 stays, all else becomes float64. A view stays a view, and is
        checked at the cost of its series, not of its windows.

    Raises
    ------
    ValueError
        For NaN that is not at the start of a window, infinity, text, or the
        wrong number of dimensions.
    """
    array = windows
    if not _is_ready(windows):
        array = _to_floats(windows, name, allow_nd=True, **check_array_params)
    if array.ndim == 2:
        # A NaN here could be a missing value as well as padding.
        assert_all_finite(array, input_name=name, allow_nan=allow_missing)
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(
            f"{name} has shape {array.shape}: expected windows of shape "
            "(n_samples, length, n_features), none of them zero. Cut a series into "
            "windows with SlidingWindow."
        )
    series = series_of(array)
    # What is right in the series is right in all its windows; what is wrong
    # there (a NaN that only starts some windows) is told window by window.
    rows = array if series is None else series
    if not _is_finite(rows) and (
        series is None or not _is_finite(series[leading_padding(series) :])
    ):
        for part in chunks(array):
            _check_rows(array[part], name, "time step", part.start, allow_missing)
    return array


def _to_floats(values, name, **check_array_params):
    """Convert to an array of floats, whatever its values."""
    _refuse_text(values, name)
    try:
        return check_array(
            values,
            dtype=_FLOATS,
            ensure_all_finite=False,
            input_name=name,
            **check_array_params,
        )
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise ValueError(
                f"{name} holds sequences of different lengths: stack them by "
                "pad_sequences."
            ) from None
        if "could not convert string" not in str(error):
            raise
        raise ValueError(
            f"{name} holds text, {error}: encode it first (OneHotEncoder; "
            "TokenVectorizer for sentences)."
        ) from None


def _is_ready(values):
    """Tell windows that need no conversion: asking takes longer than predicting one."""
    is_array = type(values) is np.ndarray and values.ndim == 3
    return is_array and values.dtype in _FLOATS and values.size > 0


def _refuse_text(frame, name):
    """Name the column of a table that is not numeric, before numpy gives up on it."""
    if not isinstance(frame, pd.DataFrame):
        return
    for column, dtype in frame.dtypes.items():
        if not (is_numeric_dtype(dtype) or is_object_dtype(dtype)):
            dated = is_datetime64_any_dtype(dtype)
            remedy = (
                f"make it the index (set_index({column!r}))"
                if dated
                else "encode it first (OneHotEncoder)"
            )
            raise ValueError(
                f"{name} column {column!r} has dtype {dtype}, which is not numeric: "
                f"{remedy}, or drop it."
            )


def _is_finite(rows):
    """Tell whether all values are finite, by their sum: one pass, no temporaries."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(rows.sum()))


def _check_rows(rows, name, unit, first_sample=0, allow_missing=False):
    """Raise at the first value of rows (..., length, n_features) that is no data."""
    missing = np.isnan(rows)
    started = np.logical_or.accumulate(~missing.all(axis=-1), axis=-1)
    started &= not allow_missing
    bad = np.argwhere(np.isinf(rows) | (missing & started[..., np.newaxis]))
    if not len(bad):
        return
    *sample, step, column = bad[0]
    what = "NaN" if np.isnan(rows[tuple(bad[0])]) else "infinity"
    where = f"{unit} {step}, column {column}"
    if sample:
        where = f"window {first_sample + sample[0]}, {where}"
    raise ValueError(
        f"Input {name} contains {what} at {where}. Only whole rows at the start may "
        "be NaN (padding: a past shorter than the window). Impute or drop it first, "
        "for example with SimpleImputer or DataFrame.interpolate."
    )


def check_fit_windows(estimator, X, y, **check_array_params):
    """Validate the windows given to ``fit`` and remember their form.

    Sets ``n_features_in_`` (the columns of a two-dimensional X, the variables of
    a three-dimensional one), ``window_shape_in_`` and, for a table,
    ``feature_names_in_``.

    Parameters
    ----------
    estimator : estimator
    X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
    y : array-like of shape (n_samples, ...)
        Only its presence and length are checked.
    **check_array_params
        Passed on to :func:`check_windows`.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)

    Raises
    ------
    ValueError
        If X is not windows, y is missing, or their lengths differ.
    """
    _check_feature_names(estimator, X, reset=True)
    windows = check_windows(X, estimator=estimator, **check_array_params)
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but "
            "the target y is None."
        )
    if _num_samples(y) != len(windows):
        raise ValueError(
            f"X has {len(windows)} samples, y has {_num_samples(y)}: found input "
            "variables with inconsistent numbers of samples. Take both from one call "
            "of horizon_targets."
        )
    estimator.window_shape_in_ = windows.shape[1:]
    estimator.n_features_in_ = windows.shape[1 if _is_flat(X) else 2]
    return windows


def _is_flat(X):
    return np.asarray(X).ndim == 2


def check_predict_windows(estimator, X, *, any_length=False, allow_missing=False):
    """Validate the windows given to ``predict`` against those of ``fit``.

    Parameters
    ----------
    estimator : fitted estimator
    X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
    any_length : bool, default=False
        Whether three-dimensional windows may be of another length than the fitted.
    allow_missing : bool, default=False
        As in :func:`check_windows`.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)
        In their own dtype.

    Raises
    ------
    ValueError
        If the number of variables or the length differ.
    """
    if not _is_ready(X) or hasattr(estimator, "feature_names_in_"):
        _check_feature_names(estimator, X, reset=False)
    windows = check_windows(X, allow_missing=allow_missing, estimator=estimator)
    length, n_features = estimator.window_shape_in_
    name = type(estimator).__name__
    if _is_flat(X) and n_features == 1 and windows.shape[1] != length:
        raise ValueError(
            f"X has {windows.shape[1]} features, but {name} is expecting {length} "
            "features as input (the time steps of a window)."
        )
    if windows.shape[2] != n_features:
        raise ValueError(
            f"X has {windows.shape[2]} features, but {name} is expecting "
            f"{n_features} features as input (the variables of a window)."
        )
    if windows.shape[1] != length and not any_length:
        raise ValueError(
            f"X has windows of {windows.shape[1]} time steps, but {name} was fitted "
            f"on {length}: cut windows of the same length, pad shorter sequences "
            "(pad_sequences)."
        )
    return windows


def check_weights(sample_weight, windows):
    """Validate the weights of windows.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
    windows : ndarray of shape (n_samples, length, n_features)

    Returns
    -------
    ndarray of shape (n_samples,) or None
        In the dtype of the windows.

    Raises
    ------
    ValueError
        For another shape, for negative weights, and where all are zero.
    """
    if sample_weight is None:
        return None
    weights = _check_sample_weight(sample_weight, windows, dtype=windows.dtype)
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "sample_weight must contain at least one non-zero number, and no negative "
            "one."
        )
    return weights


def check_targets(y, windows, *, allow_missing=False):
    """Validate targets of regression.

    Parameters
    ----------
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, length, n_outputs)
    windows : ndarray of shape (n_samples, length, n_features)
        Whose length targets of three dimensions must have.
    allow_missing : bool, default=False
        Whether NaN may be anywhere.

    Returns
    -------
    ndarray of the shape of y
        In the dtype of the windows.

    Raises
    ------
    ValueError
        For NaN (but at padded steps), infinity, text or a wrong shape.
    """
    y = check_array(
        y,
        dtype=None,
        ensure_2d=False,
        allow_nd=True,
        ensure_all_finite=False,
        input_name="y",
    )
    if y.dtype.kind not in "biuf":
        try:
            if y.dtype.kind in "mM":  # which would become nanoseconds
                raise TypeError(f"its dtype is {y.dtype}")
            y = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"y is not numeric: {error}. Encode it first.") from None
    if y.ndim > 3 or (y.ndim == 3 and y.shape[1] != windows.shape[1]):
        raise ValueError(
            f"y has shape {y.shape}: expected (n_samples,), (n_samples, n_outputs), or "
            f"(n_samples, {windows.shape[1]}, n_outputs) with a target for each step "
            "of the windows."
        )
    with np.errstate(over="ignore"):  # what is too large for float32 is told here
        y = y.astype(windows.dtype, copy=False)
    counted = y if y.ndim < 3 else y[~np.isnan(windows[:, :, 0])]
    assert_all_finite(counted, allow_nan=allow_missing, input_name="y")
    return y


def check_target_columns(target, n_features, n_outputs):
    """Validate the columns of X that y continues.

    Parameters
    ----------
    target : int or list of int
    n_features : int
        Variables of X.
    n_outputs : int
        Columns of y, which must divide among the targets.

    Returns
    -------
    ndarray of int of shape (n_targets,)

    Raises
    ------
    ValueError
        If a target is no column of X, or the columns of y do not divide.
    """
    columns = np.atleast_1d(target)
    if columns.dtype.kind not in "iu" or not set(columns) <= set(range(n_features)):
        raise ValueError(
            f"target={target!r} is not a column of X, which has {n_features}: give "
            "positions from 0."
        )
    if n_outputs % len(columns):
        raise ValueError(
            f"y has {n_outputs} columns, which do not divide among {len(columns)} "
            "targets: give as many steps for each."
        )
    return columns


def warn_of_other_target(columns, windows, y):
    """Warn where y continues other columns of X than it is said to.

    Told from consecutive windows, whose y begins with the last row of the next.

    Parameters
    ----------
    columns : ndarray of int of shape (n_targets,)
    windows : ndarray of shape (n_samples, length, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    """
    if windows.shape[2] < 2 or len(windows) < 3:
        return
    y = y.reshape(len(y), len(columns), -1)
    found = []
    for column, first in zip(columns, y[:-1, :, 0].T, strict=True):
        share = (windows[1:, -1] == first[:, np.newaxis]).mean(axis=0)
        other = int(share.argmax())
        found.append(other if share[other] > 0.9 > share[column] else int(column))
    if found != columns.tolist():
        target = found if len(found) > 1 else found[0]
        warnings.warn(
            f"y continues column {target} of X, but target says {columns.tolist()}: "
            f"set target={target}, or put the target first.",
            UserWarning,
            stacklevel=3,
        )
