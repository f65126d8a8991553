"""The season of a series, derived from its dates."""

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from ..transformers.time_index import as_dates

SEASONS = {1: 7, 7: 52, 30.5: 12, 91.5: 4, 365.25: 1}
"""Number of steps in a season, by the days between two steps; for parts of a day, it is
the day."""


def find_season(index, window):
    """Find the number of steps in a season from the usual distance between dates.

    Parameters
    ----------
    index : Index
    window : int
        Steps of the past that a model sees.

    Returns
    -------
    int
        1 for years, and if there are no dates.

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
        return 1
    step = pd.Timedelta(np.median(np.diff(index)))
    days = step / pd.Timedelta(days=1)
    parts = round(1 / days)
    known = SEASONS if parts < 2 else {1 / parts: parts}
    seasons = [n for distance, n in known.items() if abs(days / distance - 1) < 0.05]
    if not seasons:
        raise ValueError(
            f"Dates that are {step} apart tell no season: give the season (1 for none)."
        )
    [season] = seasons
    if season == 7 and (index.dayofweek < 5).all():
        season = 5  # business days
    if season > window:
        raise ValueError(
            f"The dates suggest a season of {season} steps, which is longer than a "
            f"window of {window}: give a window of at least {season}, or a shorter "
            "season, such as 1."
        )
    return season
