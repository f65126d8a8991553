"""Validation of the data given to ``fit`` and ``predict``, and that they agree."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    _num_samples,
)

from ..windows import LazyArray
from .windows import check_windows, is_ready


def check_fit_windows(estimator, X, y, *, allow_missing=False):
    """Validate the windows given to ``fit`` and remember their shape.

    Sets ``n_features_in_`` (the columns of a two-dimensional X, the variables of
    a three-dimensional one), ``window_shape_in_`` and, for a table,
    ``feature_names_in_``.

    Parameters
    ----------
    estimator : estimator
    X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
    y : array-like of shape (n_samples, ...)
        Only its presence and length are checked.
    allow_missing : bool, default=False
        As in :func:`check_windows`.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)

    Raises
    ------
    ValueError
        If X does not hold windows, y is missing, or their numbers of samples differ.
    """
    _check_feature_names(estimator, X, reset=True)
    windows = check_windows(X, allow_missing=allow_missing, estimator=estimator)
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but "
            "the target y is None."
        )
    if _num_samples(y) != len(windows):
        remedy = "Take both from one call of horizon_targets."
        if is_classifier(estimator):
            remedy = "Give one label for each window or sequence."
        raise ValueError(
            f"X has {len(windows)} samples, y has {_num_samples(y)}: found input "
            f"variables with inconsistent numbers of samples. {remedy}"
        )
    estimator.window_shape_in_ = windows.shape[1:]
    estimator.n_features_in_ = windows.shape[1 if _is_flat(X) else 2]
    return windows


def _is_flat(X):
    return not isinstance(X, LazyArray) and np.asarray(X).ndim == 2


def check_predict_windows(estimator, X, *, any_length=False, allow_missing=False):
    """Validate the windows given to ``predict`` against those of ``fit``.

    Parameters
    ----------
    estimator : fitted estimator
    X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
    any_length : bool, default=False
        Whether three-dimensional windows may have another length than in ``fit``.
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
    if not is_ready(X) or hasattr(estimator, "feature_names_in_"):
        _check_feature_names(estimator, X, reset=False)
    windows = check_windows(X, allow_missing=allow_missing, estimator=estimator)
    length, n_features = estimator.window_shape_in_
    name = type(estimator).__name__
    if _is_flat(X) and n_features == 1 and windows.shape[1] != length:
        advice = " For another length, give X[:, :, None]." if any_length else ""
        raise ValueError(
            f"X has {windows.shape[1]} features, but {name} is expecting {length} "
            f"features as input (the time steps of a window).{advice}"
        )
    if windows.shape[2] != n_features:
        advice = ""
        if _is_flat(X):  # a row is read as a window of one variable
            advice = " If X is a single window, give numpy.asarray(X)[None]."
        raise ValueError(
            f"X has {windows.shape[2]} features, but {name} is expecting "
            f"{n_features} features as input (the variables of a window).{advice}"
        )
    if windows.shape[1] != length and not any_length:
        raise ValueError(
            f"X has windows of {windows.shape[1]} time steps, but {name} was fitted "
            f"on {length}: cut windows of the same length, or pad shorter sequences "
            "with pad_sequences."
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
        In the dtype of the windows, scaled so that the largest is 1: only their ratios
        matter, and sums of very large weights would be infinite.

    Raises
    ------
    ValueError
        If the shape is wrong, a weight is negative, or all are zero.
    """
    if sample_weight is None:
        return None
    weights = _check_sample_weight(sample_weight, windows, dtype=np.float64)
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "sample_weight must contain at least one non-zero number, and no "
            "negative numbers."
        )
    return (weights / weights.max()).astype(windows.dtype)
