"""Peak memory: ``python -m tests.benchmarks.memory [rows [columns]]``.

Linux only: peaks are read from /proc, and reset before each measurement, since
``getrusage`` also counts what the process held (or its parent) long before. Batches
have 512 windows: one of 4,096 takes more memory than half of the shorter series.
"""

import ctypes
import gc
import os
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

MB = 2**20
LENGTH = 512


class Peak:
    """How much a block raises the memory of the process at its peak, in MB."""

    def __enter__(self):
        # What was freed before but is still held would hide what is taken now.
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        self.before = _status("VmRSS")
        return self

    def __exit__(self, *_):
        self.megabytes = (_status("VmHWM") - self.before) / 1024


def _status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1])


def fit_peak(n_rows, n_features=1, length=LENGTH, batch_size=256):
    """Peaks of cutting a series into windows, and of one epoch of a GRU on them.

    Returns
    -------
    series, windows, fit : float
        In MB. The fit does not count the windows and targets it is given.
    """
    from skseq import GRURegressor, SlidingWindow, horizon_targets

    model = GRURegressor(
        hidden_size=1, batch_size=batch_size, max_epochs=1, random_state=0
    )
    # What torch loads at its first fit is not the cost of this one.
    few = np.ones((length + 100, 1, n_features), dtype=np.float32)
    model.fit(few, few[:, 0, 0])
    series = _random(n_rows, n_features)
    X, y = horizon_targets(series, target=0)
    with Peak() as cutting:
        windows = SlidingWindow(length).fit_transform(X)
    with Peak() as fitting:
        model.fit(windows, y)
    return series.nbytes / MB, cutting.megabytes, fitting.megabytes


def linear_peaks(n_rows, n_features, length=256):
    """Peaks of an epoch and of predict of a linear model, which is fast enough."""
    from skseq import DenseRegressor, SlidingWindow, horizon_targets

    model = DenseRegressor(batch_size=512, max_epochs=1, random_state=0)
    few = np.ones((length + 100, 1, n_features), dtype=np.float32)
    model.fit(few, few[:, 0, 0]).predict(few)
    series = _random(n_rows, n_features)
    X, y = horizon_targets(series, target=0)
    windows = SlidingWindow(length).fit_transform(X)
    with Peak() as fitting:
        model.fit(windows, y)
    with Peak() as predicting:
        model.predict(windows)
    return series.nbytes / MB, fitting.megabytes, predicting.megabytes


@contextmanager
def peak_of_all():
    """Measure how much this process and its children take more at their peak, in MB.

    What they share counts once (the sum of their proportional set sizes).
    """
    sizes, ended = [], threading.Event()

    def watch():
        while not ended.wait(0.02):
            sizes.append(_all_pss())

    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before, taken = _all_pss(), []
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()
    taken.append((max(sizes) - before) / 1024)


def _all_pss():
    """Kilobytes of this process and its children."""
    total, pids = 0, [os.getpid()]
    while pids:
        pid = pids.pop()
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:"))[4:-2])
            for task in Path(f"/proc/{pid}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            continue  # it has ended
    return total


def search_peaks(n_rows, n_features, length=256):
    """Peaks of a grid search in two processes, which share the series, in MB.

    Returns
    -------
    series, search, nothing : float
        The last is the peak of the same search for a model that does nothing:
        scikit-learn's indices of the folds, and its copies of their rows.
    """
    from joblib.externals.loky import get_reusable_executor
    from sklearn.dummy import DummyRegressor
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    from sklearn.pipeline import make_pipeline

    from skseq import DenseRegressor, SlidingWindow

    network = DenseRegressor(batch_size=512, max_epochs=1, random_state=0)
    series = _random(n_rows, n_features)
    peaks = []
    for model, grid in (
        (
            make_pipeline(SlidingWindow(length), network),
            {"denseregressor__learning_rate": [0.001, 0.01]},
        ),
        (DummyRegressor(), {"quantile": [0.1, 0.2]}),
    ):
        search = GridSearchCV(model, grid, cv=TimeSeriesSplit(2), n_jobs=2, refit=False)
        search.fit(series[:5000], series[:5000, 0])  # the processes load torch
        with peak_of_all() as taken:
            search.fit(series, series[:, 0])
        peaks += taken
        get_reusable_executor().shutdown()  # the next begins with new processes
    return series.nbytes / MB, *peaks


def forecaster_peaks(n_rows, n_features, length=256, n_series=1, **params):
    """Peaks of fit and predict of a forecaster of sktime, and of one that does nothing.

    Returns
    -------
    rows, fit, predict, nothing : float
        In MB. The last is the peak of a fit in which sktime checks the table, and that
        is all.
    """
    from sktime.forecasting.base import BaseForecaster

    from skseq import DenseRegressor
    from skseq.forecasting import SequenceForecaster

    class Nothing(BaseForecaster):
        _tags = SequenceForecaster._tags
        _config = SequenceForecaster._config

        def _fit(self, y, X, fh):
            return self

    def make():
        model = DenseRegressor(batch_size=512, max_epochs=1, random_state=0)
        return SequenceForecaster(model, length, error_bars=None, **params)

    def table(n_steps):
        index = None
        if n_series > 1:
            levels = [range(n_series), range(n_steps)]
            index = pd.MultiIndex.from_product(levels, names=["series", "time"])
        return pd.DataFrame(_random(n_series * n_steps, n_features), index)

    make().fit(table(5000), fh=[1]).predict()
    y = table(n_rows // n_series)
    with Peak() as fitting:
        forecaster = make().fit(y, fh=[1])
    with Peak() as predicting:
        forecaster.predict()
    with Peak() as nothing:
        Nothing().fit(y, fh=[1])
    rows = y.to_numpy().nbytes / MB
    return rows, fitting.megabytes, predicting.megabytes, nothing.megabytes


def _random(n_rows, n_features):
    values = np.random.default_rng(0).normal(size=(n_rows, n_features))
    return values.astype(np.float32)


def main(n_rows=2_000_000, n_features=1):
    start = time.perf_counter()
    series, windows, fit = fit_peak(n_rows, n_features)
    print(f"series of {n_rows:,} float32 rows, {n_features} columns: {series:.1f} MB")
    print(f"SlidingWindow({LENGTH}).fit_transform: {windows:.1f} MB")
    print(f"one epoch of a GRU: {fit:.1f} MB, {fit / series:.1f} times the series")
    forecaster = "fit", "predict", "nothing"
    padded = {"min_length": 1, "scaling": "standardize"}
    for n in (n_rows, 10 * n_rows):
        for what, measure, names in (
            ("linear", linear_peaks, ("fit", "predict")),
            ("search in two processes", search_peaks, ("networks", "nothing")),
            ("forecaster", forecaster_peaks, forecaster),
            ("forecaster, scaled", partial(forecaster_peaks, **padded), forecaster),
            ("panel", partial(forecaster_peaks, n_series=20, **padded), forecaster),
        ):
            series, *peaks = measure(n, n_features)
            for name, peak in zip(names, peaks, strict=True):
                ratio = f"{peak / series:.1f} times the series"
                print(f"{what}, {n:,} rows, {name}: {peak:.0f} MB, {ratio}", flush=True)
    print(f"seconds: {time.perf_counter() - start:.0f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
