"""The season of a series, derived from its dates."""

import numpy as np
import pandas as pd

SEASONS = {1 / 48: 48, 1 / 24: 24, 1: 7, 7: 52, 30.5: 12, 91.5: 4}
"""Number of steps in a season, by the days between two steps."""


def find_season(index):
    """Find the number of steps in a season from the usual distance between dates.

    Parameters
    ----------
    index : Index

    Returns
    -------
    int
        1 if there are no dates, or their distance is not one of ``SEASONS``.
    """
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return 1
    days = np.median(np.diff(index)) / np.timedelta64(1, "D")
    seasons = [n for step, n in SEASONS.items() if abs(days / step - 1) < 0.05]
    season = seasons[0] if seasons else 1
    if season == 7 and (index.dayofweek < 5).all():
        season = 5  # business days
    return season
