"""Prediction intervals of any regressor that has error bars."""

import inspect

import numpy as np
from scipy.stats import norm
from sklearn.multioutput import MultiOutputRegressor

from ..warning import warn
from .inside import innermost, unwrap


class IntervalWarning(UserWarning):
    """There are no intervals, or not such as were asked for."""


def check_gives_std(model, asked_by):
    """Raise ValueError unless a regressor's ``predict`` takes ``return_std``.

    It may be in a Pipeline or a search. ``asked_by`` is the parameter, with its value,
    that requires it.
    """
    last = innermost(model, MultiOutputRegressor)
    parameters = inspect.signature(last.predict).parameters.values()
    # A predict with **kwargs may pass return_std on.
    if not any(p.name == "return_std" or p.kind == p.VAR_KEYWORD for p in parameters):
        raise ValueError(
            f"{asked_by} needs a regressor with predict(X, return_std=True), which "
            f"{type(last).__name__} does not have: give a network with dropout or "
            "n_members, or SARIMARegressor, or leave this parameter at its default."
        )


def rank_of(coverage, n_errors):
    """Find the rank of the error that a share ``coverage`` of new ones stay within.

    It is 1 for the smallest of ``n_errors``, and ``n_errors + 1`` if they are too few.
    """
    # Rounded: if 0.6 is a difference of two levels, 25 * 0.6 is slightly above 15.
    return np.ceil(np.round((n_errors + 1) * coverage, 9)).astype(int)


def errors_needed(share):
    """Count the errors needed for an interval that a share of new ones exceeds.

    With fewer, even the largest error is exceeded more often.
    """
    return int(np.ceil(round(1 / share - 1, 9)))


def predict_std(model, X):
    """Return the predictions and the standard deviation of each.

    The model is one that passes :func:`check_gives_std`.
    """
    model, X = unwrap(model, X)
    if isinstance(model, MultiOutputRegressor):
        each = [predict_std(one, X) for one in model.estimators_]
        return tuple(np.column_stack(one) for one in zip(*each, strict=True))
    return model.predict(X, return_std=True)


def central_interval(model, X, coverage):
    """Predict intervals, with whichever method the regressor has.

    Parameters
    ----------
    model : fitted regressor, or a Pipeline or a search with one
        With ``predict_interval``, ``predict_quantiles`` or
        ``predict(X, return_std=True)``.
    X : as its ``predict`` takes
    coverage : float
        Between 0 and 1.

    Returns
    -------
    ndarray of shape (n_samples, [n_outputs,] 2), or None
        Lower and upper ends; None if the regressor has no intervals.

    Warns
    -----
    IntervalWarning
        If the regressor has intervals only with other parameters.
    """
    model, X = unwrap(model, X)
    if hasattr(model, "predict_interval"):
        return model.predict_interval(X, coverage)
    tail = (1 - coverage) / 2
    if hasattr(model, "predict_quantiles"):
        try:
            return model.predict_quantiles(X, [tail, 1 - tail])
        except ValueError as error:
            warn(f"No intervals: {error}", IntervalWarning)
            return None
    last = innermost(model, MultiOutputRegressor)
    if "return_std" in inspect.signature(last.predict).parameters:
        mean, std = predict_std(model, X)
        return mean[..., None] + std[..., None] * norm.ppf([tail, 1 - tail])
    return None
