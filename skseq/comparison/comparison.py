"""compare: models fitted on the same rows, forecasting from the same origins."""

import numpy as np
import pandas as pd
import torch

from ..estimators import NaiveRegressor
from ..transformers import SlidingWindow
from ..validation import check_share
from ..windows import sliding_windows
from .metrics import interval_metrics, metrics, ratio
from .result import Comparison
from .rolling_origin import rolling_origin
from .runs import run_all


def compare(
    models,
    data,
    *,
    target,
    horizon,
    window,
    season=1,
    known_ahead=(),
    test_fraction=0.2,
    step=1,
    refit=False,
    coverage=None,
    gaps="raise",
    n_jobs=None,
    cache=None,
    progress=False,
):
    """Compare models that forecast from the same origins, knowing the same rows.

    Origins roll through the test period: from the row before it to the last row with
    ``horizon`` rows after it. A model is fitted on the rows up to the first of them
    (and as often as ``refit`` says), and forecasts from each with its whole past.

    Parameters
    ----------
    models : dict of str to estimator
        Of any of these kinds, in any mixture; they are cloned. Regressors on windows
        ``(n_samples, window, n_features)``, in which the target is the first
        variable, and ``y`` of shape ``(n_samples, horizon)``, or ``(n_samples,)`` for
        one step. Regressors of scikit-learn, to which the windows are given as rows.
        Forecasters of sktime, which see the target and what is known ahead, but all
        of its past; all but SequenceForecaster are fitted anew at each origin, since
        few of them take new values without.
    data : DataFrame, Series or array of shape (n_timesteps, n_features)
        Numbers, in time order; a table with its time index.
    target : column label, or int for an array
        The variable to forecast.
    horizon : int
        Steps to forecast.
    window : int
        Steps of the past that a model sees.
    season : int, default=1
        Time steps in a season, for the naive forecast that all are compared with
        and for MASE and RMSSE.
    known_ahead : list of column label, default=()
        Variables whose values for the coming steps are known at an origin (calendar,
        prices); all others are known up to it. Their next ``horizon`` values are laid
        beside each row, as :class:`KnownAhead` does, and ``n_known_ahead`` is set
        where a model has it. Forecasters of sktime get them as ``X``.
    test_fraction : float, default=0.2
        Share of the rows that form the test period, at the end.
    step : int, default=1
        Rows from an origin to the next.
    refit : bool or int, default=False
        Whether to fit anew at each origin, on all rows up to it; a number counts
        origins to a fit.
    coverage : float, default=None
        Of the intervals that are wanted of models that give any: those with
        ``predict_interval``, ``predict_quantiles`` or ``predict(X, return_std=True)``,
        and forecasters of sktime. None wants none.
    gaps : {"raise", "ignore"}, default="raise"
        What to do where the index has holes or no regular step. "ignore" takes
        each row to follow the one before (trading days, events).
    n_jobs : int, default=None
        Fits at a time, in processes of their own; None means 1, -1 all cores. Seconds
        are comparable only without.
    cache : path-like, default=None
        Folder where the result of each fit is kept, so that a run that was
        interrupted goes on where it stopped. What depends on other data, parameters
        or versions of libraries is not used; changes of your own code go unnoticed.
    progress : bool, default=False
        Whether to show a progress bar on standard error.

    Returns
    -------
    Comparison
        MASE is the mean absolute error over that of the seasonal naive forecast,
        one step ahead, in the training period; RMSSE the same of squares.

    Raises
    ------
    ValueError, TypeError
        If there are too few rows, the target or what is known ahead is not a column,
        values are missing or no numbers, the index is not in order, or a parameter is
        out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skseq import NaiveRegressor, compare
    >>> wave = np.sin(np.arange(300) / 2)
    >>> models = {"naive": NaiveRegressor(), "linear": LinearRegression()}
    >>> result = compare(models, wave, target=0, horizon=3, window=14)
    >>> result.table["MAE / naive"] < 0.5
    model
    naive     False
    linear     True
    Name: MAE / naive, dtype: bool
    >>> result.differences()["p"]["linear"] < 0.01
    np.True_
    """
    if not isinstance(models, dict):
        raise TypeError(
            f"models must be a dict of names and estimators, got {models!r}: give "
            "such as {'linear': Ridge()}."
        )
    if not models:
        raise ValueError("models is empty: give at least one, as {name: regressor}.")
    if coverage is not None:
        check_share(coverage, "coverage")
    table = _as_table(data, target, known_ahead)
    folds = rolling_origin(len(table), window, horizon, test_fraction, step, refit)
    SlidingWindow(window, gaps=gaps).fit(table)  # refuses an index with holes
    origins = np.concatenate([fold.origins for fold in folds])
    labels = {
        "index": table.index[origins],
        "columns": pd.RangeIndex(1, horizon + 1, name="step"),
    }
    series = table.to_numpy()[:, :1]
    truth = sliding_windows(series, horizon)[origins + 1, :, 0]
    # torch loads half of itself with its first optimiser: not the first model's time.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    setting = {
        "table": table,
        "window": window,
        "horizon": horizon,
        "n_known": len(known_ahead),
    }
    naive = run_all({"naive": NaiveRegressor(season)}, folds, **setting)["naive"]
    naive = np.concatenate([part.values for part in naive])
    results = run_all(
        models, folds, n_jobs, cache, progress, **setting, coverage=coverage
    )
    errors = metrics(series[: origins[0] + 1, 0], season)
    reference = {error: function(truth, naive) for error, function in errors.items()}
    rows, forecasts, intervals = {}, {}, {}
    for name, parts in results.items():
        predicted = np.concatenate([part.values for part in parts])
        forecasts[name] = pd.DataFrame(predicted, **labels)
        intervals[name] = np.concatenate([part.interval for part in parts])
        rows[name] = row = {}
        for error, function in errors.items():
            row[error] = function(truth, predicted)
            row[f"{error} / naive"] = ratio(row[error], reference[error])
        row["fit s"], row["predict s"] = sum(part.seconds for part in parts)
        if coverage is not None:
            row.update(interval_metrics(truth, intervals[name], coverage))
    return Comparison(
        pd.DataFrame.from_dict(rows, orient="index").rename_axis("model"),
        forecasts,
        pd.DataFrame(truth, **labels),
        table.iloc[:, 0],
        pd.DataFrame(naive, **labels),
        intervals,
        step,
    )


