"""SequenceForecaster: any regressor on windows as an sktime forecaster."""

from numbers import Integral

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_scalar
from sktime.base import BaseObject
from sktime.forecasting.base import BaseForecaster

from ..estimators import DenseRegressor
from ..wrapping import check_regressor
from .forecast import forecast
from .history import History
from .levels import choose_order, warn_of_levels
from .panel import MISSING
from .scaling import SCALINGS
from .window_model import WindowModel
from .windows import training_windows

_CHOICES = {
    "scaling": SCALINGS,
    "missing": MISSING,
    "error_bars": ("held_out", "regressor", None),
    "dtype": (None, "float32", "float64"),
}


class SequenceForecaster(BaseForecaster):
    """Forecast with any regressor on windows, one for all series of a panel.

    Parameters
    ----------
    regressor : estimator
        A regressor on windows ``(n_samples, length, n_features)``, a Pipeline that
        ends with one, or any scikit-learn regressor, which gets the time steps of a
        window side by side in one row. If it can't predict several outputs, one is
        fitted for each step.
    window_length : int, default=10
        Time steps in a window.
    horizon : int, default=None
        Steps ahead that the regressor forecasts at once; further steps are forecast
        from its own forecasts. None takes the last step of the ``fh`` given to
        ``fit``, or one step.
    scaling : {None, "subtract", "divide", "standardize"}, default=None
        What is done to ``y`` in each window and undone in its forecast: subtract its
        level, divide by it, or subtract the mean and divide by the standard
        deviation. Needed if one regressor forecasts series of different size, or if
        the level drifts and the regressor is a network or has trees, which can't
        forecast levels that they have not seen.
    level_length : int, default=None
        The level is the mean of this many last steps of the window (for "divide", of
        their absolute values), at most ``window_length``: one season, or 1 for the last
        value. None takes the whole window. If that leaves nothing to divide by, as in a
        window of zeros, the whole series gives the divisor.
    min_length : int, default=None
        Smallest number of observed steps in a training window, at most
        ``window_length``; shorter pasts are padded. None takes full windows. A series
        too short for that gives its longest padded one; with None, this is an error
        unless another series has full windows.
    past_only : list of str, default=None
        Columns of X that are not known ahead. All others must be given for every
        step from the last of ``y`` to the last of ``fh``.
    missing : {"error", "ffill", "interpolate"}, default="error"
        What replaces missing values, also those of missing dates: "ffill" takes the
        last value before, and does not train on windows with missing targets;
        "interpolate" interpolates between the neighbours, and measures no held-out
        errors there. A series starts at its first value.
    error_bars : {"held_out", "regressor", None}, default="held_out"
        Where intervals come from: errors on held-out windows, for which the regressor
        is fitted twice, or the regressor itself (``return_std``, or
        ``predict_quantiles`` with ``loss="quantile"``). None: no intervals.
    dtype : {None, "float32", "float64"}, default=None
        Dtype of the windows. None keeps that of ``y``, which transformers of sktime
        make float64; a network is two to three times as fast with "float32".

    Attributes
    ----------
    regressor_ : fitted estimator
    horizon_ : int
        Steps ahead that it forecasts at once.
    model_ : WindowModel
        The regressor with the scaling of its windows and the held-out errors.
    variables_ : (list of str, list of str)
        Columns of y, and those of X known ahead, in their order in the windows.

    Notes
    -----
    The windows hold ``y``, then the columns of ``past_only``, then what is known ahead
    in the layout of :class:`~skseq.KnownAhead`. If ``target`` and ``n_known_ahead`` of
    a regressor have their defaults, they are set to match; any other ``n_known_ahead``
    that does not match is an error.

    Each series of a panel is forecast from its own end. In-sample forecasts are one
    step ahead; the first step of a series has no past, so its forecast is NaN.

    ``fit``, ``predict`` and ``update`` raise ValueError if time steps are not regular
    or have no frequency, integers count them by more than 1, values are missing and
    ``missing`` is "error", y or a column of X is missing throughout a series or
    infinite, X does not reach as far as the forecasts, or no full window (with
    ``min_length``, no window) has ``horizon`` steps after it; TypeError if
    ``regressor`` is not a regressor. ``predict_interval``, ``predict_quantiles`` and
    ``predict_var`` raise ValueError if there are too few windows to hold some out, or
    with ``error_bars="regressor"``, the regressor has no error bars. If ``error_bars``
    is None, a tag says that there are no intervals, and sktime, which reads it before
    it asks this class, raises NotImplementedError.

    ``fit`` and ``pretrain`` warn if, without ``scaling``, the level of ``y`` drifts (in
    a panel, that of at least half of the series), and the forecasts do not follow it
    beyond the values of the past. The level is the mean of half a window, or of 5
    steps if that is more.

    ``update`` with ``update_params=True`` fits again on the whole history, or continues
    training if the regressor has ``warm_start=True``; with ``update_params=False`` it
    only extends the history. Rows after the last time given to ``update`` are dropped.

    ``pretrain`` fits the regressor on a panel; a later ``fit`` or ``update`` only takes
    the history of other series, which are then forecast with that regressor. Another
    ``pretrain`` fits it anew, or with ``warm_start=True`` trains it further.

    Held-out windows are the last fifth of each series, or every fifth series of a panel
    whose series are too short for that. The half width of an interval is the absolute
    error that a share of ``coverage`` of them does not exceed, in units of the window's
    level. In a panel, it is also in units of the usual error of the series, if that has
    held-out windows: the mean of its errors, drawn towards that of all series where
    windows are few. If the forecast iterates, errors of successive passes are assumed
    to be independent and to persist, as those of a random walk; of a series that
    returns to a mean, the intervals are then too wide.

    With n held-out errors, no interval covers more than n / (n + 1) on average. If
    ``predict_interval`` or ``predict_quantiles`` is asked for more, the interval
    reaches as far as the largest error, and a UserWarning says what it covers. 90 %
    needs 9 errors, 95 % 19 and 99 % 99, which is about five times as many windows.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skseq import GRURegressor
    >>> from skseq.forecasting import SequenceForecaster
    >>> y = load_airline()
    >>> forecaster = SequenceForecaster(
    ...     GRURegressor(hidden_size=8, max_epochs=3, random_state=0),
    ...     window_length=24,
    ...     scaling="divide",
    ... )
    >>> forecaster.fit(y, fh=[1, 2, 3]).predict().shape
    (3,)
    """

    _tags = {
        "authors": "skseq developers",
        "maintainers": "skseq developers",
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:categorical_in_X": False,
        "capability:non_contiguous_X": False,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:missing_values": True,
        "capability:update": True,
        "capability:pretrain": True,
        "pretrain:fitted_params": ["model_", "regressor_", "horizon_", "variables_"],
        "requires-fh-in-fit": False,
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
    }
    # The history is kept here, whether or not sktime keeps it by default.
    _config = {"remember_data": False}
    _y = _X = None

    def __init__(
        self,
        regressor,
        window_length=10,
        *,
        horizon=None,
        scaling=None,
        level_length=None,
        min_length=None,
        past_only=None,
        missing="error",
        error_bars="held_out",
        dtype=None,
    ):
        self.regressor = regressor
        self.window_length = window_length
        self.horizon = horizon
        self.scaling = scaling
        self.level_length = level_length
        self.min_length = min_length
        self.past_only = past_only
        self.missing = missing
        self.error_bars = error_bars
        self.dtype = dtype
        super().__init__()

    def __dynamic_tags__(self):
        """Return the capabilities that remain with these parameters."""
        self.set_tags(
            **{
                "capability:missing_values": self.missing != "error",
                "capability:pred_int": self.error_bars is not None,
            }
        )

    def _fit(self, y, X, fh):
        # Asked now, since the state after any fit is "fitted".
        self._learns = self._state != "pretrained"
        if self._learns:
            return self._learn(self._remember(y, X, fh), fh)
        self._remember_as_pretrained(y, X, fh)
        return self

    def _pretrain(self, y, X=None, fh=None):
        return self._learn(self._remember(y, X, fh), fh)

    def _pretrain_update(self, y, X=None, fh=None):
        panel = self._remember_as_pretrained(y, X, fh)
        self.model_.refit(*self._training_windows(panel))
        return self

    def _remember(self, y, X, fh):
        """Keep the history, and return its series."""
        self._check_parameters()
        freq = getattr(fh, "freq", None)
        self._history = History(y, X, freq, self.past_only, self.missing, self.dtype)
        return self._history.panel()

    def _learn(self, panel, fh):
        self.horizon_ = self.horizon or self._furthest(fh, panel)
        regressor = self.regressor
        if len(panel) > 1 or self.scaling is not None:
            regressor = choose_order(regressor, panel)
        self.model_ = WindowModel(
            regressor,
            self._history.n_targets,
            len(self._history.known),
            self.horizon_,
            self.scaling,
            self.level_length,
            self.error_bars,
        )
        self.variables_ = self._variables()
        self.model_.fit(*self._training_windows(panel))
        self.regressor_ = self.model_.regressor_
        warn_of_levels(self.model_, panel, self.window_length)
        return self

    def _remember_as_pretrained(self, y, X, fh):
        """Keep the history, with variables in the order they had in pretraining."""
        targets, known = self.variables_
        if X is not None and set(known) <= set(X.columns):
            others = [name for name in X.columns if name not in known]
            X = X[known + others]
        panel = self._remember(y, X, fh)
        given = self._variables()
        # Targets may have other names, but not the same names in another order.
        shuffled = given[0] != targets and set(given[0]) == set(targets)
        if len(given[0]) != len(targets) or shuffled or given[1] != known:
            raise ValueError(
                "y has the columns {} and X has {} known ahead, but ".format(*given)
                + f"pretrain had {targets} and {known}: give the same columns."
            )
        return panel

    def _variables(self):
        return list(self._history.y.columns), self._history.known

    def _predict(self, fh, X):
        forecasts, index = self._forecast(fh, X)
        return pd.DataFrame(forecasts[..., 0], index, self._history.y.columns)

    def _predict_quantiles(self, fh, X, alpha):
        forecasts, index = self._forecast(fh, X, alpha)
        self.model_.check_errors(alpha)
        columns = self._get_columns(method="predict_quantiles", alpha=alpha)
        quantiles = forecasts[..., :1] + forecasts[..., 1:]
        return pd.DataFrame(quantiles.reshape(len(index), -1), index, columns)

    def _update(self, y, X=None, update_params=True):
        self._history.update(y, X)
        if update_params and self._learns:
            self.model_.refit(*self._training_windows(self._history.panel()))
        return self

    def _check_parameters(self):
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} must be one of {choices}, got {getattr(self, name)!r}."
                )
        if self.past_only is not None and not is_list_like(self.past_only):
            raise TypeError(
                "past_only must be a list of columns of X, got "
                f"{self.past_only!r}: give [{self.past_only!r}]."
            )
        check_scalar(self.window_length, "window_length", Integral, min_val=1)
        for name in ("horizon", "level_length", "min_length"):
            if getattr(self, name) is not None:
                check_scalar(getattr(self, name), name, Integral, min_val=1)
        for name in ("level_length", "min_length"):
            if (getattr(self, name) or 0) > self.window_length:
                raise ValueError(
                    f"{name}={getattr(self, name)} is more than "
                    f"window_length={self.window_length}: give at most that."
                )
        if isinstance(self.regressor, BaseObject):
            raise TypeError(
                "regressor must be one of skseq or scikit-learn, such as "
                "GRURegressor() or LinearRegression(), got sktime's "
                f"{self.regressor!r}: a forecaster of sktime needs no "
                "SequenceForecaster around it, so fit it directly."
            )
        check_regressor(self.regressor)

    def _furthest(self, fh, panel):
        if fh is None:
            return 1
        steps = (step for step, _ in self._history.steps(fh, panel))
        return max(1, *(step.max() for step in steps))

    def _training_windows(self, panel):
        return training_windows(
            panel,
            self.window_length,
            self.horizon_,
            self.min_length,
            self.scaling,
            self.missing,
        )

    def _forecast(self, fh, X, alpha=()):
        """Return forecasts with the offsets of their quantiles, and their index.

        Returns
        -------
        ndarray of shape (n_rows, n_targets, 1 + len(alpha))
        Index of shape (n_rows,)
        """
        history = self._history
        panel = history.panel(X)
        asked = history.steps(fh, panel)
        history.check_reach(panel, asked, self.horizon_)
        steps, times = zip(*asked, strict=True)
        forecasts = forecast(self.model_, panel, steps, self.window_length, alpha)
        return np.concatenate(forecasts), history.index(panel, times)

    @classmethod
    def get_test_params(cls, parameter_set="default"):  # noqa: ARG003 (sktime gives it)
        """Return parameters for the tests of sktime.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored.

        Returns
        -------
        list of dict
        """
        network = {"max_epochs": 1, "random_state": 0}
        return [
            {"regressor": LinearRegression(), "window_length": 4},
            {
                "regressor": make_pipeline(
                    FunctionTransformer(),
                    DenseRegressor(hidden_layer_sizes=(4,), dropout=0.1, **network),
                ),
                "window_length": 3,
                "horizon": 2,
                "scaling": "subtract",
                "missing": "interpolate",
                "error_bars": "regressor",
            },
        ]
