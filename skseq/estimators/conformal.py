"""ConformalRegressor: prediction intervals with calibrated coverage."""

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..transformers.series import SeriesTransformer
from ..validation import (
    check_fit_windows,
    check_predict_windows,
    check_share,
    check_targets,
    check_weights,
)
from ..windows import n_shared, pack, take, unpack
from ..wrapping import (
    RoutesToRegressor,
    check_gives_std,
    check_regressor,
    errors_needed,
    inner_parameters,
    innermost,
    inputs_for,
    predict_std,
    rank_of,
    takes_windows,
    unwrap,
)


class ConformalRegressor(
    RoutesToRegressor, MetaEstimatorMixin, RegressorMixin, BaseEstimator
):
    """Calibrate the error bars of a regressor with its errors on held-out windows.

    The regressor is fitted on the first windows. Its errors on the last ones determine
    how wide the bars must be, whatever the regressor's own uncertainty. An interval
    then covers the truth as often as its ``coverage`` says, as long as future errors
    are like those on the held-out windows.

    Parameters
    ----------
    regressor : estimator
        Any regressor on windows, or any scikit-learn regressor, which gets the time
        steps of a window as columns of one row.
    calibration_fraction : float, default=0.2
        Share of the windows, the last ones, that are held out. The windows just
        before them, whose targets overlap theirs, are not used.
    conformity_score : {"absolute", "std", "quantile"}, default="absolute"
        "absolute" gives all windows bars of the same width. "std" scales the
        ``return_std`` of the regressor (Monte Carlo dropout, ensembles), and
        "quantile" shifts its ``predict_quantiles`` (``loss="quantile"``): the bars are
        then wide where the regressor is unsure. If the coverage goes beyond its
        outermost quantiles, these are shifted further. With "quantile", the held-out
        windows are kept, and pickled too.
    refit : bool, default=False
        Whether to fit again on all windows once the errors are measured, because the
        newest windows are the most useful. A regressor trained on more windows usually
        has smaller errors than measured, but the coverage is then no longer proven.

    Attributes
    ----------
    regressor_ : estimator
        Fitted on the windows before the held-out ones; with ``refit``, on all.
    scores_ : ndarray of shape (n_calibration, n_outputs)
        Errors on the held-out windows; with "std", divided by the standard deviation.
    n_features_in_ : int
        Number of columns of a two-dimensional X, or of variables of a
        three-dimensional one.

    References
    ----------
    .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic learning in a random
       world", Springer, 2005.
    .. [2] J. Lei et al., "Distribution-free predictive inference for regression",
       JASA 113 (2018).
    .. [3] Y. Romano, E. Patterson and E. Candes, "Conformalized quantile regression",
       NeurIPS 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import ConformalRegressor, NaiveRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 5))
    >>> y = X[:, -1] + np.random.default_rng(1).uniform(-1, 1, size=200)
    >>> model = ConformalRegressor(NaiveRegressor()).fit(X, y)
    >>> lower, upper = model.predict_interval(X[:1], coverage=0.9)[0]
    >>> bool(0.8 < (upper - lower) / 2 < 1.0)
    True
    """

    def __init__(
        self,
        regressor,
        *,
        calibration_fraction=0.2,
        conformity_score="absolute",
        refit=False,
    ):
        self.regressor = regressor
        self.calibration_fraction = calibration_fraction
        self.conformity_score = conformity_score
        self.refit = refit

    def fit(self, X, y, **fit_params):
        """Fit the regressor on the first windows, and calibrate on the last.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, steps, n_outputs)
            In the last form, as the regressor takes it.
        **fit_params : dict
            Passed to the regressor's ``fit``, by metadata routing if it is enabled.
            Windows with a ``sample_weight`` of zero do not count as held out, either.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the regressor lacks what ``conformity_score`` needs or begins with
            SlidingWindow, ``calibration_fraction`` is not between 0 and 1 or leaves no
            windows to fit on, or X or y have other missing values than padding, unless
            the regressor takes them.
        TypeError
            If ``regressor`` is not a regressor.
        """
        self._check_parameters()
        windows = check_fit_windows(self, X, y, allow_missing=self._allows_missing())
        y = check_targets(y, windows, any_length=True)
        windows = inputs_for(self.regressor, windows)
        fit_params = self._route("fit", fit_params)
        held_out = self._hold_out(windows, fit_params)
        n_between = self._n_overlapping(windows, y)
        n_fitted = held_out[0] - n_between
        if n_fitted < 1:
            raise ValueError(
                f"No window is left to fit on: n_samples={len(y)}, of which "
                f"{len(held_out)} are held out, and {n_between} whose targets overlap "
                "theirs are left out. Give more windows."
            )
        params_of_first = {
            name: value[:n_fitted] if np.shape(value)[:1] == (len(y),) else value
            for name, value in fit_params.items()
        }
        self.regressor_ = clone(self.regressor).fit(
            windows[:n_fitted], y[:n_fitted], **params_of_first
        )
        # If it is set later, it has no effect before the next fit.
        self._conformity_score = self.conformity_score
        if len(held_out) == len(y) - held_out[0]:
            held_out = slice(held_out[0], None)  # of a view, a view
        truth, held_out = y[held_out], take(windows, held_out)
        center, unit = self._center(held_out)
        truth = truth.reshape(center.shape)  # a regressor may ravel targets
        self.scores_ = (truth - center) / unit
        self._widths = {}
        if self.conformity_score == "quantile":
            self._calibration = self.regressor_, pack(held_out), truth
            self._ends(self.regressor_, held_out[:1], 0.5)  # raises if it has none
        if self.refit:
            self.regressor_ = clone(self.regressor).fit(windows, y, **fit_params)
        return self

    def _hold_out(self, windows, fit_params):
        """Find the last windows, of those with a weight above zero."""
        given = [
            fit_params[name] for name in fit_params if name.endswith("sample_weight")
        ]
        weights = check_weights(given[0] if given else None, windows)
        counted = np.arange(len(windows))
        counted = counted if weights is None else counted[weights > 0]
        return counted[-max(1, int(self.calibration_fraction * len(counted))) :]

    def _n_overlapping(self, windows, y):
        """Count the windows whose targets overlap those of the held-out ones."""
        if y.ndim == 3:
            return n_shared(windows, y)
        targets = inner_parameters(self.regressor, "target").values()
        n_targets = max(map(np.size, targets), default=1)
        return y[:1].size // n_targets - 1

    def predict(self, X):
        """Predict with the regressor.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of the shape of y
        """
        windows = self._check(X)
        return self.regressor_.predict(windows)

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of the shape of y in ``fit``
            In three dimensions, the score is that of the regressor.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if np.ndim(y) < 3:
            return super().score(X, y, sample_weight)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self.regressor_.score(self._check(X), y, **weights)

    def predict_interval(self, X, coverage=0.9):
        """Predict intervals that cover the truth with a given frequency.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        coverage : float, default=0.9
            Between 0 and 1.

        Returns
        -------
        ndarray of the shape of y, with a last dimension of 2
            Lower and upper ends.

        Raises
        ------
        ValueError
            If ``coverage`` is not between 0 and 1, or there are too few held-out
            windows for it.
        """
        check_share(coverage, "coverage")
        windows = self._check(X)
        if coverage not in self._widths:  # which takes as long as many predictions
            self._widths[coverage] = self._width(coverage)
        width = self._widths[coverage]
        if self._conformity_score == "quantile":
            lower, upper = self._ends(self.regressor_, windows, coverage)
            lower, upper = lower - width, upper + width
            crossed = lower > upper  # then both become the middle
            lower[crossed] = upper[crossed] = (lower[crossed] + upper[crossed]) / 2
        else:
            center, unit = self._center(windows)
            lower, upper = center - width * unit, center + width * unit
        return np.stack([lower, upper], axis=-1).astype(windows.dtype, copy=False)

    def _width(self, coverage):
        """Find how far intervals reach beyond the center (in units) or quantiles."""
        scores = np.abs(self.scores_)
        if self._conformity_score == "quantile":
            regressor, packed, truth = self._calibration
            low, high = self._ends(regressor, unpack(*packed), coverage)
            scores = np.maximum(low - truth, truth - high)
        return _upper(scores, coverage)

    def _check_parameters(self):
        check_regressor(self.regressor)
        if self.conformity_score not in ("absolute", "std", "quantile"):
            raise ValueError(
                "conformity_score must be 'absolute', 'std' or 'quantile', got "
                f"{self.conformity_score!r}."
            )
        if self.conformity_score == "std":
            check_gives_std(self.regressor, "conformity_score='std'")
        last = innermost(self.regressor)
        if self.conformity_score == "quantile" and not hasattr(
            last, "predict_quantiles"
        ):
            raise ValueError(
                "conformity_score='quantile' needs a regressor with "
                f"predict_quantiles, which {type(last).__name__} does not have: give a "
                "network with loss='quantile', or use 'absolute'."
            )
        first = self.regressor[0] if isinstance(self.regressor, Pipeline) else None
        if isinstance(first, SeriesTransformer):
            raise ValueError(
                f"The regressor begins with {type(first).__name__}, for which the "
                "held-out rows would be a gap in the series: put ConformalRegressor "
                "after it, as in make_pipeline(SlidingWindow(...), "
                "ConformalRegressor(...))."
            )
        check_share(self.calibration_fraction, "calibration_fraction")

    def _center(self, windows):
        """Predictions, and the unit in which their errors are measured."""
        if self._conformity_score != "std":
            return self.regressor_.predict(windows), 1.0
        center, std = predict_std(self.regressor_, windows)
        # A std of 0 must not make an infinite score of a usual error.
        return center, np.maximum(std, np.sqrt(np.finfo(std.dtype).tiny))

    def _ends(self, regressor, windows, coverage):
        regressor, windows = unwrap(regressor, windows)
        q = np.array([(1 - coverage) / 2, (1 + coverage) / 2])
        if getattr(regressor, "loss", None) == "quantile":
            learned = regressor.quantiles
            q = q.clip(learned[0], learned[-1])
        ends = regressor.predict_quantiles(windows, q)
        return ends[..., 0], ends[..., 1]

    def _check(self, X):
        check_is_fitted(self)
        windows = check_predict_windows(
            self, X, any_length=True, allow_missing=self._allows_missing()
        )
        return inputs_for(self.regressor_, windows)

    def _allows_missing(self):
        return get_tags(self.regressor).input_tags.allow_nan

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # fit takes windows for any regressor. But who knows which of their columns are
        # known ahead makes a better table of them.
        tags.input_tags.three_d_array = takes_windows(self.regressor)
        tags.input_tags.allow_nan = self._allows_missing()
        tags.target_tags.multi_output = True
        return tags


def _upper(scores, coverage):
    """Find the score that a new one does not exceed with probability ``coverage``.

    A score is NaN at a padded step, and does not count there.
    """
    n_scores = np.count_nonzero(~np.isnan(scores), axis=0)
    rank = rank_of(coverage, n_scores)
    if (rank > n_scores).any():
        raise ValueError(
            f"coverage={coverage} needs at least {errors_needed(1 - coverage)} "
            f"held-out windows, but there are {n_scores.min()}"
            f"{_where(n_scores)}: raise calibration_fraction."
        )
    ordered = np.sort(scores, axis=0)  # NaN last
    return np.take_along_axis(ordered, rank[np.newaxis] - 1, axis=0)[0]


def _where(n_scores):
    """Say at which step there are fewer scores than at others."""
    if n_scores.min() == n_scores.max():
        return ""
    step, *_ = np.unravel_index(n_scores.argmin(), n_scores.shape)
    return f" in which step {step} is not padding"