def _as_table(data, target, known_ahead):
    """Check a series; return it as a table of numbers.

    The target is the first column, and what is known ahead the last ones.
    """
    table = data.to_frame() if isinstance(data, pd.Series) else pd.DataFrame(data)
    if target not in table.columns:
        raise ValueError(
            f"target {target!r} is not among the columns {list(table.columns)}."
        )
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()].tolist()
        raise ValueError(f"data has several columns called {twice}: rename them.")
    _check_known_ahead(known_ahead, table.columns.drop(target))
    others = table.columns.drop([target, *known_ahead])
    table = table[[target, *others, *known_ahead]]
    for column, dtype in table.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(dtype)):
            raise ValueError(
                f"Column {column!r} has dtype {dtype}, which is not numeric: encode "
                "it first (pandas.get_dummies), or drop it."
            )
    if not (table.dtypes == np.float32).all():
        table = table.astype(np.float64)
    bad = np.argwhere(~np.isfinite(table.to_numpy()))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"Column {table.columns[column]!r} is {table.iat[row, column]} at "
            f"{table.index[row]} (and {len(bad) - 1} more such values): impute it "
            "first, for example with DataFrame.interpolate, or drop the column."
        )
    return table


def _check_known_ahead(known_ahead, columns):
    """Refuse what are not columns beside the target."""
    if isinstance(known_ahead, str) or not np.iterable(known_ahead):
        raise TypeError(
            f"known_ahead must be a list of columns, got {known_ahead!r}: give "
            f"[{known_ahead!r}]."
        )
    if len(set(known_ahead)) < len(known_ahead) or set(known_ahead) - set(columns):
        raise ValueError(
            f"known_ahead={list(known_ahead)} must be columns beside the target, each "
            f"once: choose among {list(columns)}."
        )
