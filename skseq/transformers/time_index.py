"""The time index of a table: is it in order, and does one follow another?"""

import warnings

import pandas as pd

GAPS = ("raise", "ignore")
_DATED = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)


def time_index(series):
    """Return the index of a DataFrame or Series where it tells time, else None.

    Dates, periods, durations and integers tell time; text does not.
    """
    index = getattr(series, "index", None)
    if isinstance(index, _DATED):
        return index
    if isinstance(index, pd.Index) and pd.api.types.is_integer_dtype(index.dtype):
        return index
    return None


def check_order(index, name="X"):
    """Raise ValueError unless an index is sorted, without duplicates or NaT."""
    if index.hasnans:
        raise ValueError(
            f"The index of {name} holds a missing time (NaT) at row "
            f"{int(index.isna().argmax())}: drop that row or give its time."
        )
    if index.is_monotonic_increasing and index.is_unique:
        return
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise ValueError(
            f"The index of {name} holds {twice} twice: drop the duplicates "
            f"({name}[~{name}.index.duplicated()]), or give each series of a panel "
            "a call of its own."
        )
    later = next(i for i in range(1, len(index)) if index[i] < index[i - 1])
    raise ValueError(
        f"The index of {name} is not in time order: row {later} ({index[later]}) comes "
        f"before row {later - 1} ({index[later - 1]}). Use {name}.sort_index()."
    )


def find_step(index, gaps="raise", name="X"):
    """Return the step of an ordered index: a date offset, an integer, or None.

    None where there is no telling: fewer than three rows, or ``gaps="ignore"``.

    Raises
    ------
    ValueError
        With ``gaps="raise"``, where rows are missing or there is no regular step.
    """
    if gaps == "ignore" or len(index) < 3:
        return None
    step = _whole_step(index)
    if step is not None:
        return step
    remedy = (
        "Windows count rows. Fill the missing rows in (DataFrame.asfreq, then "
        "impute), or set gaps='ignore' where each row simply follows the one before "
        "(trading days, events). A cross-validation that takes rows out of the "
        "middle does this too: use TimeSeriesSplit."
    )
    step = _usual_step(index)
    if step is None:
        raise ValueError(f"The index of {name} has no regular step. {remedy}")
    expected = _grid(index, step)
    missing = expected.difference(index)
    raise ValueError(
        f"The index of {name} has {len(missing)} rows missing (step {_say(step)}), "
        f"the first is {missing[0]}. {remedy}"
    )


def _say(step):
    return getattr(step, "freqstr", step)


def follows(index, last, step):
    """Whether the first row of ``index`` is the one right after ``last``."""
    if step is None:
        return True
    return bool(index[0] == last + step)


def _whole_step(index):
    """The step of an index without holes, or None."""
    if isinstance(index, pd.PeriodIndex):
        # Adding 1 to a period gives the next one.
        return 1 if (index[-1] - index[0]).n == len(index) - 1 else None
    if not isinstance(index, _DATED):
        step = int(index[1] - index[0])
        return step if (index[-1] - index[0]) == step * (len(index) - 1) and (
            (index[1:] - index[:-1]) == step
        ).all() else None
    if index.freq is not None:
        return index.freq
    name = pd.infer_freq(index)
    return None if name is None else pd.tseries.frequencies.to_offset(name)


def _usual_step(index):
    """The step that an index with holes has between them, or None if it has none."""
    if isinstance(index, pd.PeriodIndex):
        return 1
    if not isinstance(index, _DATED):
        return int((index[1:] - index[:-1]).min())
    size = len(index) // 2
    while size >= 4:
        for start in range(0, len(index) - size + 1, size):
            step = _whole_step(index[start : start + size])
            if step is not None and index.isin(_grid(index, step)).all():
                return step
        size //= 2
    return None


def _grid(index, step):
    """All times from the first to the last of an index."""
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[0], index[-1], freq=index.freq)
    if not isinstance(index, _DATED):
        return pd.RangeIndex(index[0], index[-1] + 1, step)
    if isinstance(index, pd.TimedeltaIndex):
        return pd.timedelta_range(index[0], index[-1], freq=step)
    return pd.date_range(index[0], index[-1], freq=step)


def check_same_kind(index, fitted, name="X"):
    """Raise ValueError unless two indexes can be compared."""
    try:
        index[0] < fitted[0]  # noqa: B015
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The index of {name} ({_kind(index)}) is of another kind than the fitted "
            f"one ({_kind(fitted)}), so that its past can't be found: {error}. Use "
            "tz_localize, tz_convert, to_timestamp or to_period."
        ) from None


def _kind(index):
    return f"{type(index).__name__}, {index.dtype}"


def warn_short_past(reason, name="X"):
    """Warn that no row of a table has its whole past."""
    warnings.warn(
        f"No row of {name} has its whole past: {reason}. Pass the rows before "
        f"{name} along with it, and keep the last rows of the result.",
        UserWarning,
        stacklevel=4,
    )
