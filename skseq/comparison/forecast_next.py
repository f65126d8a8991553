"""forecast_next: what a model forecasts for the steps after a table."""

from numbers import Integral

from sklearn.utils import check_scalar

from ..estimators import ConformalRegressor
from ..index.panels import label
from ..validation import check_share
from .coming import check_coming, forecast_coming, split_coming
from .models import check_model
from .tables import check_tables, in_order


def forecast_next(
    model,
    data,
    *,
    target,
    horizon,
    window,
    known_ahead=(),
    coverage=None,
    gaps="raise",
):
    """Fit a model on all rows of a table, and forecast the steps after the last one.

    This is what the model that :func:`compare` found best is for: it gets the same
    windows in the same way.

    Parameters
    ----------
    model : estimator
        Of any kind that :func:`compare` takes. It is cloned.
    data : DataFrame, Series or array of shape (n_timesteps, n_features)
        As for :func:`compare`. With ``known_ahead``, further rows follow the last
        target, at least one for each step: they hold the values known ahead, and NaN
        in the other columns.
    target : column label, or int for an array
        The variable to forecast.
    horizon : int
        Steps to forecast.
    window : int
        Steps of the past that a model sees.
    known_ahead : list of column label, default=()
        Variables whose values for the coming steps are known.
    coverage : float, default=None
        Coverage of the interval; None for none.
    gaps : {"raise", "ignore"}, default="raise"
        As for :func:`compare`.

    Returns
    -------
    DataFrame of shape (horizon, 1 or 3), or of n_series times as many rows
        The target and, with ``coverage``, the ends of its interval, ``low`` and
        ``high``. The index continues that of the table; if that has no regular step, it
        numbers the steps.

    Raises
    ------
    ValueError, TypeError
        If there are too few rows, values known ahead are missing, the model has no
        intervals, or data or parameters are such as :func:`compare` refuses.

    See Also
    --------
    compare : Errors of such forecasts in the past.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq import NaiveRegressor, forecast_next
    >>> days = pd.date_range("2024-03-01", periods=21)
    >>> sales = pd.DataFrame({"sales": [2.0, 3, 3, 4, 6, 9, 1] * 3}, index=days)
    >>> forecast_next(
    ...     NaiveRegressor(season=7), sales, target="sales", horizon=3, window=7
    ... )
                sales
    2024-03-22    2.0
    2024-03-23    3.0
    2024-03-24    3.0
    """
    check_model(model, "model")
    check_scalar(horizon, "horizon", Integral, min_val=1)
    check_scalar(window, "window", Integral, min_val=1)
    if coverage is not None:
        check_share(coverage, "coverage")
    table = in_order(data, target, known_ahead)
    known_ahead = list(known_ahead)
    tables, coming = split_coming(table, target, known_ahead)
    check_tables(tables, gaps)
    for key, one in tables.items():
        if len(one) < window + horizon:
            series = f"series {label(key)}" if key else "data"
            raise ValueError(
                f"window={window} and horizon={horizon} need {window + horizon} rows, "
                f"but {series} has {len(one)} with a target: give more rows, or a "
                "shorter window or horizon."
            )
    name = type(model).__name__
    forecast = forecast_coming(
        name,
        model,
        tables,
        check_coming(coming, tables, horizon, known_ahead),
        table.index.names,
        target=target,
        window=window,
        horizon=horizon,
        known_ahead=known_ahead,
        coverage=coverage,
    )
    if coverage is not None and forecast.iloc[:, 1:].isna().all(axis=None):
        remedy = f"fit ConformalRegressor({name}()) instead"
        if isinstance(model, ConformalRegressor):
            remedy = "give more rows, ask for less coverage"
        raise ValueError(
            f"coverage={coverage} asks for intervals, but {name} gives none: "
            f"{remedy}, or leave coverage out."
        )
    return forecast
