"""From sktime's tables to arrays on regular time steps."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

MISSING = ("error", "ffill", "interpolate")


@dataclass
class Instance:
    """One series of a panel.

    Parameters
    ----------
    key : tuple
        Its labels in the upper levels of the index; empty for a single series.
    index : Index of shape (n_timesteps,)
        All time steps from the first with a value to the last.
    y : ndarray of shape (n_timesteps, n_targets)
        Without missing values.
    observed : ndarray of bool of shape (n_timesteps,)
        False where a missing value of y was filled in.
    past : ndarray of shape (n_timesteps, n_past)
    known : ndarray of shape (n_known_timesteps, n_known)
        From the first step on, as far as X reaches without gaps.
    """

    key: tuple
    index: pd.Index
    y: np.ndarray
    observed: np.ndarray
    past: np.ndarray
    known: np.ndarray

    def tail(self, n_timesteps):
        """Return its last time steps, with all that is known ahead for them."""
        start = max(0, len(self.y) - n_timesteps)
        names = "index", "y", "observed", "past", "known"
        return replace(self, **{name: getattr(self, name)[start:] for name in names})

    def followed_by(self, y):
        """Return the series with further values of y (and no index for them)."""
        past = np.pad(self.past, ((0, len(y)), (0, 0)))  # no pass reads beyond it
        y = np.concatenate([self.y, y.astype(self.y.dtype)])
        return replace(self, y=y, past=past)


def of_series(key):
    """Return the text that names a series in a message, after "y" or "X"."""
    return f" of {key}" if key else ""


def check_unique(table, name):
    """Raise ValueError if a series has two rows for the same time.

    Parameters
    ----------
    table : DataFrame
        The last level of its index is time; any levels above it tell series apart.
    name : str
        The name of the table in the message.
    """
    twice = table.index[table.index.duplicated()]
    if len(twice):
        *key, time = (twice.get_level_values(i)[0] for i in range(twice.nlevels))
        raise ValueError(
            f"{name}{of_series(tuple(key))} has two rows for {time}: keep one of them "
            f"with {name}[~{name}.index.duplicated()], or combine them, for example "
            f"with {name}.groupby({name}.index).sum(). If there are several series, "
            "label them in an upper level of the index."
        )


def frequency(indexes):
    """Find the step between the dates of a panel.

    Parameters
    ----------
    indexes : iterable of Index
        Those of its series.

    Returns
    -------
    DateOffset or None
        None if they hold integers, or there are too few dates to tell.
    """
    for times in indexes:
        if not isinstance(times, pd.DatetimeIndex):
            return getattr(times, "freq", None)
        if times.freq is not None:
            return times.freq
        if len(times) > 2 and (name := pd.infer_freq(times)):
            return pd.tseries.frequencies.to_offset(name)
    return None


def all_times(y, X):
    """Return the times of all series, ascending: if each has gaps, these may not."""
    tables = [y] if X is None else [y, X]
    first, *others = (table.index.get_level_values(-1) for table in tables)
    return first.append(others).unique().sort_values()


def check_counted_by_one(tables):
    """Raise ValueError if integers that count time steps are all several apart.

    Parameters
    ----------
    tables : list of DataFrame
    """
    if not pd.api.types.is_integer_dtype(tables[0].index.dtype):
        return
    indexes = [table.index for table in tables if len(table) > 1]
    step = np.gcd.reduce(list(map(_apart, indexes)))
    # Of two rows alone, one can't tell a step from a gap.
    if step > 1 and sum(map(len, indexes)) > 2:
        raise ValueError(
            f"The integers that count the time steps of y are {step} apart, but sktime "
            "counts by 1: number the rows with y.reset_index(drop=True) (in a panel, "
            f"or if rows are missing, divide the times by {step}), and X likewise."
        )


def _apart(index):
    """Find the largest number that divides all distances between integers."""
    if isinstance(index, pd.RangeIndex):  # its numbers are not in memory
        return abs(index.step)
    return np.gcd.reduce(np.diff(index.to_numpy("int64")))


def time_steps(first, last, kind, freq):
    """Return all time steps between two.

    Parameters
    ----------
    first, last : time stamps
    kind : Index
        The result is of its class.
    freq : DateOffset or None

    Returns
    -------
    Index
    """
    if isinstance(kind, pd.PeriodIndex):
        return pd.period_range(first, last, freq=kind.freq)
    if not isinstance(kind, pd.DatetimeIndex):
        return pd.RangeIndex(first, last + 1)
    if freq is None:
        raise ValueError(
            "The frequency of the dates can't be inferred from the index of y: fill in "
            "the missing rows (y.asfreq('D') for daily data, then impute), or name it, "
            "with ForecastingHorizon([1, 2, 3], freq='D') as fh of fit. If there is "
            "one date in each month, give months (y.index.to_period('M')). If none is "
            "missing, as between trading days, count the rows instead of dates: "
            "y.reset_index(drop=True), or in a panel, y.groupby(level=0).cumcount() as "
            "the last level."
        )
    return _dates(first, last, freq, kind.dtype)


@lru_cache(maxsize=4)
def _dates(first, last, freq, dtype):
    """Dates between two; cached, since pandas counts months and the like one by one.

    Series of a panel often have the same dates. Few are kept: they may be as large as
    the series, and with each update there are others. Without ``dtype``, those in one
    time zone would be found for those in another: equal times have equal hashes.
    """
    return pd.date_range(first, last, freq=freq).astype(dtype)


def find_steps(times, index, freq):
    """Return the positions of times on the regular steps of a series.

    Parameters
    ----------
    times : Index
    index : Index
        The steps of the series; those before and after continue it.
    freq : DateOffset or None

    Returns
    -------
    ndarray of int
        0 is the first step of ``index``.

    Raises
    ------
    ValueError
        If a time is not one of the steps.
    """
    # Counted from the last step before the times: there may be millions before it.
    known = max(0, index.searchsorted(times.min(), side="right") - 1)
    first, last = min(times.min(), index[known]), max(times.max(), index[known])
    steps = time_steps(first, last, index, freq)
    position = steps.get_indexer(times)
    start = steps.get_indexer(index[[known]])[0]
    if start < 0 or (position < 0).any():
        raise ValueError(
            f"{times[position.argmin()]} is not a time step of a series that starts "
            f"at {index[0]} and has steps of {freq or 1}: put the series on regular "
            "time steps first, for example with y.resample(...)."
        )
    return position - start + known


def read_instance(key, y, past, known, freq, missing, dtype):
    """Put one series on regular time steps, and replace missing values.

    Parameters
    ----------
    key : tuple
    y : DataFrame
    past, known : DataFrame of float, or None
        Columns of X known only for the past, and those known ahead.
    freq : DateOffset or None
    missing : {"error", "ffill", "interpolate"}
    dtype : {None, "float32", "float64"}

    Returns
    -------
    Instance
    """
    which = of_series(key)
    values = y.to_numpy()
    dtype = dtype or np.result_type(values.dtype, np.float32)
    values = values.astype(dtype, copy=False)
    _check_finite(values, y, f"y{which}")
    observed = ~np.isnan(values).any(axis=1)
    if not observed.any():
        raise ValueError(f"y{which} holds only missing values: leave it out.")
    first = observed.argmax()
    values, times = values[first:], y.index[first:]
    index = time_steps(times[0], times[-1], times, freq)
    if len(index) != len(times) or not index.equals(times):
        find_steps(times, times, freq)
        values = pd.DataFrame(values, times).reindex(index).to_numpy()
    gaps = np.isnan(values).any(axis=1)
    if gaps.any():
        if missing == "error":
            raise ValueError(
                f"y{which} has no value at {index[gaps.argmax()]}: choose how to fill "
                "it (missing='ffill' or 'interpolate'), or impute it first."
            )
        table = pd.DataFrame(values, index)
        if missing == "interpolate":
            table = table.interpolate()  # the last ones are repeated
        values = table.ffill().to_numpy()
    past, known = (_lay_on(index, X, freq, missing, which) for X in (past, known))
    return Instance(key, index, values, ~gaps, past[: len(index)], known)


def _since(first, X):
    # Slicing takes pandas longer than all else here, for each series at each update.
    return X if len(X) and X.index[0] == first else X.loc[first:]


def _check_finite(values, table, name):
    """Raise ValueError if numbers are infinite; ``table`` has their labels."""
    rows, columns = np.isinf(values).nonzero()
    if len(rows):
        raise ValueError(
            f"{name} is infinite at {table.index[rows[0]]}, in column "
            f"{table.columns[columns[0]]!r}: replace it first. The logarithm of zero "
            "is minus infinity."
        )


def _lay_on(index, X, freq, missing, which):
    """Values of X from the start of ``index`` up to the first gap."""
    if X is None:
        return np.empty((len(index), 0))
    of_y = _since(index[0], X)
    _check_finite(of_y.to_numpy(), of_y, f"X{which}")
    if missing != "error" and len(of_y):
        # Also the rows before y, which tell what is missing at its start.
        first = min(X.index[0], index[0])
        X = X.reindex(time_steps(first, X.index[-1], index, freq))
        X = X.replace([-np.inf, np.inf], np.nan)  # those before y are no error
        X = X.interpolate() if missing == "interpolate" else X
        X = X.ffill().bfill()
        absent = X.columns[X.isna().any()]
        if len(absent):
            raise ValueError(
                f"X{which} holds only missing values in {list(absent)}: fill them "
                "first, or leave these columns or the series out."
            )
    X = _since(index[0], X)
    n_steps = len(X)
    if n_steps and not X.index.equals(time_steps(index[0], X.index[-1], index, freq)):
        position = find_steps(X.index, index, freq)
        n_steps = np.logical_and.accumulate(position == np.arange(n_steps)).sum()
    if n_steps < len(index):
        raise ValueError(
            f"X{which} has no row for {index[n_steps]}, which y has: give X for all "
            "time steps of y."
        )
    return X.to_numpy(dtype=float)[:n_steps]
