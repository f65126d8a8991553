"""What transformers of a series share: validation, and finding the past of new rows."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    check_is_fitted,
)

from ..index import time_index as ti
from ..validation import check_series
from ..windows import leading_padding


class SeriesTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers of a series.

    Those that look back define ``_n_past()``, the number of rows. The last rows of the
    fitted series are then remembered, so that a table whose index continues or overlaps
    the fitted one gets its true past. An array has no index: its rows are taken to have
    no past.
    """

    def _fit_series(self, X):
        """Validate and remember a series; return it as an array."""
        rows, index = self._check(X, reset=True)
        self._remember(rows, index)
        return rows

    def _remember(self, rows, index):
        """Remember the end of a series that was checked."""
        # Twice the past, so that rows which overlap the end of the fitted series by
        # up to a window find all of their past too.
        n_kept = 2 * self._n_past() + 1
        self.history_ = rows[-n_kept:].copy()
        self.history_index_ = self.start_ = self.step_ = self._widest_step = None
        # The rows that a whole past takes, or all that the fitted series has of them.
        self._n_whole = min(self._n_past() + 1, len(rows) - leading_padding(rows))
        if index is not None:
            self.history_index_ = index[-n_kept:]
            self.start_ = index[0]
            if self.gaps == "raise":
                self.step_ = ti.find_step(index)
            else:
                self._widest_step = ti.widest_step(index)

    def _forget_series(self, X, n_features):
        """Set the state of a fit on a series without rows."""
        _check_feature_names(self, X, reset=True)
        self.n_features_in_ = n_features
        self._remember(np.empty((0, n_features)), None)
        self._n_whole = self._n_past() + 1

    def _with_past(self, X):
        """Return ``_n_past()`` rows of past (NaN if unknown), then the rows of X.

        Rows of NaN at the start of X, for which a step before had no past, count as
        past: those remembered are filled in.
        """
        check_is_fitted(self)
        rows, index = self._check(X, reset=False)
        n_padding = leading_padding(rows)
        past, why_short = self._find_past(index, n_padding)
        n_own = len(rows) - n_padding
        if why_short is not None and len(past) + n_own < self._n_whole:
            ti.warn_short_past(why_short, n_padding)
        elif n_own < self._n_whole and (far := self._say_if_far(index)):
            ti.warn_short_past(far, n_padding)
        n_before = self._n_past() + n_padding  # rows before the first that X holds
        extended = np.empty((self._n_past() + len(rows), rows.shape[1]), rows.dtype)
        past = past[max(0, len(past) - n_before) :]
        extended[: n_before - len(past)] = np.nan
        extended[n_before - len(past) : n_before] = past
        extended[n_before:] = rows[n_padding:]
        return extended

    def _find_past(self, index, n_padding=0):
        """Find the remembered rows right before the first of X that is not NaN.

        Returns
        -------
        past : ndarray of shape (n_found, n_features)
        why_short : str or None
            Why there are no more, unless X begins where the fitted series does.
        """
        unknown = self.history_[:0]
        if index is None or self.history_index_ is None:
            return unknown, (
                "X or the fitted series has no index of times (turn text into "
                "dates with pandas.to_datetime; steps of scikit-learn keep the "
                "index with set_output(transform='pandas'))"
            )
        fitted = self.history_index_
        ti.check_same_kind(index, fitted)
        ti.check_step(index, self.step_)
        if n_padding == len(index):
            return unknown, "it has no others"
        first = index[n_padding]
        before = int(fitted.searchsorted(first))
        if not self._continues(index, n_padding, before):
            return unknown, (
                f"its first row{' after these' if n_padding else ''}, {first}, is "
                "neither in the fitted series nor one step after the end of that "
                f"series, {fitted[-1]}"
            )
        why_short = None
        if index[0] < self.start_:
            why_short = (
                f"it starts at {index[0]}, before the fitted series, which starts at "
                f"{self.start_}"
            )
        elif index[0] > self.start_ < fitted[0]:
            why_short = (
                f"it starts at {index[0]}, inside the fitted series, of which only "
                f"the rows from {fitted[0]} are remembered"
            )
        return self.history_[:before], why_short

    def _continues(self, index, n_padding, before):
        """Tell whether the first row that is not NaN comes right after ``before``."""
        fitted = self.history_index_
        if before == 0:
            return True
        if self.gaps == "ignore":
            # Rows of NaN after the fitted series would lie between it and the row.
            return n_padding == 0 or index[n_padding - 1] <= fitted[-1]
        if before < len(fitted):
            return index[n_padding] == fitted[before]
        first = index[n_padding : n_padding + 1]
        return ti.has_step(first.insert(0, fitted[-1]), self.step_)

    def _say_if_far(self, index):
        """Say if X begins too long after the fitted series to follow it, else None."""
        last, widest = self.history_index_[-1:], self._widest_step
        if widest is None or index[0] <= last[0]:
            return None
        if not ti.is_wider(last.append(index[:1]), widest):
            return None
        return (
            f"its first row, {index[0]}, is further from the end of the fitted series, "
            f"{last[0]}, than any row of it from the one before, but gaps='ignore' "
            "takes it to follow"
        )

    def _check(self, X, *, reset, needs_names=True):
        if reset:
            ti.check_gaps(self.gaps)
        if hasattr(X, "to_frame") and not hasattr(X, "columns"):
            X = X.to_frame()
        if needs_names or hasattr(X, "columns"):
            _check_feature_names(self, X, reset=reset)
        index = ti.time_index(X)
        rows = check_series(X, estimator=self)
        _check_n_features(self, rows, reset=reset)
        return rows, index

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
