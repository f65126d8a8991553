"""SARIMARegressor: the statistician's forecast, estimated by statsmodels."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ...validation import (
    check_fit_windows,
    check_predict_windows,
    check_targets,
)
from ...windows import chunks, difference
from .affine_forecast import affine_forecast
from .checks import check_columns, check_length, check_parameters, searches
from .likelihood import (
    UNIT_ROOT,
    in_unit,
    maximize,
    stationary_model,
    unit_of,
    warn_of_limit,
)
from .order_search import search_orders
from .stitching import stitch


class SARIMARegressor(RegressorMixin, BaseEstimator):
    """Forecast by a seasonal ARIMA model of the series behind the windows.

    ``fit`` lays consecutive windows back into their series, and estimates the model
    once, by maximum likelihood. Given its parameters, a SARIMA forecast is an affine
    function of the window: ``predict`` is one matrix product, for any number of
    windows. AR, ARMA and ARIMA are the same class with zeros in the orders.

    Parameters
    ----------
    order : tuple of int or "auto", default=(1, 0, 0)
        Autoregressive order, differences, moving average order. "auto" searches these
        three, those of the season, and whether there is a constant [2]_: of
        ``seasonal_order`` only the season counts then, and ``trend`` does not.
    seasonal_order : tuple of int, default=(0, 1, 1, 7)
        The same three from season to season, and the time steps in a season.
        ``(0, 0, 0, 0)`` has no season.
    trend : {None, "c"}, default=None
        "c" estimates a constant: the mean, or with one difference the drift. A
        trend that depends on the date is not offered, since a window doesn't tell
        it: difference instead.
    criterion : {"aicc", "aic", "bic"}, default="aicc"
        What the search makes small.
    target : int, default=0
        The column of X that ``y`` continues. The others are not used, but for the
        variables known ahead.
    n_known_ahead : int, default=0
        Variables known ahead, whose next values are the last columns of X, as
        :class:`KnownAhead` lays them: the target is regressed on them, with SARIMA
        errors. The first row of a window then only tells the values at the second.
    warm_start : bool, default=False
        Whether a further ``fit`` starts from the parameters of the one before, with
        the orders that a search found then: to estimate anew every day.
    max_iter : int, default=200
        Most iterations of the optimiser.

    Attributes
    ----------
    order_, seasonal_order_ : tuple of int
        Those given, or found.
    trend_ : {None, "c"}
        That given, or found.
    search_results_ : DataFrame of shape (n_models, 4)
        Only with "auto": ``order``, ``seasonal_order``, ``trend`` and the criterion of
        each model tried, in that order. Infinite for one that is close to a unit root;
        of more than 150 time steps an approximation, with which the search is fast.
    coef_ : ndarray of shape (n_outputs, length)
        Weights of the target's past in the forecast. With variables known ahead,
        ``length - 1``: those of the target less their effect.
    intercept_ : ndarray of shape (n_outputs,)
    std_ : ndarray of shape (n_outputs,)
        Standard deviation of the error, one to ``n_outputs`` steps ahead.
    known_coef_ : ndarray of shape (n_known_ahead,)
        Of the variables known ahead.
    params_ : dict of str to float
        Estimates, by statsmodels' names: ``sigma2`` is the variance of the shocks.
    aicc_ : float
        Corrected Akaike information criterion: among orders with the same
        differences, on the same series, smaller is better.
    n_iter_ : int
        Iterations of the optimiser.
    n_features_in_ : int
        Columns of a two-dimensional X, variables of a three-dimensional one.
    feature_names_in_ : ndarray of str
        Column names, where X was a table.
    window_shape_in_ : tuple of int
        ``(length, n_features)`` of the fitted windows.

    Notes
    -----
    Windows are consecutive where each is the one before, moved by one row. Where they
    are not (the two training parts of a fold), each piece is differenced by itself,
    and as many missing values as a window is long lie between.

    What came before a window has a diffuse distribution as far as it is differenced,
    and the stationary one for the rest: a padded window gives what the shorter one
    gives. Of a window too short for the differences, the mean stands for what it does
    not tell; the standard deviation is infinite then.

    Windows of three dimensions, and y, may hold NaN where values are missing: the
    forecast is that of the values that are there. To estimate, a difference with a
    missing value is missing.

    The search reads the longest piece without missing values. It differences from
    season to season where the season is strong, and from step to step until the KPSS
    test finds the rest stationary; then it goes from orders to better ones beside them.

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
    >>> model = SARIMARegressor((0, 1, 1), (0, 0, 0, 0)).fit(X, y)
    >>> model.coef_[:, -4:].round(2)  # the later, the more it tells of the level
    array([[0.03, 0.08, 0.23, 0.65]])
    """

    def __init__(
        self,
        order=(1, 0, 0),
        seasonal_order=(0, 1, 1, 7),
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
            Windows, consecutive for the most part.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The next values of the target.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If statsmodels is not installed, which comes with the extra
            ``skseq[sarima]``, or for "auto" statsforecast, with ``skseq[auto]``.
        ValueError
            For orders that can't be, windows shorter than the differences, a y that
            does not continue X, an autoregression too close to a unit root, and where
            there is too little to estimate from.

        Warns
        -----
        ConvergenceWarning
            If the optimiser stops before it has found the best parameters, or these
            are closer to a unit root than can be computed.
        """
        check_parameters(self)
        windows = check_fit_windows(self, X, y, allow_missing=True)
        y = check_targets(y, windows, per_step=False, allow_missing=True)
        self._one_dimensional = y.ndim == 1
        y = y.reshape(len(y), -1)
        if np.isnan(y).all(axis=0).any():
            raise ValueError("y has a column of nothing but NaN: give more rows.")
        self._n_outputs = y.shape[1]
        check_columns(self, windows.shape[2], self._n_outputs)
        pieces = stitch(windows, y, self.target, self._known)
        self._choose_orders(pieces)
        check_length(self, windows.shape[1])
        before = getattr(self, "params_", {}) if self.warm_start else {}
        series, known = self._join(pieces)
        self._unit = unit = unit_of(series, known)
        model = self._model(series / unit, known)
        results = maximize(model, in_unit(before, 1 / unit), self.max_iter)
        self.n_iter_ = max(1, getattr(results, "mle_retvals", {}).get("iterations", 0))
        # statsmodels counts missing values too.
        n_observed = np.count_nonzero(~np.isnan(model.endog))
        llf, n_estimated = results.llf - n_observed * np.log(unit), results.df_model
        penalty = n_estimated * n_observed / (n_observed - n_estimated - 1)
        self.aicc_ = float(2 * (penalty - llf))
        estimates = [*results.params.tolist(), float(results.scale)]
        names = [*results.param_names, "sigma2"]
        self.params_ = in_unit(dict(zip(names, estimates, strict=True)), unit)
        first = self.trend_ is not None
        known_ahead = slice(first, first + self.n_known_ahead)
        self.known_coef_ = np.array(estimates[known_ahead]) * unit
        del estimates[known_ahead]
        self._params = estimates
        self._mean = np.nanmean(y[:, 0], dtype=np.float64)
        # The values known at the first row of a window lie in the row before it.
        longest = windows.shape[1] - (self.n_known_ahead > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.coef_, self.intercept_, self.std_ = self._map(
                np.ones(longest, dtype=bool)
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
            Whether to return the standard deviation of the errors too, as the model
            has it: that of the coming shocks, with the parameters taken as true.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        std : ndarray of the shape of y
            Only with ``return_std``. Infinite where a window is too short for the
            differences.
        """
        check_is_fitted(self)
        windows = check_predict_windows(self, X, allow_missing=True)
        y = np.empty((len(windows), self._n_outputs), dtype=windows.dtype)
        std = np.empty_like(y)
        complete = np.ones(self.coef_.shape[1], dtype=bool)
        maps = {complete.tobytes(): (self.coef_, self.intercept_, self.std_)}
        for part in chunks(windows):
            past, effect = self._without_known(windows[part])
            observed = ~np.isnan(past)
            full = observed.all()  # nearly always: sorting them would take most time
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
            With the parameters of ``fit``, of the series behind ``X`` and ``y``
            *after* its differences.

        Raises
        ------
        ValueError
            If ``y`` does not continue X, or has other steps than in ``fit``.
        """
        check_is_fitted(self)
        windows = check_predict_windows(self, X, allow_missing=True)
        y = check_targets(y, windows, allow_missing=True).reshape(len(windows), -1)
        if y.shape[1] != self._n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} steps, the model was fitted on {self._n_outputs}: "
                "give as many."
            )
        pieces = stitch(windows, y, self.target, self._known)
        model = self._model(*self._join(pieces))
        with model.ssm.fixed_scale(self.params_["sigma2"]):
            return model.smooth([self.params_[name] for name in model.param_names])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        tags.regressor_tags.poor_score = True  # forecasts from y's past alone
        return tags

    def _choose_orders(self, pieces):
        """Search the orders, where they are not given or found."""
        if not searches(self):
            self.order_, self.seasonal_order_ = self.order, self.seasonal_order
            self.trend_ = self.trend
        elif not (self.warm_start and hasattr(self, "search_results_")):
            runs = [
                piece[rows]
                for piece in pieces
                for rows in np.ma.clump_unmasked(np.ma.masked_invalid(piece[:, 0]))
            ]
            longest = max(runs, key=len)
            results = search_orders(longest, self.seasonal_order[-1], self.criterion)
            best = results.loc[results[self.criterion].idxmin()]
            self.search_results_, self.trend_ = results, best["trend"]
            self.order_, self.seasonal_order_ = best["order"], best["seasonal_order"]

    def _join(self, pieces):
        """Difference the pieces, and join them by missing values.

        Returns the target (n_timesteps,) and the variables known ahead
        (n_timesteps, n_known_ahead).
        """
        _, order, _ = self.order_
        _, seasonal_order, _, season = self.seasonal_order_
        length, _ = self.window_shape_in_
        gap = np.full((length, 1 + self.n_known_ahead), np.nan)
        parts = []
        for piece in pieces:
            piece = difference(piece, 1, order)
            parts += [difference(piece, season, seasonal_order), gap]
        table = np.concatenate(parts[:-1])
        return table[:, 0], np.nan_to_num(table[:, 1:])

    def _known(self, rows):
        """Values known ahead, (..., n_known_ahead, n_outputs)."""
        n_known = self.n_known_ahead * self._n_outputs
        known = rows[..., rows.shape[-1] - n_known :]
        return known.reshape(*rows.shape[:-1], self.n_known_ahead, self._n_outputs)

    def _without_known(self, windows):
        """Return the target's past and the forecast, less and only what is known."""
        past = windows[:, :, self.target].astype(np.float64)
        if not self.n_known_ahead:
            return past, np.zeros((len(windows), 1))
        known = self._known(windows)
        past = past[:, 1:] - known[:, :-1, :, 0] @ self.known_coef_
        effect = self.known_coef_ @ known[:, -1]
        lacking = np.isnan(effect).any(axis=1) & ~np.isnan(windows).all(axis=(1, 2))
        if lacking.any():
            raise ValueError(
                "X holds NaN where the variables known ahead have their next values, "
                f"in the last row of {lacking.sum()} windows: fill them in."
            )
        return past, np.nan_to_num(effect)

    def _model(self, series, known):
        """Make statsmodels' model of a series that is differenced."""
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
