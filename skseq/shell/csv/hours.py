"""Hours, and minutes, in columns of their own."""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

CLOCK = (
    r"^(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
    r"(?: ?(?P<half>[AP])M)?$"
)

DAY = pd.Timedelta(days=1)


def since_midnight(table):
    """Read the time of day from a column of hours, or of hours and minutes.

    Parameters
    ----------
    table : DataFrame with one or two columns
        Hours are 0 to 23, 1 to 24, or text such as "13:00" or "1:00 PM". 24 is the end
        of the day: hours numbered from 1 to 24 get the time of their end.

    Returns
    -------
    Series of timedelta

    Raises
    ------
    ValueError
        If a value is no hour or minute, or 0 and 24 may be the same time.
    """
    hours, *minutes = (table[name] for name in table)
    elapsed = _hours(hours)
    for column in minutes:
        values = pd.to_numeric(column, errors="coerce")
        elapsed += pd.to_timedelta(values.where(values.between(0, 59)), unit="min")
    elapsed = elapsed.where(elapsed.between(pd.Timedelta(0), DAY))
    names = ", ".join(map(repr, table))
    if elapsed.isna().any():
        row = elapsed.index[elapsed.isna()][0]
        raise ValueError(
            f"Column {names} holds {', '.join(map(str, table.loc[row]))} in row {row}, "
            "which is not an hour of the day: write 0 to 23, 1 to 24, or HH:MM, and in "
            "a column of minutes 0 to 59; years stand before months (--time)."
        )
    if elapsed.min() == pd.Timedelta(0) and elapsed.max() == DAY:
        raise ValueError(
            f"Column {names} holds both 0 and 24, which may mean the same time (the "
            "end of one day is the start of the next): use only one of them."
        )
    return elapsed.rename(names)


def add_hours(dates, elapsed):
    """Add times of day to dates, which must have none."""
    if (dates != dates.dt.normalize()).any():
        raise ValueError(
            f"Column {dates.name!r} already holds times of day: leave {elapsed.name} "
            "out of --time."
        )
    return dates + elapsed


def _hours(hours):
    """Parse hours; what is none is missing."""
    if is_numeric_dtype(hours.dtype):
        return pd.to_timedelta(hours.where(hours % 1 == 0), unit="h")
    clock = hours.astype(str).str.strip().str.upper().str.extract(CLOCK)
    half = clock.pop("half")
    hour, minute, second = clock.fillna({"second": "0"}).astype(float).to_numpy().T
    hour = np.where(half.isna(), hour, hour % 12 + 12 * (half == "P"))
    elapsed = pd.to_timedelta(3600 * hour + 60 * minute + second, unit="s")
    return pd.Series(elapsed, hours.index)
