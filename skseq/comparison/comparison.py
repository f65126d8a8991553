"""compare: fit models on the same windows, forecast from the same origins."""

from dataclasses import dataclass
from numbers import Integral, Real
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from sklearn.base import clone
from sklearn.utils import check_scalar

from ..displays import ForecastDisplay, MultiStepErrorDisplay, matplotlib_part
from ..estimators import NaiveRegressor
from ..transformers import SlidingWindow
from ..windows import sliding_windows
from .metrics import metrics, ratio


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found.

    Parameters
    ----------
    table : DataFrame
        One row a model: MAE and RMSE in the unit of the target, MAPE in percent,
        MASE, each also over that of the seasonal naive forecast (below 1 is better),
        and the seconds of ``fit`` and ``predict``.
    forecasts : dict of str to DataFrame of shape (n_origins, horizon)
        Of each model; the index holds the origins, the columns the steps ahead.
    truth : DataFrame of shape (n_origins, horizon)
        What the forecasts should have been.
    series : Series of shape (n_timesteps,)
        The target, training and test period.
    """

    table: pd.DataFrame
    forecasts: dict
    truth: pd.DataFrame
    series: pd.Series

    @property
    def origins(self):
        """The last row known to each forecast, as in the index of the series."""
        return self.truth.index

    def __str__(self):
        """Lay the table out, one line a model."""
        cells = self.table.apply(_four_digits)
        # A ratio stands right of its error: naming the error again would not fit.
        cells.columns = [
            "/naive" if " / " in column else column for column in cells.columns
        ]
        cells.index.name = None
        return cells.to_string()

    def plot(self, path=None, *, n_origins=3):
        """Draw forecasts over the truth, and the error by step ahead.

        The forecasts are those of the best model and the naive one (those of all
        models would hide each other); the errors are those of all models.

        Parameters
        ----------
        path : str or path-like, default=None
            Where to save the figure; the ending tells the format.
        n_origins : int, default=3
            Forecasts to show, the last ones that do not overlap.

        Returns
        -------
        matplotlib.figure.Figure
        """
        figure = matplotlib_part("figure").Figure(figsize=(6, 6), layout="constrained")
        above, below = figure.subplots(2)
        best = self.table["MAE"].idxmin()
        shown = [name for name in self.forecasts if name in (best, "naive")]
        ForecastDisplay(self.series, self.forecasts).plot(
            above, n_origins=n_origins, names=shown
        )
        MultiStepErrorDisplay.from_predictions(self.truth, self.forecasts, ax=below)
        above.set_title(f"The best model: {best}", pad=20)
        below.set_title(f"All models, over {len(self.truth)} origins", pad=20)
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure


def compare(
    models,
    data,
    *,
    target,
    horizon,
    window,
    season=1,
    test_fraction=0.2,
    gaps="raise",
    progress=False,
):
    """Fit models on the same training windows, test them on the same held-out ones.

    Every row of the test period but the last ``horizon`` is an origin, from which
    each model forecasts with the whole window of its past. A model is fitted once,
    on the windows whose targets lie before the test period.

    Parameters
    ----------
    models : dict of str to regressor
        Each takes windows ``(n_samples, window, n_features)``, in which the target
        is the first variable, and ``y`` of shape ``(n_samples, horizon)``, or
        ``(n_samples,)`` for one step. They are cloned.
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
        and for MASE.
    test_fraction : float, default=0.2
        Share of the rows that form the test period, at the end.
    gaps : {"raise", "ignore"}, default="raise"
        What to do where the index has holes or no regular step. "ignore" takes
        each row to follow the one before (trading days, events).
    progress : bool, default=False
        Whether to show a progress bar on standard error.

    Returns
    -------
    Comparison
        MASE is the mean absolute error over that of the seasonal naive forecast,
        one step ahead, in the training period.

    Raises
    ------
    ValueError
        If there are too few rows, the target is not a column, values are missing
        or no numbers, or the index is not in order.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import DenseRegressor, NaiveRegressor, compare
    >>> wave = np.sin(np.arange(300) / 2)
    >>> models = {"naive": NaiveRegressor(), "linear": DenseRegressor(random_state=0)}
    >>> result = compare(models, wave, target=0, horizon=3, window=14)
    >>> result.table["MAE / naive"] < 0.5
    model
    naive     False
    linear     True
    Name: MAE / naive, dtype: bool
    """
    if not models:
        raise ValueError("models is empty: give at least one, as {name: regressor}.")
    table = _as_table(data, target)
    split = _split(len(table), window, horizon, test_fraction)
    SlidingWindow(window, gaps=gaps).fit(table)  # refuses an index with holes
    values = table.to_numpy()
    windows = sliding_windows(values, window)[:-horizon]
    targets = sliding_windows(values[window:, :1], horizon)[:, :, 0]
    y = targets[:, 0] if horizon == 1 else targets
    truth = targets[split.test]

    def forecast(model):
        """Forecasts from all origins, and the seconds of fit and predict."""
        times = [perf_counter()]
        model.fit(windows[split.training], y[split.training])
        times.append(perf_counter())
        predicted = np.reshape(model.predict(windows[split.test]), truth.shape)
        times.append(perf_counter())
        return predicted, np.diff(times)

    # torch loads half of itself with its first optimiser: not the first model's time.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    naive, _ = forecast(NaiveRegressor(season))
    errors = metrics(values[: split.test_start, 0], season)
    reference = {error: function(truth, naive) for error, function in errors.items()}
    labels = {
        "index": table.index[window - 1 : len(table) - horizon][split.test],
        "columns": pd.RangeIndex(1, horizon + 1, name="step"),
    }
    rows, forecasts = {}, {}
    for name, model in _with_progress(models, progress):
        predicted, (fit, predict) = forecast(clone(model))
        forecasts[name] = pd.DataFrame(predicted, **labels)
        rows[name] = row = {}
        for error, function in errors.items():
            row[error] = function(truth, predicted)
            row[f"{error} / naive"] = ratio(row[error], reference[error])
        row["fit s"], row["predict s"] = fit, predict
    return Comparison(
        pd.DataFrame.from_dict(rows, orient="index").rename_axis("model"),
        forecasts,
        pd.DataFrame(truth, **labels),
        table.iloc[:, 0],
    )


def _as_table(data, target):
    """Check a series; return it as a table of numbers, the target first."""
    table = data.to_frame() if isinstance(data, pd.Series) else pd.DataFrame(data)
    if target not in table.columns:
        raise ValueError(
            f"target {target!r} is not among the columns {list(table.columns)}."
        )
    table = table[[target, *table.columns.drop(target)]]
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


@dataclass(frozen=True)
class _Split:
    """Windows to train on and to test on, and the first row of the test period."""

    training: slice
    test: slice
    test_start: int


def _split(n_rows, window, horizon, test_fraction):
    """Window i ends with row i + window - 1; its targets are the ``horizon`` next."""
    check_scalar(window, "window", Integral, min_val=1)
    check_scalar(horizon, "horizon", Integral, min_val=1)
    check_scalar(
        test_fraction,
        "test_fraction",
        Real,
        min_val=0,
        max_val=1,
        include_boundaries="neither",
    )
    test_start = n_rows - max(horizon, round(test_fraction * n_rows))
    n_training = test_start - window - horizon + 1
    if n_training < 1:
        raise ValueError(
            f"{n_rows} rows are too few: a window of {window}, a horizon of {horizon} "
            f"and a test period of {n_rows - test_start} leave nothing to train on. "
            "Give more rows, a shorter window or horizon, or a smaller test fraction."
        )
    return _Split(
        training=slice(n_training),
        test=slice(test_start - window, None),
        test_start=test_start,
    )


def _with_progress(models, progress):
    """Yield names and models, with a bar that names the model in work."""
    from tqdm import tqdm

    with tqdm(total=len(models), unit="model", disable=not progress) as bar:
        for name, model in models.items():
            bar.set_description(name)
            yield name, model
            bar.update()
        bar.set_description("done")


def _four_digits(column):
    """Format numbers with as many decimals as show four digits of the largest."""
    largest = column.abs().max()
    digits = (
        0 if not largest > 0 else int(np.clip(3 - np.floor(np.log10(largest)), 0, 3))
    )
    return column.map(f"{{:,.{digits}f}}".format)
