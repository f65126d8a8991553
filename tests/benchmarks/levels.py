"""The first network that comes to mind in sktime, on series that grow, or do not.

``SequenceForecaster(GRURegressor())`` as it is, scaled and on differences, on public
series. Fitted before the last fifth of a series, it forecasts from up to five origins.
For each series, the mean absolute errors over that of the seasonal naive forecast, then
their geometric mean and extremes. Run with ``python -m tests.benchmarks.levels``.
"""

import warnings

import numpy as np
import pandas as pd
import statsmodels.datasets
from scipy.stats import gmean
from sktime import datasets
from tsdata.fpp3 import raw

from skseq import Differencer, GRURegressor, TransformedWindowRegressor
from skseq.forecasting import SequenceForecaster

from . import drift

# season: last steps of the series of drift.py that are long
LONGEST = {7: 730, 24: 1000}
# season: steps ahead
HORIZONS = {1: 4, 4: 8, 7: 14, 12: 12, 24: 24, 48: 48, 52: 13}


def of_sktime():
    """Yield the name, the values and the season of each series of sktime."""
    yield "airline", datasets.load_airline(), 12
    yield "lynx", datasets.load_lynx(), 1
    yield "shampoo", datasets.load_shampoo_sales(), 12
    yield "Longley", datasets.load_longley()[0], 1
    macro = datasets.load_macroeconomic()
    for name in ("realgdp", "cpi", "unemp", "infl", "tbilrate"):
        yield name, macro[name], 4
    consumption, others = datasets.load_uschange()
    yield "change of consumption", consumption, 4
    yield "change of unemployment", others["Unemployment"], 4
    yield "solar", datasets.load_solar(api_version=None), 48


def of_statsmodels():
    """Yield the name, the values and the season of each series of statsmodels."""
    load = {
        name: getattr(statsmodels.datasets, name).load_pandas().data
        for name in ("co2", "nile", "sunspots", "elnino", "copper")
    }
    yield "CO2", load["co2"]["co2"].resample("MS").mean().interpolate(), 12
    yield "Nile", load["nile"]["volume"], 1
    yield "sunspots", load["sunspots"]["SUNACTIVITY"], 1
    yield "El Nino", load["elnino"].set_index("YEAR").stack(), 12
    yield "copper", load["copper"]["COPPERPRICE"], 1
    german = statsmodels.datasets.interest_inflation.load_pandas().data
    yield "German interest", german["R"], 4
    yield "German inflation", german["Dp"], 4


def of_fpp3():
    """Yield the name, the values and the season of each series of fpp3."""
    for name, values, season in drift.series():
        yield name, values[-LONGEST.get(season, len(values)) :], season
    yield "air passengers", raw["aus_airpassengers"]["Passengers"], 1
    yield "hares", raw["pelt"]["Hare"], 1
    yield "rice", raw["guinea_rice"]["Production"], 1
    yield "Lake Huron", raw["LakeHuron"]["value"], 1
    australia = raw["global_economy"].query("Country == 'Australia'")
    yield "GDP", australia["GDP"], 1
    yield "exports", australia["Exports"], 1
    yield "arrivals", raw["aus_arrivals"].query("Origin == 'NZ'")["Arrivals"], 4
    yield "prison", raw["prison"].groupby("Quarter", sort=False)["Count"].sum(), 4
    yield "eggs", raw["prices"]["eggs"], 1
    takings = raw["aus_accommodation"].query("State == 'Victoria'")["Takings"]
    yield "takings", takings, 4
    yield "gasoline", raw["us_gasoline"]["Barrels"][-600:], 52
    particles = pd.to_numeric(raw["warsaw_air_quality"][" pm10"], errors="coerce")
    yield "pm10", particles.interpolate()[-LONGEST[7] :], 7


def forecasters(season):
    """Return the forecasters by name."""
    network, window = GRURegressor(random_state=0), max(10, 2 * season)
    changes, seasonal = (
        TransformedWindowRegressor(network, Differencer(lag, order="auto"))
        for lag in (1, season)
    )
    given = {
        "as it is": (network, {}),
        "standardize": (network, {"scaling": "standardize"}),
        "divide": (network, {"scaling": "divide"}),
        "subtract, 1": (network, {"scaling": "subtract", "level_length": 1}),
        "Differencer(1)": (changes, {}),
        "Differencer(season)": (seasonal, {}),
    }
    return {
        name: SequenceForecaster(regressor, window, error_bars=None, **params)
        for name, (regressor, params) in given.items()
    }


def origins(n_timesteps, season):
    """Return the steps ahead, and up to five numbers of known steps."""
    horizon = HORIZONS[season] if n_timesteps >= 30 else 3
    first = n_timesteps - max(horizon, n_timesteps // 5)
    last = n_timesteps - horizon
    count = min(5, last - first + 1)
    return horizon, np.unique(np.linspace(first, last, count).astype(int))


def error_of(forecaster, y, horizon, ends):
    """Return the mean absolute error of a forecaster fitted once."""
    forecaster.fit(y[: ends[0]], fh=range(1, horizon + 1))
    errors = []
    for before, end in zip([0, *ends], ends, strict=False):
        forecaster.update(y[before:end], update_params=False)
        errors.append((forecaster.predict() - y[end : end + horizon]).abs().mean())
    return np.mean(errors)


def naive_error(y, season, horizon, ends):
    """Return the mean absolute error of the seasonal naive forecast."""
    values = y.to_numpy()
    errors = [
        np.resize(values[end - season : end], horizon) - values[end : end + horizon]
        for end in ends
    ]
    return np.abs(errors).mean()


def main():
    """Print a row for each series, and one for each way."""
    warnings.simplefilter("ignore")
    rows = {}
    for name, values, season in (*of_sktime(), *of_statsmodels(), *of_fpp3()):
        y = pd.Series(values).dropna().astype(float).reset_index(drop=True)
        horizon, ends = origins(len(y), season)
        naive = naive_error(y, season, horizon, ends)
        if ends[0] < max(10, 2 * season) + horizon:  # too short for a window
            continue
        rows[name] = {
            way: error_of(one, y, horizon, ends) / naive
            for way, one in forecasters(season).items()
        }
        print(name, *(f"{ratio:.2f}" for ratio in rows[name].values()), flush=True)
    table = pd.DataFrame(rows).T
    better = (table < 1).sum().rename("better than naive")
    print(table.agg([gmean, "min", "max"]).T.join(better).round(2))


if __name__ == "__main__":
    main()
