"""TransformedWindowRegressor: difference or scale windows with their targets."""

import inspect
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from ..validation import (
    check_fit_windows,
    check_known_ahead,
    check_predict_windows,
    check_target_columns,
    check_targets,
    warn_of_other_target,
)
from ..windows import (
    LazyArray,
    backfill,
    chunks,
    columns_of,
    leading_padding,
    n_shared,
    series_of,
    sliding_windows,
)
from ..wrapping import RoutesToRegressor, check_regressor, inputs_for, refuse_to_cut
from .elementwise import check_elementwise, elementwise, transform_rows


class TransformedWindowRegressor(
    RoutesToRegressor, MetaEstimatorMixin, RegressorMixin, BaseEstimator
):
    """Transform each window together with its targets, and undo it on the forecast.

    A window followed by its targets is one short series. The transformer is applied
    to both, and the prediction is transformed back with the help of the window. No
    state is kept between rows, so nothing can leak.
    :class:`~sklearn.compose.TransformedTargetRegressor` can't do this, since its
    inverse does not see the past.

    Parameters
    ----------
    regressor : estimator
        Any regressor on windows ``(n_samples, length, n_features)``, or any
        scikit-learn regressor, which gets the time steps of a window as columns of
        one row.
    transformer : transformer
        One whose ``transform`` and ``inverse_transform`` take ``past``
        (:class:`Differencer`), or any elementwise scikit-learn transformer with an
        inverse (``FunctionTransformer(numpy.log, numpy.exp)``, ``StandardScaler``).
    target : int or list of int, default=0
        The column of X that ``y`` continues. With several, ``y`` holds the steps of
        the first, then those of the second, as from :func:`horizon_targets`.
        Only these columns are transformed.
    n_known_ahead : int, default=0
        Number of variables known ahead, whose coming values are the last columns of X,
        as :class:`KnownAhead` puts them. A scikit-learn regressor then gets each of
        these values once; networks need the parameter of the same name.

    Attributes
    ----------
    regressor_, transformer_ : fitted clones
    n_features_in_ : int
        Number of columns of a two-dimensional X, or of variables of a
        three-dimensional one.
    window_shape_in_ : tuple of int
        ``(length, n_features)`` of the windows in ``fit``.

    Notes
    -----
    Time steps that differencing leaves without a value are cut off the windows, so the
    regressor need not handle padding. A transformer that learns, such as a scaler,
    learns from each row of the series once if the windows are views of it, and
    otherwise from the rows of each window. One that takes ``past`` gets the series as
    one long window, or else windows that do not overlap. If a window's past is too
    short to undo the differencing, it is continued backwards with its first value.

    For several transformations, nest several of these regressors; the outermost
    transforms first. Logarithms, then seasonal differences of these, are
    ``TransformedWindowRegressor(TransformedWindowRegressor(regressor,
    Differencer(7)), FunctionTransformer(numpy.log, numpy.exp))``.

    Examples
    --------
    Seasonal differences around a model that predicts no change are the seasonal
    naive forecast:

    >>> import numpy as np
    >>> from sklearn.dummy import DummyRegressor
    >>> from skseq import Differencer, TransformedWindowRegressor
    >>> X = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> model = TransformedWindowRegressor(
    ...     DummyRegressor(strategy="constant", constant=[[0]] * 3), Differencer(2)
    ... )
    >>> model.fit(X, [[0.0, 0.0, 0.0]]).predict(X)
    array([[3., 4., 3.]])
    """

    _routed = ("fit", "predict")
    reads_lazily = True  # whether X and y may be LazyArrays

    def __init__(self, regressor, transformer, *, target=0, n_known_ahead=0):
        self.regressor = regressor
        self.transformer = transformer
        self.target = target
        self.n_known_ahead = n_known_ahead

    def fit(self, X, y, **fit_params):
        """Fit the transformer and the regressor.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The values that continue the target columns of each window.
        **fit_params : dict
            Passed to the regressor's ``fit``, by metadata routing if it is enabled.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the windows are too short for the transformer, the transformer has no
            inverse, or mixes rows without taking ``past``, or the regressor cuts
            windows itself.
        TypeError
            If ``transformer`` is not a transformer, or ``regressor`` no regressor.
        """
        check_regressor(self.regressor)
        windows = check_fit_windows(self, X, y)
        refuse_to_cut(
            self.regressor,
            "put that step before TransformedWindowRegressor, in a Pipeline, or "
            "leave it out if X already holds windows",
        )
        y = np.asarray(check_targets(y, windows, per_step=False))
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        n_features = windows.shape[2]
        self._columns = check_target_columns(self.target, n_features, n_outputs)
        check_scalar(self.n_known_ahead, "n_known_ahead", Integral, min_val=0)
        horizon = n_outputs // len(self._columns)
        check_known_ahead(self, self._columns, n_features, horizon)
        self._ahead = self.n_known_ahead, horizon
        self._one_dimensional = y.ndim == 1
        self._fit_transformer(windows)
        # The last value may be subtracted from that of any later step, one of a season
        # ago only from its own.
        warn_of_other_target(
            self._columns, windows, y, in_units=True, from_next=self._n_cut > 1
        )
        inner = self._apply("transform", self._steps(y), windows)
        inner = self._outputs(inner)
        params = self._route("fit", fit_params)
        self.regressor_ = clone(self.regressor).fit(
            self._inner_inputs(self.regressor, windows), inner, **params
        )
        return self

    def predict(self, X, **predict_params):
        """Forecast, in the original units.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        **predict_params : dict
            Passed to the regressor's ``predict``.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        windows = check_predict_windows(self, X)
        params = self._route("predict", predict_params)
        if params.get("return_std"):  # which a MultiOutputRegressor does not know
            self._refuse_error_bars()
        inner = self._inner_inputs(self.regressor_, windows)
        inner = self.regressor_.predict(inner, **params)
        if isinstance(inner, tuple):
            self._refuse_error_bars()
        steps = self._steps(np.asarray(inner).astype(windows.dtype))
        return self._outputs(self._apply("inverse_transform", steps, windows))

    def _refuse_error_bars(self):
        reason, others = "the errors of differences are not independent", ""
        if not self._uses_past:
            reason = (
                "after a logarithm, for example, they are not as wide on both sides"
            )
            others = (
                " Or put the transformer of sktime that does the same before the "
                "forecaster, as in LogTransformer() * SequenceForecaster(...): it "
                "transforms quantiles back."
            )
        raise ValueError(
            "The regressor was asked for more than forecasts (error bars?), which "
            f"transformer={self.transformer!r} can't transform back: {reason}. Instead "
            "of asking it for return_std, measure errors on held-out windows: with "
            "error_bars='held_out' in a SequenceForecaster, or a ConformalRegressor "
            f"with conformity_score='absolute'.{others}"
        )

    def _fit_transformer(self, windows):
        if not hasattr(self.transformer, "transform"):
            raise TypeError(
                "transformer must be a transformer such as Differencer(), got "
                f"{self.transformer!r}: use FunctionTransformer() to change nothing."
            )
        self.transformer_ = clone(self.transformer)
        if hasattr(self.transformer_, "set_output"):
            self.transformer_.set_output(transform="default")
        signature = inspect.signature(self.transformer_.transform)
        self._uses_past = "past" in signature.parameters
        targets = self._targets(windows)
        if self._uses_past:
            # The past is given in each call. Whatever else is to be learned, the whole
            # series tells best, or else windows that do not overlap.
            series = series_of(targets)
            if series is None:
                rows = targets[:: -1 - n_shared(targets, targets[..., :1])]
            else:
                rows = series[np.newaxis]
            first = backfill(targets[:1])
            try:
                changes = self.transformer_.fit(rows).transform(first)
                if leading_padding(changes[0]) == windows.shape[1]:  # too short for it
                    changes = self.transformer_.fit_transform(first)
            except ValueError as error:
                raise ValueError(
                    f"The transformer can't take windows of {windows.shape[1]} time "
                    f"steps (X has n_features={self.n_features_in_}): {error}"
                ) from error
            self._n_cut = leading_padding(changes[0])
        else:
            rows = _observed_rows(targets)
            self.transformer_.fit(rows)
            self._n_cut = 0
            check_elementwise(self.transformer_, rows)

    def _inner_inputs(self, regressor, windows):
        return inputs_for(regressor, self._transform_windows(windows), *self._ahead)

    def _transform_windows(self, windows):
        """Transform the target columns; cut off the steps left without a value."""
        if isinstance(windows, LazyArray):
            return windows.map(self._transform_windows)
        if not len(windows):  # a LazyArray looks for its shape
            return windows[:, self._n_cut :]
        # If the windows are a view of a series, transform that once.
        series = series_of(windows)
        rows = windows if series is None else series
        targets = rows[..., self._columns]
        if not self._uses_past:
            transformed = transform_rows(self.transformer_, targets)
        elif series is None:
            transformed = self.transformer_.transform(targets)
        else:
            transformed = self.transformer_.transform(targets[np.newaxis])[0]
        result = np.array(rows)
        result[..., self._columns] = transformed
        result[np.isnan(transformed).any(axis=-1)] = np.nan
        result = result[..., self._n_cut :, :]
        if series is None:
            return result
        return sliding_windows(result, windows.shape[1] - self._n_cut)

    def _apply(self, method, steps, windows):
        """Transform targets ``(n_samples, horizon, n_targets)``, or undo it."""
        function = getattr(self.transformer_, method)
        if not self._uses_past and method == "transform":
            return transform_rows(self.transformer_, steps)
        if not self._uses_past:
            return elementwise(function, steps)
        # The transformer looks back as many rows as it leaves without a value; if it
        # leaves none, perhaps all.
        past = self._targets(windows)[:, -self._n_cut :]
        parts = [function(steps[p], past=backfill(past[p])) for p in chunks(past)]
        return np.concatenate(parts)

    def _targets(self, windows):
        """Take the target columns, as a view where ``windows`` is one."""
        series = series_of(windows)
        if series is None:
            return columns_of(windows, self._columns)
        return sliding_windows(series[:, self._columns], windows.shape[1])

    def _steps(self, y):
        n_samples = len(y)
        return y.reshape(n_samples, len(self._columns), -1).swapaxes(1, 2)

    def _outputs(self, steps):
        y = steps.swapaxes(1, 2).reshape(len(steps), -1)
        return y[:, 0] if self._one_dimensional else y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


def _observed_rows(windows):
    series = series_of(windows)
    rows = windows.reshape(-1, windows.shape[-1]) if series is None else series
    return rows[~np.isnan(rows).any(axis=1)]
