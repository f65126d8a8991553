"""Networks trained as one program, over the same ones one after the other.

Run with ``python -m tests.benchmarks.together``. Ensembles: 5 members of each network
as it is by default, then 8 and 24 of others, over the time of one network times their
number (5 members that are twice as fast cost 2.5 fits). Searches: 24 candidates by 3
folds, over scikit-learn's ``GridSearchCV(n_jobs=1)``. One thread, batches of 32 windows
of 28 steps and 3 variables, and 14 steps out of a decoder; all take turns in one run.
"""

from time import perf_counter

import numpy as np
import torch
from sklearn.base import is_classifier
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

import skseq
from skseq import SlidingWindow, VectorizedGridSearchCV
from skseq.training.stacked import grouping

from .overhead import turns

LENGTH, N_WINDOWS, HORIZON = 28, 640, 14
DEFAULTS = [
    (skseq.DenseRegressor, {}),
    (skseq.RNNRegressor, {}),
    (skseq.LSTMRegressor, {}),
    (skseq.GRURegressor, {}),
    (skseq.Conv1DRegressor, {}),
    (skseq.WaveNetRegressor, {}),
    (skseq.EncoderDecoderRegressor, {}),
]
ENSEMBLES = [
    (skseq.DenseRegressor, {"hidden_layer_sizes": (32,)}),
    (skseq.RNNRegressor, {"hidden_size": 16}),
    (skseq.RNNRegressor, {"hidden_size": 64}),
    (skseq.GRURegressor, {"hidden_size": 8}),
    (skseq.GRURegressor, {"hidden_size": 16}),
    (skseq.GRURegressor, {"hidden_size": 32}),
    (skseq.GRURegressor, {"hidden_size": 64}),
    (skseq.LSTMRegressor, {"hidden_size": 8}),
    (skseq.LSTMRegressor, {"hidden_size": 16}),
    (skseq.LSTMRegressor, {"hidden_size": 64}),
    (skseq.Conv1DRegressor, {"n_filters": 16, "hidden_size": 16}),
    (skseq.WaveNetRegressor, {"n_filters": 16}),
    (
        skseq.Conv1DRegressor,
        {"n_filters": 16, "hidden_size": 16, "normalization": "batch"},
    ),
    (skseq.WaveNetRegressor, {"n_filters": 16, "normalization": "batch"}),
    (skseq.GRURegressor, {"hidden_size": 16, "normalization": "batch"}),
    (skseq.DenseRegressor, {"hidden_layer_sizes": (32,), "dropout": 0.2}),
    (skseq.GRURegressor, {"hidden_size": 16, "recurrent_dropout": 0.2}),
    (skseq.GRURegressor, {"hidden_size": 16, "n_layers": 2, "dropout": 0.2}),
    # None stops within so few epochs: what validation costs.
    (skseq.DenseRegressor, {"hidden_layer_sizes": (32,), "early_stopping": True}),
    (skseq.GRURegressor, {"hidden_size": 16, "early_stopping": True}),
]
DECODERS = [
    (skseq.EncoderDecoderRegressor, {"hidden_size": 16}),
    (skseq.EncoderDecoderRegressor, {"hidden_size": 32}),
    (skseq.EncoderDecoderRegressor, {"hidden_size": 64}),
    (skseq.EncoderDecoderRegressor, {"hidden_size": 16, "attention": True}),
    (skseq.EncoderDecoderRegressor, {"hidden_size": 64, "attention": True}),
    (skseq.EncoderDecoderRegressor, {"hidden_size": 16, "cell": "LSTM"}),
    (
        skseq.EncoderDecoderRegressor,
        {"hidden_size": 16, "n_layers": 2, "dropout": 0.2},
    ),
    (skseq.EncoderDecoderClassifier, {"hidden_size": 16}),
]


def ensembles(kinds, X, y, sizes=(8, 24)):
    """Print how many times faster members are trained than one by one."""
    for estimator, params in kinds:
        targets = y > 0 if is_classifier(estimator()) else y
        for n_members in sizes:
            seconds = {1: [], n_members: []}
            for turn in range(4):
                for n in seconds:
                    model = estimator(
                        **params, n_members=n, max_epochs=3, random_state=0
                    )
                    start = perf_counter()
                    model.fit(X, targets)
                    if turn:
                        seconds[n].append((perf_counter() - start) / n)
            what = f"{estimator.__name__} {params}, {n_members} members"
            show_times(what, seconds[1], seconds[n_members])


def searches(series, y):
    """Print how many times faster a search is than scikit-learn's."""
    for estimator in (skseq.DenseRegressor, skseq.RNNRegressor, skseq.GRURegressor):
        model = estimator(max_epochs=5, random_state=0)
        pipeline = make_pipeline(SlidingWindow(LENGTH), model)
        size, sizes = "hidden_size", [8, 16]
        if estimator is skseq.DenseRegressor:
            size, sizes = "hidden_layer_sizes", [(8,), (16,)]
        step = estimator.__name__.lower()
        grid = {
            f"{step}__{size}": sizes,
            f"{step}__learning_rate": [0.001, 0.003, 0.01, 0.03],
            f"{step}__weight_decay": [0, 0.01, 0.1],
        }
        for cv in (3, TimeSeriesSplit(3)):
            searches = {
                kind.__name__: kind(pipeline, grid, cv=cv, refit=False)
                for kind in (GridSearchCV, VectorizedGridSearchCV)
            }
            taken = turns(
                {
                    name: lambda search=search: search.fit(series, y)
                    for name, search in searches.items()
                },
                3,
            )
            show_times(f"search, {estimator.__name__}, cv={cv}", *taken.values())


def show_times(what, apart, at_once):
    """Print ratios, from turn to turn."""
    ratios = [a / b for a, b in zip(apart, at_once, strict=True)]
    print(f"| {what} | {min(ratios):.2f}, {np.median(ratios):.2f}, {max(ratios):.2f} |")


def main():
    """Print the table."""
    torch.set_num_threads(1)
    grouping.SMALL = 2**20  # also where it does not pay
    rng = np.random.default_rng(0)
    series = rng.normal(size=(N_WINDOWS + LENGTH, 3)).astype("float32")
    y = rng.normal(size=len(series)).astype("float32")
    print("| what | times as fast: min, median, max |")
    print("|---|---|")
    windows = SlidingWindow(LENGTH).fit_transform(series)
    ensembles(DEFAULTS, windows, y, [5])
    ensembles(ENSEMBLES, windows, y)
    ahead = rng.normal(size=(len(windows), HORIZON)).astype("float32")
    ensembles(DECODERS, windows, ahead)
    searches(series, y)


if __name__ == "__main__":
    main()
