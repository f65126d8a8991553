"""The orders of a SARIMA model, found with tests and a stepwise search."""

import numpy as np
import pandas as pd

from ...extras import import_extra
from ...warning import silence
from ...windows import difference
from .scaling import residuals

# The limits of R's auto.arima.
_LARGEST, _LARGEST_SEASONAL = 5, 2
_EXACT = 150  # longest series for which the search uses the exact likelihood
_STEPS = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def longest_run(tables):
    """Return the longest run of rows of any table whose first values are all there."""
    runs = [
        table[rows]
        for table in tables
        for rows in np.ma.clump_unmasked(np.ma.masked_invalid(table[:, 0]))
    ]
    return max(runs, key=len)


def search_orders(table, season, criterion):
    """Find the orders of a series with the method of Hyndman and Khandakar.

    The seasonal difference is taken if the season is strong, and ordinary differences
    until the KPSS test finds the series stationary. The stepwise search starts from
    the best of a few common models, and moves to the first neighbour that is better,
    until none is. For a series of more than 150 steps, or a season above 12, the models
    are estimated by least squares.

    Parameters
    ----------
    table : ndarray of shape (n_timesteps, 1 + n_known)
        The series, and what it is regressed on.
    season : int
        Number of time steps in a season; 0 for no season.
    criterion : {"aicc", "aic", "bic"}

    Returns
    -------
    DataFrame of shape (n_models, 4)
        ``order``, ``seasonal_order``, ``trend`` and the criterion of each model, in
        the order tried. The criterion is infinite for a model close to a unit root.

    Raises
    ------
    ImportError
        If statsforecast is not installed.
    """
    arima = _statsforecast()
    varies = np.ptp(table, axis=0) > 0  # the constant is estimated separately
    varies[0] = True
    table = table[:, varies].astype(np.float64)
    with silence():  # from models that the search rejects
        d, seasonal_d = _differences(arima, table, season)
        changes = difference(difference(table, season, seasonal_d), 1, d)
        # The optimiser has absolute tolerances, which suit a standard deviation of 1.
        spread = changes.std(axis=0)
        unit = np.where(spread > 0, spread, 1.0)
        table = table / unit
        score = _scorer(arima, table, d, seasonal_d, season, criterion)
        # With two differences, a constant would mean a quadratic trend.
        tried = _walk(score, len(table), season, constant=d + seasonal_d < 2)
        for candidate in sorted(tried, key=tried.get):
            if np.isfinite(score(candidate, exact=True)):
                break
            tried[candidate] = np.inf
    orders = [((p, d, q), (P, seasonal_d, Q, season)) for p, q, P, Q, _ in tried]
    trend = ["c" if constant else None for *_, constant in tried]
    return pd.DataFrame(
        {
            "order": [order for order, _ in orders],
            "seasonal_order": [seasonal_order for _, seasonal_order in orders],
            "trend": pd.Series(trend, dtype=object),
            # In the unit of the series again.
            criterion: np.add(list(tried.values()), 2 * len(changes) * np.log(unit[0])),
        }
    )


def _differences(arima, table, season):
    """Orders of differencing that the tests choose, given the known variables."""
    rest = residuals(table) if table.shape[1] > 1 else table[:, 0]
    seasonal_d = 0
    if season and len(rest) > 2 * season:
        seasonal_d = arima.nsdiffs(rest, period=season)
    rest = difference(rest[:, np.newaxis], season, seasonal_d)
    return arima.ndiffs(rest[:, 0]), seasonal_d


def _scorer(arima, table, d, seasonal_d, season, criterion):
    """Return the function from (p, q, P, Q, constant) to the criterion."""
    series, known = table[:, 0], table[:, 1:] if table.shape[1] > 1 else None
    period = max(season, 1)
    approximate = len(series) > _EXACT or season > 12
    offset = 0.0
    if approximate:  # so that the two kinds of criterion can be compared
        seasonal = {"order": (0, seasonal_d, 0), "period": period}
        noise = arima.arima(series, (0, d, 0), seasonal, known, method="ML")
        n_differences = len(series) - d - seasonal_d * season
        offset = -2 * noise["loglik"] - n_differences * np.log(noise["sigma2"])

    def score(candidate, exact=not approximate):
        p, q, P, Q, constant = candidate
        try:
            fit = arima.myarima(
                series,
                order=(p, d, q),
                seasonal={"order": (P, seasonal_d, Q), "period": period},
                constant=constant,
                ic=criterion,
                approximation=not exact,
                offset=offset,
                xreg=known,
            )
        except (ValueError, np.linalg.LinAlgError):  # cannot be estimated
            return np.inf
        return float(fit["ic"])

    return score


def _walk(score, n_values, season, constant):
    """Search from neighbour to neighbour; return {(p, q, P, Q, constant): score}."""
    largest = min(_LARGEST, n_values // 3, season - 1 if season else _LARGEST)
    largest_seasonal = min(_LARGEST_SEASONAL, n_values // 3 // season) if season else 0
    limits = np.array([largest, largest, largest_seasonal, largest_seasonal])
    middle, low = (2, 2, 1, 1), (1, 1, 0, 0)
    starts = [middle if n_values >= 10 else low, (0, 0, 0, 0)]
    starts += [(1, 0, 1, 0), (0, 1, 0, 1)]
    starts = [(*np.minimum(start, limits).tolist(), constant) for start in starts]
    tried = {}

    def value(candidate):
        if candidate not in tried:
            tried[candidate] = score(candidate)
        return tried[candidate]

    best = min([*starts, (0, 0, 0, 0, False)], key=value)
    moved = True
    while moved:
        moved = False
        for neighbour in _neighbours(best, limits, constant):
            if value(neighbour) < value(best):
                best, moved = neighbour, True
                break
    return tried


def _neighbours(candidate, limits, constant):
    *orders, has_constant = candidate
    for first in (2, 0):  # the seasonal orders, then the others
        for step in _STEPS:
            moved = np.array(orders)
            moved[first : first + 2] += step
            if (moved >= 0).all() and (moved <= limits).all():
                yield (*moved.tolist(), has_constant)
    if constant:
        yield (*orders, not has_constant)


def _statsforecast():
    with silence():
        import_extra("statsforecast", "auto", "order='auto' needs statsforecast")
        from statsforecast import arima
    return arima
