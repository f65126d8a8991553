"""Seconds of a grid search on a cluster of dask, as the number of fits grows.

Run with ``python -m tests.benchmarks.cluster [n_fits ...]``: one process, two of
joblib, and a cluster of two worker processes, in turn.
"""

import sys
from time import perf_counter

import numpy as np
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skseq import RNNRegressor
from skseq.windows import sliding_windows

LENGTH, N_WINDOWS, FOLDS = 28, 1000, 2


def search(n_fits, n_jobs):
    """Seconds of ``n_fits`` fits and their scores."""
    series = np.sin(np.arange(N_WINDOWS + LENGTH, dtype="float32") / 3)[:, None]
    windows, y = sliding_windows(series[:-1], LENGTH), series[LENGTH:, 0]
    start = perf_counter()
    GridSearchCV(
        RNNRegressor(hidden_size=8, max_epochs=3),
        {"random_state": range(n_fits // FOLDS)},
        cv=TimeSeriesSplit(FOLDS),
        refit=False,
        n_jobs=n_jobs,
    ).fit(windows, y)
    return perf_counter() - start


def main(counts=(10, 100, 1000)):
    """Print the table."""
    from distributed import Client, LocalCluster

    print("| fits | one process, s | two of joblib, s | two workers of dask, s |")
    print("|---|---|---|---|")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster):
        for count in counts:
            alone, jobs = search(count, 1), search(count, 2)
            with parallel_config(backend="dask"):
                dask = search(count, -1)
            print(f"| {count} | {alone:.1f} | {jobs:.1f} | {dask:.1f} |", flush=True)


if __name__ == "__main__":
    main(*[[int(count) for count in sys.argv[1:]]] if sys.argv[1:] else [])
