"""Tables of several series: the last level of the index is time, others name them."""

import pandas as pd


def check_labels(index, name):
    """Raise ValueError if a row has no label in the levels that name its series."""
    for level in range(index.nlevels - 1):
        unnamed = index.get_level_values(level).isna()
        if unnamed.any():
            raise ValueError(
                f"Row {unnamed.argmax()} of {name} has no label in level {level} of "
                "the index, which names the series: name its series, or drop the row."
            )


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
    levels = list(range(table.index.nlevels - 1))
    if not levels:
        return {(): table}
    times = table.index.get_level_values(-1)
    values = table.to_numpy()
    one = len(levels) == 1  # its labels may be tuples themselves
    groups = table.groupby(level=0 if one else levels, sort=sort, observed=True)
    return {
        (key,) if one else key: pd.DataFrame(values[rows], times[rows], table.columns)
        for key, rows in groups.indices.items()
    }
