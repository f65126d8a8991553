"""ForecastDisplay: forecasts over the truth."""

import numpy as np
import pandas as pd

from ..index.panels import is_panel
from ..wrapping import central_interval
from .given import as_table, check_one_target, named
from .style import (
    axes_or_new,
    label_time,
    legend_above,
    plain_numbers,
    styles,
    timestamps,
)


class ForecastDisplay:
    """Forecasts from some origins, over the truth.

    Created by :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    y_true : Series of shape (n_timesteps,)
        The series that is forecast.
    forecasts : dict of str to DataFrame of shape (n_origins, horizon)
        The index holds the origins, which are also in the index of ``y_true``.
    intervals : dict of str to array-like of shape (n_origins, horizon, 2), default=None
        Lower and upper ends of the intervals of some models, or of all. NaN is not
        drawn.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    lines_ : dict of str to list of matplotlib.lines.Line2D
        For each model, one line per origin.
    bands_ : dict of str to list of matplotlib.collections.PolyCollection
        For each model with intervals, one band per origin.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from skseq.displays import ForecastDisplay
    >>> display = ForecastDisplay.from_predictions(
    ...     [1.0, 2.0, 3.0, 4.0], [[2.5, 3.5]], origins=[1], name="drift"
    ... )
    >>> display.ax_.get_legend_handles_labels()[1]
    ['truth', 'origin', 'drift']
    """

    def __init__(self, y_true, forecasts, intervals=None):
        self.y_true = y_true
        self.forecasts = forecasts
        self.intervals = intervals

    def plot(self, ax=None, *, n_origins=3, names=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.
        n_origins : int, default=3
            Forecasts to draw: the last one, and earlier ones that do not overlap.
        names : list of str, default=None
            Models to draw, in the same colours as among all models; None draws all.

        Returns
        -------
        self
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        time = timestamps(self.y_true.index)
        chosen = self._choose(n_origins, names)
        origins = sorted({origin for rows in chosen.values() for origin in rows})
        horizon = max(self.forecasts[name].shape[1] for name in chosen)
        intervals = self.intervals or {}
        shown = slice(max(0, origins[0] - horizon), origins[-1] + horizon + 1)
        self.ax_.plot(
            time[shown], self.y_true.iloc[shown], color="black", lw=1.5, label="truth"
        )
        for i, origin in enumerate(origins):
            label = None if i else "origin"
            self.ax_.axvline(time[origin], color="#999999", ls=":", lw=1, label=label)
        self.lines_, self.bands_ = {}, {}
        for name, style in styles(self.forecasts).items():
            for origin, row in chosen.get(name, {}).items():
                label = None if name in self.lines_ else name
                values = self.forecasts[name].to_numpy()[row]
                steps = time[origin + 1 : origin + 1 + len(values)]
                lines = self.ax_.plot(steps, values, label=label, **style)
                self.lines_.setdefault(name, []).extend(lines)
                if name in intervals:
                    low, high = np.asarray(intervals[name])[row].T
                    band = self.ax_.fill_between(
                        steps, low, high, color=style["color"], alpha=0.2, lw=0
                    )
                    self.bands_.setdefault(name, []).append(band)
        self.ax_.set(ylabel=self.y_true.name)
        label_time(self.ax_, time[shown])
        plain_numbers(self.ax_)
        legend_above(self.ax_)
        return self

    def _choose(self, n_origins, names):
        """For each model, the origins to draw (as positions) and their rows."""
        chosen = {}
        for name in self.forecasts if names is None else names:
            table = self.forecasts[name]
            horizon = table.shape[1]
            origins = self.y_true.index.get_indexer(table.index)
            complete = (origins >= 0) & (origins < len(self.y_true) - horizon)
            if not complete.any():
                raise ValueError(
                    f"No origin of {name!r} is in y_true together with all {horizon} "
                    "steps after it: give the whole series that was forecast."
                )
            wanted = origins[complete].max() - horizon * np.arange(n_origins)
            chosen[name] = {
                origins[row]: row
                for row in np.flatnonzero(complete & np.isin(origins, wanted))
            }
        return chosen

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        intervals=None,
        origins=None,
        name=None,
        ax=None,
        n_origins=3,
    ):
        """Draw given forecasts.

        Parameters
        ----------
        y_true : Series or array-like of shape (n_timesteps,)
            The series, including the rows before and after the origins.
        y_pred : array-like of shape (n_origins, horizon), or dict of str to such
            The forecasts of one model, or of several by name.
        intervals : array-like of shape (n_origins, horizon, 2), or dict, default=None
            Lower and upper ends, for one model, or for some by name.
        origins : array-like of shape (n_origins,), default=None
            The last row known to each forecast: labels of the index of ``y_true``, or
            positions if it is an array. None takes the index of ``y_pred``.
        name : str, default=None
            Name of a single model.
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.
        n_origins : int, default=3
            Forecasts to draw.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        ValueError
            If there are several series or columns, the origins are not known, or are
            more or fewer than the forecasts, no origin has all its steps in the series,
            or the shape of the intervals does not match the forecasts.
        """
        _check_truth(y_true)
        forecasts = named(y_pred, name)
        for label, values in forecasts.items():
            if origins is None and not isinstance(values, (pd.DataFrame, pd.Series)):
                raise ValueError(
                    f"The forecasts of {label!r} are an array, which does not say "
                    "when they were made: give origins."
                )
            if origins is not None and len(origins) != len(values):
                raise ValueError(
                    f"There are {len(origins)} origins for {len(values)} forecasts of "
                    f"{label!r}: give one for each."
                )
        forecasts = {k: as_table(v, origins) for k, v in forecasts.items()}
        intervals = {} if intervals is None else named(intervals, name)
        for label, ends in intervals.items():
            expected = (*forecasts[label].shape, 2)
            if np.shape(ends) != expected:
                raise ValueError(
                    f"The intervals of {label!r} have the shape {np.shape(ends)}: "
                    "give a lower and an upper end for each forecast, in the shape "
                    f"{expected}."
                )
        display = cls(pd.Series(y_true), forecasts, intervals)
        return display.plot(ax, n_origins=n_origins)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        coverage=None,
        origins=None,
        name=None,
        ax=None,
        n_origins=3,
    ):
        """Forecast, and draw the forecasts.

        Parameters
        ----------
        estimator : fitted regressor or Pipeline
            With one target; for several, pass the columns of one to
            :meth:`from_predictions`.
        X : as its ``predict`` takes
            One row per origin.
        y : Series or array-like of shape (n_timesteps,)
            The series that is forecast, including the rows before and after the
            origins: NaN for those in the future.
        coverage : float, default=None
            Coverage of the intervals, between 0 and 1; None draws none. They come from
            ``predict_interval``, ``predict_quantiles`` or
            ``predict(X, return_std=True)``.
        origins : array-like of shape (n_origins,), default=None
            As in :meth:`from_predictions`. None takes the index of ``X``.
        name : str, default=None
            None takes the name of the estimator's class.
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.
        n_origins : int, default=3
            Forecasts to draw.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        ValueError
            As :meth:`from_predictions`, and if the estimator has no intervals, or its
            ``target`` names several.
        """
        if origins is None:
            origins = getattr(X, "index", None)
        check_one_target(estimator)
        forecast, intervals = estimator.predict(X), None
        if coverage is not None:
            intervals = central_interval(estimator, X, coverage)
            if intervals is None:
                raise ValueError(
                    f"coverage={coverage}, but {type(estimator).__name__} gives no "
                    "intervals: wrap it in ConformalRegressor (in a Pipeline with "
                    "SlidingWindow, wrap the step after that), or leave coverage "
                    "out."
                )
            intervals = np.reshape(intervals, (len(forecast), -1, 2))
        return cls.from_predictions(
            y,
            forecast,
            intervals=intervals,
            origins=origins,
            name=name or type(estimator).__name__,
            ax=ax,
            n_origins=n_origins,
        )


def _check_truth(y_true):
    """Raise ValueError unless it is one series."""
    if np.ndim(y_true) != 1:
        raise ValueError(
            f"The series of true values has the shape {np.shape(y_true)}: give "
            "one column of the table, not the targets of horizon_targets."
        )
    if is_panel(y_true):
        raise ValueError(
            "The series of true values has an index of several levels: give one "
            "series (y.xs('A') of shop 'A'), with its X (X.xs('A', "
            "drop_level=False)) and origins=X.index.get_level_values(-1)."
        )
