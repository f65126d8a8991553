"""Read a CSV file into a table of numbers with a time index."""

import warnings
from contextlib import suppress

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

MAX_CATEGORIES = 50
"""A text column with more different values is no category but a mistake."""

NUMBER = r"[^\w\s]*\s*\d[\d.,'\s]*[^\w\s]?"
"""Text that is a number but for its signs, such as "12,5", "1 234", "$5" or "5 %"."""

FORMATS = (
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
)
"""Dates of spreadsheets that pandas does not guess."""


def read_table(path, time=None, series=None, *, sep=",", decimal="."):
    r"""Read a series, or several, from a CSV file.

    Rows are sorted by time. Those that stand twice are dropped. Text columns become
    one column of 0 and 1 for each value.

    Parameters
    ----------
    path : str or path-like
        A file with one header line.
    time : str, default=None
        Column of dates, or of whole numbers that count time steps; None finds the
        only text column that holds dates.
    series : str, default=None
        Column that tells several series apart.
    sep, decimal : str, default="," and "."
        What stands between columns, and in numbers.

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
                "turn it into numbers (--decimal says what stands in them; nothing may "
                "stand between thousands) or drop it."
            )
        missing = table[column].isna()
        encoded = pd.get_dummies(table[[column]], dtype=float)
        encoded[missing] = np.nan
        became[column] = encoded.columns.tolist()
        notes.append(f"Text column {column!r} became {', '.join(encoded.columns)}.")
        table = table.drop(columns=column).join(encoded)
    return table, notes, became


def _index_by_time(table, time, series):
    """Move the dates to the index, in order and each once."""
    _check_series(table, time, series)
    if time is None:
        others = table.columns.drop(series, errors="ignore")
        dates = {c: d for c in others if (d := _dates(table[c])) is not None}
        if len(dates) != 1:
            found = f"{len(dates)} columns hold" if dates else "No column holds"
            raise ValueError(
                f"{found} dates, among {list(table.columns)}: name the column of "
                "time (--time)."
            )
        [(time, values)] = dates.items()
    elif time not in table.columns:
        raise ValueError(
            f"Time column {time!r} is not among the columns {list(table.columns)}."
        )
    else:
        whole = pd.api.types.is_integer_dtype(table[time].dtype)
        values = table[time] if whole else _dates(table[time])
        if values is None:
            raise ValueError(f"Time column {time!r} does not hold dates in one format.")
    if values.isna().any():
        raise ValueError(
            f"Column {time!r} has no date in row {values.isna().argmax()}, counted "
            "from 0 below the header: leave out rows of units, totals and notes."
        )
    table = table.drop(columns=time).set_index(pd.Index(values, name=time))
    if series is not None:
        if table[series].isna().any():
            row = table[series].isna().argmax()
            raise ValueError(f"Column {series!r} names no series in row {row}.")
        table = table.set_index(series, append=True).swaplevel()
    table = table.sort_index()
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise ValueError(
            f"{len(twice)} of the times in column {time!r} stand again with other "
            f"values, the first is {twice[0]}: one row a time step is needed. Write "
            "the offset from UTC where a clock was set back (02:00+01:00), and name "
            "the column that tells several series apart (--series)."
        )
    return table


def _check_series(table, time, series):
    """Refuse a column that can't tell series apart."""
    if series is None:
        return
    if series not in table.columns:
        raise ValueError(
            f"Column {series!r}, which tells series apart, is not among the columns "
            f"{list(table.columns)}."
        )
    if series == time:
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
            f"{[*signs, *values][0]!r}: take signs, units and what stands between "
            "thousands out, leave missing values empty, and say what stands in "
            "decimals (--decimal)."
        )


def _dates(column):
    """Parse a text column; None where it does not hold dates in one format."""
    if is_numeric_dtype(column.dtype):
        return None
    found, options = [], [{}, {"dayfirst": True}, {"utc": True}]
    if column.astype(str).str.match(r"\d+\.\d+\.").all():  # as Europe writes them
        options = [{"dayfirst": True}, *options]
    options += [{"format": form} for form in FORMATS]
    for option in options:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                dates = pd.to_datetime(column, **option)
            except (TypeError, ValueError):
                continue
        # Without one format, pandas guesses row by row, and takes "W" for a date.
        if not any("infer format" in str(warning.message) for warning in caught):
            found.append(dates)
    # Where the day may come first or second, a regular step tells.
    regular = (dates for dates in found if _is_regular(dates))
    return next(regular, found[0] if found else _periods(column))


def _periods(column):
    """Parse months and quarters, such as "1/2012", "Jan 2012" or "2012Q1"."""
    for form in ("%m/%Y", "%m.%Y", "%b %Y", "%Y %b", "%B %Y", "%b-%y"):
        with suppress(TypeError, ValueError):
            return pd.to_datetime(column, format=form)
    quarters = column.astype(str).str.replace(r"[- ]", "", regex=True)
    if not quarters.str.fullmatch(r"\d{4}Q[1-4]").all():
        return None
    return pd.Series(pd.PeriodIndex(quarters, freq="Q").to_timestamp(), column.index)


def _is_regular(dates):
    """Tell whether dates, in whatever order, have one step."""
    dates = pd.DatetimeIndex(dates.dropna().unique()).sort_values()
    return len(dates) > 2 and pd.infer_freq(dates) is not None
