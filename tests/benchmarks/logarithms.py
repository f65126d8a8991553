"""Models on series and on their logarithms, months and quarters.

The models of ``python -m skseq compare``, as they are and inside a
``TransformedWindowRegressor(model, FunctionTransformer(numpy.log, numpy.exp))``, on the
last fifth of public series. Cells are the mean absolute error over that of the seasonal
naive forecast, one seed. Run with ``python -m tests.benchmarks.logarithms``.
"""

import warnings

import numpy as np
from sklearn.preprocessing import FunctionTransformer
from sktime.datasets import load_airline

from skseq import TransformedWindowRegressor, default_models

from .drift import relative_errors, series

MODELS = "SARIMA", "linear", "LSTM", "GRU"


def compared(values, season):
    """Compare models with and without logarithms."""
    models = default_models(season, random_state=0)
    models = {name: models[name] for name in ("naive", *MODELS)}
    logarithm = FunctionTransformer(np.log, np.exp)
    for name in MODELS:
        models[f"log {name}"] = TransformedWindowRegressor(models[name], logarithm)
    return relative_errors(models, values, season)


def main():
    """Print the table."""
    warnings.simplefilter("ignore")
    print("series |", " | ".join(MODELS))
    passengers = "airline passengers, months", load_airline(), 12
    for name, values, season in [passengers, *series()]:
        if season in (4, 12):
            found = compared(values, season)
            cells = [f"{found[m]:.2f}, {found[f'log {m}']:.2f}" for m in MODELS]
            print(name, "|", " | ".join(cells), flush=True)


if __name__ == "__main__":
    main()
