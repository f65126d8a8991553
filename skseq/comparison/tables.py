"""The data of a comparison: one table of numbers for each series."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from ..index.panels import (
    by_instance,
    check_levels,
    enumerate_series,
    label,
    naming_series,
)
from ..index.time_index import check_gaps, check_times
from ..validation import advice_on, advice_on_labels


def check_tables(tables, gaps):
    """Raise ValueError if series can't be forecast from the same times.

    Parameters
    ----------
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)
        From :func:`by_series`. The target is the first column.
    gaps : {"raise", "ignore"}
        As for :class:`SlidingWindow`.
    """
    check_gaps(gaps)
    for key, one in tables.items():
        with naming_series(key):
            check_times(one, "data", gaps)
            _check_finite(one)
    ends = {key: one.index[-1] for key, one in tables.items()}
    first, last = (choose(ends, key=ends.get) for choose in (min, max))
    if ends[first] != ends[last]:
        early = [key for key, end in ends.items() if end < ends[last]]
        raise ValueError(
            f"Series {label(first)} ends at {ends[first]}, but {label(last)} ends at "
            f"{ends[last]}, and forecasts are made from the same times in all series. "
            f"Of {len(ends)} series, {len(early)} end early: "
            f"{enumerate_series(early)}. Leave these out, add their missing rows "
            "(0, if nothing was sold), or cut all series at the same end."
        )


def by_series(table):
    """Split a table of numbers into its series, by the upper levels of its index.

    Returns
    -------
    dict of tuple to DataFrame
        By their labels, each with a time index; ``()`` is a single series.
    """
    if table.empty:
        raise ValueError("data has no rows: look for the step that left none.")
    if table.index.nlevels > 1:
        check_levels(table.index, "data")
    return by_instance(table, sort=True)


def join(parts, names):
    """Concatenate the tables of :func:`by_series` again; name the levels of the index.

    That of a single series is returned as it is.
    """
    return parts[()] if () in parts else pd.concat(parts).rename_axis(names)


def in_order(data, target, known_ahead=()):
    """Move the target to the front, and the variables known ahead to the end.

    Parameters
    ----------
    data : DataFrame, Series or array of shape (n_timesteps, n_features)
        For several series, an index of several levels, of which the last is time.
    target : column label
    known_ahead : list of column label, default=()

    Returns
    -------
    DataFrame
        float32 if all columns are, else float64.

    Raises
    ------
    ValueError, TypeError
        If columns are absent, duplicated or not numeric.
    """
    table = data.to_frame() if isinstance(data, pd.Series) else pd.DataFrame(data)
    if not isinstance(target, Hashable):
        raise TypeError(
            f"target must be one column, got {target!r}: make one call for each."
        )
    if target not in table.columns:
        raise ValueError(
            f"target {target!r} is not among the columns {list(table.columns)}"
            f"{advice_on_labels(table)}."
        )
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()].tolist()
        raise ValueError(f"data has several columns called {twice}: rename them.")
    _check_known_ahead(known_ahead, table.columns.drop(target))
    others = table.columns.drop([target, *known_ahead])
    table = table[[target, *others, *known_ahead]]
    for column, dtype in table.dtypes.items():
        if not pd.api.types.is_numeric_dtype(dtype):
            advice = advice_on(table[column])
            if table[column].nunique() < len(table):
                advice += (
                    ". If it names the series of each row, make it a level of the "
                    f"index, before time: data.set_index([{column!r}, time])"
                )
            raise ValueError(
                f"Column {column!r} has dtype {dtype}, which is not numeric: {advice}."
            )
    is_single = (table.dtypes == np.float32).all()
    return table if is_single else table.astype(np.float64)


def _check_known_ahead(known_ahead, columns):
    """Refuse names that are not columns other than the target."""
    if isinstance(known_ahead, str) or not np.iterable(known_ahead):
        instead = [] if known_ahead is None else [known_ahead]
        raise TypeError(
            f"known_ahead must be a list of columns, got {known_ahead!r}: give "
            f"{instead!r}."
        )
    if len(set(known_ahead)) < len(known_ahead) or set(known_ahead) - set(columns):
        raise ValueError(
            f"known_ahead={list(known_ahead)} must be columns other than the target, "
            f"each named once: choose among {list(columns)}."
        )


def _check_finite(table):
    """Refuse missing and infinite values; the first column is the target."""
    bad = ~np.isfinite(table.to_numpy())
    if not bad.any():
        return
    row, column = np.argwhere(bad)[0]
    name, time = table.columns[column], table.index[row]
    to_the_end = row > 0 and table.iloc[row:, column].isna().all()
    if to_the_end and column == 0:
        raise ValueError(
            f"The target {name!r} is empty from {time} on, to the end: drop these rows "
            "(what they hold of variables known ahead is of use in forecast_next, with "
            "known_ahead, but forecasts are compared only with known targets)."
        )
    if to_the_end:
        raise ValueError(
            f"Column {name!r} is empty from {time} on, to the end: if its values are "
            "known later than the target's, move all of them by that delay "
            f"(pandas' shift({len(table) - row})) and drop the rows that this leaves "
            "empty at the start, so that models learn from what they will know; or "
            "else drop the column, or these rows."
        )
    others = bad.sum() - 1
    values = "value" if others == 1 else "values"
    more = f" (and {others} more such {values})" if others else ""
    drop = "" if column == 0 else " drop the column,"
    raise ValueError(
        f"Column {name!r} is {table.iat[row, column]} at {time}{more}: impute it, for "
        f"example with DataFrame.interpolate,{drop} or, only at the start or end of a "
        "series, drop the rows."
    )
