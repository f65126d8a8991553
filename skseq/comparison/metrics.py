"""Errors of forecasts, each one number over all origins and steps."""

from functools import partial

import numpy as np


def mean_absolute_error(truth, forecast):
    """In the unit of the target."""
    return np.abs(truth - forecast).mean()


def root_mean_squared_error(truth, forecast):
    """In the unit of the target; the root is taken once, of the mean over all."""
    return np.sqrt(np.square(truth - forecast).mean())


def mean_absolute_percentage_error(truth, forecast):
    """In percent; NaN where the truth holds a zero."""
    if not truth.all():
        return np.nan
    return 100 * np.abs((truth - forecast) / truth).mean()


def mean_absolute_scaled_error(truth, forecast, scale):
    """Mean absolute error over ``scale``, that of one naive step in training.

    References
    ----------
    .. [1] R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast
       accuracy", International Journal of Forecasting 22 (2006).
    """
    return ratio(mean_absolute_error(truth, forecast), scale)


def metrics(training, season):
    """Return the errors that a comparison reports.

    Parameters
    ----------
    training : ndarray of shape (n_timesteps,)
        The target in the training period, which MASE is scaled by.
    season : int

    Returns
    -------
    dict of str to callable
        Functions of truth and forecast, arrays of shape (n_origins, horizon).
    """
    scale = mean_absolute_error(training[season:], training[:-season])
    return {
        "MAE": mean_absolute_error,
        "RMSE": root_mean_squared_error,
        "MAPE": mean_absolute_percentage_error,
        "MASE": partial(mean_absolute_scaled_error, scale=scale),
    }


def ratio(value, reference):
    """Divide; NaN where the reference is zero (a series that repeats itself)."""
    return value / reference if reference else np.nan
