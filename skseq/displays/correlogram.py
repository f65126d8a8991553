"""CorrelogramDisplay: autocorrelations of a series, and the orders they suggest."""

from itertools import takewhile
from numbers import Integral

import numpy as np
from scipy.stats import norm
from sklearn.utils import check_scalar

from ..validation import check_share
from .given import as_series
from .style import STYLES, two_axes, whole_steps


class CorrelogramDisplay:
    """Autocorrelations and partial autocorrelations, with the bands of white noise.

    Created by :meth:`from_series`.

    Parameters
    ----------
    acf, pacf : ndarray of shape (n_lags,)
        From lag 1.
    acf_band, pacf_band : ndarray of shape (n_lags,)
        Half the height of the bands.
    season : int, default=1
        Time steps in a season.

    Attributes
    ----------
    suggested_ : dict of str to int
        "q" counts how many of the first autocorrelations are outside their band: the
        order, if the series is a moving average. "p" counts the partial ones: the
        order of an autoregression. "Q" and "P" count seasonal lags, if the lags reach a
        season.
    axes_ : ndarray of matplotlib.axes.Axes of shape (2,)
    figure_ : matplotlib.figure.Figure

    Notes
    -----
    For an autoregression, the partial autocorrelations cut off and the autocorrelations
    tail off; for a moving average it is the opposite [1]_. So use one of the two
    orders, the smaller. The band of each autocorrelation assumes a moving average with
    the lags before it (Bartlett). Missing values are left out. If there are many, the
    autocorrelations may be impossible for any series: the first partial one beyond 1
    is then set to 1, and those after it to NaN.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins, G. C. Reinsel and G. M. Ljung, "Time Series
       Analysis", 5th edition, Wiley 2015, chapter 6.

    Examples
    --------
    >>> import matplotlib
    >>> import numpy as np
    >>> matplotlib.use("agg")
    >>> from skseq.displays import CorrelogramDisplay
    >>> noise = np.random.default_rng(0).normal(size=301)
    >>> average = noise[1:] + 0.8 * noise[:-1]
    >>> CorrelogramDisplay.from_series(average).suggested_
    {'p': 4, 'q': 1}
    """

    def __init__(self, acf, pacf, acf_band, pacf_band, season=1):
        self.acf = acf
        self.pacf = pacf
        self.acf_band = acf_band
        self.pacf_band = pacf_band
        self.season = season
        p, seasonal_p = self._count(pacf, pacf_band)
        q, seasonal_q = self._count(acf, acf_band)
        self.suggested_ = {"p": p, "q": q}
        if 1 < season <= len(acf):  # else none was seen, which does not suggest zero
            self.suggested_ |= {"P": seasonal_p, "Q": seasonal_q}

    def _count(self, values, band):
        """Count the first values outside the band, step by step and by season."""
        outside = (np.abs(values) > band).tolist()
        within = outside[: self.season - 1] if self.season > 1 else outside
        seasonal = outside[self.season - 1 :: self.season]
        return [sum(takewhile(bool, lags)) for lags in (within, seasonal)]

    def plot(self, axes=None):
        """Draw.

        Parameters
        ----------
        axes : array-like of two matplotlib.axes.Axes, default=None
            For the autocorrelations and the partial ones. None creates a figure.

        Returns
        -------
        self
        """
        self.axes_ = above, below = two_axes(axes)
        self.figure_ = above.figure
        for ax, name, values, band, orders in [
            (above, "autocorrelation", self.acf, self.acf_band, "qQ"),
            (below, "partial autocorrelation", self.pacf, self.pacf_band, "pP"),
        ]:
            lags = np.arange(1, len(values) + 1)
            outside = np.abs(values) > band
            colors = np.where(outside, STYLES[1]["color"], STYLES[0]["color"])
            ax.vlines(lags, 0, values, colors=colors)
            ax.scatter(lags, values, c=colors, s=16)
            ax.fill_between(lags, -band, band, color=STYLES[2]["color"], alpha=0.15)
            ax.axhline(0, color="black", lw=0.8)
            suggested = ", ".join(
                f"{k} = {self.suggested_[k]}" for k in orders if k in self.suggested_
            )
            ax.set(ylabel=name, title=f"suggests {suggested}", ylim=(-1.05, 1.05))
        below.set(xlabel="lag")
        whole_steps(below.xaxis)
        return self

    @classmethod
    def from_series(
        cls, series, *, season=1, n_lags=None, level=0.95, gaps="raise", axes=None
    ):
        """Draw a series; difference it first if it wanders or has a season.

        Parameters
        ----------
        series : Series, or array-like of shape (n_timesteps,) or (n_timesteps, 1)
            Such as ``difference`` of :class:`LaggedDifferenceDisplay`.
        season : int, default=1
            Time steps in a season; with more than 1, seasonal orders are suggested too,
            if ``n_lags`` reaches a season.
        n_lags : int, default=None
            None takes four seasons and at least twenty lags, but at most half of the
            series.
        level : float, default=0.95
            The share of white noise's correlations that is inside the bands.
        gaps : {"raise", "ignore"}, default="raise"
            Lags count rows, so a row missing in the index is an error, unless it is
            ignored, as weekends are for trading days. Rows of NaN are no gap.
        axes : array-like of two matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        CorrelogramDisplay

        Raises
        ------
        ValueError
            If the series has several columns, is not in time order, lacks rows, is
            constant, or is too short.
        """
        values = as_series(series, gaps).to_numpy()
        check_scalar(season, "season", Integral, min_val=1)
        check_share(level, "level")
        longest = len(values) // 2 - 1
        if longest < 1:
            raise ValueError(
                f"A series of {len(values)} values is too short: give at least 4."
            )
        if n_lags is None:
            n_lags = min(longest, max(20, 4 * season))
        check_scalar(n_lags, "n_lags", Integral, min_val=1)
        if n_lags > longest:
            raise ValueError(
                f"n_lags={n_lags} is more than a series of {len(values)} values "
                f"allows: give at most {longest}."
            )
        if np.nanmin(values) == np.nanmax(values):
            raise ValueError("The series is constant: it has no autocorrelations.")
        acf = _autocorrelations(values, n_lags)
        pacf = _partial_autocorrelations(acf)
        n_observed = np.count_nonzero(~np.isnan(values))
        height = norm.ppf(0.5 + level / 2) / np.sqrt(n_observed)
        earlier = np.append(0.0, np.cumsum(acf[1:-1] ** 2))
        acf_band = height * np.sqrt(1 + 2 * earlier)
        pacf_band = np.full(n_lags, height)
        return cls(acf[1:], pacf, acf_band, pacf_band, season).plot(axes)


def _autocorrelations(values, n_lags):
    """From lag 0; pairs with missing values are assumed to be like the others."""
    observed = ~np.isnan(values)
    values = np.where(observed, values - values[observed].mean(), 0.0)
    n = len(values)
    sums = [values[lag:] @ values[: n - lag] for lag in range(n_lags + 1)]
    pairs = (observed[lag:] & observed[: n - lag] for lag in range(n_lags + 1))
    shares = [max(1, np.count_nonzero(pair)) / len(pair) for pair in pairs]
    return np.divide(sums, shares) * (shares[0] / sums[0])


def _partial_autocorrelations(acf):
    """Find the last coefficient of autoregressions of each order (Durbin, Levinson).

    ``acf`` is from lag 0, the result from lag 1; NaN after one that is 1 or more.
    """
    pacf = np.full(len(acf) - 1, np.nan)
    coefficients, variance = np.empty(0), 1.0
    for lag in range(1, len(acf)):
        last = (acf[lag] - coefficients @ acf[lag - 1 : 0 : -1]) / variance
        pacf[lag - 1] = np.clip(last, -1, 1)
        if abs(last) >= 1:
            break
        coefficients = np.append(coefficients - last * coefficients[::-1], last)
        variance *= 1 - last**2
    return pacf
