"""Validation of series and windows, with errors that name row and column."""

import numpy as np
import pandas as pd
import torch
from pandas.api.types import (
    infer_dtype,
    is_bool_dtype,
    is_numeric_dtype,
    is_object_dtype,
)
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite, check_array

from ..windows import LazyArray, chunks, leading_padding, refuse_masked, series_of
from .advice import advice_on

_FLOATS = [np.float64, np.float32]


def check_series(series, name="X", estimator=None):
    """Validate a series.

    Parameters
    ----------
    series : array-like of shape (n_timesteps, n_features)
        Rows of NaN at the start are padding (for example, left by differencing).
    name : str, default="X"
        Name of the argument, for messages.
    estimator : estimator, default=None
        For messages.

    Returns
    -------
    ndarray of shape (n_timesteps, n_features)
        float32 is kept, all else becomes float64. Copied only if necessary.

    Raises
    ------
    ValueError
        For NaN other than rows at the start, infinity, text, or the wrong number of
        dimensions.
    """
    array = _to_floats(series, name, estimator)
    if not _is_finite(array[leading_padding(array) :]):
        _check_rows(array, name, "row", table=series)
    return array


def check_windows(windows, *, allow_missing=False, estimator=None):
    """Validate windows.

    Parameters
    ----------
    windows : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        Two dimensions are read as one variable, without padding. A LazyArray is read
        part by part.
    allow_missing : bool, default=False
        Whether NaN may be anywhere in the windows.
    estimator : estimator, default=None
        For messages.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features), or LazyArray if that is given
        float32 is kept, all else becomes float64. A view stays a view, and checking
        it costs no more than checking its series.

    Raises
    ------
    ValueError
        For NaN other than rows at the start of a window, infinity, text, or the wrong
        number of dimensions.
    """
    array = windows
    if not is_ready(windows):
        array = _to_floats(windows, "X", estimator, allow_nd=True)
    if array.ndim == 2:
        # A NaN here could be a missing value as well as padding.
        if not (allow_missing or _is_finite(array)) and np.isnan(array).any():
            row, column = np.argwhere(np.isnan(array))[0]
            raise ValueError(
                f"Input X contains NaN at row {row}, column {column}. Each row of a "
                "table is a window: impute it first. If rows are sequences of "
                "different lengths, give pad_sequences([row.dropna() for _, row in "
                "table.iterrows()])."
            )
        assert_all_finite(array, input_name="X", allow_nan=allow_missing)
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(
            f"X has shape {array.shape}: expected windows of shape (n_samples, "
            "length, n_features), each at least 1. Cut a series into windows with "
            "SlidingWindow."
        )
    series = series_of(array)
    # If the series is valid, so are all its windows. If not (a NaN that is at the
    # start of some windows only), check window by window.
    if series is not None and _is_finite(series[leading_padding(series) :]):
        return array
    for part in chunks(array):
        rows = np.asarray(array[part])
        _check_rows(rows, "X", "time step", part.start, allow_missing)
    return array


def _to_floats(values, name, estimator, allow_nd=False):
    """Convert to an array of floats, whatever its values."""
    values = from_tensor(values)
    refuse_masked(values, name)
    if issparse(values):
        raise TypeError(
            f"Sparse data was passed for {name}, but dense data is required: let the "
            "steps before give it (OneHotEncoder(sparse_output=False), "
            "ColumnTransformer(sparse_threshold=0)), or use '.toarray()'."
        )
    _refuse_text(values, name)
    if isinstance(values, pd.DataFrame):  # scikit-learn looks at each of its columns
        array = values.to_numpy()
        values = array if array.dtype in _FLOATS else values
    try:
        return check_array(
            values,
            dtype=_FLOATS,
            ensure_all_finite=False,
            allow_nd=allow_nd,
            estimator=estimator,
            input_name=name,
        )
    except ValueError as error:
        # numpy's message differs between an array of objects and a list.
        if "array element with a sequence" in str(error):
            raise ValueError(
                f"{name} holds separate sequences, perhaps of different lengths: "
                "stack them with pad_sequences."
            ) from None
        if "could not convert string" not in str(error):
            raise
        raise ValueError(
            f"{name} holds text ({error}): encode it first, with OneHotEncoder, or "
            "TokenVectorizer for sentences."
        ) from None


