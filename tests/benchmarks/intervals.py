"""How often 80 % intervals cover everyday series, with default settings.

Public series (``tsdata``), of each kind a sample, are cut off at three origins, and
forecast from there with the window and horizon that ``python -m skseq compare``
chooses. Cells are the share of true values inside, and the mean interval score, in
units of each series' seasonal differences. Below each kind, one linear model for more
of its series, by ``scaling``; its third number is the share inside of the tenth of the
series that are covered least.
Run with ``python -m tests.benchmarks.intervals``.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from tsdata.fpp3 import raw

from skseq import ConformalRegressor, SequenceForecaster, default_models, forecast_next
from skseq.shell.compare import default_steps

COVERAGE, N_ORIGINS = 0.8, 3
N_SERIES, N_OF_PANEL = 15, 40
# name: table, labels of the series, value, season
KINDS = {
    "retail, months": ("aus_retail", ["State", "Industry"], "Turnover", 12),
    "jobs, months": ("us_employment", ["Title"], "Employed", 12),
    "livestock, months": ("aus_livestock", ["Animal", "State"], "Count", 12),
    "prescriptions, months": ("PBS", ["Concession", "Type", "ATC2"], "Scripts", 12),
    "travel, quarters": ("tourism", ["Region", "Purpose"], "Trips", 4),
    "arrivals, quarters": ("aus_arrivals", ["Origin"], "Arrivals", 4),
    "stocks, trading days": ("gafa_stock", ["Symbol"], "Close", 1),
}


def sample(table, labels, value, n_series, n_rows=360):
    """Return the last rows of some series, of those that are as long as most."""
    rows = raw[table].dropna(subset=[value])
    if "Month" in rows:
        rows = rows.assign(Month=pd.to_datetime(rows["Month"], format="%Y %b"))
    rows = rows.sort_values(rows.columns.intersection(["Month", "Quarter", "Date"])[0])
    series = [one[value].to_numpy(float)[-n_rows:] for _, one in rows.groupby(labels)]
    length = int(np.median(list(map(len, series))))
    series = [one for one in series if len(one) == length and np.ptp(one)]
    chosen = np.random.default_rng(0).permutation(len(series))[:n_series]
    return [series[i] for i in sorted(chosen)]


def models(season):
    """Return some default models, and SARIMA with calibrated bars."""
    own = default_models(season, random_state=0)
    return {
        "naive": ConformalRegressor(own["naive"]),
        "linear": ConformalRegressor(own["linear"], refit=True),
        "SARIMA": own["SARIMA"],
        "SARIMA, calibrated": ConformalRegressor(own["SARIMA"]),
    }


def score(ends, truth, past, season):
    """Return which true values are inside, and the interval score of each."""
    low, high = ends["low"].to_numpy(), ends["high"].to_numpy()
    outside = np.maximum(low - truth, truth - high).clip(0)
    unit = np.abs(past[season:] - past[:-season]).mean()
    return outside == 0, (high - low + 2 / (1 - COVERAGE) * outside) / unit


def main():
    """Print the tables."""
    warnings.simplefilter("ignore")
    for kind, (table, labels, value, season) in KINDS.items():
        series = sample(table, labels, value, N_SERIES)
        horizon, window = default_steps(season, len(series[0])).values()
        setting = {"target": "y", "horizon": horizon, "window": window}
        cells = []
        for model in models(season).values():
            found = []
            for one in series:
                for end in len(one) - horizon * np.arange(1, N_ORIGINS + 1):
                    past, truth = one[:end], one[end : end + horizon]
                    frame = pd.DataFrame({"y": past})
                    ends = forecast_next(model, frame, **setting, coverage=COVERAGE)
                    found.append(score(ends, truth, past, season))
            inside, scores = map(np.mean, zip(*found, strict=True))
            cells.append(f"{inside:.2f}, {scores:.1f}")
        print(f"{kind} ({len(series[0])}, {horizon} ahead)", *cells, sep=" | ")
        panel = sample(table, labels, value, N_OF_PANEL)
        for scaling in ("divide", "standardize"):
            model = SequenceForecaster(Ridge(), window, scaling=scaling)
            cell = _of_panel(model, panel, setting, season)
            print(f"  one model for {len(panel)}, {scaling}: {cell}", flush=True)


def _of_panel(model, series, setting, season):
    """Return the cell of one model for all series."""
    horizon, found = setting["horizon"], []
    for end in len(series[0]) - horizon * np.arange(1, N_ORIGINS + 1):
        frames = [pd.DataFrame({"y": one[:end]}) for one in series]
        panel = pd.concat(frames, keys=range(len(series)), names=["series", "time"])
        ends = forecast_next(model, panel, **setting, coverage=COVERAGE)
        found += [
            score(ends.loc[i], one[end : end + horizon], one[:end], season)
            for i, one in enumerate(series)
        ]
    inside, scores = map(np.array, zip(*found, strict=True))
    each = inside.reshape(N_ORIGINS, len(series), horizon).mean(axis=(0, 2))
    return f"{inside.mean():.2f}, {scores.mean():.1f}, {np.quantile(each, 0.1):.2f}"


if __name__ == "__main__":
    main()
