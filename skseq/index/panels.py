"""Tables of several series: the last level of the index is time, others name them."""

from contextlib import contextmanager

import pandas as pd

DATES = pd.DatetimeIndex, pd.PeriodIndex


def is_panel(table):
    """Tell whether the index of a table has levels for its series, before time."""
    return getattr(getattr(table, "index", None), "nlevels", 1) > 1


def check_levels(index, name):
    """Raise ValueError if time is not the last level, or a row names no series."""
    *dated, last = (isinstance(level, DATES) for level in index.levels)
    if any(dated) and not last:
        raise ValueError(
            f"The last level of the index, {index.names[-1]!r}, holds no dates, "
            "but one before it does: make time the last level "
            "(DataFrame.reorder_levels, then sort_index)."
        )
    check_labels(index, name)


def check_labels(index, name):
    """Raise ValueError if a row has no label in the levels that name its series."""
    for level in range(index.nlevels - 1):
        unnamed = index.get_level_values(level).isna()
        if unnamed.any():
            raise ValueError(
                f"Row {unnamed.argmax()} of {name} has no label in level {level} of "
                "the index, which names the series: name its series, or drop the row."
            )


def label(key):
    """Return the labels of a series as text."""
    return ", ".join(map(str, key))


def enumerate_series(keys):
    """Return the labels of several series as text, those of the first ten."""
    text = "; ".join(map(label, keys[:10]))
    return text if len(keys) <= 10 else f"{text}; and {len(keys) - 10} more"


@contextmanager
def naming_series(key):
    """Note in an error from which series it comes, if there are several."""
    try:
        yield
    except Exception as error:  # of any kind: it goes on, with a note
        if key:
            error.add_note(f"This error comes from the series {label(key)}.")
        raise


def rows_by_instance(table, *, sort=False):
    """Return the positions of the rows of each series, by its labels.

    Parameters
    ----------
    table : DataFrame or Series
        Its last index level is a time index, after one or more other levels.
    sort : bool, default=False
        Whether to sort the series by their labels, or keep their order.

    Returns
    -------
    dict of tuple to ndarray of int
        Ascending positions.
    """
    levels = list(range(table.index.nlevels - 1))
    one = len(levels) == 1  # its labels may be tuples themselves
    groups = table.groupby(level=0 if one else levels, sort=sort, observed=True)
    return {(key,) if one else key: rows for key, rows in groups.indices.items()}


def by_instance(table, *, sort=False):
    """Split a table of several series.

    Parameters
    ----------
    table : DataFrame
        Its last index level is a time index, after any number of other levels.
    sort : bool, default=False
        Whether to sort the series by their labels, or keep their order.

    Returns
    -------
    dict of tuple to DataFrame
        The series by their labels, each with a time index.
    """
    if table.index.nlevels == 1:
        return {(): table}
    times = table.index.get_level_values(-1)
    values = table.to_numpy()
    return {
        key: pd.DataFrame(values[rows], times[rows], table.columns)
        for key, rows in rows_by_instance(table, sort=sort).items()
    }
