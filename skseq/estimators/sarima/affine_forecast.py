"""affine_forecast: the forecasts of a SARIMA model as weights of the past values."""

import numpy as np

from .likelihood import one_thread, sarimax_class

_TOLERANCE = 1e-10  # a diffuse variance below this counts as zero


@one_thread()
def affine_forecast(observed, n_steps, params, mean, **specification):
    """Find a model's forecasts as an affine function of the past values.

    The Kalman filter's gains do not depend on the values. So the filter is run once,
    on zeros, and the weight of each value in the forecasts is found by going back
    from the last value.

    Parameters
    ----------
    observed : ndarray of bool of shape (n_timesteps,)
        False where a value is missing.
    n_steps : int
        Number of steps to forecast.
    params : list of float
        Parameters of statsmodels' model.
    mean : float
        Forecast if nothing was observed and the model has no level of its own.
    **specification
        ``order``, ``seasonal_order`` and ``trend``, as statsmodels takes them.

    Returns
    -------
    coef : ndarray of shape (n_steps, n_timesteps)
        Zero for missing values.
    intercept : ndarray of shape (n_steps,)
    std : ndarray of shape (n_steps,)
        Of the errors; infinite if too few values were observed for the differences.
    """
    length = len(observed)
    zeros = np.append(np.where(observed, 0, np.nan), np.full(n_steps, np.nan))
    model = sarimax_class()(zeros, use_exact_diffuse=True, **specification)
    # Else the filter stops where its gains seem not to change, by an absolute measure,
    # which is too large if the shocks are small beside the series.
    model.ssm.tolerance = 0
    for part in ("filtered", "gain", "smoothing"):  # covariances that are not read
        setattr(model.ssm, f"memory_no_{part}", True)
    filtered = model.filter(params, return_ssm=True)
    transition, design = filtered.transition[:, :, 0], filtered.design[:, :, 0]
    # Weights of the state in each forecast, (n_steps, n_states).
    ahead = [design[0]]
    for _ in range(n_steps - 1):
        ahead.append(ahead[-1] @ transition)
    weights = ahead = np.array(ahead)
    # Step by step back from the end of the window.
    coef = np.zeros((n_steps, length))
    for step in reversed(range(length)):
        weights = weights @ transition
        if observed[step]:
            coef[:, step] = weights @ _gain(filtered, step)
            weights = weights - np.outer(coef[:, step], design[0])
    intercept = filtered.forecasts[0, length:].copy()
    std = np.sqrt(filtered.forecasts_error_cov[0, 0, length:])
    if filtered.nobs_diffuse:
        diffuse = filtered.predicted_diffuse_state_cov[:, :, length]
        unknown = ((ahead @ diffuse) * ahead).sum(axis=1) > _TOLERANCE
        std[unknown] = np.inf
        missing = unknown * (1 - coef.sum(axis=1))
        if observed.any():
            coef[:, observed] += missing[:, np.newaxis] / observed.sum()
        else:
            intercept += missing * mean
    return coef, intercept, std


def _gain(filtered, step):
    """Kalman gain: how much of a step's error goes into each state, (n_states,)."""
    # While some direction has infinite variance, it takes all of the error.
    for kind in ["_diffuse", ""] if filtered.nobs_diffuse else [""]:
        error_cov = getattr(filtered, f"forecasts_error{kind}_cov")[0, 0, step]
        state_cov = getattr(filtered, f"predicted{kind}_state_cov")[:, :, step]
        if error_cov > _TOLERANCE:
            break
    return state_cov @ filtered.design[0, :, 0] / error_cov
