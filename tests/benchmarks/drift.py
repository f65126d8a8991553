"""Networks on series whose level drifts, or does not: differences by themselves.

The models of ``python -m skseq compare``, with and without the ``Differencer(season,
order="auto")`` around their networks, on the last fifth of public series. Cells are the
mean absolute error over that of the seasonal naive forecast, one seed. Run with
``python -m tests.benchmarks.drift``.
"""

import warnings

import pandas as pd
from tsdata.fpp3 import raw

from skseq import compare, default_models

NETWORKS = "linear", "RNN", "LSTM", "GRU"
# season: steps ahead, length of the windows
SETTINGS = {1: (5, 20), 4: (4, 12), 7: (14, 56), 12: (12, 36), 24: (24, 72)}


def series():
    """Yield the name, the values and the season of each series."""
    jobs = raw["us_employment"].query("Title == 'Retail Trade'")["Employed"]
    yield "jobs in US retail, months", jobs.dropna()[-357:], 12
    yield "Canadian gas, months", raw["canadian_gas"]["Volume"], 12
    retail = raw["aus_retail"].groupby("Month", sort=False)["Turnover"].sum()
    retail.index = pd.to_datetime(retail.index, format="%Y %b")
    yield "Australian retail, months", retail.sort_index(), 12
    pigs = raw["aus_livestock"].query("Animal == 'Pigs' and State == 'Victoria'")
    yield "pigs in Victoria, months", pigs["Count"], 12
    lambs = raw["aus_livestock"].query("Animal == 'Lambs' and State == 'Victoria'")
    yield "lambs in Victoria, months", lambs["Count"], 12
    yield "souvenirs, months", raw["souvenirs"]["Sales"], 12
    for name in ("Beer", "Electricity", "Gas", "Cement", "Bricks", "Tobacco"):
        yield f"{name}, quarters", raw["aus_production"][name].dropna(), 4
    trips = raw["tourism"].groupby("Quarter", sort=False)["Trips"].sum().sort_index()
    yield "trips in Australia, quarters", trips, 4
    stock = raw["gafa_stock"].query("Symbol == 'GOOG'")["Close"]
    yield "Google's stock, trading days", stock, 1
    demand = raw["vic_elec"]["Demand"].to_numpy()
    yield "demand in Victoria, days", demand.reshape(-1, 48).sum(axis=1), 7
    temperature = raw["vic_elec"]["Temperature"].to_numpy()
    yield "temperature in Victoria, days", temperature.reshape(-1, 48).max(axis=1), 7
    yield "demand in Victoria, hours", demand.reshape(-1, 2).sum(axis=1)[-5000:], 24
    walkers = raw["pedestrian"].query("Sensor == 'Southern Cross Station'")
    yield "pedestrians in Melbourne, hours", walkers["Count"][-5000:], 24


def compared(values, season):
    """Compare the default models, and their networks as they are."""
    models = default_models(season, random_state=0)
    for name in NETWORKS:
        models[f"{name}, as it is"] = models[name].regressor
    return relative_errors(models, values, season)


def relative_errors(models, values, season):
    """Compare models on a series; return errors relative to the naive forecast's."""
    horizon, window = SETTINGS[season]
    table = pd.DataFrame({"y": pd.Series(values).to_numpy(float)})
    setting = {"horizon": horizon, "window": window, "season": season}
    return compare(models, table, target="y", **setting).table["MAE / naive"]


def main():
    """Print the table."""
    warnings.simplefilter("ignore")
    columns = ["SARIMA", *NETWORKS]
    print("series, and networks as they are |", " | ".join(columns), "| differenced")
    for name, values, season in series():
        found = compared(values, season)
        cells = [f"{found['SARIMA']:.2f}"]
        for network in NETWORKS:
            as_it_is = found[f"{network}, as it is"]
            cells.append(f"{as_it_is:.2f}, {found[network]:.2f}")
        changed = found["linear"] != found["linear, as it is"]
        print(name, "|", " | ".join(cells), "|", "yes" if changed else "no", flush=True)


if __name__ == "__main__":
    main()
