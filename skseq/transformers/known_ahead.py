"""KnownAhead: the known values of the coming steps, beside each row of a series."""

from functools import partial
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from ..index.panels import is_panel
from ..index.time_index import check_same_kind, find_step, time_index
from ..validation import check_series
from ..warning import warn
from .each_series import (
    check_levels_of_fit,
    map_series,
    row_order,
    series_levels,
)
from .own_output import OwnOutput
from .series import SeriesTransformer


class KnownAhead(OwnOutput, SeriesTransformer):
    """Put the coming values of known variables beside each row of a series.

    The calendar, prices and weather forecasts of the coming steps are known when a
    forecast is made. If a holiday is coming, they help more than any network. They
    are looked up by index, both in ``fit`` and in ``predict``, so a forecast beyond
    the end of the series only needs a table that reaches far enough.

    Parameters
    ----------
    known : DataFrame or Series, default=None
        The variables. The index must hold all rows of X, and the ``horizon`` steps
        after each. With None, nothing is put beside X. As time goes on, a longer table
        with the same columns can replace it (``set_params``) without a new fit. If X
        holds several series (index levels before time), it either has the same levels,
        or only time, like a calendar for all.
    horizon : int, default=1
        Number of steps ahead.
    gaps : {"raise", "ignore"}, default="raise"
        What to do if the index of ``known`` has gaps or no regular step. "ignore"
        takes each row to follow the one before (trading days, events).

    Attributes
    ----------
    n_features_in_ : int
        Number of variables of X.
    feature_names_in_ : ndarray of str
        Column names of X, if it has them.

    Notes
    -----
    The result is a table if X is one, whatever ``set_output`` says, since the windows
    cut next need its index. Set ``n_known_ahead`` of the network that follows to the
    number of known variables, and let it forecast ``horizon`` steps: windows have no
    column names from which it could find out.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq import KnownAhead
    >>> days = pd.date_range("2024-12-23", periods=4)
    >>> sales = pd.DataFrame({"sales": [5.0, 9.0]}, index=days[:2])
    >>> calendar = pd.DataFrame({"holiday": [0, 0, 1, 1]}, index=days)
    >>> KnownAhead(calendar, horizon=2).fit_transform(sales)
                sales  holiday+1  holiday+2
    2024-12-23    5.0        0.0        1.0
    2024-12-24    9.0        1.0        1.0
    """

    def __init__(self, known=None, horizon=1, *, gaps="raise"):
        self.known = known
        self.horizon = horizon
        self.gaps = gaps

    def fit(self, X, y=None):
        """Check that the known values reach far enough.

        Parameters
        ----------
        X : DataFrame or Series of shape (n_timesteps, n_features)
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_outputs), default=None
            Targets; a warning says if ``horizon`` does not fit their steps.

        Returns
        -------
        self
        """
        check_scalar(self.horizon, "horizon", Integral, min_val=1)
        shape = np.asarray(y).shape
        n_outputs = shape[1] if len(shape) == 2 else 1
        if self.known is not None and y is not None and n_outputs % self.horizon:
            warn(
                f"horizon={self.horizon} of KnownAhead does not fit y, which has "
                f"{n_outputs} step(s): a network with n_known_ahead would take the "
                "known values of one step for those of another. Give KnownAhead the "
                "horizon of y. If only the last steps are of use, such as the hours of "
                "the next day, leave the others out of the forecast, but not of y."
            )
        self._levels = series_levels(X)
        self._each(partial(self._look_up, reset=True), X)
        return self

    def transform(self, X):
        """Put the known values beside a series.

        Parameters
        ----------
        X : DataFrame or Series of shape (n_timesteps, n_features)

        Returns
        -------
        DataFrame of shape (n_timesteps, n_features + n_known * horizon)
            The new columns come last, variable by variable, named ``name+1``,
            ``name+2``, ...

        Raises
        ------
        ValueError
            If X has no time index, or ``known`` does not hold the steps after it.
        """
        check_is_fitted(self)
        check_levels_of_fit(X, self._levels)
        tables, rows = self._each(self._lay, X)
        if not is_panel(X):
            return tables[0]
        return pd.concat(tables).iloc[row_order(rows)].set_axis(X.index)

    def _each(self, function, X):
        """Call a function with each series of X and the values known for it.

        Returns the results, and the positions of the rows of each series.
        """
        known = self.known
        if isinstance(known, (str, list, tuple)):
            names = [known] if isinstance(known, str) else list(known)
            raise TypeError(
                f"known must be a table of the values known ahead, got {known!r}: give "
                f"its columns, table[{names}], of which the index reaches "
                f"{self.horizon} steps beyond X."
            )
        known = known.to_frame() if isinstance(known, pd.Series) else known
        if not is_panel(X):
            return [function(X, known)], None
        of_series = _by_series(known, series_levels(X))
        return map_series(lambda key, part: function(part, of_series(key)), X)

    def _lay(self, X, known):
        rows, values, position = self._look_up(X, known, reset=False)
        X = X.to_frame() if isinstance(X, pd.Series) else X
        if known is None:
            return X if isinstance(X, pd.DataFrame) else rows
        step = np.arange(1, self.horizon + 1)
        # (n_timesteps, horizon, n_known) -> (n_timesteps, n_known * horizon)
        ahead = values[position[:, np.newaxis] + step].swapaxes(1, 2)
        ahead = pd.DataFrame(
            ahead.reshape(len(rows), -1),
            index=X.index,
            columns=[f"{name}+{i}" for name in self._columns for i in step],
        )
        # The next step would raise an error for names of mixed types.
        return pd.concat([X.rename(columns=str), ahead], axis=1)

    def _look_up(self, X, known, *, reset):
        """Return the rows of X, the known values, and the places of X among them."""
        rows, index = self._check(X, reset=reset)
        if known is None:
            self._check_columns([], reset=reset)
            return rows, None, None
        if index is None:
            raise ValueError(
                "X has no index of times, which is needed to find the values known "
                "ahead: give a DataFrame or Series whose index holds dates, periods "
                "or numbers."
            )
        values = check_series(known, "known").astype(rows.dtype, copy=False)
        position = self._find(index, time_index(known, "known"))
        self._check_columns(list(known.columns), reset=reset)
        if reset and len(position) > 1 and (apart := np.diff(position).min()) > 1:
            raise ValueError(
                f"The rows of X are {apart} or more rows of known apart: give X and "
                "known the same time step (DataFrame.resample)."
            )
        return rows, values, position

    def _check_columns(self, columns, *, reset):
        """Raise ValueError if the columns differ from those of ``fit``."""
        if reset:
            self._columns = columns
        elif columns != self._columns:
            raise ValueError(
                f"known has the columns {columns}, but had {self._columns} in fit: "
                "give the same, in the same order, or fit again."
            )

    def _find(self, index, known):
        """Positions of the rows of X in ``known``."""
        if known is None:
            raise ValueError(
                "known has no index of times: give it the same kind of index as X."
            )
        check_same_kind(known, index, "known", "X")
        if self.gaps == "raise":
            find_step(known, "known")
        position = known.get_indexer(index)
        if (position < 0).any():
            raise ValueError(
                f"known does not hold {index[(position < 0).argmax()]}, which is in "
                "X: known must hold all times of X and the steps that follow."
            )
        if position[-1] + self.horizon >= len(known):
            raise ValueError(
                f"known ends at {known[-1]} and X at {index[-1]}, but with "
                f"horizon={self.horizon} known must reach {self.horizon} steps "
                "further than X. Give a longer one; a fitted estimator takes it with "
                "set_params(known=...)."
            )
        return position


def _by_series(known, levels):
    """Return a function that finds the known values of a series by its labels."""
    if not is_panel(known):
        return lambda _: known
    if series_levels(known) != levels:
        raise ValueError(
            f"The index of known has the levels {list(series_levels(known))} before "
            f"time, but that of X has {list(levels)}: give known the same levels, or "
            "only time, if its values hold for all series."
        )
    tables, _ = map_series(lambda key, part: (key, part), known, "known")
    tables = dict(tables)

    def of_series(key):
        if key not in tables:
            raise ValueError("known has no row of this series: add its rows.")
        return tables[key]

    return of_series
