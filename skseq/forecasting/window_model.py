"""WindowModel: a regressor on the windows of many series, with error bars."""

import numpy as np
from scipy.stats import norm
from sklearn.base import clone

from ..warning import warn
from ..windows import LazyArray, take
from ..wrapping import (
    IntervalWarning,
    check_gives_std,
    errors_needed,
    inputs_for,
    predict_std,
    prepare,
    targets_for,
    unwrap,
)
from .held_out_errors import HeldOutErrors
from .scaling import Scaled, window_levels

HELD_OUT = 5
"""One in this many windows or series is held out to measure errors."""


class WindowModel:
    """Fit a regressor on windows, each scaled by its own level, and forecast.

    Windows are cut and scaled as a regressor reads them, if it can; others get an array
    of all.

    Parameters
    ----------
    regressor : estimator
        Cloned in ``fit``.
    n_targets : int
        Variables that are forecast, the first ones of the windows.
    n_known : int
        Variables known ahead, the last ones of the windows, in KnownAhead's layout.
    horizon : int
    scaling : {None, "subtract", "divide", "standardize"}
    level_length : int or None
    error_bars : {"held_out", "regressor", None}

    Attributes
    ----------
    regressor_ : fitted estimator
    errors_ : HeldOutErrors or None
        In units of the window's level. Those of values that were interpolated do not
        count.
    """

    def __init__(
        self, regressor, n_targets, n_known, horizon, scaling, level_length, error_bars
    ):
        self.regressor = regressor
        self.n_targets = n_targets
        self.n_known = n_known
        self.horizon = horizon
        self.scaling = scaling
        self.level_length = level_length
        self.error_bars = error_bars

    def fit(self, windows, targets, n_windows, sizes, observed):
        """Fit on all windows, after measuring errors on some if they are needed.

        Parameters
        ----------
        windows : ndarray or LazyArray of shape (n_samples, length, n_features)
            Ordered series by series.
        targets : ndarray or LazyArray of shape (n_samples, horizon, n_targets)
        n_windows : dict of tuple to int
            Number of windows of each series, by its labels.
        sizes : ndarray of shape (n_series, 1, n_targets)
            Those of the series.
        observed : ndarray of bool of shape (n_samples, horizon), or None
            Which errors count if windows are held out; None if all do.

        Returns
        -------
        self
        """
        self.errors_ = None
        self.regressor_ = prepare(
            clone(self.regressor), self.n_known, self.horizon, self.n_targets
        )
        return self.refit(windows, targets, n_windows, sizes, observed)

    def refit(self, windows, targets, n_windows, sizes, observed):
        """Fit the same object again; with ``warm_start``, it continues training."""
        levels = self._levels(windows, n_windows, sizes)
        X = self._inputs(windows, *levels)
        y = targets_for(self.regressor, self._targets(targets, *levels))
        if self.error_bars == "held_out":
            counts = list(n_windows.values())
            fitted, held_out = split(counts, self.horizon)
            y_fitted, y_held_out = take(y, fitted), take(y, held_out)
            if len(y_fitted) and len(y_held_out):
                model = clone(self.regressor_).fit(take(X, fitted), y_fitted)
                predicted = model.predict(take(X, held_out))
                errors = np.abs(self._steps(y_held_out) - self._steps(predicted))
                if observed is not None:
                    errors[~observed[held_out]] = np.nan
                if not np.isnan(errors).all(axis=0).any():  # else the last ones remain
                    series = np.repeat(np.arange(len(counts)), counts)[held_out]
                    self.errors_ = HeldOutErrors(errors, series, list(n_windows))
        self.regressor_.fit(X, y)
        return self

    def predict(self, windows, n_windows, sizes, alpha=()):
        """Forecast the steps after each window.

        Parameters
        ----------
        windows, n_windows, sizes
            As for :meth:`fit`.
        alpha : sequence of float
            Levels of the quantiles to return.

        Returns
        -------
        ndarray of shape (n_samples, horizon, n_targets, 1 + len(alpha))
            Forecasts, and the offsets of the quantiles from them.
        """
        shift, factor = self._levels(windows, n_windows, sizes)
        X = self._inputs(windows, shift, factor)
        y = self._steps(self.regressor_.predict(X))
        offsets = np.zeros((*y.shape, len(alpha)))
        if len(alpha):
            offsets += self._offsets(X, np.asarray(alpha), y, n_windows)
        y, offsets = y * factor + shift, offsets * factor[..., np.newaxis]
        return np.concatenate([y[..., np.newaxis], offsets], axis=-1)

    def check_errors(self, alpha):
        """Warn if too few errors were held out for some quantiles.

        Parameters
        ----------
        alpha : sequence of float
            Levels of the quantiles.

        Warns
        -----
        IntervalWarning
        """
        if self.errors_ is None:  # not those of held-out windows
            return
        tail = min(min(level, 1 - level) for level in alpha)
        n_errors, n_needed = self.errors_.n_errors.min(), errors_needed(2 * tail)
        if n_errors >= n_needed:
            return
        most = n_errors / (n_errors + 1)
        warn(
            f"coverage={1 - 2 * tail:.9g} (the quantiles {tail:.9g} and "
            f"{1 - tail:.9g}) needs at least {n_needed} held-out errors, but there "
            f"are {n_errors}: intervals reach as far as the largest of them, and cover "
            f"{most:.3g} on average. One in {HELD_OUT} windows is held out: give more "
            "rows, a shorter window_length or a shorter horizon, or ask for less "
            "coverage.",
            IntervalWarning,
        )

    def _offsets(self, X, alpha, y, n_windows):
        if self.error_bars == "regressor":
            regressor, X = unwrap(self.regressor_, X)
            if _learns_quantiles(regressor):
                quantiles = regressor.predict_quantiles(X, alpha)
                return self._steps(quantiles, len(alpha)) - y[..., np.newaxis]
            check_gives_std(regressor, "error_bars='regressor'")
            _, std = predict_std(regressor, X)
            return self._steps(std)[..., np.newaxis] * norm.ppf(alpha)
        if self.errors_ is None:
            raise ValueError(
                "There are too few windows, or too many interpolated values, to hold "
                "some windows out and measure errors on them: fit on a longer series, "
                "or use error_bars='regressor' with a regressor that has error bars of "
                "its own."
            )
        # check_errors warns if there are too few.
        widths = self.errors_.widths(np.abs(1 - 2 * alpha), list(n_windows))
        of_windows = np.repeat(widths, list(n_windows.values()), axis=0)
        return of_windows * np.sign(alpha - 0.5)

    def _steps(self, y, *rest):
        """Arrange outputs (n_samples, [n_outputs,] *rest) by step and target."""
        shape = (len(y), self.n_targets, self.horizon, *rest)
        return np.reshape(y, shape).swapaxes(1, 2)

    def _levels(self, windows, n_windows, sizes):
        how = self.scaling, self.level_length
        return window_levels(windows, list(n_windows.values()), sizes, *how)

    def _inputs(self, windows, shift, factor):
        """Return X for the regressor."""
        windows = self._scaled(windows, shift, factor)
        return inputs_for(self.regressor, windows, self.n_known, self.horizon)

    def _targets(self, targets, shift, factor):
        """Return y for the regressor."""
        targets = self._scaled(targets, shift, factor)
        if isinstance(targets, LazyArray):
            return targets.map(_target_by_target)
        return _target_by_target(targets)

    def _scaled(self, values, shift, factor):
        if self.scaling is None:
            return values
        return LazyArray(Scaled(values, shift, factor), range(len(values)))


