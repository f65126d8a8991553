"""Fit a model of any kind, and forecast from some origins."""

import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.base import clone

from ..warning import noting, warn
from ..windows import cut_windows, lay_coming
from ..wrapping import (
    IntervalWarning,
    central_interval,
    inner_parameters,
    inputs_for,
    prepare,
    targets_for,
)
from .regular_index import with_regular_index

FORECASTER = "sktime.forecasting.base", "BaseForecaster"


@dataclass(frozen=True)
class Forecast:
    """The results of one fit, or of one in each fold.

    Parameters
    ----------
    values : ndarray of shape (n_series, n_origins, horizon)
    interval : ndarray of shape (n_series, n_origins, horizon, 2)
        Lower and upper ends; NaN if the model has none, or none was asked for.
    seconds : ndarray of shape (2,)
        Times of ``fit`` and of ``predict``.
    notes : list of str
        What the model warned of when it gave intervals.
    """

    values: np.ndarray
    interval: np.ndarray
    seconds: np.ndarray
    notes: list


def fitted_together(model, tables):
    """Divide series into those that one fit of a model learns from.

    Parameters
    ----------
    model : as :func:`fit_and_forecast` takes
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)

    Returns
    -------
    list of dict of tuple to DataFrame
        All series; or each alone, for a forecaster of sktime that takes only one. In a
        panel, sktime would fit such a forecaster series by series too.
    """
    if not _is_a(model, *FORECASTER):
        return [tables]
    from sktime.datatypes import mtype_to_scitype

    tables = with_regular_index(tables)
    if "Panel" in mtype_to_scitype(model.get_tag("y_inner_mtype")):
        return [tables]
    return [{key: table} for key, table in tables.items()]


def fit_and_forecast(model, tables, origins, window, horizon, n_known, coverage=None):
    """Fit a model on what is known at the first origin, and forecast from each.

    Parameters
    ----------
    model : regressor on windows or on tables, or forecaster of sktime
        It is cloned.
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)
        One for each series, by its labels, from :func:`fitted_together`. All end with
        the same row. The target is the first column; the last ones are known ahead.
    origins : range
        From :func:`rolling_origin`.
    window, horizon : int
    n_known : int
        Columns known ahead.
    coverage : float, default=None
        Coverage of the intervals; None for none.

    Returns
    -------
    Forecast
    """
    with _without_notice():
        model = clone(model)
    if _is_a(model, *FORECASTER):
        return _on_series(model, tables, origins, horizon, n_known, coverage)
    return _on_windows(model, tables, origins, window, horizon, n_known, coverage)


@contextmanager
def _without_notice():
    """Hide a warning of sktime 1.2 about each copy and fit of a forecaster.

    The user has seen it when the forecaster was made.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "The default of config ..remember_data", FutureWarning
        )
        yield


@contextmanager
def _noting(notes):
    """Append the text of each IntervalWarning to a list instead of showing it.

    A forecaster would repeat it at each origin.
    """
    with noting() as noted:
        yield
    for message, category in noted:
        if issubclass(category, IntervalWarning):
            notes.append(message)
        else:
            warn(message, category)


def _is_a(model, module, name):
    """Whether a model is of a class, without importing the class."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(model, cls)


def _on_windows(model, tables, origins, window, horizon, n_known, coverage):
    windows, y, windows_test = _samples(tables, origins, window, horizon, n_known)
    X, X_test = (
        inputs_for(model, part, n_known, horizon) for part in (windows, windows_test)
    )
    y = targets_for(model, y)
    model = prepare(model, n_known, horizon)
    times = [perf_counter()]
    model.fit(X, y)
    times.append(perf_counter())
    shape = len(tables), len(origins), horizon
    predicted = np.reshape(model.predict(X_test), shape)
    times.append(perf_counter())
    found, notes = None, []
    if coverage is not None:
        found = _interval(model, X_test, coverage, notes)
    interval = _none((*shape, 2)) if found is None else np.reshape(found, (*shape, 2))
    return Forecast(predicted, interval, np.diff(times), notes)


def _none(shape):
    """Return NaN that takes no memory, which could be twice that of the forecasts."""
    return np.broadcast_to(np.nan, shape)


def _interval(model, X, coverage, notes):
    """Predict intervals; note why there are none, which the other models may have."""
    try:
        with _noting(notes):
            return central_interval(model, X, coverage)
    except ValueError as error:
        remedy = "Or give more rows, or ask for less coverage."
        notes.append(f"No intervals: {error} {remedy}")
        return None


