"""How often error bars of 80 % and 95 % cover the truth, on real data.

Victoria's daily electricity demand, seven days ahead: trained on the first two
thirds, counted on the last third. Run with ``python tests/benchmarks/coverage.py``.
"""

import argparse

import numpy as np
import pandas as pd

from skseq import ConformalRegressor, GRURegressor, horizon_targets
from skseq.datasets import load_victoria_electricity
from skseq.windows import sliding_windows

LENGTH, HORIZON = 28, 7
LEVELS = (0.8, 0.95)
DROPOUT = {"n_layers": 2, "dropout": 0.2, "recurrent_dropout": 0.2}
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


def load():
    """Return windows and targets, in the order of time."""
    frame = load_victoria_electricity().frame.astype("float32")
    X, y = horizon_targets(frame, target="demand", horizon=HORIZON)
    return sliding_windows(X.to_numpy(), LENGTH), y.to_numpy()[LENGTH - 1 :]


def central(model, X, level):
    """Return the central interval of the predicted quantiles."""
    q = model.predict_quantiles(X, [(1 - level) / 2, (1 + level) / 2])
    return q[..., 0], q[..., 1]


def calibrated(model, X, level):
    """Return the conformal interval."""
    interval = model.predict_interval(X, level)
    return interval[..., 0], interval[..., 1]


def models(**params):
    """Yield the name of each kind of error bar, its model and its interval."""
    dropout = GRURegressor(**params, **DROPOUT)
    quantile = GRURegressor(**params, loss="quantile", quantiles=QUANTILES)
    yield "Monte Carlo dropout", dropout, central
    yield "ensemble of 5", GRURegressor(**params, n_members=5), central
    yield "quantile loss", quantile, central
    for name, model, score in [
        ("conformal, absolute", GRURegressor(**params), "absolute"),
        ("conformal, Monte Carlo dropout", dropout, "std"),
        ("conformal, quantile loss", quantile, "quantile"),
    ]:
        yield name, ConformalRegressor(model, conformity_score=score), calibrated


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    X, y = load()
    n_train = 2 * len(X) // 3
    test = slice(n_train + HORIZON - 1, None)
    rows = []
    for seed in range(arguments.seeds):
        for name, model, interval in models(
            max_epochs=arguments.epochs, random_state=seed
        ):
            model.fit(X[:n_train], y[:n_train])
            row = {"error bars": name}
            for level in LEVELS:
                lower, upper = interval(model, X[test], level)
                covers = (lower <= y[test]) & (y[test] <= upper)
                row[f"covers, {level:.0%}"] = covers.mean()
                row[f"width, {level:.0%}"] = np.mean(upper - lower)
            rows.append(row)
    table = pd.DataFrame(rows).groupby("error bars", sort=False)
    print(f"mean of {arguments.seeds} seeds, {len(y[test])} windows, widths in GWh")
    print(table.mean().round(3).to_string())
    print("largest minus smallest of the seeds")
    print((table.max() - table.min()).round(3).to_string())


if __name__ == "__main__":
    main()
