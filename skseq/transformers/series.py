"""What transformers of a series share: validation, and finding the past of new rows."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names, check_is_fitted

from ..validation import check_series
from . import time_index as ti


class SeriesTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers that look back a fixed number of rows.

    The last rows of the fitted series are remembered, so that a table whose index
    continues or overlaps the fitted one gets its true past. An array has no index:
    its rows are taken to have no past.

    Subclasses define ``_n_past()``, the number of rows that a row looks back.
    """

    def _fit_series(self, X):
        """Validate and remember a series; return it as an array."""
        ti.check_gaps(self.gaps)
        rows, index = self._check(X, reset=True)
        # Twice the past, so that rows which overlap the end of the fitted series by
        # up to a window find all of their past too.
        n_kept = 2 * self._n_past() + 1
        self.history_ = rows[-n_kept:].copy()
        self.history_index_ = self.start_ = self.step_ = None
        if index is not None:
            self.history_index_ = index[-n_kept:]
            self.start_ = index[0]
            self.step_ = ti.find_step(index) if self.gaps == "raise" else None
        return rows

    def _forget_series(self, X, n_features):
        """Set the state of a fit on a series without rows."""
        _check_feature_names(self, X, reset=True)
        self.n_features_in_ = n_features
        self.history_ = np.empty((0, n_features))
        self.history_index_ = self.start_ = self.step_ = None

    def _with_past(self, X):
        """Return ``_n_past()`` rows of past (NaN if unknown), then the rows of X."""
        check_is_fitted(self)
        rows, index = self._check(X, reset=False)
        n_past = self._n_past()
        extended = np.empty((n_past + len(rows), rows.shape[1]), dtype=rows.dtype)
        past = self._find_past(index, len(rows))
        past = past[max(0, len(past) - n_past) :]
        extended[: n_past - len(past)] = np.nan
        extended[n_past - len(past) : n_past] = past
        extended[n_past:] = rows
        return extended

    def _find_past(self, index, n_rows):
        """Find the remembered rows right before the first of ``index``."""
        unknown = self.history_[:0]
        is_short = n_rows <= self._n_past()  # no row has its whole past among them
        if index is None or self.history_index_ is None:
            if is_short:
                ti.warn_short_past(
                    "X or the fitted series has no index of times (turn text into "
                    "dates with pandas.to_datetime; steps of scikit-learn keep the "
                    "index with set_output(transform='pandas'))"
                )
            return unknown
        fitted = self.history_index_
        ti.check_same_kind(index, fitted)
        ti.check_step(index, self.step_)
        before = int(fitted.searchsorted(index[0]))
        if not self._continues(index, before):
            if is_short:
                ti.warn_short_past(
                    f"its first row, {index[0]}, is neither in the fitted series nor "
                    f"one step after the end of that series, {fitted[-1]}"
                )
            return unknown
        if is_short and index[0] < self.start_:
            ti.warn_short_past(
                f"it starts at {index[0]}, before the fitted series, which starts at "
                f"{self.start_}"
            )
        forgotten = before < self._n_past() and self.start_ < fitted[0]
        if is_short and forgotten and index[0] > self.start_:
            ti.warn_short_past(
                f"it starts at {index[0]}, inside the fitted series, of which only "
                f"the rows from {fitted[0]} are remembered"
            )
        return self.history_[:before]

    def _continues(self, index, before):
        """Tell whether the first of ``index`` comes right after ``before`` rows."""
        fitted = self.history_index_
        if self.gaps == "ignore" or before == 0:
            return True
        if before < len(fitted):
            return index[0] == fitted[before]
        return ti.has_step(index[:1].insert(0, fitted[-1]), self.step_)

    def _check(self, X, *, reset):
        if hasattr(X, "to_frame") and not hasattr(X, "columns"):
            X = X.to_frame()
        _check_feature_names(self, X, reset=reset)
        index = ti.time_index(X)
        rows = check_series(X, estimator=self)
        if reset:
            self.n_features_in_ = rows.shape[1]
        elif rows.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {rows.shape[1]} features, but {type(self).__name__} is "
                f"expecting {self.n_features_in_} features as input."
            )
        return rows, index

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
