"""The steps after a series: what is known about them, and a model's forecast."""

import numpy as np
import pandas as pd

from ..instances import naming_series
from ..transformers.time_index import as_dates, find_step
from .runs import run_all
from .tables import by_series


def split_coming(table, target, known_ahead):
    """Split off the last rows, which hold only what is known ahead.

    Parameters
    ----------
    table : DataFrame of shape (n_timesteps, n_features)
    target : column label
    known_ahead : list of column label

    Returns
    -------
    table, coming : DataFrame
        The rows up to the last one with a target, and those after it.
    """
    if not known_ahead:
        return table, table[:0]
    n_coming = table[target][::-1].notna().to_numpy().argmax()
    end = len(table) - n_coming
    return table[:end], table[end:]


def split_each(table, target, known_ahead):
    """Split off the last rows of each series, which hold only what is known ahead.

    Parameters
    ----------
    table : DataFrame
        One series, or several, from :func:`in_order`.
    target, known_ahead
        As for :func:`split_coming`.

    Returns
    -------
    tables, coming : dict of tuple to DataFrame
        The rows of each series up to the last one with a target, and those after it.
    """
    tables, coming = {}, {}
    for key, one in by_series(table).items():
        one = one.set_axis(as_dates(one.index))
        tables[key], coming[key] = split_coming(one, target, known_ahead)
    return tables, coming


def check_coming(coming, index, horizon, known_ahead):
    """Return the rows of the steps after an index.

    Parameters
    ----------
    coming : DataFrame of shape (n_coming, n_features)
        What is known about these steps.
    index : Index
        Index of the series.
    horizon : int
    known_ahead : list of column label
        What must be known about these steps.

    Returns
    -------
    DataFrame of shape (horizon, n_features)
        If the index has no regular step and nothing is known ahead, the rows are
        labelled with the numbers of the steps.

    Raises
    ------
    ValueError
        If a row or a value is missing.
    """
    expected = _continue(index, horizon)
    if not known_ahead:
        return pd.DataFrame(index=expected)
    coming = coming[:horizon]
    missing = len(coming) < horizon or coming[known_ahead].isna().any(axis=None)
    regular = not isinstance(expected, pd.RangeIndex)
    if missing or (regular and not coming.index.equals(expected)):
        which = f", {expected[0]} to {expected[-1]}," if regular else ""
        raise ValueError(
            f"A forecast needs the values known ahead ({', '.join(known_ahead)}) of "
            f"each of the {horizon} steps{which} after the last row with a target: "
            "add a row for each of these steps, with an empty target."
        )
    return coming


def check_each(coming, tables, horizon, known_ahead):
    """Return the rows of the next steps of each series; refuse if some are missing.

    Parameters
    ----------
    coming : dict of tuple to DataFrame of shape (n_coming, n_features)
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)
        The rows before them.
    horizon, known_ahead
        As for :func:`check_coming`.

    Returns
    -------
    dict of tuple to DataFrame of shape (horizon, n_features)
    """
    found = {}
    for key, table in tables.items():
        with naming_series(key):
            found[key] = check_coming(coming[key], table.index, horizon, known_ahead)
    return found


def number_alike(coming):
    """Give numbers to the steps of all series if those of one have no dates.

    Parameters
    ----------
    coming : dict of tuple to DataFrame of shape (horizon, n_features)

    Returns
    -------
    dict of tuple to DataFrame of shape (horizon, n_features)
    """
    numbers = [
        one.index for one in coming.values() if isinstance(one.index, pd.RangeIndex)
    ]
    if not numbers:
        return coming
    return {key: one.set_axis(numbers[0]) for key, one in coming.items()}


def forecast_coming(
    name, model, tables, coming, *, target, window, horizon, known_ahead, coverage
):
    """Fit a model on all rows that it can use, and forecast the steps after the last.

    Parameters
    ----------
    name : str
        What warnings and errors call the model.
    model : as :func:`compare` takes
        It is cloned.
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)
        One for each series, with its columns in the order of :func:`in_order`.
    coming : dict of tuple to DataFrame of shape (horizon, n_features)
        The rows that follow, from :func:`check_coming`.
    target, window, horizon, known_ahead, coverage
        As for :func:`compare`.

    Returns
    -------
    dict of tuple to DataFrame of shape (horizon, 1 or 3)
        The target, and with ``coverage`` the ends of its interval, ``low`` and
        ``high`` (``low low`` and ``low high`` if the target has one of these names).
    """
    found = run_all(
        {name: model},
        {key: pd.concat([table, coming[key]]) for key, table in tables.items()},
        [range(-horizon - 1, -horizon)],
        window=window,
        horizon=horizon,
        n_known=len(known_ahead),
        coverage=coverage,
    )[name]
    forecasts = {}
    for key, values, interval in zip(tables, found.values, found.interval, strict=True):
        columns = {target: values[0]}
        if coverage is not None:
            ends = ["low", "high"]
            if target in ends:  # as among the prices of a day
                ends = [f"{target} {end}" for end in ends]
            columns |= zip(ends, interval[0].T, strict=True)
        forecasts[key] = pd.DataFrame(columns, index=coming[key].index)
    return forecasts


def _continue(index, horizon):
    """Continue an index; if it has no regular step, return the steps' numbers."""
    try:
        step = find_step(index)
    except ValueError:
        return pd.RangeIndex(1, horizon + 1, name="step")
    if isinstance(index, pd.DatetimeIndex):
        coming = pd.date_range(index[-1], periods=horizon + 1, freq=step)[1:]
    else:
        coming = index[-1] + step * np.arange(1, horizon + 1)
    return pd.Index(coming, name=index.name)
