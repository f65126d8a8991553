"""Find months, quarters, half-years and weeks in text."""

from contextlib import suppress

import pandas as pd

MONTHS = "%m-%Y", "%Y-%m", "%b-%Y", "%Y-%b", "%B-%Y", "%Y-%B"
"""Formats of months, such as "1/2012" or "Jan 2012", with any separator."""

SHORT_MONTH = "%b-%y"
"""A spreadsheet's "Jan-12"; "Jan 12" is rather a day."""

N_MONTHS = {"M": 1, "Q": 3, "H": 6, "S": 6}
"""The length of "2012M01", "2012Q1", "2012H1" and "2012S1" (half-years)."""


def find_periods(text):
    """Parse periods of whole months, or weeks, such as "2024-W05" or "Q1 2012"."""
    with suppress(TypeError, ValueError):
        return pd.to_datetime(text, format=SHORT_MONTH)
    if text.str.fullmatch(r"\d{4}:[1-4]").all():  # quarters; months have two digits
        text = text.str.replace(":", "Q")
    text = text.str.upper().str.replace("[/.: ]", "-", regex=True)
    for form in MONTHS:
        with suppress(TypeError, ValueError):
            return pd.to_datetime(text, format=form)
    text = text.str.replace("-", "")
    text = text.str.replace(r"^([A-Z]\d{1,2})((?:19|20)\d\d)$", r"\2\1", regex=True)
    parts = text.str.extract(r"^(\d{4})([MQHS])(\d{1,2})$")
    if parts.isna().any(axis=None) or parts[1].nunique() > 1:
        return find_weeks(text)
    month = (parts[2].astype(int) - 1) * parts[1].map(N_MONTHS) + 1
    with suppress(ValueError):
        return pd.to_datetime(parts[0] + "-" + month.astype(str), format="%Y-%m")
    return None


def find_weeks(text):
    """Parse weeks of the ISO calendar, such as "2024W05"; None if one is none."""
    dates = parse_weeks(text)
    return None if dates.isna().any() else dates


def parse_weeks(text):
    """Parse weeks of the ISO calendar; those that do not exist are missing."""
    week = text.str.extract(r"^\d{4}W(\d{1,2})$", expand=False).astype(float)
    monday = (text + "1").where(week.notna())
    dates = pd.to_datetime(monday, format="%GW%V%u", errors="coerce")
    # Older pandas moves week 53 of a year with 52 to the next one.
    return dates.where(dates.dt.isocalendar().week.astype(float) == week)
