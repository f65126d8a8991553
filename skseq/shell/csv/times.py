"""The time column of a table."""

import re

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from .dates import MIDNIGHT, are_dates, find_compact_dates, find_dates, find_stray
from .hours import add_hours, since_midnight
from .numbers import as_whole
from .parts import date_columns, join_parts

MONTH = (
    "^(?i:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march"
    "|april|august|september|october|november|december)$"
)
PERIOD = rf"(?<!\d)(?:19|20)\d\d(?!\d)|{MONTH}"
"""The year of "1990", "X1990" or "1990 [YR1990]", or a month."""

ADD_HEADER = "add a line with the names of the columns above it."


def index_by_time(table, time, series):
    """Move the dates to the index, sorted and each only once."""
    _check_series(table, time, series)
    if time:
        times = _named_times(table, time)
    else:
        time, times = _find_times(table.drop(columns=series))
    _check_names(time)
    name = " ".join(time)
    table = table.drop(columns=time).set_index([*series, pd.Index(times, name=name)])
    table = table.sort_index()
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise ValueError(_say_twice(twice, name, series))
    table.index.names = [
        None if level.startswith("Unnamed: ") else level  # pandas' name for no name
        for level in table.index.names
    ]
    return table


def _say_twice(twice, name, series):
    """Say what to do about times that occur again."""
    first = twice[0]
    if series:
        *labels, time = first
        first = f"{time} of series {', '.join(map(str, labels))}"
    return (
        f"{len(twice)} of the times in column {name!r} occur again with different "
        f"values, the first is {first}: each time step must have one row. If there is "
        "a column of hours, name it too (--time DATE HOUR); if the file holds several "
        "series, name all columns that distinguish them (--series); if a clock was set "
        "back, write the offset from UTC (02:00+01:00)."
    )


def _check_names(columns):
    """Refuse dates as the names of time columns: they are those of the first row."""
    if are_dates(pd.Series(columns[:1])):
        raise ValueError(
            f"The first line holds the date {columns[0]!r}, not names: {ADD_HEADER}"
        )


def _find_times(table):
    """Find the only column of dates; return its name, in a list, and the dates."""
    dates = {c: d for c in table if (d := find_dates(table[c])) is not None}
    if not dates:
        for column in table:
            _check_stray(table[column])
        _check_wide(table.columns)
    if len(dates) != 1:
        found = f"{len(dates)} columns hold" if dates else "No column holds"
        raise ValueError(
            f"{found} dates, among {list(table.columns)}: name the time column "
            "(--time), or those of year, month, day and hour, in this order; and write "
            "dates as 2024-01-31 if theirs are not recognised."
        )
    [(time, times)] = dates.items()
    _check_complete(table[time])
    return [time], times


def _named_times(table, columns):
    """Read dates from one column, or from several."""
    for column in columns:
        if column not in table.columns:
            raise ValueError(
                f"Time column {column!r} is not among the columns "
                f"{list(table.columns)}."
            )
        _check_complete(table[column])
    first = as_whole(table[columns[0]])
    of_date, dates = columns[:1], None
    if is_integer_dtype(first.dtype):
        dates = find_compact_dates(first)
        if dates is None and len(columns) == 1:  # they count time steps
            return first
        if dates is None:
            of_date = date_columns(columns)
            dates = join_parts(table[of_date])
    of_day = columns[len(of_date) :]
    if len(of_day) > 2:
        raise ValueError(
            "Time must be one column of dates, alone or with one of hours and one of "
            "minutes, or columns of year, month, day, hour and minute; got "
            f"{columns}: leave out the others."
        )
    elapsed = since_midnight(table[of_day]) if of_day else MIDNIGHT
    if dates is None:
        dates = _text_dates(first, elapsed)
    return add_hours(dates, elapsed) if of_day else dates


def _text_dates(column, elapsed):
    """Parse dates; refuse what is none."""
    dates = find_dates(column, elapsed)
    if dates is None:
        _check_stray(column)
        raise ValueError(
            f"Time column {column.name!r} holds {column.tolist()[0]!r}, and does not "
            "hold dates in one of the known formats: write all of them alike, such as "
            "2024-01-31 or 2024-01-31 13:00."
        )
    return dates


def _check_complete(column):
    """Refuse a time column with missing values."""
    if column.isna().any():
        raise ValueError(
            f"Time column {column.name!r} is empty in row "
            f"{column.index[column.isna()][0]} (counted from 0 below the header): "
            "remove rows of units, totals and notes."
        )


def _check_stray(column):
    """Refuse a column of dates that also holds something else."""
    row = None if is_numeric_dtype(column.dtype) else find_stray(column)
    if row is not None:
        raise ValueError(
            f"Time column {column.name!r} holds {column[row]!r} in row {row} (counted "
            "from 0 below the header): write all dates in the same format, and "
            "remove rows of units, totals and notes."
        )


def _check_wide(columns):
    """Refuse a table whose columns are named by dates or years."""
    names = pd.Series([name for name in columns if re.search(rf"\d|{MONTH}", name)])
    if 2 * len(names) > len(columns) and (
        are_dates(names) or names.str.contains(PERIOD).all()
    ):
        raise ValueError(
            f"Columns are named by dates, {names[0]!r} to {names.iloc[-1]!r}: write a "
            "row for each date and series, with columns of dates, series and values "
            "(pandas.melt)."
        )


def _check_series(table, times, series):
    """Refuse columns that can't distinguish series."""
    for name in series:
        if name not in table.columns:
            raise ValueError(
                f"Series column {name!r} is not among the columns "
                f"{list(table.columns)}."
            )
        if table[name].isna().any():
            row = table.index[table[name].isna()][0]
            raise ValueError(
                f"Series column {name!r} is empty in row {row}: name the series of "
                "each row."
            )
        if name in times:
            raise ValueError(
                f"Column {name!r} can't be both the time column and the series "
                "column: name another one (--time or --series)."
            )
