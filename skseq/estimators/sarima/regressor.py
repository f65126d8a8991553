"""SARIMARegressor: a seasonal ARIMA model, estimated by statsmodels."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ...validation import (
    check_fit_windows,
    check_known_ahead,
    check_predict_windows,
    check_target_columns,
    check_targets,
)
from ...windows import chunks
from .affine_forecast import affine_forecast
from .checks import check_length, check_parameters, searches
from .known_ahead import without_known
from .likelihood import (
    UNIT_ROOT,
    check_changes,
    maximize,
    names_of_params,
    stationary_model,
    warn_of_limit,
)
from .order_search import longest_run, search_orders
from .scaling import Scaling
from .stitching import find_pieces, join, longest, read_pieces, thin_out


class SARIMARegressor(RegressorMixin, BaseEstimator):
    """Forecast with a seasonal ARIMA model of the series behind the windows.

    ``fit`` joins consecutive windows back into their series, and estimates the model
    once, by maximum likelihood. Given its parameters, a SARIMA forecast is an affine
    function of the window, so ``predict`` is one matrix product for any number of
    windows. AR, ARMA and ARIMA are the same class with zeros in the orders.

    Parameters
    ----------
    order : tuple of int or "auto", default=(1, 1, 1)
        Autoregressive order, number of differences, moving average order. "auto"
        searches these, the seasonal ones, and whether there is a constant [2]_; of
        ``seasonal_order`` only the season is then used, and ``trend`` is ignored.
    seasonal_order : tuple of int, default=(0, 0, 0, 0)
        The same three orders from season to season, and the number of time steps in a
        season, such as ``(0, 1, 1, 7)`` for days with a weekly season.
    trend : {None, "c"}, default=None
        "c" estimates a constant: the mean, or with one difference the drift. A trend
        that depends on the date is not available, since a window does not hold its
        date: difference instead.
    criterion : {"aicc", "aic", "bic"}, default="aicc"
        What the search minimises.
    target : int, default=0
        The column of X that ``y`` continues. The other columns are not used, except
        for variables known ahead.
    n_known_ahead : int, default=0
        Number of variables known ahead. Their coming values must be the last columns
        of X, as :class:`KnownAhead` puts them. The target is regressed on them, with
        SARIMA errors. Of a window's first row, only the known values are then used.
    warm_start : bool, default=False
        Whether ``fit`` starts from the parameters of the previous ``fit``, and keeps
        the orders that its search found. Useful to estimate anew every day.
    max_iter : int, default=200
        Largest number of iterations of the optimiser.

    Attributes
    ----------
    order_, seasonal_order_ : tuple of int
        The given orders, or those found by the search.
    trend_ : {None, "c"}
        The given trend, or that found by the search.
    search_results_ : DataFrame of shape (n_models, 4)
        Only with "auto": ``order``, ``seasonal_order``, ``trend`` and the criterion of
        each model, in the order tried. The criterion is infinite for a model close to
        a unit root. It is that of statsforecast's estimates, which may be a little
        worse than ``aicc_``; with more than 150 time steps, or a season above 12, it
        is approximate, to make the search fast.
    coef_ : ndarray of shape (n_outputs, length)
        Weights of the target's past values in the forecast. With variables known
        ahead, there are ``length - 1``, of the target minus the effect of these.
    intercept_ : ndarray of shape (n_outputs,)
    std_ : ndarray of shape (n_outputs,)
        Standard deviation of the error, one to ``n_outputs`` steps ahead.
    known_coef_ : ndarray of shape (n_known_ahead,)
        Coefficients of the variables known ahead.
    params_ : dict of str to float
        Estimates, with statsmodels' names; ``sigma2`` is the variance of the shocks.
    aicc_ : float
        Corrected Akaike information criterion: smaller is better, among orders with
        the same differences, on the same series.
    n_iter_ : int
        Number of iterations of the optimiser.
    n_features_in_ : int
        Number of columns of a two-dimensional X, or of variables of a
        three-dimensional one.
    feature_names_in_ : ndarray of str
        Column names, if X was a table.
    window_shape_in_ : tuple of int
        ``(length, n_features)`` of the windows in ``fit``.

    Notes
    -----
    Windows are consecutive if each is the previous one moved by one row. If they are
    not (the two training parts of a fold), each piece is differenced by itself, and
    the pieces are joined with as many missing values as a window has steps.

    More than 20,000 windows hardly change the estimates, but take long if the season
    does. So ``fit`` reads the latest 20,000; of several pieces the latest of each, so
    that the longest are equally long, but no shorter than ten seasons. Of 200 pieces or
    more that still have 40,000 time steps, as of windows that are scaled one by one,
    it reads evenly spread ones.

    For the values before a window, the differenced part of the model starts from a
    diffuse distribution, and the rest from the stationary one. So a padded window has
    the same forecast as the shorter window would have. If a window is too short for
    the differences, values that it lacks are replaced by the mean of those it has, and
    the standard deviation is infinite.

    Windows, and y, may hold NaN for missing values. The forecast is the one given the
    values that are present. In ``fit``, a difference with a missing value is missing.

    The search uses the longest piece without missing values, and of it the latest
    20,000 windows. It takes the seasonal difference if the season is strong, and
    ordinary differences until the KPSS test finds the result stationary. It then moves
    stepwise to better neighbouring orders.

    References
    ----------
    .. [1] J. Durbin and S. J. Koopman, "Time Series Analysis by State Space Methods",
       2nd edition, Oxford University Press 2012.
    .. [2] R. J. Hyndman and Y. Khandakar, "Automatic time series forecasting: the
       forecast package for R", Journal of Statistical Software 27 (3), 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SARIMARegressor
    >>> from skseq.windows import sliding_windows
    >>> rng = np.random.default_rng(0)
    >>> level = rng.normal(size=200).cumsum()
    >>> noisy = (level + rng.normal(size=200))[:, np.newaxis]
    >>> X, y = sliding_windows(noisy, length=10)[:-1], noisy[10:, 0]
    >>> model = SARIMARegressor((0, 1, 1)).fit(X, y)
    >>> model.coef_[:, -4:].round(2)  # the later, the more it tells of the level
    array([[0.03, 0.08, 0.23, 0.65]])
    """

    reads_lazily = True  # whether X and y may be LazyArrays

    def __init__(
        self,
        order=(1, 1, 1),
        seasonal_order=(0, 0, 0, 0),
        *,
        trend=None,
        criterion="aicc",
        target=0,
        n_known_ahead=0,
        warm_start=False,
        max_iter=200,
    ):
        self.order = order
        self.seasonal_order = seasonal_order
        self.trend = trend
        self.criterion = criterion
        self.target = target
        self.n_known_ahead = n_known_ahead
        self.warm_start = warm_start
        self.max_iter = max_iter

    def fit(self, X, y):
        """Estimate the parameters.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
            Windows, mostly consecutive.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The next values of the target.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If statsmodels is not installed (the extra ``skseq[sarima]``), or for
            "auto", statsforecast (the extra ``skseq[auto]``).
        ValueError
            If the orders are invalid, the windows are shorter than the differences, y
            does not continue X, the autoregression is too close to a unit root, or
            there are too few values to estimate from.

        Warns
        -----
        ConvergenceWarning
            If the optimiser stops before it has found the best parameters, or if these
            are closer to a unit root than can be computed.
        """
        check_parameters(self)
        windows = check_fit_windows(self, X, y, allow_missing=True)
        y = check_targets(y, windows, per_step=False, allow_missing=True)
        y = np.asarray(y)
        self._one_dimensional = y.ndim == 1
        y = y.reshape(len(y), -1)
        if np.isnan(y).all(axis=0).any():
            raise ValueError(
                "y has a column that holds nothing but NaN: give more rows."
            )
        self._n_outputs = y.shape[1]
        n_features = windows.shape[2]
        columns = check_target_columns(self.target, n_features, self._n_outputs)
        check_known_ahead(self, columns, n_features, self._n_outputs)
        # If they are set later, they have no effect before the next fit.
        self._target, self._n_known_ahead = self.target, self.n_known_ahead
        *in_order, pieces = find_pieces(windows, y, self._target)
        of_target = {"target": self._target, "n_known": self._n_known_ahead}
        read = partial(read_pieces, *in_order, **of_target)
        self._choose_orders(read, pieces)
        check_length(self, windows.shape[1])
        before = getattr(self, "params_", {}) if self.warm_start else {}
        # Without the first row of a piece, whose own known values are not known.
        n_around = windows.shape[1] - 1 - bool(self.n_known_ahead) + y.shape[1]
        pieces = thin_out(pieces, n_around, self.seasonal_order[-1])
        series, known = self._join(read(pieces))
        scaling = Scaling(series, known, self.trend_ is not None)
        model = self._model(*scaling.scale(series, known))
        names = names_of_params(model)
        check_changes(series, len(names))
        results = maximize(model, scaling.scale_params(before), self.max_iter)
        self._keep_estimates(results, names, series, scaling)
        self._mean = np.nanmean(y[:, 0], dtype=np.float64)
        # The first row has no known values of its own: they are in the row before it.
        length = windows.shape[1] - (self.n_known_ahead > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.coef_, self.intercept_, self.std_ = self._map(
                np.ones(length, dtype=bool)
            )
        if not np.isfinite(self.coef_).all():
            raise ValueError(UNIT_ROOT)
        warn_of_limit(model, results.params)
        return self

    def predict(self, X, return_std=False):
        """Forecast the steps after each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        return_std : bool, default=False
            Whether to also return the standard deviation of the errors according to
            the model: it covers future shocks, and takes the parameters as true.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        std : ndarray of the shape of y
            Only with ``return_std``. Infinite if a window is too short for the
            differences.
        """
        check_is_fitted(self)
        windows = check_predict_windows(self, X, allow_missing=True)
        y = np.empty((len(windows), self._n_outputs), dtype=windows.dtype)
        std = np.empty_like(y)
        complete = np.ones(self.coef_.shape[1], dtype=bool)
        maps = {complete.tobytes(): (self.coef_, self.intercept_, self.std_)}
        for part in chunks(windows):
            past, effect = without_known(
                np.asarray(windows[part]),
                self._target,
                self.known_coef_,
                self._n_outputs,
            )
            observed = ~np.isnan(past)
            full = observed.all()  # nearly always; np.unique is slow
            for pattern in observed[:1] if full else np.unique(observed, axis=0):
                rows = (observed == pattern).all(axis=1)
                pattern = np.trim_zeros(pattern, "f")  # padding
                key = pattern.tobytes()
                if key not in maps:
                    maps[key] = self._map(pattern)
                coef, intercept, spread = maps[key]
                seen = np.nan_to_num(past[rows, past.shape[1] - len(pattern) :])
                y[part][rows] = seen @ coef.T + intercept + effect[rows]
                std[part][rows] = spread
        if self._one_dimensional:
            y, std = y[:, 0], std[:, 0]
        return (y, std) if return_std else y

    def statsmodels_results(self, X, y):
        """Return statsmodels' results, for its residuals, tests, summary and plots.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
            The windows of ``fit``, or others.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The next values of the target.

        Returns
        -------
        statsmodels.tsa.statespace.sarimax.SARIMAXResults
            With the parameters of ``fit``. They describe the series behind ``X`` and
            ``y`` *after* differencing. Residuals of missing values are NaN, also of
            those that join pieces of the series.

        Raises
        ------
        ValueError
            If ``y`` does not continue X, or has another number of steps than in
            ``fit``, or is in a unit so large that the variance of the shocks is below
            1e-12, which statsmodels takes for zero.
        """
        check_is_fitted(self)
        windows = check_predict_windows(self, X, allow_missing=True)
        y = check_targets(y, windows, allow_missing=True).reshape(len(windows), -1)
        if y.shape[1] != self._n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} steps, but the model was fitted on "
                f"{self._n_outputs}: give the same number."
            )
        sigma2 = self.params_["sigma2"]
        if sigma2 < 1e-12:
            raise ValueError(
                f"The shocks have a variance of {sigma2:.1e}. statsmodels takes any "
                "below 1e-12 for zero: fit again on X and y in a smaller unit, so that "
                "their numbers are larger."
            )
        found = find_pieces(windows, y, self._target)
        pieces = read_pieces(*found, self._target, self._n_known_ahead)
        model = self._model(*self._join(pieces))
        params = [self.params_[name] for name in names_of_params(model)]
        model.ssm.tolerance = 0  # it is absolute, and too large for small units of y
        with model.ssm.fixed_scale(sigma2):
            results = model.smooth(params)
        # statsmodels counts them as residuals of zero, unless there are several series.
        for errors in (results.forecasts_error, results.standardized_forecasts_error):
            errors[np.isnan(model.endog.T)] = np.nan
        return results

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # forecasts from y's past alone
        return tags

    def _choose_orders(self, read, pieces):
        """Set the orders; search them if they are neither given nor already found."""
        if not searches(self):
            self.order_, self.seasonal_order_ = self.order, self.seasonal_order
            self.trend_ = self.trend
        elif not (self.warm_start and hasattr(self, "search_results_")):
            run = longest_run(read(longest(pieces)))
            results = search_orders(run, self.seasonal_order[-1], self.criterion)
            best = results.loc[results[self.criterion].idxmin()]
            self.search_results_, self.trend_ = results, best["trend"]
            self.order_, self.seasonal_order_ = best["order"], best["seasonal_order"]

    def _keep_estimates(self, results, names, series, scaling):
        """Set what follows from statsmodels' results for the scaled series."""
        self._unit = scaling.unit
        self.n_iter_ = max(1, getattr(results, "mle_retvals", {}).get("iterations", 0))
        # statsmodels counts missing values too.
        n_observed = np.count_nonzero(~np.isnan(series))
        llf = results.llf - n_observed * np.log(scaling.unit)
        n_estimated = results.df_model
        penalty = n_estimated * n_observed / (n_observed - n_estimated - 1)
        self.aicc_ = float(2 * (penalty - llf))
        estimates = dict(zip(names, results.params.tolist(), strict=True))
        estimates["sigma2"] = float(results.scale)
        estimates = scaling.unscale_params(estimates)
        self.params_ = {name: float(value) for name, value in estimates.items()}
        of_known = [f"x{i + 1}" for i in range(self.n_known_ahead)]
        self.known_coef_ = np.array([self.params_[name] for name in of_known])
        # Of the series without the effect of the known variables, in its unit.
        self._params = [
            value / scaling.units.get(name, 1)
            for name, value in self.params_.items()
            if name not in of_known
        ]

    def _join(self, pieces):
        """Return the differenced series, and what it is regressed on."""
        return join(pieces, self.window_shape_in_[0], self.order_, self.seasonal_order_)

    def _model(self, series, known):
        """Make statsmodels' model of a differenced series."""
        orders = self.order_, self.seasonal_order_, self.trend_
        return stationary_model(series, known, *orders)

    def _map(self, observed):
        """Forecasts as a function of the observed values: coef, intercept, std."""
        coef, intercept, std = affine_forecast(
            observed,
            self._n_outputs,
            self._params,
            self._mean / self._unit,
            order=self.order_,
            seasonal_order=self.seasonal_order_,
            trend=self.trend_,
        )
        return coef, intercept * self._unit, std * self._unit
