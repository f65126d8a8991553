"""Read a CSV file into a table of numbers with a time index."""

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from .dates import add_hours, find_compact_dates, find_dates, find_stray
from .numbers import check_no_numbers, check_points, join_thousands

MAX_CATEGORIES = 50
"""A text column with more different values than this is taken for a mistake."""


def read_table(path, time=None, series=None, *, sep=",", decimal=".", thousands=None):
    r"""Read a series, or several, from a CSV file.

    Rows are sorted by time. Duplicate rows are dropped. Each text column becomes one
    column of 0 and 1 per value.

    Parameters
    ----------
    path : str or path-like
        A file with one header line.
    time : str or list of str, default=None
        Column of dates (also 20240131 and 202401), or of whole numbers that count
        time steps; or two columns, of dates and of hours: 0 to 23, 1 to 24 (24 is the
        end of the day) or HH:MM. None finds the only text column that holds dates.
    series : str, default=None
        Column that distinguishes several series.
    sep, decimal : str, default="," and "."
        Separator of columns, and decimal sign.
    thousands : str, default=None
        Separator of thousands.

    Returns
    -------
    table : DataFrame of shape (n_timesteps, n_features)
        With a time index, for several series below their labels. Values may be
        missing.
    notes : list of str
        What was changed, one sentence each.
    encoded : dict of str to list of str
        The columns that each text column became.

    Raises
    ------
    OSError
        If the file can't be read.
    ValueError
        If it is not a CSV file or has only one column, no column (or several) holds
        dates, dates are missing or occur twice with different values, or a text column
        holds more than 50 different values.

    Examples
    --------
    >>> from io import StringIO
    >>> from skseq.shell import read_table
    >>> text = "date,type,rides\n2024-01-02,W,8\n2024-01-01,H,5\n2024-01-01,H,5"
    >>> table, notes, encoded = read_table(StringIO(text))
    >>> table
                rides  type_H  type_W
    date
    2024-01-01      5     1.0     0.0
    2024-01-02      8     0.0     1.0
    >>> print(*notes, sep="\n")
    1 duplicate row was dropped.
    Text column 'type' became type_H, type_W.
    >>> encoded
    {'type': ['type_H', 'type_W']}
    """
    if thousands == decimal:
        raise ValueError(
            f"{decimal!r} can't be both the thousands separator and the decimal "
            "separator: also give the decimal separator (--decimal)."
        )
    table = _read_csv(path, sep, decimal)
    if thousands is None and (sep, decimal) == (";", "."):
        check_points(table)
    if thousands:
        table = table.apply(join_thousands, thousands=thousands, decimal=decimal)
    table, notes = _drop_twins(table)
    table = _index_by_time(table, time, series)
    became = {}
    for column in table.columns[[not is_numeric_dtype(t) for t in table.dtypes]]:
        encoded = _encode(table[column])
        became[column] = encoded.columns.tolist()
        notes.append(f"Text column {column!r} became {', '.join(encoded.columns)}.")
        table = table.drop(columns=column).join(encoded)
    return table, notes, became


def _read_csv(path, sep, decimal):
    """Read a table without the empty rows and columns that spreadsheets leave."""
    options = {"sep": sep, "decimal": decimal}
    try:
        table = pd.read_csv(path, **options)
    except UnicodeDecodeError:  # as written by spreadsheets on Windows
        table = pd.read_csv(path, **options, encoding="cp1252")
    table.columns = table.columns.str.strip()
    if table.shape[1] == 1:
        raise ValueError(
            f"The only column is {table.columns[0]!r} if columns are separated by "
            f"{sep!r}: give the right separator (--sep), and the decimal separator "
            "(--decimal). One of the columns must hold dates. Remove any lines above "
            "the header."
        )
    if table.empty:
        raise ValueError("The file has a header line, but no rows: give its rows too.")
    if not isinstance(table.index, pd.RangeIndex):
        raise ValueError(
            f"Rows have more columns than the header, {list(table.columns)}: name "
            "every column in the header, and remove any lines above it."
        )
    unnamed = table.columns.str.startswith("Unnamed: ")
    return table.loc[:, ~(unnamed & table.isna().all())].dropna(how="all")


