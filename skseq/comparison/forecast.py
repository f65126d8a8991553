"""Fit a model, of whatever kind, and forecast from the origins of a fold."""

import sys
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import get_tags

from ..estimators.interval import central_interval
from ..validation import takes_windows
from ..windows import sliding_windows


@dataclass(frozen=True)
class Forecast:
    """What came of one fit.

    Parameters
    ----------
    values : ndarray of shape (n_origins, horizon)
    interval : ndarray of shape (n_origins, horizon, 2)
        Lower and upper ends; NaN where the model gives none, or none was wanted.
    seconds : ndarray of shape (2,)
        Of ``fit`` and of ``predict``.
    """

    values: np.ndarray
    interval: np.ndarray
    seconds: np.ndarray


def forecast(model, table, fold, window, horizon, coverage=None):
    """Fit a model on what is known at the start of a fold, and forecast.

    Parameters
    ----------
    model : regressor on windows or on tables, or forecaster of sktime
        It is fitted itself.
    table : DataFrame of shape (n_timesteps, n_features)
        The target is the first column.
    fold : Fold
    window, horizon : int
    coverage : float, default=None
        Of the intervals; None wants none.

    Returns
    -------
    Forecast
    """
    if _is_a(model, "sktime.forecasting.base", "BaseForecaster"):
        return _on_series(model, table.iloc[:, 0], fold, horizon, coverage)
    return _on_windows(model, table.to_numpy(), fold, window, horizon, coverage)


def _is_a(model, module, name):
    """Whether a model is of a class, without importing the class."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(model, cls)


def _on_windows(model, values, fold, window, horizon, coverage):
    windows = sliding_windows(values, window)  # number i ends with row i + window - 1
    targets = sliding_windows(values[window:, :1], horizon)[:, :, 0]
    y = targets[:, 0] if horizon == 1 else targets
    training = slice(fold.fit_end - horizon - window + 2)
    origins = np.asarray(fold.origins) - window + 1
    X, X_test = windows[training], windows[origins]
    if not takes_windows(model):
        X, X_test = X.reshape(len(X), -1), X_test.reshape(len(X_test), -1)
        if horizon > 1 and not get_tags(model).target_tags.multi_output:
            model = MultiOutputRegressor(model)
    times = [perf_counter()]
    model.fit(X, y[training])
    times.append(perf_counter())
    shape = len(origins), horizon
    predicted = np.reshape(model.predict(X_test), shape)
    times.append(perf_counter())
    interval = np.full((*shape, 2), np.nan)
    if coverage is not None:
        found = central_interval(model, X_test, coverage)
        interval = interval if found is None else np.reshape(found, interval.shape)
    return Forecast(predicted, interval, np.diff(times))


def _on_series(model, series, fold, horizon, coverage):
    """Give a forecaster of sktime the target alone, from the first row on."""
    series = _with_regular_index(series)
    steps = np.arange(1, horizon + 1)
    wants_interval = coverage is not None and model.get_tag("capability:pred_int")
    values, interval, seconds = [], [], np.zeros(2)
    known = fold.fit_end
    # Many others' updates keep the state of the fit, whatever their tag says.
    updates = _is_a(model, "skseq.forecasting", "SequenceForecaster")
    for origin in fold.origins:
        start = perf_counter()
        if origin == fold.fit_end or not updates:
            model.fit(series.iloc[: origin + 1], fh=steps)
            seconds[0] += perf_counter() - start
            start = perf_counter()
        else:
            model.update(series.iloc[known + 1 : origin + 1], update_params=False)
        known = origin
        values.append(np.ravel(model.predict(steps)))
        seconds[1] += perf_counter() - start
        if wants_interval:
            interval.append(model.predict_interval(steps, coverage=coverage))
    if wants_interval:
        interval = np.stack([table.to_numpy() for table in interval])
    else:
        interval = np.full((len(values), horizon, 2), np.nan)
    return Forecast(np.stack(values), interval, seconds)


def _with_regular_index(series):
    """Name the step between the dates, or count rows where there is none."""
    index = series.index
    if isinstance(index, pd.PeriodIndex):
        return series
    freq = pd.infer_freq(index) if isinstance(index, pd.DatetimeIndex) else None
    if freq is None:
        return series.reset_index(drop=True)
    return series.set_axis(pd.DatetimeIndex(index, freq=freq))
