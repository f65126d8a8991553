"""Indexes that sktime's forecasters take: regular steps, without a time zone."""

import pandas as pd

from ..index.time_index import has_step

BEGINNINGS = pd.offsets.MonthBegin, pd.offsets.QuarterBegin, pd.offsets.YearBegin


def with_regular_index(tables):
    """Set the frequency of each series' dates, or number the rows of all series.

    Rows are numbered from the end, which all series have in common.
    """
    indexes = [table.index for table in tables.values()]
    frequencies = list(map(_frequency, indexes))
    if None in frequencies:
        n_rows = max(map(len, tables.values()))
        indexes = [pd.RangeIndex(n_rows)[-len(table) :] for table in tables.values()]
    elif isinstance(indexes[0], pd.DatetimeIndex):
        dates = zip(_without_zone(indexes, frequencies), frequencies, strict=True)
        indexes = [_with_frequency(*one) for one in dates]
    return {
        key: table.set_axis(index)
        for (key, table), index in zip(tables.items(), indexes, strict=True)
    }


def _with_frequency(dates, frequency):
    """Return dates that know their step; months, quarters or years become periods.

    With recent pandas, sktime's seasonal forecasters do not take the days on which
    these begin.
    """
    if dates.freq is None:  # else it may be another name, as QS is one of QS-OCT
        dates = pd.DatetimeIndex(dates, freq=frequency)
    begins = isinstance(dates.freq, BEGINNINGS) and dates.freq.n == 1
    return dates.to_period() if begins else dates


def _frequency(index):
    """Return the name of the step between dates; None if there is no regular one."""
    if isinstance(index, pd.PeriodIndex):
        return index.freqstr if has_step(index, index.freq.n) else None
    return pd.infer_freq(index) if isinstance(index, pd.DatetimeIndex) else None


def _without_zone(indexes, frequencies):
    """Return local dates; those of UTC for all series if a clock changes in one.

    sktime's periods can't represent the hours that change with summer time.
    """
    local = [index.tz_localize(None) for index in indexes]
    if list(map(_frequency, local)) == frequencies:
        return local
    return [index.tz_convert("UTC").tz_localize(None) for index in indexes]
