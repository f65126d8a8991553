"""The time index of a table: its order, its step, and whether it continues another."""

import re

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from ..validation.advice import DATE
from ..warning import warn

GAPS = ("raise", "ignore")


def check_gaps(gaps):
    """Raise ValueError unless the parameter is one of its choices."""
    if gaps not in GAPS:
        raise ValueError(f"gaps must be one of {GAPS}, got {gaps!r}.")


def time_index(series, name="X"):
    """Return the index of a DataFrame or Series if it is a time index, else None.

    A time index holds dates (also Python's own), periods, durations or numbers, such as
    seconds, but not text.

    Raises
    ------
    ValueError
        If the index is not in order, or holds more than one series.

    Warns
    -----
    UserWarning
        If it holds dates as text.
    """
    index = getattr(series, "index", None)
    if isinstance(index, pd.MultiIndex) and index.nlevels == 1:
        raise ValueError(
            f"The index of {name} is a MultiIndex with a single level: make it a "
            f"plain index ({name}.index = {name}.index.get_level_values(0))."
        )
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"The index of {name} has {index.nlevels} levels: it holds several "
            "series, but only one is taken here. Pass one at a time "
            "(DataFrame.groupby), or cut windows first: SlidingWindow takes several "
            "series, and TransformedWindowRegressor differences windows. If it is only "
            "one, drop the other levels (droplevel)."
        )
    index = as_dates(index)
    dated = isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex))
    if not dated and not (
        isinstance(index, pd.Index) and pd.api.types.is_any_real_numeric_dtype(index)
    ):
        _warn_of_text(index, name)
        return None
    _check_order(index, name)
    return index


def check_times(series, name, gaps):
    """Raise ValueError if a time index is not in order or, unless ignored, has gaps."""
    index = time_index(series, name)
    if gaps == "raise" and index is not None:
        find_step(index, name)  # raises where rows are missing


def as_dates(index):
    """Convert an index of Python's or pyarrow's dates into pandas' own."""
    foreign = isinstance(index, pd.Index) and (
        pd.api.types.is_object_dtype(index.dtype)
        or isinstance(index.dtype, pd.ArrowDtype)
    )
    kinds = "date", "datetime", "datetime64"
    if foreign and pd.api.types.infer_dtype(index) in kinds:
        try:
            return pd.DatetimeIndex(index)
        except ValueError:  # the UTC offset changes, as with summer time
            return pd.to_datetime(index, utc=True)
    return index


def _warn_of_text(index, name):
    """Warn of dates as text, in which order and gaps cannot be checked."""
    ends = index[[0, -1]] if isinstance(index, pd.Index) and len(index) > 1 else [None]
    if all(isinstance(end, str) and re.match(DATE, end) for end in ends):
        warn(
            f"The index of {name} holds dates as text ({ends[0]!r}), so their order "
            "and gaps can't be checked, nor the past of new rows found: convert them "
            f"to dates ({name}.index = pandas.to_datetime({name}.index), with "
            "utc=True if the offset changes; or parse_dates in pandas.read_csv)."
        )


def _check_order(index, name):
    if index.hasnans:
        row = int(index.isna().argmax())
        raise ValueError(
            f"The index of {name} holds a missing time ({index[row]}) at row {row}: "
            "drop that row or give its time."
        )
    if index.is_monotonic_increasing and index.is_unique:
        return
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise ValueError(
            f"The index of {name} holds {twice} twice. If it holds several series, "
            "put the name of each before the time in the index (with the names in a "
            f"column 'shop', {name}.set_index('shop', append=True).swaplevel()). If "
            "rows are repeated, "
            f"drop them ({name}[~{name}.index.duplicated()]). If a clock was set back, "
            "give the time zone (index.tz_localize(zone, ambiguous='infer')). If the "
            "times are rounded, number the rows instead, in each series by itself."
        )
    later = 1 + int((np.diff(_numbers(index)) < 0).argmax())
    raise ValueError(
        f"The index of {name} is not in time order: row {later} ({index[later]}) is "
        f"earlier than row {later - 1} ({index[later - 1]}). Use {name}.sort_index(), "
        "also on y if there is one, and shuffle=False in train_test_split."
    )


def find_step(index, name="X"):
    """Return the step from row to row: a date offset, a number, or None for one row.

    Times in floats are measured or rounded: their step is the median, from which each
    may differ by less than half of it.

    Raises
    ------
    ValueError
        If rows are missing, or there is no regular step.
    """
    if getattr(index, "unit", None) is None:  # periods and numbers
        # Whole numbers have the step of the first two, or none.
        told = index if pd.api.types.is_float_dtype(index) else index[:2]
        steps = np.diff(_numbers(told))
        step = np.median(steps).astype(steps.dtype).item() if len(steps) else None
        step = step if has_step(index, step) else None
    elif index.freq is not None or len(index) < 2:
        step = index.freq
    elif len(index) == 2:
        step = to_offset(index[1] - index[0])
    else:
        # to_offset(None) is None.
        step = to_offset(pd.infer_freq(index)) or _months_apart(index)
    if step is None and len(index) > 1:
        raise ValueError(_say_irregular(index, name))
    return step