def _samples(tables, origins, window, horizon, n_known):
    """Cut training windows, their targets, and the windows to forecast from.

    They are ordered series by series.
    """
    rows, values, training, test = [], [], [], []
    for table in tables.values():
        rows.append(_lay_ahead(table, horizon, n_known))
        values.append(table.to_numpy()[:, :1])
        training.append(range(window - 1, len(table) + origins[0] - horizon + 1))
        test.append(len(table) + np.asarray(origins))
    y = cut_windows(values, training, horizon, ahead=horizon)[:, :, 0]
    y = y[:, 0] if horizon == 1 else y
    return cut_windows(rows, training, window), y, cut_windows(rows, test, window)


def _lay_ahead(table, horizon, n_known):
    """Put the coming values of the last columns beside the rows that have them all."""
    rows = table.to_numpy()
    if not n_known:
        return rows
    ahead = lay_coming(rows[:, -n_known:], horizon)
    return np.hstack([rows[:-horizon, :-n_known], ahead])


def _on_series(model, tables, origins, horizon, n_known, coverage):
    """Give a forecaster of sktime all of the target's past, and the known X."""
    y, X, known = _tables_of_sktime(model, tables, n_known)
    steps = np.arange(1, horizon + 1)
    wants_interval = coverage is not None and model.get_tag("capability:pred_int")
    predicted, interval, seconds, notes = [], [], np.zeros(2), []
    # Updates of many others keep the state of the fit, whatever their tag says.
    updates = _is_a(model, "skseq.forecasting", "SequenceForecaster")
    seen = None
    for end in np.asarray(origins) + 1:
        start = perf_counter()
        if seen is None or not updates:
            with _without_notice():
                model.fit(_rows(y, None, end), X=_rows(X, None, end), fh=steps)
            seconds[0] += perf_counter() - start
            start = perf_counter()
        else:
            new = _rows(y, seen, end)
            model.update(new, X=_rows(X, seen, end), update_params=False)
        seen, ahead = end, _rows(known, end, end + horizon or None)
        predicted.append(np.ravel(model.predict(steps, X=ahead)))
        seconds[1] += perf_counter() - start
        if wants_interval:
            with _noting(notes):
                ends = model.predict_interval(steps, X=ahead, coverage=coverage)
            interval.append(ends)
    # (n_origins, n_series * horizon, ...) -> (n_series, n_origins, horizon, ...)
    shape = len(origins), len(tables), horizon
    predicted = np.reshape(predicted, shape).swapaxes(0, 1)
    if wants_interval:
        interval = np.stack([table.to_numpy() for table in interval])
        interval = interval.reshape(*shape, 2).swapaxes(0, 1)
    else:
        interval = _none((*predicted.shape, 2))
    return Forecast(predicted, interval, seconds, notes)


def _tables_of_sktime(model, tables, n_known):
    """Return the target, X, and what is known ahead of all series; None for no columns.

    Once, not at each origin: pandas takes a millisecond to choose columns.
    """
    tables = [table.rename(columns=str) for table in tables.values()]
    others = list(tables[0].columns[1:])
    known = others[len(others) - n_known :]
    past_only = _past_only(model, known)
    past = [name for name in others if name in past_only]
    if not model.get_tag("capability:exogenous"):
        known = past = []
    y = [table.iloc[:, 0 if len(tables) == 1 else [0]] for table in tables]
    X, ahead = (
        [table[names] for table in tables] if names else None
        for names in (past + known, known)
    )
    return y, X, ahead


def _rows(tables, start, end):
    """Return some rows of all series, counted from the end, as sktime takes them."""
    if tables is None:
        return None
    parts = [table.iloc[start:end] for table in tables]
    if len(parts) == 1:
        return parts[0]
    # Number the series: some forecasters sort labels, or fail on unnamed levels.
    levels = ["instances", "timepoints"]
    return pd.concat(parts, keys=range(len(parts)), names=levels)


def _past_only(model, known):
    """Columns whose past alone a forecaster reads: ``past_only`` of SequenceForecaster.

    It is set again, with names as text, and without the columns known ahead here.
    """
    found = []
    for name, value in inner_parameters(model, "past_only").items():
        if value:
            found = [str(column) for column in value if str(column) not in known]
            model.set_params(**{name: found or None})
    return found
