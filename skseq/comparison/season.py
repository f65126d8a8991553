"""The season of a series, derived from its dates."""

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from ..index.time_index import as_dates

SEASONS = {
    1: (7, "week"),
    7: (52, "year"),
    30.5: (12, "year"),
    91.5: (4, "year"),
    182.5: (2, "year"),
    365.25: (1, "year"),
}
"""Steps in a season, and its name, by the days between two steps; for parts of a day,
it is the day."""


def find_season(index, window):
    """Find the season from the usual distance between dates.

    If most weeks, or days, have fewer rows, as where a shop is closed on Sundays, their
    number is the season.

    Parameters
    ----------
    index : Index
    window : int
        Steps of the past that a model sees.

    Returns
    -------
    steps : int
        1 for years, and if there are no dates.
    name : str
        "day", "week" or "year"; "" if there are no dates.

    Raises
    ------
    ValueError
        If the dates are text, their distance is neither a part of a day nor one of
        ``SEASONS``, or a season is longer than a window.
    """
    index = as_dates(index)
    if is_string_dtype(index.dtype):  # also objects
        raise ValueError(
            f"The index holds {index[0]!r}, which is not read as a date and so tells "
            "no season: turn the index into dates with pandas.to_datetime, or give "
            "the season (1 for none)."
        )
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return 1, ""
    step = pd.Timedelta(np.median(np.diff(index)))
    days = step / pd.Timedelta(days=1)
    parts = round(1 / days)
    if parts < 2:  # months differ in length, while five hours are no fifth of a day
        known, tolerance = SEASONS, 0.05
    else:
        known, tolerance = {1 / parts: (parts, "day")}, 0.01
    seasons = [
        season
        for distance, season in known.items()
        if abs(days / distance - 1) < tolerance
    ]
    if not seasons:
        raise ValueError(
            f"Dates that are {step} apart tell no season: give the season (1 for none)."
        )
    [(steps, name)] = seasons
    steps = _usual_rows(index, name) or steps
    if steps > window:
        raise ValueError(
            f"The dates suggest a season of {steps} steps, which is longer than a "
            f"window of {window}: give a window of at least {steps}, or a shorter "
            "season, such as 1."
        )
    return steps, name


def _usual_rows(index, name):
    """Return the number of rows that most days or weeks have, or None."""
    days = index.tz_localize(None).normalize()
    starts = {"day": days, "week": days - pd.to_timedelta(days.dayofweek, unit="D")}
    if name not in starts:
        return None
    # Without the first and the last, which may be incomplete.
    counts = pd.Series(starts[name]).value_counts(sort=False).sort_index()[1:-1]
    shares = counts.value_counts(normalize=True)
    return int(shares.index[0]) if len(shares) and shares.iloc[0] > 0.5 else None
