"""NaiveRegressor: the value of one season ago."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from ..validation import (
    check_fit_windows,
    check_predict_windows,
    check_target_columns,
    check_targets,
    check_weights,
    warn_of_other_target,
)
from ..windows import backfill, chunks


class NaiveRegressor(RegressorMixin, BaseEstimator):
    """Forecast the last value, or the value of one season ago.

    Any other model has to beat this forecast. ``fit`` learns only the shape of ``y``.
    A padded window that holds less than a season is continued backwards with its
    first value.

    Parameters
    ----------
    season : int, default=1
        Number of time steps in a season; 1 repeats the last value.
    target : int or list of int, default=0
        The column of X that ``y`` continues. With several, ``y`` holds the steps of
        the first, then those of the second, as from :func:`horizon_targets`.

    Attributes
    ----------
    n_outputs_ : int
        Number of columns of ``y``.
    n_features_in_ : int
        Number of columns of a two-dimensional X, or of variables of a
        three-dimensional one.
    feature_names_in_ : ndarray of str
        Column names, if X was a table.
    window_shape_in_ : tuple of int
        ``(length, n_features)`` of the windows in ``fit``.

    Examples
    --------
    >>> from skseq import NaiveRegressor
    >>> X, y = [[1.0, 2.0, 3.0, 4.0]], [[0.0, 0.0, 0.0]]
    >>> NaiveRegressor(season=2).fit(X, y).predict(X)
    array([[3., 4., 3.]])
    """

    reads_lazily = True  # whether X and y may be LazyArrays

    def __init__(self, season=1, *, target=0):
        self.season = season
        self.target = target

    def fit(self, X, y, sample_weight=None):
        """Learn how many steps to forecast.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            Checked, but not used.

        Returns
        -------
        self
        """
        check_scalar(self.season, "season", Integral, min_val=1)
        windows = check_fit_windows(self, X, y)
        y = check_targets(y, windows, per_step=False)
        check_weights(sample_weight, windows)
        length, n_features = self.window_shape_in_
        if self.season > length:
            raise ValueError(
                f"season={self.season} is longer than the windows of X, which have "
                f"{length} time steps: cut longer windows."
            )
        # If it is set later, it has no effect before the next fit.
        self._season = self.season
        self._one_dimensional = y.ndim == 1
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        self._columns = check_target_columns(self.target, n_features, self.n_outputs_)
        # Without a season, the last value is the forecast of any step.
        in_steps = self.season > 1
        warn_of_other_target(
            self._columns, windows, y, in_units=True, in_steps=in_steps
        )
        return self

    def predict(self, X):
        """Repeat the last season.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        windows = check_predict_windows(self, X)
        steps = np.arange(self.n_outputs_ // len(self._columns)) % self._season
        last_season = windows[:, -self._season :]
        y = np.empty((len(windows), self.n_outputs_), dtype=windows.dtype)
        for part in chunks(last_season):
            known = backfill(np.asarray(last_season[part]))[:, :, self._columns]
            y[part] = known[:, steps].swapaxes(1, 2).reshape(len(known), -1)
        return y[:, 0] if self._one_dimensional else y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # does not fit, by definition
        return tags
