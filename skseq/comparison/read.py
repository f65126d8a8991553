"""Read a CSV file into a table of numbers with a time index."""

import re

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from .dates import add_hours, find_dates

MAX_CATEGORIES = 50
"""A text column with more different values is no category but a mistake."""

NUMBER = r"[^\w\s]*\s*\d[\d.,'\s]*[^\w\s]?"
"""Text that is a number but for its signs, such as "12,5", "1 234", "$5" or "5 %"."""


def read_table(path, time=None, series=None, *, sep=",", decimal=".", thousands=None):
    r"""Read a series, or several, from a CSV file.

    Rows are sorted by time. Those that stand twice are dropped. Text columns become
    one column of 0 and 1 for each value.

    Parameters
    ----------
    path : str or path-like
        A file with one header line.
    time : str or list of str, default=None
        Column of dates, or of whole numbers that count time steps; or that of dates
        and that of their hours: 0 to 23, 1 to 24 (which ends the day) or HH:MM. None
        finds the only text column that holds dates.
    series : str, default=None
        Column that tells several series apart.
    sep, decimal : str, default="," and "."
        What stands between columns, and in numbers.
    thousands : str, default=None
        What stands between thousands.

    Returns
    -------
    table : DataFrame of shape (n_timesteps, n_features)
        With a time index, below that of ``series``. Values may be missing.
    notes : list of str
        What was changed, a sentence each.
    encoded : dict of str to list of str
        The columns that each text column became.

    Raises
    ------
    OSError
        If the file can't be read.
    ValueError
        If it is no CSV or has one column, no column (or several) holds dates, dates
        are missing or stand twice with different values, or a text column holds more
        than 50 different values.

    Examples
    --------
    >>> from io import StringIO
    >>> from skseq.comparison import read_table
    >>> text = "date,type,rides\n2024-01-02,W,8\n2024-01-01,H,5\n2024-01-01,H,5"
    >>> table, notes, encoded = read_table(StringIO(text))
    >>> table
                rides  type_H  type_W
    date
    2024-01-01      5     1.0     0.0
    2024-01-02      8     0.0     1.0
    >>> print(*notes, sep="\n")
    1 row that stands twice was dropped.
    Text column 'type' became type_H, type_W.
    >>> encoded
    {'type': ['type_H', 'type_W']}
    """
    if thousands == decimal:
        raise ValueError(
            f"{decimal!r} can't stand both between thousands and in decimals: name "
            "what stands in decimals, too (--decimal)."
        )
    options = {"sep": sep, "decimal": decimal}
    try:
        table = pd.read_csv(path, **options)
    except UnicodeDecodeError:  # of a spreadsheet on Windows
        table = pd.read_csv(path, **options, encoding="cp1252")
    table.columns = table.columns.str.strip()
    if table.shape[1] == 1:
        raise ValueError(
            f"The only column is {table.columns[0]!r}: columns are separated by "
            f"{sep!r} here. Name what separates them (--sep), and what stands in "
            "decimals (--decimal); one of them must hold dates."
        )
    notes, became = [], {}
    table = table.dropna(how="all")  # what a spreadsheet leaves below its rows
    if thousands:
        table = table.apply(_join_thousands, thousands=thousands, decimal=decimal)
    n_rows = len(table)
    table = table.drop_duplicates()
    if n_twice := n_rows - len(table):
        what = "1 row that stands" if n_twice == 1 else f"{n_twice} rows that stand"
        verb = "was" if n_twice == 1 else "were"
        notes.append(f"{what} twice {verb} dropped.")
    table = _index_by_time(table, time, series)
    for column in table.columns[[not is_numeric_dtype(t) for t in table.dtypes]]:
        _check_no_numbers(table[column])
        n_values = table[column].nunique()
        if n_values > MAX_CATEGORIES:
            raise ValueError(
                f"Column {column!r} holds text with {n_values} different values: "
                "turn it into numbers (--decimal and --thousands say what stands in "
                "them) or drop it."
            )
        missing = table[column].isna()
        encoded = pd.get_dummies(table[[column]], dtype=float)
        encoded[missing] = np.nan
        became[column] = encoded.columns.tolist()
        notes.append(f"Text column {column!r} became {', '.join(encoded.columns)}.")
        table = table.drop(columns=column).join(encoded)
    return table, notes, became