def _months_apart(index):
    """Return the step of dates on the same day of a month, such as its 15th, or None.

    pandas infers only the first and the last day.
    """
    if not isinstance(index, pd.DatetimeIndex) or index[0].day > 28:
        return None
    [months, *others] = np.unique(np.diff(12 * index.year + index.month))
    if others or months < 1:
        return None
    step = pd.DateOffset(months=int(months))
    return step if has_step(index, step) else None


def has_step(index, step):
    """Tell whether each row of an index lies one step after the row before."""
    if step is None:
        return len(index) < 2
    if isinstance(index, pd.DatetimeIndex):
        expected = pd.date_range(index[0], periods=len(index), freq=step)
    elif isinstance(index, pd.TimedeltaIndex):
        expected = pd.timedelta_range(index[0], periods=len(index), freq=step)
    else:
        steps = np.diff(_numbers(index))
        if steps.dtype.kind == "i":
            return bool((steps == step).all())
        return bool((np.abs(steps - step) <= 0.49 * step).all())
    return bool((index == expected).all())


def has_month_each(index):
    """Tell whether dates lie in successive months, such as last trading days."""
    return isinstance(index, pd.DatetimeIndex) and has_step(
        index.tz_localize(None).to_period("M"), 1
    )


def check_step(index, step):
    """Raise ValueError unless an index has the step of the fitted series."""
    if step is None or has_step(index, step):
        return
    own = find_step(index)
    raise ValueError(
        f"The index of X has the step {_say(own)}, but that of the fitted series is "
        f"{_say(step)}: give rows with the same step (DataFrame.asfreq or resample)."
    )


def widest_step(index):
    """Return the two neighbouring rows that are furthest apart, or None for one row."""
    if len(index) < 2:
        return None
    row = int(np.diff(_numbers(index)).argmax())
    return index[row : row + 2]


def is_wider(step, other):
    """Tell whether the two times of one index are further apart than those of other."""
    # In one index, all have the same unit.
    width, _, other_width = np.diff(_numbers(step.append(other)))
    return bool(width > other_width)


def check_same_kind(index, fitted, name="X", other="the fitted series"):
    """Raise ValueError unless two indexes can be compared."""
    try:
        index[0] < fitted[0]  # noqa: B015 (raises where they cannot be compared)
        comparable = str(getattr(index, "tz", "")) == str(getattr(fitted, "tz", ""))
    except (TypeError, ValueError):
        comparable = False
    if not comparable:
        raise ValueError(
            f"The index of {name} ({_kind(index)}) is of another kind than that of "
            f"{other} ({_kind(fitted)}), so no time of one can be found in the other. "
            "Convert one of them with tz_localize, tz_convert, to_timestamp or "
            "to_period."
        )


def warn_short_past(reason, n_padding):
    """Warn that no row of X, which begins with padding, has its whole past."""
    nan = f" (rows of NaN at its start: {n_padding})" if n_padding else ""
    warn(
        f"No row of X has its whole past{nan}: {reason}. Pass the rows before X "
        "together with X, and keep the last rows of the result."
    )


def _numbers(index):
    kind = "float64" if pd.api.types.is_float_dtype(index) else "int64"
    return np.asarray(index.astype(kind))


def _say(step):
    return f"{step:.6g}" if isinstance(step, float) else getattr(step, "freqstr", step)


def say_gap(index):
    """Name the two rows at the most unusual distance."""
    steps = np.diff(_numbers(index))
    row = 1 + int(np.abs(steps - np.median(steps)).argmax())
    return (
        f"row {row} ({index[row]}) follows row {row - 1} ({index[row - 1]}) at an "
        "unusual distance"
    )


def has_local_hours(index):
    """Tell whether there are several dates a day, in no time zone."""
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        return False
    return bool(np.diff(index).min() < np.timedelta64(1, "D"))


def _say_irregular(index, name):
    if has_month_each(index):
        return (
            f"The index of {name} has one date in each month, but on no regular day: "
            f"{say_gap(index)}. Give months instead ({name}.index.to_period('M'))."
        )
    clock = ""
    if has_local_hours(index):
        clock = (
            "if a clock was set forward, give the time zone (index.tz_localize(zone, "
            "ambiguous='infer')); "
        )
    return (
        f"The index of {name} has no regular step, or rows are missing: "
        f"{say_gap(index)}. Windows and lags count rows: fill in the missing rows "
        f"(DataFrame.asfreq, then impute); {clock}or set gaps='ignore' if each row "
        "simply follows the one before (trading days, events, times that are not "
        "exact). Cross-validation that takes rows out of the middle also causes this: "
        "use TimeSeriesSplit; or with several series, such as recordings, put the name "
        "of each before the time in the index, and take whole ones with GroupKFold."
    )


def _kind(index):
    return f"{type(index).__name__}, {index.dtype}"
