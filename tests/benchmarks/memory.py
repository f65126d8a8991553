"""Peak memory of windows and of a fit: ``python -m tests.benchmarks.memory [rows]``.

Linux only: peaks are read from /proc, and reset before each measurement, since
``getrusage`` also counts what the process held (or its parent) long before.
"""

import ctypes
import gc
import sys
import time
from pathlib import Path

import numpy as np

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


def fit_peak(n_rows, n_features=1, length=LENGTH, **parameters):
    """Peak of cutting a series into windows, and of a fit of one epoch on them.

    Returns
    -------
    series, windows, fit, seconds : float
        In MB; the fit includes cutting the windows.
    """
    from skseq import GRURegressor, SlidingWindow, horizon_targets

    def model(max_epochs):
        options = {"hidden_size": 1, "batch_size": 256, "lr_schedule": "constant"}
        options.update(parameters, max_epochs=max_epochs, random_state=0)
        return GRURegressor(**options)

    def fit(series, length):
        X, y = horizon_targets(series, target=0)
        model(1).fit(SlidingWindow(length).fit_transform(X), y)

    # What torch loads at its first fit is not the cost of this one.
    fit(np.ones((1000, n_features), dtype=np.float32), length)
    series = np.random.default_rng(0).normal(size=(n_rows, n_features))
    series = series.astype(np.float32)
    with Peak() as windows:
        SlidingWindow(length).fit_transform(series)
    start = time.perf_counter()
    with Peak() as fitting:
        fit(series, length)
    seconds = time.perf_counter() - start
    return series.nbytes / MB, windows.megabytes, fitting.megabytes, seconds


def main(n_rows=2_000_000, n_features=1):
    series, windows, fitting, seconds = fit_peak(n_rows, n_features)
    print(f"series of {n_rows:,} float32 rows, {n_features} columns: {series:.1f} MB")
    print(f"SlidingWindow({LENGTH}).fit_transform: {windows:.1f} MB")
    print(
        f"and one epoch of a GRU: {fitting:.1f} MB, {fitting / series:.1f} times the "
        f"series, {seconds:.0f} s"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
