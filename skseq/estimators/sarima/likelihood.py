"""The likelihood of a SARIMA model, maximised with statsmodels."""

from contextlib import contextmanager
from functools import cache

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import ThreadpoolController

from ...extras import import_extra
from ...fork_safe import ForkSafe
from ...warning import silence, warn

# Largest x, where the partial autocorrelation is x / sqrt(1 + x^2). Nearer to 1, the
# variance of the stationary series cannot be computed.
_PERSISTENT = 300
# States, about as many as there are steps in a season, that make a model slow.
_LARGE = 50

UNIT_ROOT = (
    "The autoregression is so close to a unit root that its variance cannot be "
    "computed: difference instead (order, seasonal_order), or choose smaller orders."
)


_threads = ForkSafe()
_limits = []
"""One for each thread at work; the first holds what is restored after the last."""


@contextmanager
def one_thread():
    """Let BLAS use one thread: for matrices as small as a state, others only wait.

    Where the processors are busy, fits take twenty times as long otherwise.
    """
    with _threads.lock:
        _limits.append(_libraries().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _threads.lock:
            last = _limits.pop()
            if not _limits:
                last.restore_original_limits()


@cache
def _libraries():
    return ThreadpoolController()  # which looks for them, for milliseconds


def sarimax_class():
    """Import statsmodels' SARIMAX.

    Raises
    ------
    ImportError
        If statsmodels is not installed; the message names the extra to install.
    """
    module = "statsmodels.tsa.statespace.sarimax"
    needs = "SARIMARegressor needs statsmodels"
    with silence():
        return import_extra(module, "sarima", needs).SARIMAX


def stationary_model(series, known, order, seasonal_order, trend):
    """Make statsmodels' model of a series that is already differenced.

    Parameters
    ----------
    series : ndarray of shape (n_timesteps,)
    known : ndarray of shape (n_timesteps, n_known_ahead)
        What the series is regressed on.
    order, seasonal_order, trend
        As statsmodels takes them; their numbers of differences are ignored.

    Returns
    -------
    statsmodels.tsa.statespace.sarimax.SARIMAX
    """
    sarimax = sarimax_class()
    p, _, q = order
    seasonal_p, _, seasonal_q, season = seasonal_order
    if trend and known.shape[1]:  # statsmodels refuses a second constant
        known = np.where(np.ptp(known, axis=0) > 0, known, 0.0)
    with silence():
        return sarimax(
            series,
            exog=known if known.shape[1] else None,
            order=(p, 0, q),
            seasonal_order=(seasonal_p, 0, seasonal_q, season),
            trend=trend,
            # Otherwise the optimiser stops early if the values of y are large.
            concentrate_scale=True,
        )


def names_of_params(model):
    """Return statsmodels' names, in which x1, x2 and so on are the known variables.

    One of these that is constant has another name there.
    """
    names, first = list(model.param_names), model.k_trend
    names[first : first + model.k_exog] = [f"x{i + 1}" for i in range(model.k_exog)]
    return names


def check_changes(series, n_parameters):
    """Raise ValueError if a differenced series is too short or constant."""
    n_observed = np.count_nonzero(~np.isnan(series))
    n_needed = n_parameters + 3
    if n_observed < n_needed:
        raise ValueError(
            f"X and y leave {n_observed} values of the series after differencing, but "
            f"estimating the parameters needs at least {n_needed}: give more rows, or "
            "choose smaller orders."
        )
    if not np.nanstd(series) > 1e-12 * np.nanmax(np.abs(series), initial=0):
        raise ValueError(
            "The series is constant after differencing (order, seasonal_order), so "
            "nothing is left to estimate: use NaiveRegressor."
        )


@one_thread()
def maximize(model, before, max_iter):
    """Estimate the parameters of a model.

    Parameters
    ----------
    model : SARIMAX
    before : dict of str to float
        Values to start from, used if they include all parameters of the model.
    max_iter : int
        Largest number of iterations of the optimiser.

    Returns
    -------
    statsmodels.tsa.statespace.sarimax.SARIMAXResults

    Raises
    ------
    ValueError
        If the autoregression is too close to a unit root.
    """
    # Keeping the covariances of the states at all steps would take gigabytes.
    for part in ("predicted", "filtered", "gain", "smoothing"):
        setattr(model.ssm, f"memory_no_{part}", True)
    model.ssm.filter_chandrasekhar = _has_faster_filter(model)
    if not model.param_names:
        return model.filter([])
    start = None  # statsmodels' guess
    names = names_of_params(model)
    if set(names) <= set(before):
        start = [before[name] for name in names]
    found = _search(model, start, max_iter)
    if not found:
        raise ValueError(UNIT_ROOT)
    results = found[0]
    for other in found[1:]:
        # Those that are better by nothing but rounding differ between computers.
        if other.llf > results.llf + 0.01:
            results = other
    if not _is_maximum(model, results, max_iter):
        warn(
            f"The likelihood did not reach its maximum in max_iter={max_iter} "
            "iterations, so the parameters are not the best: raise max_iter, give a "
            "longer series, or choose smaller orders.",
            ConvergenceWarning,
        )
    return results


def _has_faster_filter(model):
    """Tell whether Chandrasekhar's recursions are faster, and as exact.

    They take a half or a third of the time. Rounding errors add up in them, though: at
    a large seasonal autoregression, or several parameters near the bounds, they make up
    likelihoods in which the optimiser gets lost.
    """
    p, _, q = model.order
    is_exact = max(p, q) < 2 and model.seasonal_order[0] == 0
    return model.k_states > _LARGE and is_exact and not np.isnan(model.endog).any()


def _fit(model, start, **options):
    with silence():  # those that matter are given later
        return model.fit(start, disp=False, **options)


def _is_maximum(model, results, max_iter):
    """Tell whether the optimiser has ended at a maximum, whatever it says itself.

    At one, rounding may keep it from confirming that. Another one then gains nothing.
    """
    ended = results.mle_retvals
    if ended["converged"] or ended["iterations"] >= max_iter:
        return ended["converged"]
    try:
        other = _fit(model, results.params, method="nm", maxiter=100)
    except np.linalg.LinAlgError:  # on its way, it came too close to a unit root
        return False
    return other.llf < results.llf + 0.01


def _search(model, start, max_iter):
    """Find maxima of the likelihood, away from unit roots.

    There may be several. Which one is found depends on the start, and on whether the
    optimiser may take a path beyond the bounds.
    """

    def inner(params):
        return np.array(model.untransform_params(params))

    def found(start, bounds):
        try:
            results = _fit(model, start, bounds=bounds, maxiter=max_iter)
        except np.linalg.LinAlgError:
            return []
        # A forecast can't be better than the model's own shocks, in units of which its
        # variance is given: where it is, rounding errors have made up the likelihood.
        least = results.forecasts_error_cov[0, 0, observed].min()
        return [results] if least > 0.9 * results.scale else []

    observed = ~np.isnan(model.endog[:, 0])
    autoregressive = _autoregressive(model)
    bound = np.where(autoregressive, _PERSISTENT, np.inf)
    bounds = [(-size, size) for size in bound]
    free = found(start, None)
    inside = [one for one in free if (np.abs(inner(one.params)) <= bound).all()]
    # Along a single direction, there is rarely another maximum.
    if inside and (start is not None or autoregressive.sum() < 2):
        return inside
    near = found(start, bounds)
    if free and not inside:
        back = inner(free[0].params).clip(-bound, bound)
        near += found(model.transform_params(back), bounds)
    return near + inside


def _autoregressive(model):
    """Tell which parameters are those of the autoregression."""
    return np.array([name[:3] == "ar." for name in model.param_names], bool)


def warn_of_limit(model, params):
    """Warn if the bound on an autoregression keeps the likelihood from its maximum.

    There is no warning if the likelihood is flat up to the bound, as next to a true
    unit root, since nothing is lost then.

    Parameters
    ----------
    model : SARIMAX
    params : ndarray of float
        The estimates.
    """
    inner = np.array(model.untransform_params(params))
    limited = _autoregressive(model) & (np.abs(inner) > 0.999 * _PERSISTENT)
    if not limited.any():
        return
    inner[limited] /= 2
    if model.loglike(params) > model.loglike(model.transform_params(inner)) + 1:
        warn(
            "The likelihood keeps rising as the autoregression comes closer to a "
            "unit root than can be computed, so the parameters are not the best: "
            "difference the series (order, seasonal_order), or give it a mean "
            "(trend='c').",
            ConvergenceWarning,
        )
