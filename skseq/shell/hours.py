"""Hours in a column of their own."""

import pandas as pd
from pandas.api.types import is_numeric_dtype


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