def _drop_twins(table):
    """Drop duplicate rows, and say so."""
    once = table.drop_duplicates()
    n_twice = len(table) - len(once)
    if not n_twice:
        return once, []
    rows = "row was" if n_twice == 1 else "rows were"
    return once, [f"{n_twice} duplicate {rows} dropped."]


def _encode(column):
    """Turn text into one column of 0 and 1 per value."""
    check_no_numbers(column)
    n_values = column.nunique()
    if n_values > MAX_CATEGORIES:
        raise ValueError(
            f"Column {column.name!r} holds text with {n_values} different values: "
            "convert it to numbers (--decimal and --thousands give their "
            "separators), or drop it."
        )
    encoded = pd.get_dummies(column.to_frame(), dtype=float)
    encoded[column.isna()] = np.nan
    return encoded


def _index_by_time(table, time, series):
    """Move the dates to the index, sorted and each only once."""
    columns = [time] if isinstance(time, str) else time
    _check_series(table, columns, series)
    if columns is None:
        others = table.drop(columns=[] if series is None else series)
        columns, times = _find_times(others)
    else:
        times = _named_times(table, columns)
    name = " ".join(columns)
    table = table.drop(columns=columns).set_index(pd.Index(times, name=name))
    if series is not None:
        table = table.set_index(series, append=True).swaplevel()
    table = table.sort_index()
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise ValueError(
            f"{len(twice)} of the times in column {name!r} occur again with different "
            f"values, the first is {twice[0]}: each time step must have one row. If "
            "there is a column of hours, name it too (--time DATE HOUR); if the file "
            "holds several series, name the column that tells them apart (--series); "
            "if a clock was set back, write the offset from UTC (02:00+01:00)."
        )
    return table


def _find_times(table):
    """Find the only column of dates; return its name, in a list, and the dates."""
    dates = {c: d for c in table if (d := find_dates(table[c])) is not None}
    if not dates:
        for column in table:
            _check_stray(table[column])
    if len(dates) != 1:
        found = f"{len(dates)} columns hold" if dates else "No column holds"
        raise ValueError(
            f"{found} dates, among {list(table.columns)}: name the time column "
            "(--time)."
        )
    [(time, times)] = dates.items()
    _check_complete(table[time])
    return [time], times


def _named_times(table, columns):
    """Read the time column, or one column of dates and one of hours."""
    for column in columns:
        if column not in table.columns:
            raise ValueError(
                f"Time column {column!r} is not among the columns "
                f"{list(table.columns)}."
            )
        _check_complete(table[column])
    if len(columns) > 2:
        raise ValueError(
            "Time must be one column, or one of dates and one of hours; got "
            f"{columns}: combine some of them."
        )
    time, *hours = columns
    times = _named_dates(table[time])
    if not hours:
        return times
    if is_integer_dtype(times.dtype):
        raise ValueError(
            f"Time column {time!r} holds whole numbers, not dates: name the column of "
            "dates first (--time DATE HOUR)."
        )
    return add_hours(times, table[hours[0]])


def _named_dates(column):
    """Parse dates, or whole numbers that count time steps."""
    if is_numeric_dtype(column.dtype) and (column % 1 == 0).all():
        column = column.astype(np.int64)  # no longer the floats of an empty last line
        dates = find_compact_dates(column)
        return column if dates is None else dates
    dates = find_dates(column)
    if dates is None:
        _check_stray(column)
        raise ValueError(
            f"Time column {column.name!r} does not hold dates in one format: write "
            "all of them alike."
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


def _check_series(table, times, series):
    """Refuse a column that can't distinguish series."""
    if series is None:
        return
    if series not in table.columns:
        raise ValueError(
            f"Series column {series!r} is not among the columns {list(table.columns)}."
        )
    if table[series].isna().any():
        row = table.index[table[series].isna()][0]
        raise ValueError(
            f"Series column {series!r} is empty in row {row}: name the "
            "series of each row."
        )
    if series in (times or []):
        raise ValueError(
            f"Column {series!r} can't be both the time column and the series column: "
            "name another one (--time or --series)."
        )