def from_tensor(values):
    """Return a tensor as an array, and anything else as it is.

    scikit-learn does not see that a tensor is of float32, and with
    ``array_api_dispatch`` leaves it a tensor.
    """
    return values.numpy() if isinstance(values, torch.Tensor) else values


def is_ready(values):
    """Tell if windows need no conversion, which takes longer than predicting one."""
    is_array = type(values) in (np.ndarray, LazyArray) and values.ndim == 3
    return is_array and values.dtype in _FLOATS and values.size > 0


def _refuse_text(frame, name):
    """Raise an error that names the column of a table that is not numeric.

    Dates also raise an error, since numpy would turn them into numbers.
    """
    dtype = getattr(frame, "dtype", None)
    if getattr(dtype, "kind", None) in ("m", "M"):
        raise ValueError(
            f"{name} has dtype {dtype}, which is not numeric: leave dates out, or make "
            "them the index of a DataFrame."
        )
    if not isinstance(frame, pd.DataFrame):
        if not (hasattr(frame, "to_pandas") and hasattr(frame, "columns")):
            return
        frame = _first_rows(frame)
    for position, dtype in enumerate(frame.dtypes):
        if is_numeric_dtype(dtype) or is_bool_dtype(dtype):  # pyarrow's is only this
            continue
        column = frame.iloc[:, position]
        if not _holds_numbers(column):
            raise ValueError(
                f"{name} column {column.name!r} has dtype {dtype}, which is not "
                f"numeric: {advice_on(column)}."
            )


def _first_rows(table):
    """Return the beginning of a table of polars or pyarrow."""
    names = getattr(table, "column_names", table.columns)  # pyarrow's, polars'
    return pd.DataFrame({name: np.asarray(table[name][:100]) for name in names})


def _holds_numbers(column):
    """Tell whether objects are numbers, or else neither text nor dates."""
    if not is_object_dtype(column.dtype):
        return False
    if infer_dtype(column) not in ("string", "date", "datetime"):
        return True
    try:
        column.astype(np.float64)
    except (TypeError, ValueError):
        return False
    return True


def _is_finite(rows):
    """Tell whether the sum of all values is finite: one pass, no temporary arrays."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(rows.sum()))


def _check_rows(rows, name, unit, first_sample=0, allow_missing=False, table=None):
    """Raise an error at the first invalid value of rows (..., length, n_features).

    If they are those of a DataFrame, it names the row and column by their labels too.
    """
    if _is_finite(rows):
        return
    missing = np.isnan(rows)
    started = np.logical_or.accumulate(~missing.all(axis=-1), axis=-1)
    started &= not allow_missing
    bad = np.argwhere(np.isinf(rows) | (missing & started[..., np.newaxis]))
    if not len(bad):
        return
    *sample, step, column = bad[0]
    what = "NaN" if np.isnan(rows[tuple(bad[0])]) else "infinity"
    where = f"{unit} {step}, column {column}"
    if isinstance(table, pd.DataFrame):
        where += f" ({table.columns[column]!r} at {table.index[step]})"
    advice = "Impute or drop it first, for example with SimpleImputer or "
    advice += "DataFrame.interpolate."
    if sample:
        where = f"window {first_sample + sample[0]}, {where}"
        if missing[*sample, step:].all():
            advice += (
                " If the sequence ends there, pad it at the start: give pad_sequences "
                "the sequences without their padding."
            )
    raise ValueError(
        f"Input {name} contains {what} at {where}. Only whole rows at the start may "
        f"be NaN (padding: a past shorter than the window). {advice}"
    )
