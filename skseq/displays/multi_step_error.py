"""MultiStepErrorDisplay: how the error grows with the steps ahead."""

import numpy as np
import pandas as pd

from .given import as_table, check_one_target, named
from .style import axes_or_new, legend_above, plain_numbers, styles, whole_steps


class MultiStepErrorDisplay:
    """Mean absolute error by step ahead.

    Created by :meth:`from_predictions` or :meth:`from_estimator`.

    Parameters
    ----------
    errors : dict of str to ndarray of shape (horizon,)
        Errors of each model, in the unit of the target.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    lines_ : dict of str to matplotlib.lines.Line2D

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from skseq.displays import MultiStepErrorDisplay
    >>> y_true, y_pred = [[1.0, 2.0], [2.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]]
    >>> display = MultiStepErrorDisplay.from_predictions(y_true, y_pred)
    >>> display.errors
    {'forecast': array([0.5, 1.5])}
    """

    def __init__(self, errors):
        self.errors = errors

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        self
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = {}
        for name, style in styles(self.errors).items():
            error = self.errors[name]
            steps = np.arange(1, len(error) + 1)
            [self.lines_[name]] = self.ax_.plot(steps, error, label=name, **style)
        self.ax_.set(xlabel="steps ahead", ylabel="mean absolute error")
        self.ax_.set_ylim(bottom=0)  # so that heights can be compared
        whole_steps(self.ax_.xaxis)
        plain_numbers(self.ax_)
        legend_above(self.ax_)
        return self

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, name=None, ax=None):
        """Draw the errors of given forecasts.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or (n_samples, horizon)
        y_pred : array-like of the shape of y_true, or dict of str to such
            The forecasts of one model, or of several by name.
        name : str, default=None
            Name of a single model.
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        MultiStepErrorDisplay

        Raises
        ------
        ValueError
            If the shapes differ, or the origins of tables.
        """
        truth = as_table(y_true)
        errors = {}
        for label, given in named(y_pred, name).items():
            values = as_table(given)
            if values.shape != truth.shape:
                raise ValueError(
                    f"The forecasts of {label!r} have shape {values.shape}, but "
                    f"y_true has {truth.shape}: give both the same shape."
                )
            tables = (isinstance(y, pd.DataFrame | pd.Series) for y in (y_true, given))
            if all(tables) and not values.index.equals(truth.index):
                raise ValueError(
                    f"The forecasts of {label!r} have other origins than y_true in "
                    "their index: give the rows of the same origins, in one order, or "
                    "arrays if the rows already correspond."
                )
            errors[label] = np.abs(truth.to_numpy() - values.to_numpy()).mean(axis=0)
        return cls(errors).plot(ax)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, name=None, ax=None):
        """Forecast, and draw the errors.

        Parameters
        ----------
        estimator : fitted regressor or Pipeline
            With one target; for several, pass the columns of one to
            :meth:`from_predictions`.
        X : as its ``predict`` takes
        y : array-like of shape (n_samples,) or (n_samples, horizon)
            The true values of one target.
        name : str, default=None
            None takes the name of the estimator's class.
        ax : matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        MultiStepErrorDisplay

        Raises
        ------
        ValueError
            If the shapes differ, or the estimator's ``target`` names several.
        """
        check_one_target(estimator)
        return cls.from_predictions(
            y, estimator.predict(X), name=name or type(estimator).__name__, ax=ax
        )
