"""What displays are given: a series, or forecasts by origin and step."""

import numpy as np
import pandas as pd

from ..index.time_index import check_gaps, check_times
from ..wrapping import inner_parameters


def named(y_pred, name):
    """Return forecasts as a dict by name; a single one is called ``name``."""
    return y_pred if isinstance(y_pred, dict) else {name or "forecast": y_pred}


def as_series(series, gaps):
    """Return one variable as a Series of floats, without NaN at the start.

    Parameters
    ----------
    series : Series, or array-like of shape (n_timesteps,) or (n_timesteps, 1)
    gaps : {"raise", "ignore"}
        Whether a missing row is an error.

    Returns
    -------
    Series of shape (n_timesteps,)

    Raises
    ------
    ValueError
        If it has several columns, infinite values, or no values, or if its index holds
        several series, is not in time order, or lacks rows that may not be missing.
    """
    check_gaps(gaps)
    if np.ndim(series) == 2:
        table = pd.DataFrame(series)
        if table.shape[1] != 1:
            raise ValueError(f"series has {table.shape[1]} columns: give one of them.")
        series = table.iloc[:, 0]
    series = pd.Series(series).astype(np.float64)
    check_times(series, "series", gaps)
    if series.isna().all() or np.isinf(series).any():
        raise ValueError(
            "series holds no values, or infinite ones: give one variable in time order."
        )
    return series.loc[series.first_valid_index() :]


def as_table(y, index=None):
    """Return values by origin and step as a DataFrame of (n_origins, horizon).

    ``index`` holds the origins, if ``y`` is not a table or has other labels.
    """
    table = pd.DataFrame(y)
    return table if index is None else table.set_axis(index, axis=0)


def check_one_target(estimator):
    """Raise ValueError if an estimator has several targets, whose steps would mix."""
    for name, value in inner_parameters(estimator, "target").items():
        if np.size(value) > 1:
            raise ValueError(
                f"{type(estimator).__name__} has {name}={value!r}, so its forecasts "
                "hold several targets side by side: pass those of one target, a "
                "slice of the columns of predict(X), to from_predictions."
            )
