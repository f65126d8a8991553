"""Whether one model really forecasts better than another, or by chance."""

import numpy as np
from scipy.stats import t as student
from sklearn.utils import check_random_state


def block_bootstrap(differences, block, confidence=0.95, n_resamples=2000, seed=0):
    """Confidence interval of a mean of values that follow each other in time.

    Blocks of the series, joined end to start as in a circle, are drawn with
    replacement [1]_: values within a block stay as dependent as they are.

    Parameters
    ----------
    differences : array-like of shape (n_values,)
    block : int
        Values in a block; forecasts over the same days depend on each other, so that
        there should be as many as steps are forecast.
    confidence : float, default=0.95
    n_resamples : int, default=2000
    seed : int, RandomState or None, default=0

    Returns
    -------
    ndarray of shape (2,)
        Lower and upper end; NaN with fewer than three blocks, which tell nothing.

    References
    ----------
    .. [1] D. N. Politis and J. P. Romano, "A circular block-resampling procedure for
       stationary data", in: Exploring the Limits of Bootstrap, Wiley 1992.

    Examples
    --------
    >>> from skseq.comparison.significance import block_bootstrap
    >>> block_bootstrap([1.0, 2.0] * 50, block=2)
    array([1.5, 1.5])
    """
    differences = np.asarray(differences, dtype=float)
    n = len(differences)
    if n < 3 * block:
        return np.full(2, np.nan)
    total = np.concatenate([[0], np.cumsum(np.append(differences, differences))])
    starts = check_random_state(seed).randint(n, size=(n_resamples, -(-n // block)))
    means = (total[starts + block] - total[starts]).mean(axis=1) / block
    tail = (1 - confidence) / 2
    return np.quantile(means, [tail, 1 - tail])


def diebold_mariano(differences, horizon):
    """Test whether two forecasts are equally good [1]_.

    Parameters
    ----------
    differences : array-like of shape (n_origins,)
        The loss of one forecast less that of the other, in time order.
    horizon : int
        Origins whose forecasts overlap.

    Returns
    -------
    statistic : float
        Negative where the first forecast is the better one.
    p_value : float
        Probability of one as large by chance, of either sign; NaN where all
        differences are the same, or fewer than three do not overlap.

    Notes
    -----
    The variance of the mean is that of Newey and West, over as many lags as forecasts
    overlap, and at least the cube root of their number. The statistic is corrected
    for small samples [2]_. With few forecasts that do not overlap it still rejects too
    often: 12 % of the time at 5 %, of simulated differences without a mean, where 200
    origins overlap over 14 (and 15 % of 60).

    References
    ----------
    .. [1] F. X. Diebold and R. S. Mariano, "Comparing predictive accuracy", Journal of
       Business and Economic Statistics 13 (1995).
    .. [2] D. Harvey, S. Leybourne and P. Newbold, "Testing the equality of prediction
       mean squared errors", International Journal of Forecasting 13 (1997).

    Examples
    --------
    >>> from skseq.comparison.significance import diebold_mariano
    >>> statistic, p_value = diebold_mariano([-1.0, -2.0, -3.0, -1.0, -2.0], horizon=1)
    >>> bool(p_value < 0.05)
    True
    """
    differences = np.asarray(differences, dtype=float)
    n, mean = len(differences), differences.mean()
    centred = differences - mean
    n_lags = min(max(horizon - 1, int(np.ceil(n ** (1 / 3)))), n - 1)
    variance = centred @ centred / n
    for lag in range(1, n_lags + 1):
        weight = 1 - lag / (n_lags + 1)
        variance += 2 * weight * (centred[lag:] @ centred[:-lag]) / n
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    if n < max(2, 3 * horizon) or not variance > 0:
        return np.nan, np.nan
    statistic = mean / np.sqrt(variance / n) * np.sqrt(correction)
    return statistic, 2 * student.sf(abs(statistic), n - 1)
