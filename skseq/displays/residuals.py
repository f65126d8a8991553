"""ResidualsDisplay: whether the residuals of a SARIMA model are noise."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from .style import matplotlib_part


class ResidualsDisplay:
    """Residuals of a SARIMA model: over time, their distribution, their correlogram.

    Created by :meth:`from_estimator`, drawn by statsmodels. The residuals of a good
    model have no pattern over time, their quantiles lie near the line, and their
    autocorrelations inside the band.

    Parameters
    ----------
    results : statsmodels.tsa.statespace.mlemodel.MLEResults
        As returned by :meth:`SARIMARegressor.statsmodels_results`.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Four: over time, histogram, quantiles, correlogram.
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> import matplotlib
    >>> import numpy as np
    >>> matplotlib.use("agg")
    >>> from skseq import SARIMARegressor, SlidingWindow, horizon_targets
    >>> from skseq.displays import ResidualsDisplay
    >>> walk = np.random.default_rng(0).normal(size=(100, 1)).cumsum(axis=0)
    >>> X, y = horizon_targets(walk)
    >>> windows = SlidingWindow(10).fit_transform(X)
    >>> model = SARIMARegressor((1, 1, 0)).fit(windows, y)
    >>> ResidualsDisplay.from_estimator(model, windows, y).axes_[3].get_title()
    'Correlogram'
    """

    def __init__(self, results):
        self.results = results

    def plot(self, figure=None, *, n_lags=10):
        """Draw.

        Parameters
        ----------
        figure : matplotlib.figure.Figure, default=None
            None creates one.
        n_lags : int, default=10
            Lags of the correlogram.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there are no more residuals than ``n_lags``.
        """
        check_scalar(n_lags, "n_lags", Integral, min_val=1)
        n_residuals = np.count_nonzero(~np.isnan(self.results.resid))
        if n_lags >= n_residuals:
            raise ValueError(
                f"n_lags={n_lags} needs more than the {n_residuals} residuals that "
                "there are: give fewer lags, or more windows."
            )
        if figure is None:
            figure = matplotlib_part("pyplot").figure(
                figsize=(9, 6), layout="constrained"
            )
        self.figure_ = self.results.plot_diagnostics(fig=figure, lags=n_lags)
        self.axes_ = self.figure_.axes
        return self

    @classmethod
    def from_estimator(cls, estimator, X, y, *, figure=None, n_lags=10):
        """Draw the residuals of a fitted model.

        Parameters
        ----------
        estimator : fitted SARIMARegressor
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
            Windows, those of ``fit`` or others.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        figure : matplotlib.figure.Figure, default=None
            None creates one.
        n_lags : int, default=10
            Lags of the correlogram.

        Returns
        -------
        ResidualsDisplay

        Raises
        ------
        TypeError
            If the estimator is not a SARIMARegressor.
        ValueError
            If there are no more residuals than ``n_lags``.
        """
        if not hasattr(estimator, "statsmodels_results"):
            raise TypeError(
                f"{type(estimator).__name__} has no residuals of statsmodels: give a "
                "fitted SARIMARegressor. For a Pipeline, give its last step, and X "
                "as the other steps transform it."
            )
        results = estimator.statsmodels_results(X, y)
        return cls(results).plot(figure, n_lags=n_lags)
