"""Whether one model really forecasts better than another, or by chance."""

import numpy as np
from scipy.fft import dct
from sklearn.utils import check_random_state, gen_batches


def diebold_mariano(
    differences, horizon, confidence=0.95, n_resamples=2000, random_state=0
):
    """Test whether two forecasts are equally good, and by how much they differ.

    The statistic is that of Diebold and Mariano [1]_, the mean difference over its
    standard error. How large it gets by chance is what it is in series put together
    from blocks of the differences, drawn with replacement.

    Parameters
    ----------
    differences : array-like of shape (n_origins,)
        The loss of one forecast less that of the other, in time order.
    horizon : int
        Origins whose forecasts overlap: the length of a block, within which values
        stay as dependent as they are.
    confidence : float, default=0.95
        Of the interval.
    n_resamples : int, default=2000
    random_state : int, RandomState or None, default=0

    Returns
    -------
    statistic : float
        Negative where the first forecast is the better one.
    p_value : float
        Probability of one as large by chance, of either sign.
    interval : ndarray of shape (2,)
        Ends of the confidence interval of the mean. It leaves out zero exactly where
        the p-value is at most ``1 - confidence``. It is NaN, as all else is, where the
        differences are the same, hold NaN, or are fewer than :func:`n_needed`.

    Notes
    -----
    The standard error is taken from the slow part of the differences [2]_: the mean
    square of their first coefficients of the cosine transform, 0.41 of the two-thirds
    power of ``n_origins``, and no more than half as many as origins do not overlap
    (waves of four horizons): the spectrum of overlapping errors falls from there on.
    With so few, the statistic is that of a t-test with as many degrees of freedom
    [3]_; the bootstrap [4]_ finds its quantiles [5]_ without taking the differences to
    be normal.

    How often it finds a difference at 5 %, in percent of 4000 simulations (one standard
    error is 0.4). There is none, and the differences are sums of ``horizon`` errors
    that are independent, or each correlated by 0.5 with the next; or there is one of
    three standard deviations of the mean of the independent ones, which a test that
    knew these would find 85 times:

    =========  =======  ===========  ==========  =====
    n_origins  horizon  independent  correlated  found
    =========  =======  ===========  ==========  =====
           20        1          4.5         6.7     49
           60        1          4.9         6.3     71
          200        1          4.6         5.3     80
           60        7          5.1         4.9     58
           56       14          5.2         5.6     35
          100       14          4.6         4.7     51
          206       14          5.4         5.0     72
          500       28          4.8         5.1     73
    =========  =======  ===========  ==========  =====

    It still finds too many where one model stays better for longer than the horizon,
    by chance: with a correlation of 0.9 in place of 0.5, 19 % of 60 origins with a
    horizon of 1, 12 % with 7, and 7 % of 206 with 14. A few huge errors add less:
    with squares of exponential ones 8, 8 and 7 %.

    References
    ----------
    .. [1] F. X. Diebold and R. S. Mariano, "Comparing predictive accuracy", Journal of
       Business and Economic Statistics 13 (1995).
    .. [2] E. Lazarus, D. J. Lewis, J. H. Stock and M. W. Watson, "HAR inference:
       recommendations for practice", Journal of Business and Economic Statistics 36
       (2018).
    .. [3] L. Coroneo and F. Iacone, "Comparing predictive accuracy in small samples
       using fixed-smoothing asymptotics", Journal of Applied Econometrics 35 (2020).
    .. [4] D. N. Politis and J. P. Romano, "A circular block-resampling procedure for
       stationary data", in: Exploring the Limits of Bootstrap, Wiley 1992.
    .. [5] S. Goncalves and T. J. Vogelsang, "Block bootstrap HAC robust tests: the
       sophistication of the naive bootstrap", Econometric Theory 27 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.comparison.significance import diebold_mariano
    >>> differences = np.random.default_rng(0).normal(-1, 1, size=100)
    >>> statistic, p_value, (low, high) = diebold_mariano(differences, horizon=1)
    >>> bool(p_value < 0.01 and low < -1 < high < 0)
    True
    """
    differences = np.asarray(differences, dtype=float)
    n = len(differences)
    unknown = np.nan, np.nan, np.full(2, np.nan)
    if n < n_needed(horizon):
        return unknown
    n_cosines = min(round(0.41 * n ** (2 / 3)), n // (2 * horizon))
    mean, error = _mean_and_error(differences, n_cosines)
    rounding = np.finfo(float).eps * np.abs(differences).max()
    if not error > rounding:  # or there are NaN
        return unknown
    statistic = mean / error
    by_chance = [np.array([np.inf])]  # so that no p-value is zero
    for resamples in _resample(differences - mean, horizon, n_resamples, random_state):
        means, errors = _mean_and_error(resamples, n_cosines)
        infinite = np.full(len(means), np.inf)
        by_chance.append(np.divide(np.abs(means), errors, infinite, where=errors > 0))
    by_chance = np.sort(np.concatenate(by_chance))
    p_value = np.mean(by_chance >= np.abs(statistic))
    critical = by_chance[int(np.ceil(confidence * len(by_chance))) - 1]
    return statistic, p_value, mean + critical * error * np.array([-1, 1])


def n_needed(horizon):
    """Count the origins that a test takes.

    With fewer, the standard error is that of one cosine, which is next to nothing by
    chance every so often, and the difference then hundreds of them.

    Parameters
    ----------
    horizon : int
        Origins whose forecasts overlap.

    Returns
    -------
    int
    """
    return max(7, 4 * horizon)


def _mean_and_error(values, n_cosines):
    """Mean and its standard error, along the last axis."""
    cosines = dct(values, norm="ortho")[..., 1 : n_cosines + 1]
    variance = np.square(cosines).mean(axis=-1)
    return values.mean(axis=-1), np.sqrt(variance / values.shape[-1])


def _resample(values, block, n_resamples, random_state):
    """Put blocks of a series, its end joined to its start, together to as long ones."""
    random = check_random_state(random_state)
    n = len(values)
    for batch in gen_batches(n_resamples, 1 + 1_000_000 // n):  # memory stays small
        size = batch.stop - batch.start, -(-n // block)
        rows = random.randint(n, size=size)[..., np.newaxis] + np.arange(block)
        yield values[rows.reshape(size[0], -1)[:, :n] % n]
