"""Dates whose year, month and day have columns of their own."""

import re

import pandas as pd

from .numbers import as_whole
from .periods import find_periods, parse_weeks

FORMS = "%Y-%m-%d", "%Y-%b-%d", "%Y-%B-%d"


def date_columns(columns):
    """Choose those that make a date: of years, and what the next one's name says.

    It is that of quarters, weeks or days of the year if its name begins with q, w or d,
    or holds "quarter" or "week"; else that of months, and that of days follows.
    """
    return columns[: 2 if _kind(columns[1]) in "QWD" else 3]


def _kind(name):
    """Return the first letter of what a column's name says it holds."""
    words = re.findall("quarter|week", name.lower())  # "MMWR week", "epiweek"
    return [*words, name][0][0].upper()


def join_parts(table):
    """Join years with months and days, or with quarters, half-years, weeks or days.

    Parameters
    ----------
    table : DataFrame with two or three columns
        As :func:`date_columns` chooses them. Names of months may be English.

    Returns
    -------
    Series of datetime
        Without days, the first one of each month, quarter, half-year or week.

    Raises
    ------
    ValueError
        If a row holds no date.
    """
    parts = [as_whole(table[name]).astype(str).str.strip() for name in table]
    dates = _of_year(*parts) if len(parts) == 2 else None
    if dates is None:
        dates = _of_month(*parts)
    wrong = dates.index[dates.isna()]
    if len(wrong) or re.match(r"h(\b|r|our)", table.columns[-1].lower()):
        row = wrong[0] if len(wrong) else dates.index[0]
        raise ValueError(
            f"Columns {', '.join(table)} hold {', '.join(map(str, table.loc[row]))} in "
            f"row {row} (counted from 0 below the header), which is no date: name the "
            "columns of year and quarter, year and week (of ISO 8601), or year, month, "
            "day, hour and minute, in this order, or one of dates and one of hours "
            "(--time)."
        )
    return dates.rename(" ".join(table))


def _of_year(year, part):
    """Join years with parts whose kind their name says; None if they are of no kind."""
    kind = _kind(part.name)
    if kind == "D":
        dates = pd.to_datetime(year + "-" + part, format="%Y-%j", errors="coerce")
        return dates.where(dates.dt.strftime("%Y") == year)  # no day 366 of 2023
    text = year + kind + part.str.upper().str.removeprefix(kind)
    return parse_weeks(text) if kind == "W" else find_periods(text)


def _of_month(year, month, day="1"):
    """Join years with months, and days; a date that does not exist is missing."""
    text = year + "-" + month + "-" + day
    return min(
        (pd.to_datetime(text, format=form, errors="coerce") for form in FORMS),
        key=lambda dates: dates.isna().sum(),
    )
