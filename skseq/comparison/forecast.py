"""Fit a model, of whatever kind, and forecast from the origins of a fold."""

import sys
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.multioutput import MultiOutputRegressor

from ..estimators.interval import central_interval
from ..inputs import inputs_for, predicts_several, takes_windows, tell_known_ahead
from ..transformers import KnownAhead
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


def forecast(model, table, fold, window, horizon, n_known=0, coverage=None):
    """Fit a model on what is known at the start of a fold, and forecast.

    Parameters
    ----------
    model : regressor on windows or on tables, or forecaster of sktime
        It is fitted itself.
    table : DataFrame of shape (n_timesteps, n_features)
        The target is the first column; the last ones are known ahead.
    fold : Fold
    window, horizon : int
    n_known : int, default=0
        Columns known ahead.
    coverage : float, default=None
        Of the intervals; None wants none.

    Returns
    -------
    Forecast
    """
    if _is_a(model, "sktime.forecasting.base", "BaseForecaster"):
        return _on_series(model, table, fold, horizon, n_known, coverage)
    return _on_windows(model, table, fold, window, horizon, n_known, coverage)


def _is_a(model, module, name):
    """Whether a model is of a class, without importing the class."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(model, cls)


def _on_windows(model, table, fold, window, horizon, n_known, coverage):
    values = _lay_ahead(table, horizon, n_known)
    windows = sliding_windows(values, window)  # number i ends with row i + window - 1
    targets = sliding_windows(table.to_numpy()[window:, :1], horizon)[:, :, 0]
    y = targets[:, 0] if horizon == 1 else targets
    training = slice(fold.fit_end - horizon - window + 2)
    origins = np.asarray(fold.origins) - window + 1
    X, X_test = (
        inputs_for(model, part, n_known, horizon)
        for part in (windows[training], windows[origins])
    )
    if takes_windows(model):
        tell_known_ahead(model, n_known)
    elif horizon > 1 and not predicts_several(model):
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


def _lay_ahead(table, horizon, n_known):
    """Lay the coming values of the last columns beside the rows that have all."""
    if not n_known:
        return table.to_numpy()
    table = table.reset_index(drop=True)
    past, known = table.iloc[:-horizon, :-n_known], table.iloc[:, -n_known:]
    return KnownAhead(known, horizon).fit_transform(past).to_numpy()


def _on_series(model, table, fold, horizon, n_known, coverage):
    """Give a forecaster of sktime all of the target's past, and X that is known."""
    table = _with_regular_index(table)
    series, X = table.iloc[:, 0], table.iloc[:, 1:].rename(columns=str)
    known = list(X.columns[len(X.columns) - n_known :])
    past_only = _past_only(model, known)
    past = [name for name in X.columns if name in past_only]
    if not model.get_tag("capability:exogenous"):
        known = past = []

    def exogenous(rows, names):
        return X.iloc[rows][names] if names else None

    steps = np.arange(1, horizon + 1)
    wants_interval = coverage is not None and model.get_tag("capability:pred_int")
    values, interval, seconds = [], [], np.zeros(2)
    seen = fold.fit_end + 1
    # Many others' updates keep the state of the fit, whatever their tag says.
    updates = _is_a(model, "skseq.forecasting", "SequenceForecaster")
    for end in np.asarray(fold.origins) + 1:
        start = perf_counter()
        if end == fold.fit_end + 1 or not updates:
            history = exogenous(slice(end), past + known)
            model.fit(series.iloc[:end], X=history, fh=steps)
            seconds[0] += perf_counter() - start
            start = perf_counter()
        else:
            new = exogenous(slice(seen, end), past + known)
            model.update(series.iloc[seen:end], X=new, update_params=False)
        seen, ahead = end, exogenous(slice(end, end + horizon), known)
        values.append(np.ravel(model.predict(steps, X=ahead)))
        seconds[1] += perf_counter() - start
        if wants_interval:
            interval.append(model.predict_interval(steps, X=ahead, coverage=coverage))
    if wants_interval:
        interval = np.stack([table.to_numpy() for table in interval])
    else:
        interval = np.full((len(values), horizon, 2), np.nan)
    return Forecast(np.stack(values), interval, seconds)


def _past_only(model, known):
    """Columns that a forecaster reads the past of, as SequenceForecaster is told.

    It is told again, in text, and without those that are known ahead here.
    """
    found = []
    for name, value in model.get_params().items():
        if name.rpartition("__")[2] == "past_only" and value:
            found = [str(column) for column in value if str(column) not in known]
            model.set_params(**{name: found or None})
    return found


def _with_regular_index(table):
    """Name the step between the dates, or count rows where there is none."""
    index = table.index
    if isinstance(index, pd.PeriodIndex):
        return table
    freq = pd.infer_freq(index) if isinstance(index, pd.DatetimeIndex) else None
    if freq is None:
        return table.reset_index(drop=True)
    if index.tz is not None:
        # sktime's periods can't follow what summer time does to the hours of a clock.
        local = index.tz_localize(None)
        utc = index.tz_convert("UTC").tz_localize(None)
        index = local if pd.infer_freq(local) == freq else utc
    return table.set_axis(pd.DatetimeIndex(index, freq=freq))
