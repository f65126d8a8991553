"""Differencer: seasonal and repeated differences, on a series or on windows."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_n_features,
    check_is_fitted,
)

from ..index.time_index import time_index
from ..validation import check_windows
from ..windows import (
    chunks,
    difference,
    integrate,
    leading_padding,
    level_drifts,
    observed,
    series_of,
)
from .series import SeriesTransformer

N_COMPARED = 100
"""Differences by which an array is known to start where the fitted series does."""

N_SEASONS = 20
"""Seasons from which one can tell whether the level drifts."""


def _has_columns(differencer):
    """Tell whether not fitted on windows, which cannot become a table (set_output)."""
    return len(getattr(differencer, "history_", [None])) > 0


class Differencer(SeriesTransformer):
    """Subtract from each row the row ``lag`` steps before, ``order`` times.

    Works on a series (DataFrame, Series or two-dimensional array) and on windows
    (three-dimensional array). Rows whose past is not known become NaN, which is
    padding in windows cut afterwards.

    Parameters
    ----------
    lag : int, default=1
        Distance of the row that is subtracted: 1 removes a trend, the number of
        steps in a season removes the season.
    order : int or "auto", default=1
        How many times to difference, 0 for not at all. With "auto", once if the level
        drifts or X is too short to tell, else not at all: a network can't forecast
        levels far from those it was trained on, but makes use of a level that returns.
    gaps : {"raise", "ignore"}, default="raise"
        What to do if the index of a table has gaps or no regular step.

    Attributes
    ----------
    order_ : int
        How many times ``fit`` found to difference. With "auto", 1 if the mean over
        ``lag`` steps of any variable has more than twice the variance of its own
        changes over ``lag`` steps, or X has fewer than ``20 * lag`` steps; else 0.
        Windows of no more than ``lag`` steps give 0.
    head_ : ndarray of shape (n_samples, lag * order, n_features)
        The first rows, after padding, of each window in ``fit``, or of the fitted
        series (``n_samples`` is 1). ``inverse_transform`` starts from them.
    n_padding_ : ndarray of shape (n_samples,)
        Number of rows of padding before them.
    history_ : ndarray of shape (min(n_timesteps, 2 * lag * order + 1), n_features)
        The last rows of the fitted series.
    n_features_in_ : int
        Number of variables.
    feature_names_in_ : ndarray of str
        Column names, if the fitted series has them.

    Notes
    -----
    Differences of windows are a copy, since the first rows of each window have no
    past. For a long series, difference first and then cut windows, or use
    :class:`TransformedWindowRegressor`.

    References
    ----------
    .. [1] G. E. P. Box and G. M. Jenkins, "Time Series Analysis: Forecasting and
       Control", Holden-Day, 1970.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Differencer
    >>> series = np.array([[1.0], [4.0], [9.0], [16.0]])
    >>> differencer = Differencer(order=2)
    >>> changes = differencer.fit_transform(series)
    >>> changes.ravel()
    array([nan, nan,  2.,  2.])
    >>> differencer.inverse_transform(changes).ravel()
    array([ 1.,  4.,  9., 16.])

    An array without NaN at its start is taken to continue the fitted series:

    >>> differencer.inverse_transform(np.array([[2.0], [2.0]])).ravel()
    array([25., 36.])
    """

    def __init__(self, lag=1, order=1, *, gaps="raise"):
        self.lag = lag
        self.order = order
        self.gaps = gaps

    def fit(self, X, y=None):
        """Remember the start and the end of a series, or the start of windows.

        Parameters
        ----------
        X : DataFrame, Series or array of shape (n_timesteps, n_features), \
                or array of shape (n_samples, length, n_features)
        y : None
            Ignored.

        Returns
        -------
        self
        """
        check_scalar(self.lag, "lag", Integral, min_val=1)
        if _is_windows(X):
            rows = np.asarray(check_windows(X))
            self.order_ = self._find_order(rows)
            self._forget_series(X, rows.shape[2])
        else:
            series, index = self._check(X, reset=True)
            self.order_ = self._find_order(series)
            self._remember(series, index)
            rows = series[np.newaxis]
        n_samples, length, _ = rows.shape
        n_past = self._n_past()
        if length <= n_past:
            more = "longer windows" if _is_windows(X) else "more rows"
            raise ValueError(
                f"Differences of lag={self.lag} and order={self.order_} need more than "
                f"{n_past} time steps, but X has {length} "
                f"(n_samples={n_samples if _is_windows(X) else length}): give {more}, "
                "or a smaller lag or order."
            )
        parts = [np.isnan(rows[p, :, 0]).sum(axis=1) for p in chunks(rows)]
        self.n_padding_ = np.concatenate(parts)
        first = self.n_padding_[:, np.newaxis] + np.arange(n_past)
        # A window with fewer rows does not need the rest of its head.
        first = np.minimum(first, length - 1)
        self.head_ = rows[np.arange(n_samples)[:, np.newaxis], first]
        if not _is_windows(X):
            start = rows[0, self.n_padding_[0] :][: n_past + N_COMPARED]
            self._first_changes = difference(start, self.lag, self.order_)
        return self

    def _find_order(self, rows):
        if not isinstance(self.order, str):
            check_scalar(self.order, "order", Integral, min_val=0)
            return self.order
        if self.order != "auto":
            raise ValueError(f"order must be a number or 'auto', got {self.order!r}.")
        series = rows
        if rows.ndim == 3:
            if rows.shape[1] <= self.lag:
                return 0
            series = series_of(rows)
        rows = rows if series is None else series[np.newaxis]
        is_short = observed(rows).sum() < N_SEASONS * self.lag
        return int(is_short or level_drifts(rows, self.lag))

    def transform(self, X, past=None):
        """Difference a series or windows.

        Parameters
        ----------
        X : DataFrame, Series or array of shape (n_timesteps, n_features), \
                or array of shape (n_samples, length, n_features)
        past : array of shape (..., n_past, n_features), default=None
            The rows right before X (before each window). With None, the past of a
            table is found in the fitted series, by index.

        Returns
        -------
        ndarray of the shape of X
            NaN in rows whose past is not known.
        """
        check_is_fitted(self)
        if past is None and not _is_windows(X):
            return difference(self._with_past(X), self.lag, self.order_)
        rows = self._check_rows(X)
        n_past = self._n_past()
        shape = (*rows.shape[:-2], n_past + rows.shape[-2], rows.shape[-1])
        extended = np.full(shape, np.nan, dtype=rows.dtype)
        extended[..., n_past:, :] = rows
        if past is not None:
            past = self._check_past(past, rows)
            extended[..., n_past - past.shape[-2] : n_past, :] = past
        return difference(extended, self.lag, self.order_)

    def inverse_transform(self, X, past=None):
        """Undo the differencing.

        Parameters
        ----------
        X : DataFrame, Series or array of shape (n_timesteps, n_features), \
                or array of shape (n_samples, length, n_features)
            Differences.
        past : array of shape (..., n_past, n_features), default=None
            The values, not differenced, right before X. With None, they are taken from
            the fitted data: for a table, those before its index; for an array, the end
            of the fitted series, or its start if X begins with NaN and then with the
            fitted differences; for windows, the starts of the fitted ones.

        Returns
        -------
        ndarray of the shape of X

        Raises
        ------
        ValueError
            If the values before X are not known.
        """
        check_is_fitted(self)
        # What transform returns, or a model predicts, often has no names.
        rows = self._check_rows(X, needs_names=False)
        index = None if self.history_index_ is None else time_index(X)
        if past is not None:
            past = self._check_past(past, rows)
        elif rows.ndim == 3 or self._starts_with_fitted(rows, index):
            return self._restore(rows)
        elif index is not None:
            past = self._find_past(index)[0]
        else:
            past = self.history_[:0] if np.isnan(rows[0, 0]) else self.history_
        if past.shape[-2] < self._n_past():
            raise ValueError(self._say_unknown(rows))
        return integrate(rows, past, self.lag, self.order_)

    def _starts_with_fitted(self, rows, index):
        """Tell whether differences begin at the start of the fitted series."""
        if index is not None:
            return index[0] == self.start_
        if not len(self.history_):  # fitted on windows
            return False
        n_missing = leading_padding(rows)
        n_compared = min(len(rows) - n_missing, len(self._first_changes))
        if n_compared == 0:  # nothing can differ, if there is nothing to know
            return n_missing > 0 and len(self._first_changes) == 0
        if n_missing != self.n_padding_[0] + self._n_past():
            return False
        return np.allclose(
            rows[n_missing : n_missing + n_compared],
            self._first_changes[:n_compared],
            atol=100 * np.finfo(rows.dtype).eps * np.abs(self.head_).max(initial=0),
        )

    def _say_unknown(self, rows):
        if np.isnan(rows[0]).all():
            return (
                f"The {self._n_past()} values before the first difference of X are not "
                "known: X starts with NaN, but not with the differences of the start "
                "of the fitted series. Give the values at its rows of NaN as past, and "
                "the rows after these as X."
            )
        return (
            f"The {self._n_past()} values before X are not known: X neither starts "
            "with the fitted series nor continues it. Give them as past."
        )

    def _restore(self, rows):
        """Undo the differencing of the fitted data, starting from their first rows."""
        windows = rows if rows.ndim == 3 else rows[np.newaxis]
        n_samples, length, _ = windows.shape
        if n_samples != len(self.head_):
            raise ValueError(
                f"X has {n_samples} windows, but the fitted data had "
                f"{len(self.head_)}, so the values before them are not known. Give "
                "them as past."
            )
        result = np.full_like(windows, np.nan)
        for start in np.unique(self.n_padding_):
            same = self.n_padding_ == start
            head = self.head_[same]
            rest = start + self._n_past()
            result[same, start:rest] = head[:, : max(0, length - start)]
            result[same, rest:] = integrate(
                windows[same, rest:], head, self.lag, self.order_
            )
        return result.reshape(rows.shape)

    @available_if(_has_columns)
    def get_feature_names_out(self, input_features=None):
        """Return the names of the input columns, which differencing does not change.

        Parameters
        ----------
        input_features : array-like of str, default=None

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        return _check_feature_names_in(self, input_features)

    def _check_rows(self, X, *, needs_names=True):
        if not _is_windows(X):
            return self._check(X, reset=False, needs_names=needs_names)[0]
        windows = np.asarray(check_windows(X))  # differences are a copy of them all
        _check_n_features(self, windows[0], reset=False)
        return windows

    def _check_past(self, past, rows):
        """Check ``past``, and return as many of its last rows as are needed."""
        past = np.asarray(past, dtype=rows.dtype)
        fits = past.shape[:-2] == rows.shape[:-2] and past.shape[-1:] == rows.shape[-1:]
        if past.ndim != rows.ndim or not fits:
            raise ValueError(
                f"past has shape {past.shape}, but X has {rows.shape}: only the "
                "number of time steps may differ."
            )
        return past[..., max(0, past.shape[-2] - self._n_past()) :, :]

    def _n_past(self):
        return self.lag * self.order_


def _is_windows(X):
    return getattr(X, "ndim", 2) == 3
