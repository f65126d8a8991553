"""compare: models fitted on the same rows that forecast from the same origins."""

import numpy as np
import pandas as pd
import torch

from ..estimators import NaiveRegressor
from ..index.panels import enumerate_series, label
from ..validation import check_share
from ..warning import warn
from ..windows import sliding_windows
from .metrics import interval_metrics, metrics, rounding
from .models import check_model
from .result import Comparison
from .rolling_origin import rolling_origin
from .runs import run_all
from .season import find_season
from .tables import by_series, check_tables, in_order, join


def compare(
    models,
    data,
    *,
    target,
    horizon,
    window,
    season=None,
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
    """Compare models that forecast from the same origins and know the same rows.

    Origins roll through the test period: from the row before it to the last row with
    ``horizon`` rows after it. A model is fitted on the rows up to the first origin
    (and again as often as ``refit`` says). It forecasts from each origin, and may use
    all rows up to it.

    Parameters
    ----------
    models : dict of str to estimator
        Any mix of the following kinds; they are cloned. Regressors on windows
        ``(n_samples, window, n_features)``, in which the target is the first
        variable, and ``y`` of shape ``(n_samples, horizon)``, or ``(n_samples,)`` for
        one step. Regressors of scikit-learn, which get each window as one row.
        Forecasters of sktime, which see only the target and what is known ahead (a
        SequenceForecaster also ``past_only``), but all of its past; all but
        SequenceForecaster are fitted again at each origin, since few of them can take
        new values without a fit. Of several series, each is a fit of its own if the
        forecaster takes only one.
    data : DataFrame, Series or array of shape (n_timesteps, n_features)
        Numbers, in time order; a table with its time index. For several series, the
        index has further levels, of which the last is time: one model learns from the
        windows of all series, and forecasts each. The series must have the same times
        in the test period, but may begin at different ones.
    target : column label, or int for an array
        The variable to forecast.
    horizon : int
        Steps to forecast.
    window : int
        Steps of the past that a model sees.
    season : int, default=None
        Time steps in a season, for the naive forecast that all models are compared
        with, and for MASE and RMSSE. None derives it from the dates: a day for hours
        and less (24 for hours, 96 for 15 minutes), 7 for days, or as many as most days
        or weeks have rows (5 without weekends); 52 for weeks, 12 for months, 4 for
        quarters, 2 for half-years. It is 1 for years, and if the index holds numbers:
        the naive forecast repeats the last value. It is also 1, with a warning, if the
        index holds text, if dates have another distance, or if a window is shorter than
        a season.
    known_ahead : list of column label, default=()
        Variables whose values for the coming steps are known at an origin (calendar,
        prices); all others are known only up to it. Their next ``horizon`` values are
        put beside each row, as :class:`KnownAhead` does, and ``n_known_ahead`` is set
        if a model has it. Forecasters of sktime get them as ``X``.
    test_fraction : float, default=0.2
        Share of the rows (of the longest series) that form the test period, at the
        end; it has at least ``horizon`` rows.
    step : int, default=1
        Rows from one origin to the next.
    refit : bool or int, default=False
        Whether to fit again at each origin, on all rows up to it; a number is the
        number of origins per fit.
    coverage : float, default=None
        Coverage of the intervals to ask for, from the models that have intervals:
        those with ``predict_interval``, ``predict_quantiles`` or
        ``predict(X, return_std=True)``, and forecasters of sktime. None for none.
    gaps : {"raise", "ignore"}, default="raise"
        What to do if the index has gaps or no regular step. "ignore" assumes that
        each row follows the one before (trading days, events).
    n_jobs : int, default=None
        Fits at a time, in separate processes; None means 1, -1 all cores. Times are
        comparable only without parallel fits.
    cache : path-like, default=None
        Folder where the result of each fit is kept, so that an interrupted run
        continues where it stopped. Results for other data, parameters or versions of
        libraries are not used, but changes in your own code are not noticed.
    progress : bool, default=False
        Whether to show a progress bar on standard error.

    Returns
    -------
    Comparison
        MASE is the mean absolute error divided by that of the seasonal naive
        forecast, one step ahead, in the training period; RMSSE is the same with root
        mean squared errors. For several series they are means over the series whose
        naive forecast is not exact.

    Raises
    ------
    ValueError, TypeError
        If there are too few rows, the target or a variable known ahead is not a
        column, values are missing or not numeric, the index is not in order, or a
        parameter is out of range.

    Warns
    -----
    UserWarning
        If ``season`` is None and can't be derived from the index; and once for each
        model that lacks a parameter for intervals, or rows for those of ``coverage``.

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
    _check_models(models)
    if coverage is not None:
        check_share(coverage, "coverage")
    table = in_order(data, target, known_ahead)
    names, tables = table.index.names, by_series(table)
    check_tables(tables, gaps)
    n_rows = max(map(len, tables.values()))
    folds = rolling_origin(n_rows, window, horizon, test_fraction, step, refit)
    _check_starts(tables, -folds[0][0] - 1, window + horizon)
    origins = np.concatenate(folds)
    _check_same_times(tables, origins[0])
    if season is None:
        season = _season_of(tables, window)
    # (n_series, n_origins, horizon), as all forecasts are
    truth = np.stack([_targets(table, origins, horizon) for table in tables.values()])

    def labelled(values):
        steps = pd.RangeIndex(1, horizon + 1, name="step")
        parts = {
            key: pd.DataFrame(part, table.index[origins], steps)
            for (key, table), part in zip(tables.items(), values, strict=True)
        }
        return join(parts, names)

    # The first optimiser makes torch load much of itself. Do that before timing.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    setting = {"window": window, "horizon": horizon, "n_known": len(known_ahead)}
    seasonal = {"naive": NaiveRegressor(season)}
    naive = run_all(seasonal, tables, folds, **setting)["naive"].values
    results = run_all(
        models, tables, folds, n_jobs, cache, progress, **setting, coverage=coverage
    )
    training = [
        table.to_numpy()[: len(table) + origins[0] + 1, 0] for table in tables.values()
    ]
    errors = metrics(training, season)
    reference = {error: function(truth, naive) for error, function in errors.items()}
    if reference["MAE"] <= rounding(truth):
        reference = dict.fromkeys(errors, 0)
    rows = {
        name: _row(found, truth, errors, reference, coverage)
        for name, found in results.items()
    }
    return Comparison(
        pd.DataFrame.from_dict(rows, orient="index").rename_axis("model"),
        {name: labelled(found.values) for name, found in results.items()},
        labelled(truth),
        join({key: table.iloc[:, 0] for key, table in tables.items()}, names),
        labelled(naive),
        {k: found.interval.reshape(-1, horizon, 2) for k, found in results.items()},
        step,
    )


def _check_models(models):
    """Refuse what is not a dict of names and estimators."""
    if not isinstance(models, dict):
        raise TypeError(
            f"models must be a dict of names and estimators, got {models!r}: give, "
            "for example, {'linear': Ridge()}."
        )
    if not models:
        raise ValueError("models is empty: give at least one, as {name: regressor}.")
    for name, model in models.items():
        if not isinstance(name, str):
            raise TypeError(
                f"The names of models must be text, got {name!r}: give "
                f"{str(name)!r}, for example."
            )
        check_model(model, f"models[{name!r}]")


def _season_of(tables, window):
    """Derive the season from the dates of the first series; warn where that fails."""
    try:
        return find_season(next(iter(tables.values())).index, window)[0]
    except ValueError as error:
        warn(
            f"{error} Now, season=1: the naive forecast, which all models are compared "
            "with, repeats the last value."
        )
        return 1


def _check_starts(tables, n_test, n_needed):
    """Refuse series that begin too late to be trained on."""
    late = [key for key, one in tables.items() if len(one) - n_test < n_needed]
    if late:
        raise ValueError(
            f"Series {label(late[0])} has {len(tables[late[0]])} rows, of which "
            f"{n_test} are the test period, but a window and its targets need "
            f"{n_needed} before it. Of {len(tables)} series, {len(late)} begin too "
            f"late: {enumerate_series(late)}. Leave these out, or give a shorter "
            "window, horizon or test fraction."
        )


def _check_same_times(tables, first_origin):
    """Refuse times by which a model could learn one series' future from another."""
    times = {key: table.index[first_origin:] for key, table in tables.items()}
    first, *others = times
    for key in others:
        if not times[key].equals(times[first]):
            [*_, apart] = times[key].symmetric_difference(times[first])
            raise ValueError(
                f"Series {label(first)} and {label(key)} have rows at different times "
                f"in the test period, for example at {apart}, but forecasts are made "
                "from the same times in all series. Give every series a row for each "
                "time (reindex, interpolate), or leave out the series that lack "
                "some."
            )


def _row(found, truth, errors, reference, coverage):
    """Return the row of a model in the table."""
    row = {}
    for name, function in errors.items():
        row[name] = function(truth, found.values)
        naive = reference[name] or np.nan  # 0 if the series repeats itself
        row[f"{name} / naive"] = row[name] / naive
    row["fit s"], row["predict s"] = found.seconds
    if coverage is not None:
        row |= interval_metrics(truth, found.interval, coverage)
    return row


def _targets(table, origins, horizon):
    """Return the values after some rows, which are counted from the end."""
    targets = sliding_windows(table.to_numpy()[:, :1], horizon)[:, :, 0]
    return targets[origins + len(table) + 1]
