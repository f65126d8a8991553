"""horizon_targets: the values to forecast from each row."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar

from ..index.panels import is_panel
from ..index.time_index import check_gaps, check_times
from ..validation import advice_on_labels
from ..windows import as_real, lay_coming, refuse_masked
from .each_series import map_series


def horizon_targets(series, target=None, horizon=1, *, gaps="raise"):
    """Pair each row of a series with the next values of its target variables.

    Parameters
    ----------
    series : DataFrame, Series or array-like of shape (n_timesteps, n_features)
        Rows are time steps in order. One dimension is read as one variable. With
        several levels in the index, the last is time, and those before it tell series
        apart: each row is then paired with the next values of its own series.
    target : column label, int, or list of them, default=None
        The variables to forecast: labels of a DataFrame, positions in an array.
        None takes all.
    horizon : int, default=1
        Number of coming steps to forecast.
    gaps : {"raise", "ignore"}, default="raise"
        What to do if the index of a table has gaps or no regular step.
        "ignore" takes each row to follow the one before (trading days, events).

    Returns
    -------
    X : as ``series``, with n_timesteps - horizon rows
        The rows whose next ``horizon`` values are known, in their order. Of several
        series, each lacks its last ``horizon`` rows; one that has no more is left out.
    y : as ``series``, of shape (n_timesteps - horizon, n_targets * horizon)
        Row ``i`` holds the values of steps ``i + 1`` to ``i + horizon``, target by
        target; columns of a table are named ``rail+1``, ``rail+2``, ... With one
        target and one step, ``y`` has one dimension.

    Raises
    ------
    ValueError
        If the horizon leaves no row, a target does not exist, is not numeric, or holds
        NaN or infinity, or the index of a table is not in order, or has duplicates or
        (with ``gaps="raise"``) gaps.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq import horizon_targets
    >>> frame = pd.DataFrame({"rail": [1.0, 2.0, 3.0, 4.0], "bus": 5.0})
    >>> X, y = horizon_targets(frame, target="rail", horizon=2)
    >>> X
       rail  bus
    0   1.0  5.0
    1   2.0  5.0
    >>> y
       rail+1  rail+2
    0     2.0     3.0
    1     3.0     4.0
    """
    check_scalar(horizon, "horizon", Integral, min_val=1)
    check_gaps(gaps)
    if is_panel(series):
        return _pair_each(series, target, horizon, gaps)
    table = _as_table(series, gaps)
    n_rows = len(table) - horizon
    if n_rows < 1:
        raise ValueError(
            f"horizon={horizon} needs more than {horizon} rows, but the series has "
            f"{len(table)}: give a shorter horizon or more rows."
        )
    targets = table[_target_columns(table, target)]
    values = _target_values(targets)
    futures = lay_coming(values, horizon)
    if futures.shape[1] == 1:
        futures = futures[:, 0]
    if not isinstance(series, (pd.DataFrame, pd.Series)):
        return np.asarray(series)[:n_rows], futures
    X = series.iloc[:n_rows]
    names = [f"{c}+{k}" for c in targets.columns for k in range(1, horizon + 1)]
    if futures.ndim == 1:
        return X, pd.Series(futures, index=X.index, name=names[0])
    return X, pd.DataFrame(futures, index=X.index, columns=names)


def _pair_each(series, target, horizon, gaps):
    """Pair the rows of each series of a panel with its own next values."""

    def pair(_, part):  # whichever series it is
        if len(part) > horizon:
            return horizon_targets(part, target, horizon, gaps=gaps)[1]
        return None

    targets, rows = map_series(pair, series, "series")
    long = [i for i, y in enumerate(targets) if y is not None]
    if not long:
        raise ValueError(
            f"horizon={horizon} needs more than {horizon} rows, but the longest series "
            f"has {max(map(len, rows))}: give a shorter horizon or more rows."
        )
    kept = np.concatenate([rows[i][:-horizon] for i in long])
    order = np.argsort(kept)
    X = series.iloc[kept[order]]
    return X, pd.concat([targets[i] for i in long]).iloc[order].set_axis(X.index)


def _as_table(series, gaps):
    if isinstance(series, (pd.DataFrame, pd.Series)):
        check_times(series, "series", gaps)
        return series if isinstance(series, pd.DataFrame) else series.to_frame()
    refuse_masked(series, "series")
    array = np.asarray(series)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"series has {array.ndim} dimensions: expected (n_timesteps,) or "
            "(n_timesteps, n_features). Give the series before it is cut into "
            "windows."
        )
    return pd.DataFrame(array)


def _target_columns(table, target):
    if target is None:
        return list(table.columns)
    several = isinstance(target, (list, tuple, np.ndarray, pd.Index))
    columns = list(target) if several else [target]
    absent = [c for c in columns if c not in table.columns]
    if absent or not columns:
        raise ValueError(
            f"target {absent or columns} is not among the columns "
            f"{list(table.columns)}{advice_on_labels(table)}."
        )
    return columns


def _target_values(table):
    for name, column in table.items():
        if column.dtype.kind not in "biuf":
            as_real(column, f"target {name!r}")  # raises an error that names it
    values = table.to_numpy()  # no copy if all have one type
    if values.dtype == object:  # perhaps with pandas.NA, which is no number
        values = table.to_numpy(na_value=np.nan)
    values = as_real(values, "target")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"target {table.columns[column]!r} is {values[row, column]} at row {row} "
            f"(index {table.index[row]}): impute it first, for example with "
            "DataFrame.interpolate. Drop rows only at the start or end of the series: "
            "elsewhere that leaves a gap."
        )
    return values
