"""Checks of the parameters of a SARIMA model, with errors that name the wrong one."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar


def searches(estimator):
    """Tell whether an estimator's orders are to be searched."""
    return isinstance(estimator.order, str) and estimator.order == "auto"


def check_parameters(estimator):
    """Raise an error for parameters that no SARIMA model can have."""
    forms = [("seasonal_order", estimator.seasonal_order, "(P, D, Q, season)")]
    if not searches(estimator):
        forms.append(("order", estimator.order, "(p, d, q) or 'auto'"))
    for name, orders, form in forms:
        if np.shape(orders) != (form.count(",") + 1,) or not all(
            isinstance(n, Integral) and n >= 0 for n in orders
        ):
            raise ValueError(
                f"{name}={orders!r} must be {form}: whole numbers of at least 0."
            )
    *seasonal, season = estimator.seasonal_order
    if season == 1 or (season == 0 and any(seasonal)):
        raise ValueError(
            f"seasonal_order={estimator.seasonal_order!r} has a season of {season} "
            "time steps: give at least 2, or (0, 0, 0, 0) for no season."
        )
    if estimator.trend not in (None, "c"):
        raise ValueError(
            f"trend={estimator.trend!r} must be None or 'c': other trends depend on "
            "the date, which a window does not hold. Use differencing instead "
            "(order)."
        )
    if estimator.criterion not in ("aicc", "aic", "bic"):
        raise ValueError(
            f"criterion={estimator.criterion!r} must be 'aicc', 'aic' or 'bic'."
        )
    if not isinstance(estimator.warm_start, (bool, np.bool_)):
        raise TypeError(
            f"warm_start must be True or False, got {estimator.warm_start!r}."
        )
    if not isinstance(estimator.target, Integral):
        raise TypeError(
            f"target={estimator.target!r} must be one column of X, an int: a SARIMA "
            "model forecasts one variable. Fit one for each variable, in sktime with "
            "ColumnEnsembleForecaster."
        )
    check_scalar(estimator.n_known_ahead, "n_known_ahead", Integral, min_val=0)
    check_scalar(estimator.max_iter, "max_iter", Integral, min_val=1)


def check_length(estimator, length):
    """Raise an error for windows that are too short for the differences.

    Parameters
    ----------
    estimator : SARIMARegressor
        Its orders must be set.
    length : int
    """
    _, differences, _ = estimator.order_
    _, seasonal_differences, _, season = estimator.seasonal_order_
    n_lost = differences + season * seasonal_differences
    n_needed = n_lost + (estimator.n_known_ahead > 0)
    if length < n_needed:
        raise ValueError(
            f"The windows of X have {length} time steps, but differencing with "
            f"order={estimator.order_} and seasonal_order={estimator.seasonal_order_} "
            f"needs {n_needed}: cut longer windows."
        )
