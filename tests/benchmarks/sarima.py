"""SARIMA estimated once against SARIMA re-estimated every day, side by side.

Chicago's rail boardings, SARIMA(1,0,0)(0,1,1,7), one day ahead, March to May 2019.
The textbook estimates anew every day, on the days since January 2019: as it does, by
statsmodels, and by SARIMARegressor with a warm start. Run with
``python tests/benchmarks/sarima.py cta_ridership.csv``.
"""

import argparse
import warnings
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd

from skseq import SARIMARegressor, SlidingWindow, horizon_targets

PUBLISHED = 32_041
ORDERS = (1, 0, 0), (0, 1, 1, 7)
TEST = slice("2019-03-01", "2019-05-31")
# First day of training, and days in a window.
ONCE = [("2019", 56), ("2001", 56), ("2001", 112), ("2001", 365)]


def load(path):
    """Return the boardings by date."""
    table = pd.read_csv(path, parse_dates=["service_date"]).drop_duplicates()
    rail = table.set_index("service_date").sort_index()["rail_boardings"]
    return rail.asfreq("D").astype(float)


def every_day(rail):
    """Forecast each day by a new estimation; returns the mean absolute error."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    forecasts = []
    for day in rail[TEST].index:
        past = rail["2019-01-01" : day - pd.Timedelta(days=1)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = SARIMAX(past, order=ORDERS[0], seasonal_order=ORDERS[1])
            forecasts.append(model.fit(disp=False).forecast(1).iloc[0])
    return np.abs(rail[TEST] - forecasts).mean()


def every_day_warm(rail, length=56):
    """Estimate as often by ours, each day from the parameters of the day before."""
    since = rail["2019-01-01" : TEST.stop]
    X, y = horizon_targets(since, target="rail_boardings", horizon=1)
    windows = SlidingWindow(length).fit_transform(X)
    model = SARIMARegressor(*ORDERS, warm_start=True)
    # The target of an origin is not known there, that of the day before is.
    forecasts = [
        model.fit(windows[:origin], y[:origin]).predict(windows[[origin]])[0]
        for origin in range(len(y) - len(rail[TEST]), len(y))
    ]
    return np.abs(rail[TEST] - forecasts).mean()


def once(rail, start, length):
    """Estimate on the days before March; returns the mean absolute error."""
    X, y = horizon_targets(rail[start:], target="rail_boardings", horizon=1)
    training = y.index < pd.Timestamp(TEST.start) - pd.Timedelta(days=1)
    model = SARIMARegressor(*ORDERS).fit(
        SlidingWindow(length).fit_transform(X[training]), y[training]
    )
    test = rail[pd.Timestamp(TEST.start) - pd.Timedelta(days=length) :]
    X, y = horizon_targets(test, target="rail_boardings", horizon=1)
    windows = SlidingWindow(length).fit_transform(X)[length - 1 :]
    forecasts = model.predict(windows)
    assert len(forecasts) == len(rail[TEST])
    return np.abs(rail[TEST] - forecasts).mean()


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", help="cta_ridership.csv")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    rail = load(arguments.path)
    protocols = {
        "every day, since 2019, statsmodels": lambda: every_day(rail),
        "every day, since 2019, windows of 56": lambda: every_day_warm(rail),
    }
    for start, length in ONCE:
        name = f"once, since {start}, windows of {length}"
        protocols[name] = lambda a=start, b=length: once(rail, a, b)
    once(rail, "2018", 56)  # imports
    rows = {name: [] for name in protocols}
    for _ in range(arguments.repeats):
        for name, protocol in protocols.items():
            before = perf_counter()
            error = protocol()
            rows[name].append((error, perf_counter() - before))
    table = pd.DataFrame(
        {
            name: {"MAE": runs[0][0], "seconds": median(time for _, time in runs)}
            for name, runs in rows.items()
        }
    ).T
    table["MAE / published"] = table["MAE"] / PUBLISHED
    table["times faster"] = table["seconds"].iloc[0] / table["seconds"]
    print(f"median time of {arguments.repeats} runs, estimation and forecasts")
    digits = {"MAE": 0, "seconds": 3, "MAE / published": 4, "times faster": 0}
    print(table.round(digits).to_string())


if __name__ == "__main__":
    main()