def _learns_quantiles(regressor):
    # Some of scikit-learn's have the loss, but learn one quantile only.
    is_loss = getattr(regressor, "loss", None) == "quantile"
    return is_loss and hasattr(regressor, "predict_quantiles")


def _target_by_target(targets):
    """Put the steps of each target (n_samples, horizon, n_targets) side by side."""
    n_samples, horizon, n_targets = targets.shape
    y = targets.swapaxes(1, 2).reshape(n_samples, horizon * n_targets)
    return y[:, 0] if y.shape[1] == 1 else y


def split(n_windows, horizon):
    """Choose windows to fit on, and others to measure errors on.

    The last fifth of each series is held out; the windows before it whose targets
    overlap with held-out targets are not used. If the series are so short that this
    leaves less than half of all windows, every fifth of five or more series is held out
    instead. A series without windows does not count.

    Parameters
    ----------
    n_windows : list of int
        Number of windows of each series.
    horizon : int

    Returns
    -------
    fitted, held_out : slice or ndarray of int
    """
    n_windows = list(filter(None, n_windows))
    if len(n_windows) == 1:
        start = n_windows[0] - -(-n_windows[0] // HELD_OUT)
        return slice(max(0, start - horizon + 1)), slice(start, None)
    n_windows = np.asarray(n_windows)
    series = np.repeat(np.arange(len(n_windows)), n_windows)
    end = np.cumsum(n_windows)
    to_end = np.repeat(end, n_windows) - np.arange(end[-1])  # 1 for the last
    n_held_out = -(-n_windows // HELD_OUT)[series]
    fitted = to_end > n_held_out + horizon - 1
    held_out = to_end <= n_held_out
    # Held-out series are less of a test: a regressor that has seen what other series
    # did at the same times knows some of their errors.
    if len(n_windows) >= HELD_OUT and fitted.mean() < 0.5:
        held_out = series % HELD_OUT == HELD_OUT - 1
        fitted = ~held_out
    return np.flatnonzero(fitted), np.flatnonzero(held_out)
