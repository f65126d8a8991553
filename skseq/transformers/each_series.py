"""Panels: what holds for one series holds for each series of a table by itself."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import _check_feature_names, _check_n_features

from ..index.panels import (
    check_levels,
    is_panel,
    label,
    naming_series,
    rows_by_instance,
)
from ..index.time_index import as_dates, has_step, warn_short_past
from ..warning import noting, warn


def map_series(function, table, name="X"):
    """Call a function with each series of a panel.

    Parameters
    ----------
    function : callable
        Takes the labels of a series, and the series as a table with a time index.
    table : DataFrame or Series
        The last level of its index is time, those before it tell series apart.
    name : str, default="X"
        Name of the table, for messages.

    Returns
    -------
    results : list
        What the function returns, in the order in which the series begin.
    rows : list of ndarray of int
        The positions of each series in the table, ascending.

    Raises
    ------
    ValueError
        If there are no rows, or some have no label. Errors of the function get a note
        that names the series.

    Warns
    -----
    UserWarning
        The first warning of the function, with the name and number of the series.
    """
    if not len(table):
        raise ValueError(f"{name} has no rows: look for the step that left none.")
    check_levels(table.index, name)
    times = table.index.get_level_values(-1)
    positions = rows_by_instance(table)
    results, warned = [], {}
    with noting() as noted:
        for key, rows in positions.items():
            with naming_series(key):
                part = table.take(rows).set_axis(times[rows])
                results.append(function(key, part))
            if noted:
                warned[key] = noted[0]
                noted.clear()
    if warned:
        key, (message, category) = next(iter(warned.items()))
        more = f" (and {len(warned) - 1} more)" if len(warned) > 1 else ""
        warn(f"{message} This comes from the series {label(key)}{more}.", category)
    return results, list(positions.values())


def row_order(rows):
    """Return the order that puts rows, series by series, back where they came from."""
    return np.argsort(np.concatenate(rows))


def fit_each(transformer, X):
    """Fit a transformer of series on each series of a panel.

    Parameters
    ----------
    transformer : SeriesTransformer
        It is cloned, and itself only learns the columns.
    X : DataFrame or Series

    Returns
    -------
    dict of tuple to SeriesTransformer
        By the labels of the series.
    int
        Number of rows of the longest.
    """

    def fit(key, part):
        one = clone(transformer)
        one._fit_series(part)
        return key, one, as_dates(part.index)

    fitted, _ = map_series(fit, X)
    _check_columns(transformer, X, reset=True)
    _, longest, index = max(fitted, key=lambda one: len(one[2]))
    step = longest.step_
    for _, one, times in fitted:
        # A few dates do not tell their step: of two months, it would be some days.
        if step is not None and has_step(times, step):
            one.step_ = step
    return {key: one for key, one, _ in fitted}, len(index)


def extend_each(transformer, X):
    """Put before each series of a panel the rows that its transformer remembers.

    Parameters
    ----------
    transformer : SeriesTransformer
        Its ``series_`` holds the transformers from :func:`fit_each`. A series that is
        not among them has no past.
    X : DataFrame or Series

    Returns
    -------
    list of ndarray of shape (n_past + n_timesteps, n_features)
    list of ndarray of int of shape (n_timesteps,)
        The positions of the rows of each series in X.
    """
    _check_columns(transformer, X, reset=False)

    def extend(key, part):
        one = transformer.series_.get(key)
        if one is None:
            one = clone(transformer)
            one._fit_series(part)
            if len(part) <= one._n_past():
                warn_short_past("fit had no such series", 0)
        return one._with_past(part)

    return map_series(extend, X)


def _check_columns(transformer, X, *, reset):
    table = X.to_frame() if isinstance(X, pd.Series) else X
    _check_feature_names(transformer, table, reset=reset)
    _check_n_features(transformer, table, reset=reset)


def series_levels(X):
    """Return the names of the index levels that tell series apart, before time."""
    return tuple(X.index.names[:-1]) if is_panel(X) else ()


def check_levels_of_fit(X, fitted):
    """Raise ValueError unless X has the levels that :func:`series_levels` found."""
    given = series_levels(X)
    if given != fitted:
        raise ValueError(
            f"The index of X tells series apart by {_say(given)} before time, but in "
            f"fit it was {_say(fitted)}: give both the same levels, in the same order, "
            "or none for a single series. (Steps of scikit-learn drop the index unless "
            "set_output(transform='pandas') is on.)"
        )


def check_keeps_index(X, y):
    """Raise ValueError if y has levels that tell series apart, and X has lost them."""
    if is_panel(y) and not is_panel(X):
        raise ValueError(
            f"y holds several series, told apart by {_say(series_levels(y))} of its "
            "index, but X does not have them: let the steps before keep them, with "
            "set_output(transform='pandas')."
        )


def _say(levels):
    return f"the levels {list(levels)}" if levels else "no level"
