"""Series and sequences whose best forecast is known."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state, check_scalar

WARM_UP = 1000  # steps before the first, at least


def make_seasonal(
    n_steps=365, *, periods=(7,), amplitude=1.0, trend=0.0, noise=0.1, random_state=None
):
    """Make a series of seasons, a linear trend and white noise.

    Parameters
    ----------
    n_steps : int, default=365
    periods : sequence of int, default=(7,)
        Steps of each season. Its pattern is random, with mean 0.
    amplitude : float, default=1.0
        Standard deviation of each pattern.
    trend : float, default=0.0
        Increase per step.
    noise : float, default=0.1
        Standard deviation of the noise.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    series : ndarray of shape (n_steps,)
    signal : ndarray of shape (n_steps,)
        The series without noise: no forecast can be better, and its mean squared error
        is ``noise ** 2``.

    Raises
    ------
    ValueError
        If a period is less than 2.

    Examples
    --------
    >>> from skseq.datasets import make_seasonal
    >>> series, signal = make_seasonal(n_steps=700, noise=0.5, random_state=0)
    >>> (series - signal).std().round(1), abs(signal[7:] - signal[:-7]).max().round(6)
    (np.float64(0.5), np.float64(0.0))
    """
    check_scalar(n_steps, "n_steps", Integral, min_val=1)
    rng = check_random_state(random_state)
    signal = trend * np.arange(n_steps)
    for period in periods:
        check_scalar(period, "each of periods", Integral, min_val=2)
        pattern = rng.normal(size=period)
        pattern = (pattern - pattern.mean()) / pattern.std()
        signal = signal + amplitude * np.resize(pattern, n_steps)
    return signal + noise * rng.normal(size=n_steps), signal


def make_arma(n_steps=365, *, ar=(0.8,), ma=(), scale=1.0, random_state=None):
    """Make a stationary series of an ARMA process.

    Parameters
    ----------
    n_steps : int, default=365
    ar, ma : sequence of float, default=(0.8,) and ()
        Coefficients: ``x[t] = ar[0] * x[t-1] + ... + e[t] + ma[0] * e[t-1] + ...``
    scale : float, default=1.0
        Standard deviation of the innovations ``e``, which are normal.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    series : ndarray of shape (n_steps,)
    forecast : ndarray of shape (n_steps,)
        The forecast of each step from its past, ``x[t] - e[t]``: no forecast can be
        better, and its mean squared error is ``scale ** 2``.

    Raises
    ------
    ValueError
        If ``ar`` is not stationary, or ``ma`` not invertible.

    Examples
    --------
    >>> from skseq.datasets import make_arma
    >>> series, forecast = make_arma(n_steps=5, ar=[0.5], random_state=0)
    >>> abs(forecast[1:] - 0.5 * series[:-1]).max() < 1e-12
    np.True_
    """
    from scipy.signal import lfilter  # takes longer to import than to run

    check_scalar(n_steps, "n_steps", Integral, min_val=1)
    ar, ma = np.asarray(ar, dtype=float), np.asarray(ma, dtype=float)
    persistence = np.abs(np.roots([1, *-ar])).max(initial=0)
    if persistence > 1 - 1e-6:
        raise ValueError(
            f"ar={ar.tolist()} is not stationary: a root lies on the unit circle, "
            "within 1e-6 of it, or beyond it. Make the coefficients smaller; for a "
            "series that drifts, take the cumulative sum of the result."
        )
    if np.any(np.abs(np.roots([1, *ma])) > 1 + 1e-9):
        raise ValueError(
            f"ma={ma.tolist()} is not invertible: the innovations can't be found from "
            "the past, so the best forecast is another one. Make the coefficients "
            "smaller: one coefficient of 0.5 gives the same autocorrelations as one "
            "of 2."
        )
    # Long enough that the start has no effect: exp(-10) of its variance is left.
    warm_up = max(WARM_UP, int(np.ceil(5 / (1 - persistence))))
    innovations = scale * check_random_state(random_state).normal(
        size=warm_up + n_steps
    )
    series = lfilter([1, *ma], [1, *-ar], innovations)
    return series[warm_up:], (series - innovations)[warm_up:]


def make_adding_problem(n_samples=1000, length=50, *, random_state=None):
    """Make sequences of numbers, two of which are marked and must be added.

    One mark is in the first half and one in the second, so a network must remember a
    number over many steps [1]_. Always predicting 1 has a mean squared error of 1/6.

    Parameters
    ----------
    n_samples : int, default=1000
    length : int, default=50
        Steps of a sequence, at least 2.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, length, 2)
        Numbers from 0 to 1, and marks, 0 or 1.
    y : ndarray of shape (n_samples,)
        The sum of the two marked numbers.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural
       Computation 9(8), 1997.

    Examples
    --------
    >>> from skseq.datasets import make_adding_problem
    >>> X, y = make_adding_problem(n_samples=4, length=6, random_state=0)
    >>> X[0, :, 1], abs((X[:, :, 0] * X[:, :, 1]).sum(axis=1) - y).max() < 1e-12
    (array([...]), np.True_)
    """
    check_scalar(n_samples, "n_samples", Integral, min_val=1)
    check_scalar(length, "length", Integral, min_val=2)
    rng = check_random_state(random_state)
    values, marks = rng.uniform(size=(n_samples, length)), np.zeros((n_samples, length))
    rows, half = np.arange(n_samples), length // 2
    marks[rows, rng.randint(half, size=n_samples)] = 1
    marks[rows, rng.randint(half, length, size=n_samples)] = 1
    return np.stack([values, marks], axis=-1), (values * marks).sum(axis=1)
