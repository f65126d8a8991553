"""The steps after a series: what is known about them, and a model's forecast."""

import numpy as np
import pandas as pd

from ..index.panels import naming_series
from ..index.time_index import as_dates, find_step
from .runs import run_all
from .tables import by_series, join


def split_coming(table, target, known_ahead):
    """Split off the last rows of each series, which hold only what is known ahead.

    Parameters
    ----------
    table : DataFrame
        One series, or several, from :func:`in_order`.
    target : column label
    known_ahead : list of column label

    Returns
    -------
    tables, coming : dict of tuple to DataFrame
        The rows of each series up to the last one with a target, and those after it.
    """
    tables, coming = {}, {}
    for key, one in by_series(table).items():
        one = one.set_axis(as_dates(one.index))
        has_target = one[target].notna().to_numpy()
        n_coming = has_target[::-1].argmax() if known_ahead else 0
        end = len(one) - n_coming
        tables[key], coming[key] = one[:end], one[end:]
    return tables, coming


def check_coming(coming, tables, horizon, known_ahead):
    """Return the rows of the steps after each series; refuse if some are missing.

    Parameters
    ----------
    coming : dict of tuple to DataFrame of shape (n_coming, n_features)
        What is known about these steps.
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)
        The rows before them.
    horizon : int
    known_ahead : list of column label
        What must be known about these steps.

    Returns
    -------
    dict of tuple to DataFrame of shape (horizon, n_features)
        If the index of a series has no regular step and nothing is known ahead, the
        rows of all series are labelled with the numbers of the steps.

    Raises
    ------
    ValueError
        If a row or a value is missing.
    """
    found = {}
    for key, table in tables.items():
        with naming_series(key):
            found[key] = _check_one(coming[key], table.index, horizon, known_ahead)
    numbers = [
        one.index for one in found.values() if isinstance(one.index, pd.RangeIndex)
    ]
    if not numbers:
        return found
    return {key: one.set_axis(numbers[0]) for key, one in found.items()}


def _check_one(coming, index, horizon, known_ahead):
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


def _continue(index, horizon):
    """Continue an index; if it has no regular step, return the steps' numbers."""
    try:
        step = find_step(index)
    except ValueError:
        return pd.RangeIndex(1, horizon + 1, name="step")
    if isinstance(index, pd.DatetimeIndex):
        coming = pd.date_range(index[-1], periods=horizon + 1, freq=step)[1:]
    elif isinstance(index, pd.PeriodIndex):  # to "3M", 1 adds three months
        first = index[-1].ordinal + step
        ordinals = range(first, first + horizon * step, step)
        coming = [pd.Period(ordinal=n, freq=index.freq) for n in ordinals]
    else:
        coming = index[-1] + step * np.arange(1, horizon + 1)
    return pd.Index(coming, name=index.name)


def forecast_coming(
    name,
    model,
    tables,
    coming,
    names,
    *,
    target,
    window,
    horizon,
    known_ahead,
    coverage,
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
    names : list of str
        Names of the levels of the index of all series.
    target, window, horizon, known_ahead, coverage
        As for :func:`compare`.

    Returns
    -------
    DataFrame of shape (n_series * horizon, 1 or 3)
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
    ends = ["low", "high"]
    if target in ends:  # as among the prices of a day
        ends = [f"{target} {end}" for end in ends]
    parts = {}
    for key, values, interval in zip(tables, found.values, found.interval, strict=True):
        columns = {target: values[0]}
        if coverage is not None:
            columns |= zip(ends, interval[0].T, strict=True)
        parts[key] = pd.DataFrame(columns, index=coming[key].index)
    steps = next(iter(coming.values())).index.name  # that of time, or "step"
    return join(parts, [*names[:-1], steps])
