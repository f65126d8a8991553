"""Find dates and hours in columns of text or whole numbers."""

import warnings
from contextlib import suppress

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

FORMATS = (
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
)
"""Date formats of spreadsheets that pandas does not guess."""

MONTHS = "%m/%Y", "%m.%Y", "%b %Y", "%Y %b", "%B %Y", "%b-%y", "%YM%m"
"""Formats of months, such as "1/2012", "Jan 2012" or "2012M01"."""


def find_dates(column):
    """Parse a text column.

    Parameters
    ----------
    column : Series

    Returns
    -------
    Series or None
        None if it does not hold dates in one format. Months, quarters and weeks
        become their first day.
    """
    if is_numeric_dtype(column.dtype):
        return None
    found, options = [], [{}, {"dayfirst": True}, {"utc": True}]
    if column.astype(str).str.match(r"\d+\.\d+\.").all():  # the European style
        options = [{"dayfirst": True}, *options]
    options += [{"format": form} for form in FORMATS]
    for option in options:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                dates = pd.to_datetime(column, **option)
            except (TypeError, ValueError):
                continue
        # Without one format, pandas guesses row by row, and takes "W" for a date;
        # older versions leave dates with several offsets as objects.
        guessed = any("infer format" in str(warning.message) for warning in caught)
        if not guessed and is_datetime64_any_dtype(dates.dtype):
            found.append(dates)
    # If the day may come first or second, take the order with a regular step.
    regular = (dates for dates in found if _is_regular(dates))
    return next(regular, found[0] if found else _periods(column))


def find_compact_dates(column):
    """Parse whole numbers such as 20240131 or 202401; None if they are no dates."""
    text = column.astype(str)
    for length, form in ((8, "%Y%m%d"), (6, "%Y%m")):
        if (text.str.len() == length).all():
            with suppress(ValueError):
                return pd.to_datetime(text, format=form)
    return None


def find_stray(column):
    """Find the first value that is not a date, in a column of dates.

    Parameters
    ----------
    column : Series

    Returns
    -------
    row label or None
        None if there is no such value, or the others are not dates either.
    """
    text = column.dropna().astype(str)
    form = text.str.replace(r"\d+", "0", regex=True)
    form = form.str.replace(r"[^\W\d]+", "a", regex=True)
    usual = form == form.mode()[0]
    if usual.all() or find_dates(text[usual]) is None:
        return None
    return text.index[~usual][0]


def add_hours(dates, hours):
    """Join dates with the hours from a separate column.

    Parameters
    ----------
    dates : Series of datetime
        Without times of day.
    hours : Series
        0 to 23, 1 to 24, or text such as "13:00". 24 is the end of the day: hours
        numbered from 1 to 24 get the time of their end.

    Returns
    -------
    Series of datetime

    Raises
    ------
    ValueError
        If a value is not an hour, or 0 and 24 may be the same time.
    """
    if (dates.dropna() != dates.dropna().dt.normalize()).any():
        raise ValueError(
            f"Column {dates.name!r} already holds times of day: leave {hours.name!r} "
            "out of --time."
        )
    elapsed = _since_midnight(hours)
    if elapsed.min() == pd.Timedelta(0) and elapsed.max() == pd.Timedelta(days=1):
        raise ValueError(
            f"Column {hours.name!r} holds both 0 and 24, which may mean the same time "
            "(the end of one day is the start of the next): use only one of them."
        )
    return dates + elapsed


def _since_midnight(hours):
    """Parse hours; a missing one stays missing."""
    if is_numeric_dtype(hours.dtype):
        elapsed = pd.to_timedelta(hours.where(hours % 1 == 0), unit="h")
    else:
        text = hours.astype(str).str.strip()
        clock = text.str.extract(r"^(\d{1,2}):([0-5]\d)(?::([0-5]\d))?$")
        elapsed = pd.to_timedelta(
            clock[0] + ":" + clock[1] + ":" + clock[2].fillna("0")
        )
    elapsed = elapsed.where(elapsed.between(pd.Timedelta(0), pd.Timedelta(days=1)))
    wrong = hours[hours.notna() & elapsed.isna()]
    if len(wrong):
        raise ValueError(
            f"Column {hours.name!r} holds {wrong.iloc[0]!s} in row {wrong.index[0]}, "
            "which is not an hour: write 0 to 23, 1 to 24, or HH:MM."
        )
    return elapsed


def _periods(column):
    """Parse months, weeks and quarters, such as "2024-W05" or "2012Q1"."""
    for form in MONTHS:
        with suppress(TypeError, ValueError):
            return pd.to_datetime(column, format=form)
    text = column.astype(str).str.replace(r"[- ]", "", regex=True)
    if text.str.fullmatch(r"\d{4}Q[1-4]").all():
        quarters = pd.PeriodIndex(text, freq="Q")
        return pd.Series(quarters.to_timestamp(), column.index)
    if text.str.fullmatch(r"\d{4}W\d{1,2}").all():
        with suppress(ValueError):
            dates = pd.to_datetime(text + "1", format="%GW%V%u")
            week = text.str.partition("W")[2].astype(int)
            # Not week 53 of a year with 52, which older pandas moves to the next year.
            return dates if (dates.dt.isocalendar().week == week).all() else None
    return None


def _is_regular(dates):
    """Tell whether dates, in any order, have a single step."""
    dates = pd.DatetimeIndex(dates.dropna().unique()).sort_values()
    return len(dates) > 2 and pd.infer_freq(dates) is not None
