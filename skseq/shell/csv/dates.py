"""Find dates in columns of text or whole numbers."""

import warnings
from contextlib import suppress
from itertools import product

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from ...index.time_index import find_step
from .periods import find_periods, find_weeks

DAYS = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%y-%m-%d",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d-%b-%y",
)
TIMES = "", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M%p", " %I:%M:%S %p"
FORMATS = tuple(map("".join, product(DAYS, TIMES)))
"""Date formats of spreadsheets; pandas does not guess most of them."""

COMPACT = {
    6: "%Y%m",
    8: "%Y%m%d",
    10: "%Y%m%d%H",
    12: "%Y%m%d%H%M",
    14: "%Y%m%d%H%M%S",
}
"""Formats of dates that are whole numbers, by the number of digits."""

SINCE_1970 = {10: "s", 13: "ms", 16: "us", 19: "ns"}
"""Units of times since 1970, by the number of digits."""

MIDNIGHT = pd.Timedelta(0)

END_OF_DAY = r"[ T]24:00(?::00)?$"
"""The time of "2024-01-31 24:00"."""

N_TRIED = 100
"""First rows, in which all formats are tried before those of a long file are read."""


def find_dates(column, elapsed=MIDNIGHT):
    """Parse a text column.

    Parameters
    ----------
    column : Series
    elapsed : Series of timedelta, default=Timedelta(0)
        The time of day, from another column; it may tell the order of day and month.

    Returns
    -------
    Series or None
        None if it does not hold dates in one format. Months, quarters, half-years and
        weeks become their first day.

    Raises
    ------
    ValueError
        If it is open whether the day or the month comes first.
    """
    if is_numeric_dtype(column.dtype):
        return None
    text = column.dropna().astype(str)
    readings = _readings(text.head(N_TRIED)) and _readings(text)
    if not readings:
        return None
    return _choose(readings, text, elapsed).reindex(column.index)


def are_dates(text):
    """Tell whether text holds dates, whatever the order of day and month."""
    return bool(_readings(text))


def find_compact_dates(column):
    """Parse whole numbers such as 20240131, 202401 or, for weeks, 202453.

    Others count seconds, or parts of seconds, since 1970, if dates from 2001 on do.

    Parameters
    ----------
    column : Series of int

    Returns
    -------
    Series or None
        None if they are no dates.
    """
    text = column.astype(str)
    lengths = text.str.len().unique()
    if len(lengths) == 1:
        [n_digits] = lengths
        with suppress(KeyError, ValueError):
            return pd.to_datetime(text, format=COMPACT[n_digits])
        is_hour = n_digits == 10 and text.str.match("19|20").all()  # even 2024013124
        if n_digits in SINCE_1970 and not is_hour:
            return pd.to_datetime(column, unit=SINCE_1970[n_digits])
    return find_weeks(text.str[:4] + "W" + text.str[4:])


def find_stray(column):
    """Find the first value that is not a date, in a column of dates.

    Returns
    -------
    row label or None
        None if there is no such value, or the others are not dates either.
    """
    text = column.dropna().astype(str)
    form = text.str.replace(r"\d+", "0", regex=True)
    form = form.str.replace(r"[^\W\d]+", "a", regex=True)
    usual = form == form.mode()[0]
    if usual.all() or not are_dates(text[usual]):
        return None
    return text.index[~usual][0]


def _readings(text):
    """Parse dates in each order of day and month that they allow."""
    if not text.str.contains(r"\d").all():  # pandas knows "now" and "today"
        return []
    ends = text.str.contains(END_OF_DAY)
    days = text.where(~ends, text.str.replace("24:00", "00:00"))
    whole = pd.to_timedelta(ends.astype(int), unit="D")
    return [dates + whole for dates in _in_each_order(days)]


def _in_each_order(text):
    """Parse dates without 24:00."""
    options = [{}, {"dayfirst": True}]
    year_first = text.str.match(r"\d{4}\D").all()
    day_first = text.str.match(r"\d+\.\d+\.").all()  # the European style
    if day_first:
        options.reverse()
    if year_first:  # R leaves out midnight, and Python fractions of a second that are 0
        options.append({"format": "ISO8601"})
    options += [{"format": form} for form in FORMATS]
    found = []
    for option in options:
        dates = _parse(text, **option)
        if dates is not None and not any((dates == other).all() for other in found):
            found.append(dates)
        if found and (year_first or day_first):
            break
    if not found:
        others = _parse(text, utc=True), find_periods(text)
        found = [dates for dates in others if dates is not None]
    return found


def _parse(text, **option):
    """Parse dates; None if they do not have one format."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            dates = pd.to_datetime(text, **option)
        except (TypeError, ValueError):
            return None
    # Without one format, pandas guesses row by row, and takes "W" for a date;
    # older versions leave dates with several offsets as objects.
    guessed = any("infer format" in str(warning.message) for warning in caught)
    return None if guessed or not is_datetime64_any_dtype(dates.dtype) else dates


def _choose(readings, text, elapsed):
    """Choose the order of day and month with a regular step, or that fits the rows."""
    if len(readings) == 1:
        return readings[0]
    regular = [dates for dates in readings if _is_regular(dates + elapsed)]
    if len(regular) == 1:
        return regular[0]
    for measure in (_turns, _unevenness):
        found = [measure(dates + elapsed) for dates in readings]
        least, second = sorted(found)[:2]
        if 2 * least < second:
            return readings[found.index(least)]
    row = (readings[0] != readings[1]).to_numpy().argmax()
    first, second = (dates.iloc[row].date() for dates in readings[:2])
    raise ValueError(
        f"Column {text.name!r} holds dates such as {text.iloc[row]!r}, which may mean "
        f"{first} or {second}, and the order of the rows does not tell: write dates "
        "with the year first, such as 2024-01-31, or name another time column (--time) "
        "or that of the hours (--time DATE HOUR)."
    )


def _is_regular(dates):
    """Tell whether dates, in any order, have a single step."""
    dates = pd.DatetimeIndex(dates.unique()).sort_values()
    with suppress(ValueError):
        return len(dates) > 2 and find_step(dates) is not None
    return False


def _turns(dates):
    """Count rows that go back in time or, in a file that goes back, forward."""
    steps = np.diff(pd.DatetimeIndex(dates).asi8)
    return min((steps < 0).sum(), (steps > 0).sum())


def _unevenness(dates):
    """Compare the longest step with the usual one."""
    steps = np.diff(np.unique(pd.DatetimeIndex(dates).asi8))
    return steps.max() / np.median(steps) if len(steps) else 1.0
