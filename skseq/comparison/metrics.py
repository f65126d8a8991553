"""Errors of forecasts, each a single number over all origins and steps."""

from functools import partial

import numpy as np


def mean_absolute_error(truth, forecast):
    """In the unit of the target."""
    return np.abs(truth - forecast).mean()


def root_mean_squared_error(truth, forecast):
    """In the unit of the target; one root, of the mean over all squared errors."""
    return np.sqrt(np.square(truth - forecast).mean())


def mean_absolute_percentage_error(truth, forecast):
    """In percent; NaN if a true value is zero."""
    if not truth.all():
        return np.nan
    return 100 * np.abs((truth - forecast) / truth).mean()


def symmetric_mean_absolute_percentage_error(truth, forecast):
    """In percent of the mean of the absolute truth and forecast: at most 200.

    References
    ----------
    .. [1] S. Makridakis and M. Hibon, "The M3-Competition: results, conclusions and
       implications", International Journal of Forecasting 16 (2000).
    """
    size = (np.abs(truth) + np.abs(forecast)) / 2
    error = np.abs(truth - forecast)
    zero = np.zeros_like(error)
    return 100 * np.divide(error, size, out=zero, where=size != 0).mean()


def mean_absolute_scaled_error(truth, forecast, scale):
    """Mean absolute error divided by ``scale``, that of one naive step in training.

    For several series, the mean over those whose scale is not zero.

    References
    ----------
    .. [1] R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast
       accuracy", International Journal of Forecasting 22 (2006).
    """
    return _mean_scaled(np.abs(truth - forecast).mean(axis=(1, 2)), scale)


def root_mean_squared_scaled_error(truth, forecast, scale):
    """Root of the mean squared error divided by ``scale``, that of one naive step.

    For several series, the mean over those whose scale is not zero.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "M5 accuracy competition:
       results, findings, and conclusions", International Journal of Forecasting 38
       (2022).
    """
    squared = np.square(truth - forecast).mean(axis=(1, 2))
    return _mean_scaled(np.sqrt(squared), scale)


def _mean_scaled(errors, scale):
    scaled = errors[scale != 0] / scale[scale != 0]
    return scaled.mean() if len(scaled) else np.nan


def interval_metrics(truth, interval, coverage):
    """Measure how good intervals are.

    Parameters
    ----------
    truth : ndarray of shape (..., horizon)
    interval : ndarray of shape (..., horizon, 2)
        NaN if there is none; then the result is NaN too.
    coverage : float
        The share of true values that the intervals promise to cover.

    Returns
    -------
    dict of str to float
        ``covers``, the share that they do cover; ``width``, their mean width;
        ``interval score`` [1]_, the mean of the width plus, for a true value outside,
        its distance times ``2 / (1 - coverage)``: lowest on average for the true
        quantiles.

    References
    ----------
    .. [1] T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction,
       and estimation", Journal of the American Statistical Association 102 (2007).
    """
    low, high = interval[..., 0], interval[..., 1]
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return {
        "covers": np.where(np.isnan(low), np.nan, outside == 0).mean(),
        "width": (high - low).mean(),
        "interval score": (high - low + 2 / (1 - coverage) * outside).mean(),
    }


def rounding(values):
    """Bound the errors that rounding alone makes, in a series that repeats itself."""
    return 100 * np.finfo(float).eps * np.abs(values).max()


def metrics(training, season):
    """Return the errors that a comparison reports.

    Parameters
    ----------
    training : list of ndarray of shape (n_timesteps,)
        The target of each series in the training period, whose naive errors scale
        MASE and RMSSE.
    season : int

    Returns
    -------
    dict of str to callable
        Functions of truth and forecast, arrays of shape (n_series, n_origins, horizon).
    """
    naive_steps = [(one[season:], one[:-season]) for one in training]
    absolute = np.array([mean_absolute_error(*step) for step in naive_steps])
    squared = np.array([root_mean_squared_error(*step) for step in naive_steps])
    repeats = absolute <= [rounding(one) for one in training]
    absolute[repeats] = squared[repeats] = 0
    return {
        "MAE": mean_absolute_error,
        "RMSE": root_mean_squared_error,
        "MAPE": mean_absolute_percentage_error,
        "sMAPE": symmetric_mean_absolute_percentage_error,
        "MASE": partial(mean_absolute_scaled_error, scale=absolute),
        "RMSSE": partial(root_mean_squared_scaled_error, scale=squared),
    }
