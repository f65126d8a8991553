"""Validation of regression targets."""

from functools import partial

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like
from sklearn.utils import assert_all_finite, check_array

from ..windows import LazyArray, chunks, observed, refuse_masked
from .windows import from_tensor

SEQUENCES = (
    "y holds separate sequences, perhaps of different lengths: make it one array. For "
    "numbers at the steps of X, use pad_sequences; for sequences of labels, fill up "
    "with an extra label."
)


def target_array(y, *, separate=False):
    """Return targets or labels as an array of any type, where values may be missing.

    If there may be ``separate`` sequences, they become an array of objects.
    """
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
        array = pd.Series(list(y), dtype=object).to_numpy()
    if not separate and holds_sequences(array):
        raise ValueError(SEQUENCES)
    return array


def holds_sequences(array):
    """Tell whether an array of objects holds some that are sequences."""
    return array.dtype == object and array.ndim == 1 and any(map(is_list_like, array))


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
    else:
        with np.errstate(over="ignore"):  # too large for float32: raises below
            y = y.astype(windows.dtype, copy=False)
    for part in chunks(y):
        targets, inputs = np.asarray(y[part]), windows[part]
        counted = targets[observed(inputs)] if every_step else targets
        try:
            assert_all_finite(counted, allow_nan=allow_missing, input_name="y")
        except ValueError as error:
            bad = np.isinf(targets) if allow_missing else ~np.isfinite(targets)
            raise _not_finite(error, bad, inputs, part.start) from None
    return y


def _not_finite(error, bad, windows, start):
    """Return an error that says where targets are not finite, and what to do."""
    if bad.ndim == 3 and bad.shape[1] == windows.shape[1]:
        bad = bad & observed(windows)[..., np.newaxis]
    elif bad.shape == windows.shape[:2] and not (bad & observed(windows)).any():
        return ValueError(
            "Input y contains NaN where X is padded, but has two dimensions, which are "
            "outputs for the whole window: for one at each step, give y[:, :, None]."
        )
    return ValueError(
        f"{error} The first is in row {start + np.argwhere(bad)[0, 0]}: correct it, or "
        "drop the row from X and y after the windows are cut, or give any number and a "
        "sample_weight of 0."
    )
