"""SlidingWindow: row i of a series becomes the rows that end with row i."""

from numbers import Integral

import pandas as pd
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from ..index.panels import is_panel
from ..windows import cut_windows, sliding_windows, take
from .each_series import (
    check_keeps_index,
    check_levels_of_fit,
    extend_each,
    fit_each,
    row_order,
    series_levels,
)
from .own_output import OwnOutput
from .series import SeriesTransformer

_PANDAS = (pd.DataFrame, pd.Series)


class SlidingWindow(OwnOutput, SeriesTransformer):
    """Turn each row of a series into the window that ends with it.

    The number of rows does not change, so ``y`` stays aligned, and a plain
    ``Pipeline``, ``TimeSeriesSplit`` and ``GridSearchCV`` work. Rows at the start
    have a short past: their windows begin with padding (rows of NaN), which every
    estimator of this package can handle.

    The last rows of the fitted series are remembered. A DataFrame or Series whose
    index continues or overlaps the fitted index gets its true past from these. An
    array has no index, so its first rows have a short past. If the index shows that
    rows are missing between the fitted series and the new one (as with
    ``TimeSeriesSplit(gap=...)``), the past is short as well. Rows of NaN at the start,
    as :class:`Differencer` leaves them, are no past, but are filled in if remembered.

    A table may hold several series: the last level of its index is then time, and
    those before it tell the series apart. All of the above holds for each by itself,
    in whatever order their rows are mixed. A series that is new in ``transform`` has no
    past.

    Parameters
    ----------
    length : int, default=28
        Number of time steps in a window.
    gaps : {"raise", "ignore"}, default="raise"
        What to do if the index of a table has gaps or no regular step.
        "ignore" takes each row to follow the one before (trading days, events).

    Attributes
    ----------
    history_ : ndarray of shape (min(n_timesteps, 2 * length - 1), n_features)
        The last rows of the fitted series. None after fitting several.
    history_index_ : pandas.Index or None
        Their index; None after fitting an array, or several series.
    series_ : dict of tuple to SlidingWindow, or None
        After fitting several series, a SlidingWindow fitted on each, by its labels.
    n_features_in_ : int
        Number of variables.
    feature_names_in_ : ndarray of str
        Column names, if the fitted series has them.

    See Also
    --------
    horizon_targets : The values to forecast from each row.
    skseq.windows.sliding_windows : The view itself, without padding.

    Notes
    -----
    The result is always an array ``(n_timesteps, length, n_features)``, even with
    ``set_output(transform="pandas")``: a table has no third dimension. It is a
    read-only view of one padded copy of the series, and takes no further memory. The
    windows of several series are a ``skseq.windows.LazyArray``: the networks and
    ``NaiveRegressor`` copy from it the windows that they read. For all others,
    ``numpy.asarray`` and ``reshape`` make an array of it.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SlidingWindow
    >>> SlidingWindow(length=3).fit_transform(np.arange(4.0)[:, None])[:, :, 0]
    array([[nan, nan,  0.],
           [nan,  0.,  1.],
           [ 0.,  1.,  2.],
           [ 1.,  2.,  3.]])

    Two shops, day by day:

    >>> import pandas as pd
    >>> index = pd.MultiIndex.from_product([range(3), ["A", "B"]]).swaplevel()
    >>> sales = pd.DataFrame({"sales": [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]}, index)
    >>> np.asarray(SlidingWindow(length=2).fit_transform(sales))[:, :, 0]
    array([[nan,  0.],
           [nan, 10.],
           [ 0.,  1.],
           [10., 11.],
           [ 1.,  2.],
           [11., 12.]])
    """

    series_ = None  # a single one, unless fit has several
    _levels = ()

    def __init__(self, length=28, *, gaps="raise"):
        self.length = length
        self.gaps = gaps

    def fit(self, X, y=None):
        """Remember the end of a series, or of each of several.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_timesteps, n_features)
            Time steps in order, within each series.
        y : DataFrame or Series, default=None
            Only checked: its index must be that of X.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the series (the longest of several) is shorter than a window, or its
            index is not in order, or has duplicates or (with ``gaps="raise"``) gaps.
        """
        check_scalar(self.length, "length", Integral, min_val=1)
        if (
            isinstance(X, _PANDAS)
            and isinstance(y, _PANDAS)
            and not X.index.equals(y.index)
        ):
            raise ValueError(
                "y is not aligned with X: their indexes differ. Take both from one "
                "call of horizon_targets, or use y.loc[X.index]."
            )
        check_keeps_index(X, y)
        self._levels, self.series_ = series_levels(X), None
        which = "series X"
        if is_panel(X):
            self.history_ = self.history_index_ = None
            self.series_, n_rows = fit_each(self, X)
            which = "longest series of X"
        else:
            n_rows = len(self._fit_series(X))
        if self.length > n_rows:
            raise ValueError(
                f"length={self.length} is longer than the {which}, which has "
                f"n_samples={n_rows} rows: give a shorter length or more rows."
            )
        return self

    def transform(self, X):
        """Cut one window for each row of a series.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_timesteps, n_features)

        Returns
        -------
        ndarray of shape (n_timesteps, length, n_features)
            A read-only view; of several series, a LazyArray.

        Raises
        ------
        ValueError
            If X holds several series and that of ``fit`` did not, or the reverse, or
            its index is not in order, or has duplicates or gaps, or another step than
            in ``fit``.
        """
        check_is_fitted(self)
        check_levels_of_fit(X, self._levels)
        if not is_panel(X):
            return sliding_windows(self._with_past(X), self.length)
        extended, rows = extend_each(self, X)
        ends = [range(self._n_past(), len(one)) for one in extended]
        windows = cut_windows(extended, ends, self.length)
        return windows if len(rows) == 1 else take(windows, row_order(rows))

    def _n_past(self):
        return self.length - 1
