"""LaggedDifferenceDisplay: whether a series repeats itself after a season."""

from numbers import Integral

from sklearn.utils import check_scalar

from .given import as_series
from .style import (
    STYLES,
    label_time,
    legend_above,
    plain_numbers,
    timestamps,
    two_axes,
)


class LaggedDifferenceDisplay:
    """A series over its own lagged values, and below, the difference.

    Created by :meth:`from_series`.

    Parameters
    ----------
    series : Series of shape (n_timesteps,)
    lag : int
        Lag in time steps, such as the length of a season.

    Attributes
    ----------
    difference : Series of shape (n_timesteps,)
        The change of the series in ``lag`` steps; NaN at the first ``lag`` steps.
    axes_ : ndarray of matplotlib.axes.Axes of shape (2,)
    figure_ : matplotlib.figure.Figure
    lines_ : dict of str to matplotlib.lines.Line2D
        "series", "lagged" and "difference".

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from skseq.displays import LaggedDifferenceDisplay
    >>> display = LaggedDifferenceDisplay.from_series([1, 5, 2, 6, 4], lag=2)
    >>> display.difference.to_list()
    [nan, nan, 1.0, 1.0, 2.0]
    """

    def __init__(self, series, lag):
        self.series = series
        self.lag = lag
        self.difference = series.diff(lag)

    def plot(self, axes=None):
        """Draw.

        Parameters
        ----------
        axes : array-like of two matplotlib.axes.Axes, default=None
            For the series and the difference. None creates a figure.

        Returns
        -------
        self
        """
        self.axes_ = above, below = two_axes(axes)
        self.figure_ = above.figure
        time = timestamps(self.series.index)
        grey = {"color": STYLES[0]["color"]}
        lagged = {"label": f"{self.lag} steps before", "ls": ":", **grey}
        self.lines_ = {}
        for name, ax, values, style in [
            ("lagged", above, self.series.shift(self.lag), lagged),
            ("series", above, self.series, {"label": "series", "color": "black"}),
            ("difference", below, self.difference, {"color": STYLES[1]["color"]}),
        ]:
            [self.lines_[name]] = ax.plot(time, values, lw=1.2, **style)
        below.axhline(0, lw=0.8, **grey)
        above.set(ylabel=self.series.name)
        below.set(ylabel="difference")
        label_time(below, time)
        plain_numbers(above)
        plain_numbers(below)
        legend_above(above)
        return self

    @classmethod
    def from_series(cls, series, *, lag=1, gaps="raise", axes=None):
        """Draw a series.

        Parameters
        ----------
        series : Series, or array-like of shape (n_timesteps,) or (n_timesteps, 1)
        lag : int, default=1
            Lag in time steps, such as the length of a season.
        gaps : {"raise", "ignore"}, default="raise"
            Lags count rows, so a row missing in the index is an error, unless it is
            ignored, as weekends are for trading days.
        axes : array-like of two matplotlib.axes.Axes, default=None
            None creates a figure.

        Returns
        -------
        LaggedDifferenceDisplay

        Raises
        ------
        ValueError
            If the series has several columns, is not in time order, lacks rows, or has
            no more than ``lag``.
        """
        series = as_series(series, gaps)
        check_scalar(lag, "lag", Integral, min_val=1)
        if lag >= len(series):
            raise ValueError(
                f"lag={lag} needs more than the {len(series)} rows of the series: "
                "give a smaller lag."
            )
        return cls(series, lag).plot(axes)
