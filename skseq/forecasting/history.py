"""What a forecaster has seen of y and X, and the times of its forecasts."""

import pandas as pd
from sktime.datatypes import update_data
from sktime.forecasting.base import ForecastingHorizon

from ..index.panels import by_instance, check_labels
from ..index.time_index import check_same_kind
from .panel import (
    all_times,
    check_counted_by_one,
    check_unique,
    find_steps,
    frequency,
    of_series,
    read_instance,
    time_steps,
)


class History:
    """Tables in the formats of sktime, which grow with each update.

    Parameters
    ----------
    y : DataFrame
        The last level of its index is time; any levels above it tell series apart.
    X : DataFrame or None
    freq : DateOffset or None
        Frequency of the dates, if ``y`` does not tell it.
    past_only : list of str or None
        Columns of X that are not known ahead.
    missing : {"error", "ffill", "interpolate"}
    dtype : {None, "float32", "float64"}

    Attributes
    ----------
    known : list of str
        Columns of X that are known ahead.
    n_targets : int
        Columns of y.
    """

    def __init__(self, y, X, freq, past_only, missing, dtype):
        if y.empty:
            raise ValueError("y has no rows: look for the step that left none.")
        self.y, self.X = y, X
        self._check_index(y, "y")
        if X is not None:
            self._check_index(X, "X")
            self.X = self._named(X)
        self.missing, self.dtype = missing, dtype
        columns = [] if X is None else list(X.columns)
        self.past_only = list(past_only or [])
        absent = [name for name in self.past_only if name not in columns]
        if absent:
            raise ValueError(f"past_only={absent} are not among the columns {columns}.")
        self.known = [name for name in columns if name not in self.past_only]
        self.n_targets = y.shape[1]
        tables = sorted(by_instance(y).values(), key=len, reverse=True)
        check_counted_by_one(tables)
        self.freq = frequency(table.index for table in tables) or freq
        if self.freq is None and isinstance(tables[0].index, pd.DatetimeIndex):
            self.freq = frequency([all_times(y, X)])

    def update(self, y, X):
        """Append new rows, and drop those after the end of y."""
        self._check_index(y, "y")
        y = self._named(self._as_in_fit(y))
        self.X = self._continued(X, self.past_only + self.known)
        self.y = _forget_later(update_data(self.y, y), y)

    def panel(self, X=None):
        """Put all series on regular time steps.

        Parameters
        ----------
        X : DataFrame, default=None
            What is known ahead for further time steps.

        Returns
        -------
        list of Instance
        """
        X = self._continued(X, self.known)
        tables = by_instance(self.y)
        past = self._columns(X, self.past_only, tables)
        known = self._columns(X, self.known, tables)
        how = self.freq, self.missing, self.dtype
        return [
            read_instance(key, y, past[key], known[key], *how)
            for key, y in tables.items()
        ]

    def steps(self, fh, panel):
        """Find the time steps to forecast.

        Parameters
        ----------
        fh : ForecastingHorizon
        panel : list of Instance

        Returns
        -------
        list of (ndarray of int, Index), each of shape (n_rows,)
            For each series: steps from its end, which is 0, and their times.
        """
        if fh.freq is None and self.freq is not None:
            values = fh.to_pandas()
            fh = ForecastingHorizon(values, fh.is_relative, freq=self.freq)
        of_end = {instance.index[-1]: instance.index for instance in panel}
        for end, index in of_end.items():  # once for series with the same end
            times = self._times(fh, index)
            check_same_kind(times, index, "fh", "y")
            position = find_steps(times, index, self.freq)
            of_end[end] = position - len(index) + 1, times
        return [of_end[instance.index[-1]] for instance in panel]

    def check_reach(self, panel, asked, horizon):
        """Raise ValueError if forecasts need values of X that are not known.

        Parameters
        ----------
        panel : list of Instance
        asked : list of tuple
            Steps and times of the forecasts of each series.
        horizon : int
            Steps that are forecast at once.
        """
        furthest = max(steps.max() for steps, _ in asked)
        if furthest > horizon and self.past_only:
            raise ValueError(
                f"fh reaches beyond the {horizon} steps that are forecast at once. "
                "Iterating further would need future values of "
                f"past_only={self.past_only}, which are not known: fit with a longer "
                "horizon."
            )
        for instance, (steps, times) in zip(panel, asked, strict=True):
            n_needed = len(instance.y) + max(0, steps.max())
            if self.known and len(instance.known) < n_needed:
                index = instance.index
                index = time_steps(index[0], times.max(), index, self.freq)
                first = index[len(instance.known)]
                raise ValueError(
                    f"X{of_series(instance.key)} has no row for {first}: give predict "
                    f"the values of {self.known} for every step from the end of y "
                    f"({instance.index[-1]}) to the last of fh ({times.max()}), or "
                    "name the columns that are not known ahead in past_only."
                )

    def index(self, panel, times):
        """Concatenate the times of all series, with the index levels of y."""
        names = self.y.index.names
        times = [time.rename(names[-1]) for time in times]
        flat = times[0].append(list(times[1:]))
        if len(names) == 1:
            return flat
        counts = [len(time) for time in times]
        levels = zip(*(instance.key for instance in panel), strict=True)
        levels = [pd.Index(level).repeat(counts) for level in levels]
        return pd.MultiIndex.from_arrays([*levels, flat], names=names)

    def _columns(self, X, names, keys):
        """Split some columns of X by series; without columns, there is None of each."""
        if not names:
            return dict.fromkeys(keys)
        # All at once, since pandas takes a millisecond to choose columns of a table.
        tables = by_instance(X[names].astype(float))
        for key in keys:
            if key not in tables:
                raise ValueError(
                    f"X{of_series(key)} is missing, but had the columns {names} in "
                    "fit: give them again."
                )
        return tables

    def _times(self, fh, index):
        """Find the times of a horizon, counted from the end of ``index``."""
        steps = fh.to_pandas()
        counts = fh.is_relative and pd.api.types.is_integer_dtype(steps)
        if counts and isinstance(index, pd.DatetimeIndex):
            # sktime counts dates one by one, and knows a frequency by its name, which
            # says nothing of holidays.
            end = len(index) - 1
            first, last = end + min(steps.min(), 0), end + max(steps.max(), 0)
            before = pd.date_range(
                end=index[0], periods=1 - min(first, 0), freq=self.freq
            )
            after = pd.date_range(index[-1], periods=1 + last - end, freq=self.freq)
            times = before[:-1].append([index[max(first, 0) :], after[1:]])
            return times[steps + end - first]
        # [[-1]] has no frequency: that of fh may be another name of the same steps,
        # such as QS for QS-OCT, which sktime refuses.
        return fh.to_absolute_index(index[[-1]])

    def _check_index(self, table, name):
        """Raise ValueError if the index is of another kind than that of y in fit."""
        first, of_y = table.index[:1], self.y.index[:1]
        if first.nlevels != of_y.nlevels:
            raise ValueError(
                f"The index of {name} has {first.nlevels} levels, but that of y in "
                f"fit had {of_y.nlevels}: give both the same levels for the series' "
                "labels, and time as the last level."
            )
        if isinstance(first.get_level_values(-1), pd.TimedeltaIndex):
            raise ValueError(
                f"The index of {name} holds durations: give dates, periods or integers."
            )
        if len(first):
            times = first.get_level_values(-1), of_y.get_level_values(-1)
            check_same_kind(*times, name, "y in fit")
        check_labels(table.index, name)
        check_unique(table, name)

    def _as_in_fit(self, y):
        """Return y with the columns of the history, in their order."""
        columns = self.y.columns
        if len(columns) == len(y.columns) == 1:  # other forecasters ask for no name
            return y.set_axis(columns, axis=1)
        if set(columns) != set(y.columns):
            raise ValueError(
                f"y has the columns {list(y.columns)}, but had {list(columns)} in "
                "fit: give the same columns."
            )
        return y[columns]

    def _continued(self, X, names):
        """X of the history, extended by further rows of some columns."""
        if X is not None and self.X is None:
            raise ValueError(
                "X is given, but was not given in fit: fit with X, or leave it out."
            )
        if X is None or not names:
            return self.X
        self._check_index(X, "X")
        absent = [name for name in names if name not in X.columns]
        if absent:
            raise ValueError(f"X lacks the columns {absent}, which it had in fit.")
        return update_data(self.X, self._named(X[names]))

    def _named(self, table):
        """Return a table with the names of y's index levels, by which pandas joins."""
        names, own = list(self.y.index.names), list(table.index.names)
        if own == names:
            return table
        if None not in own and set(own) == set(names):
            raise ValueError(
                f"The index levels are {own}, but those of y in fit were {names}: "
                "bring them into this order (reorder_levels)."
            )
        return table.rename_axis(names)


def _forget_later(history, new):
    """Drop the rows of each series later than its last one in ``new``."""
    times = history.index.get_level_values(-1)
    if history.index.nlevels == 1:
        return history[times <= new.index[-1]]
    last = new.index.get_level_values(-1).to_series(index=new.index.droplevel(-1))
    last = last.groupby(level=list(range(last.index.nlevels))).max()
    last = last.reindex(history.index.droplevel(-1))
    return history[last.isna().to_numpy() | (times <= last.to_numpy())]