def _join_thousands(column, thousands, decimal):
    """Read numbers with thousands apart; leave any other column as it is.

    pandas would do so itself, but take dates such as 31.12.2024 for numbers, too.
    """
    if is_numeric_dtype(column.dtype):
        return column
    apart, point = map(re.escape, (thousands, decimal))
    number = rf"[+-]?(\d{{1,3}}({apart}\d{{3}})+|\d+)({point}\d+)?"
    text = column.dropna().astype(str).str.strip()
    if not text.str.fullmatch(number).all():
        return column
    numbers = text.str.replace(thousands, "").str.replace(decimal, ".")
    return pd.to_numeric(numbers).reindex(column.index)


def _index_by_time(table, time, series):
    """Move the dates to the index, in order and each once."""
    columns = [time] if isinstance(time, str) else time
    _check_series(table, columns, series)
    if columns is None:
        others = table.drop(columns=[] if series is None else series)
        columns, times = _find_times(others)
    else:
        times = _named_times(table, columns)
    name = " ".join(columns)
    if times.isna().any():
        raise ValueError(
            f"Column {name!r} has no date in row {times.index[times.isna()][0]}, "
            "counted from 0 below the header: leave out rows of units, totals and "
            "notes."
        )
    table = table.drop(columns=columns).set_index(pd.Index(times, name=name))
    if series is not None:
        if table[series].isna().any():
            row = table[series].isna().argmax()
            raise ValueError(f"Column {series!r} names no series in row {row}.")
        table = table.set_index(series, append=True).swaplevel()
    table = table.sort_index()
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise ValueError(
            f"{len(twice)} of the times in column {name!r} stand again with other "
            f"values, the first is {twice[0]}: one row a time step is needed. Name "
            "the column of hours, where they have one (--time DATE HOUR), and that "
            "which tells several series apart (--series); write the offset from UTC "
            "where a clock was set back (02:00+01:00)."
        )
    return table


def _find_times(table):
    """Find the only column of dates; return its name, in a list, and the dates."""
    dates = {c: d for c in table if (d := find_dates(table[c])) is not None}
    if len(dates) != 1:
        found = f"{len(dates)} columns hold" if dates else "No column holds"
        raise ValueError(
            f"{found} dates, among {list(table.columns)}: name the column of "
            "time (--time)."
        )
    return list(dates), *dates.values()


def _named_times(table, columns):
    """Read the column of time; or that of dates, and that of hours."""
    for column in columns:
        if column not in table.columns:
            raise ValueError(
                f"Time column {column!r} is not among the columns "
                f"{list(table.columns)}."
            )
    if len(columns) > 2:
        raise ValueError(
            f"Time is in one column, or in one of dates and one of hours; got "
            f"{columns}: join some of them."
        )
    time, *hours = columns
    if is_integer_dtype(table[time].dtype) and not hours:
        return table[time]
    times = find_dates(table[time])
    if times is None:
        raise ValueError(f"Time column {time!r} does not hold dates in one format.")
    return add_hours(times, table[hours[0]]) if hours else times


def _check_series(table, times, series):
    """Refuse a column that can't tell series apart."""
    if series is None:
        return
    if series not in table.columns:
        raise ValueError(
            f"Column {series!r}, which tells series apart, is not among the columns "
            f"{list(table.columns)}."
        )
    if series in (times or []):
        raise ValueError(
            f"Column {series!r} can't both hold the time and tell series apart: name "
            "another one (--time or --series)."
        )


def _check_no_numbers(column):
    """Refuse numbers that were read as text: each would become a category."""
    values = pd.Series(column.dropna().unique()).astype(str)
    numbers = values.str.strip().str.fullmatch(NUMBER)
    if numbers.mean() > 0.5:
        signs = values[pd.to_numeric(values, errors="coerce").isna()]
        raise ValueError(
            f"Column {column.name!r} holds numbers written as text, such as "
            f"{[*signs, *values][0]!r}: take signs and units out, leave missing values "
            "empty, and say what stands in decimals (--decimal) and between thousands "
            "(--thousands)."
        )
