"""Columns of text, or of whole numbers, that hold dates or hours."""

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
"""Dates of spreadsheets that pandas does not guess."""

MONTHS = "%m/%Y", "%m.%Y", "%b %Y", "%Y %b", "%B %Y", "%b-%y", "%YM%m"
"""Months, such as "1/2012", "Jan 2012" or "2012M01"."""


def find_dates(column):
    """Parse a text column.

    Parameters
    ----------
    column : Series

    Returns
    -------
    Series or None
        None where it does not hold dates in one format. Months, quarters and weeks
        are their first day.
    """
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
        # Without one format, pandas guesses row by row, and takes "W" for a date;
        # older ones leave dates of several offsets as objects.
        guessed = any("infer format" in str(warning.message) for warning in caught)
        if not guessed and is_datetime64_any_dtype(dates.dtype):
            found.append(dates)
    # Where the day may come first or second, a regular step tells.
    regular = (dates for dates in found if _is_regular(dates))
    return next(regular, found[0] if found else _periods(column))


def find_compact_dates(column):
    """Parse whole numbers such as 20240131, or 202401; None where they are others."""
    text = column.astype(str)
    for length, form in ((8, "%Y%m%d"), (6, "%Y%m")):
        if (text.str.len() == length).all():
            with suppress(ValueError):
                return pd.to_datetime(text, format=form)
    return None


def find_stray(column):
    """Find the first value that is written unlike the others, which are dates.

    Parameters
    ----------
    column : Series

    Returns
    -------
    row label or None
        None where there is none, or the others are no dates.
    """
    text = column.dropna().astype(str)
    form = text.str.replace(r"\d+", "0", regex=True)
    form = form.str.replace(r"[^\W\d]+", "a", regex=True)
    usual = form == form.mode()[0]
    if usual.all() or find_dates(text[usual]) is None:
        return None
    return text.index[~usual][0]


def add_hours(dates, hours):
    """Join dates and the hours in a column of their own.

    Parameters
    ----------
    dates : Series of datetime
        Without times of day.
    hours : Series
        0 to 23, 1 to 24, or text such as "13:00". 24 ends the day: hours numbered by
        their end get the time of their end.

    Returns
    -------
    Series of datetime

    Raises
    ------
    ValueError
        For what is no hour, and where 0 and 24 may be the same time.
    """
    if (dates.dropna() != dates.dropna().dt.normalize()).any():
        raise ValueError(
            f"Column {dates.name!r} holds times of day already: leave {hours.name!r} "
            "out of --time."
        )
    elapsed = _since_midnight(hours)
    if elapsed.min() == pd.Timedelta(0) and elapsed.max() == pd.Timedelta(days=1):
        raise ValueError(
            f"Column {hours.name!r} holds both 0 and 24, which may be the same time, "
            "the end of a day and the start of the next: write one of them."
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
            "which is no hour: write 0 to 23, 1 to 24, or HH:MM."
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
            # Not week 53 of a year of 52, which older pandas take for the next one.
            return dates if (dates.dt.isocalendar().week == week).all() else None
    return None


def _is_regular(dates):
    """Tell whether dates, in whatever order, have one step."""
    dates = pd.DatetimeIndex(dates.dropna().unique()).sort_values()
    return len(dates) > 2 and pd.infer_freq(dates) is not None
