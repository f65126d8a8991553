"""Find months, quarters and weeks in text."""

from contextlib import suppress

import pandas as pd

MONTHS = (
    "%m/%Y",
    "%m.%Y",
    "%m-%Y",
    "%Y/%m",
    "%b %Y",
    "%Y %b",
    "%B %Y",
    "%Y %B",
    "%b-%Y",
    "%B-%Y",
    "%b-%y",
    "%YM%m",
)
"""Formats of months, such as "1/2012", "Jan 2012" or "2012M01"."""


def find_periods(text):
    """Parse months, weeks and quarters, such as "2024-W05", "2012Q1" or "Q1 2012"."""
    for form in MONTHS:
        with suppress(TypeError, ValueError):
            return pd.to_datetime(text, format=form)
    text = text.str.replace(r"[- ]", "", regex=True)
    text = text.str.replace(r"^(Q\d)(\d{4})$", r"\2\1", regex=True)
    if text.str.fullmatch(r"\d{4}Q[1-4]").all():
        quarters = pd.PeriodIndex(text, freq="Q")
        return pd.Series(quarters.to_timestamp(), text.index)
    return find_weeks(text)


def find_weeks(text):
    """Parse weeks of the ISO calendar, such as "2024W05"; None if they are none."""
    if not text.str.fullmatch(r"\d{4}W\d{1,2}").all():
        return None
    with suppress(ValueError):
        dates = pd.to_datetime(text + "1", format="%GW%V%u")
        week = text.str.partition("W")[2].astype(int)
        # Not week 53 of a year with 52, which older pandas moves to the next year.
        return dates if (dates.dt.isocalendar().week == week).all() else None
    return None
