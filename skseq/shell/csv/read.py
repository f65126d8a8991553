"""Read a CSV file into a table of numbers with a time index."""

import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype

from .numbers import check_no_numbers, check_points, join_thousands
from .times import ADD_HEADER, index_by_time

NO_TEXT = (
    "The file holds no text in UTF-8, UTF-16 or the encoding of Windows: save it as "
    "CSV in UTF-8."
)

BLANK = [n * " " for n in range(1, 21)]
"""Cells of spaces, which are empty too, as in columns of a fixed width."""

MAX_CATEGORIES = 50
"""A text column with more different values than this is taken for a mistake."""


def read_table(path, time=None, series=None, *, sep=",", decimal=".", thousands=None):
    r"""Read a series, or several, from a CSV file.

    Rows are sorted by time. Duplicate rows are dropped, and so are row numbers in a
    first column without a name. Each text column becomes one column of 0 and 1 per
    value.

    Parameters
    ----------
    path : str or path-like
        A file with one header line; "-" is standard input.
    time : str or list of str, default=None
        Column of dates (also 20240131 and 202401), or of whole numbers that count
        time steps; or a column of dates and one of hours: 0 to 23, 1 to 24 (24 is the
        end of the day) or HH:MM, perhaps with one of minutes; or columns of year and
        quarter, year and week, or year, month, day, hour and minute, of which the last
        may be left out. None finds the only text column that holds dates.
    series : str or list of str, default=None
        Column that distinguishes several series, or columns that together do.
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
        If the file can't be opened.
    ValueError
        If it is not a CSV file in UTF-8, UTF-16 or the encoding of Windows, has only
        one column, no column (or several) holds dates, dates are missing or occur twice
        with different values, or a text column holds more than 50 different values.

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
    time, series = _names("time", time), _names("series", series)
    table = _read_csv(path, sep, decimal, series)
    if thousands is None and sep == ";" and decimal == ".":  # where commas are decimal
        check_points(table)
    if thousands:
        others = table.drop(columns=series, errors="ignore")
        table[others.columns] = others.apply(join_thousands, args=(thousands, decimal))
    table, notes = _drop_row_numbers(table, [*time, *series])
    table, more = _drop_twins(table)
    notes += more
    table = index_by_time(table, time, series)
    notes += _note_on_numbers(table.index.get_level_values(-1))
    table, encoded = _encode_text(table, thousands, decimal)
    for column, became in encoded.items():
        notes.append(f"Text column {column!r} became {', '.join(became)}.")
    return table, notes, encoded


def _read_csv(path, sep, decimal, series):
    """Read a table without the empty rows and columns that spreadsheets leave."""
    options = {"sep": sep, "decimal": decimal, "na_values": BLANK}
    if len(sep) > 1:  # a pattern
        options["engine"] = "python"
    # 007 is a name, and so is NA, the code of Namibia. A space may follow each comma.
    names = [space + name for name in series for space in ("", " ")]
    options["converters"] = dict.fromkeys(names, _read_label)
    try:
        table = _decode(_seekable(path), options)
    except pd.errors.EmptyDataError as error:
        raise ValueError(
            "There is nothing in the file: give one with a header line and rows."
        ) from error
    except pd.errors.ParserError as error:
        raise ValueError(
            f"The rows do not have the columns of the first line ({error}): remove any "
            "lines above the header, give the right separator (--sep), close a quote, "
            "or save a spreadsheet as CSV."
        ) from error
    table.columns = table.columns.str.strip()
    _check_header(table, sep)
    unnamed = table.columns.str.startswith("Unnamed: ")
    table = table.loc[:, ~(unnamed & table.isna().all())].dropna(how="all")
    if table.empty:
        raise ValueError(f"No row holds a value. If some should: {NO_TEXT}")
    return table


def _read_label(text):
    return text.strip() or None


def _check_header(table, sep):
    """Refuse a table whose first line does not name the columns."""
    if table.shape[1] == 1:
        raise ValueError(
            f"The only column is {table.columns[0]!r} if columns are separated by "
            f"{sep!r}: give the right separator (--sep), and the decimal separator "
            "(--decimal). One of the columns must hold dates. Remove any lines above "
            "the header."
        )
    if table.empty:
        raise ValueError("The file has a header line, but no rows: give its rows too.")
    if pd.to_numeric(table.columns, errors="coerce").notna().all():
        raise ValueError(
            f"The first line holds only numbers, {list(table.columns)}: {ADD_HEADER}"
        )
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"The header names {twice!r} twice: rename one of them.")
    if not isinstance(table.index, pd.RangeIndex):
        raise ValueError(
            f"Rows have more columns than the header, {list(table.columns)}: name "
            "every column in the header, and remove any lines above it."
        )


def _names(option, names):
    """Return the names of columns as a list."""
    names = [names] if isinstance(names, str) else list(names or [])
    if len(set(names)) < len(names):
        raise ValueError(f"--{option} names a column twice: {' '.join(names)}.")
    return names


def _seekable(path):
    """Keep what comes through a pipe, since a guess of its encoding may fail."""
    if path == "-":
        return BytesIO(sys.stdin.buffer.read())
    is_pipe = isinstance(path, str | Path) and Path(path).is_fifo()
    return BytesIO(Path(path).read_bytes()) if is_pipe else path


def _decode(path, options):
    """Read a table that may have one of the encodings of Windows."""
    for encoding in ("utf-8", "utf-16", "cp1252"):
        if isinstance(path, BytesIO):
            path.seek(0)
        with suppress(UnicodeError):
            return pd.read_csv(path, **options, encoding=encoding)
    raise ValueError(NO_TEXT)


def _drop_row_numbers(table, used):
    """Drop the index that pandas and R write beside the columns, and say so.

    It would be one more variable, and hide that rows are duplicates. In a file of
    several tables, it may begin again.
    """
    name = table.columns[0]
    unnamed = name.startswith("Unnamed: ") and name not in used
    if len(table.columns) < 3 or not unnamed or not _counts_rows(table[name]):
        return table, []
    return table.drop(columns=name), ["Row numbers in the first column were dropped."]


def _counts_rows(column):
    """Tell whether numbers count from 0 or 1, perhaps several times."""
    if not is_integer_dtype(column.dtype) or column.iloc[0] not in (0, 1):
        return False
    is_next, is_first = column.diff() == 1, column == column.iloc[0]
    return (is_next | is_first).all() and not is_first.all()


def _drop_twins(table):
    """Drop duplicate rows, and say so."""
    once = table.drop_duplicates()
    n_twice = len(table) - len(once)
    if not n_twice:
        return once, []
    rows = "row was" if n_twice == 1 else "rows were"
    return once, [f"{n_twice} duplicate {rows} dropped."]


def _note_on_numbers(times):
    """Say what whole numbers are taken for if they may be a spreadsheet's dates."""
    numbers = is_integer_dtype(times.dtype)
    if not (numbers and times.min() >= 20_000 and times.max() < 60_000):  # 1954 to 2064
        return []
    return [
        f"Column {times.name!r} holds whole numbers, which count time steps. If they "
        "are a spreadsheet's days, counted from 1899-12-30, write dates."
    ]


def _encode_text(table, thousands, decimal):
    """Replace text columns; also return the names of the columns that each became."""
    became = {}
    for column in table.select_dtypes(exclude=["number", "bool"]):
        check_no_numbers(table[column], thousands, decimal)
        encoded = _encode(table[column])
        taken = encoded.columns.intersection(table.columns)
        if len(taken):
            raise ValueError(
                f"Text column {column!r} would become {', '.join(encoded.columns)}, "
                f"but there is a column {taken[0]!r} already: rename one of them."
            )
        became[column] = encoded.columns.tolist()
        table = table.drop(columns=column).join(encoded)
    return table, became


def _encode(column):
    """Turn text into one column of 0 and 1 per value."""
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
