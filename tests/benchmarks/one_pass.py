"""Predicting the windows of one series: window by window, over one pass along it.

Run with ``python -m tests.benchmarks.one_pass``. The windows are a copy in the first
case, which hides that they overlap; both take turns, on one thread.
"""

import numpy as np
import torch

from skseq import WaveNetRegressor
from skseq.windows import sliding_windows

from .overhead import show, turns

N_WINDOWS = 2000
LENGTHS = [56, 256, 365, 1024]


def main():
    """Print the table."""
    torch.set_num_threads(1)
    print("| what | of | over one pass: min, median, max |")
    print("|---|---|---|")
    for length in LENGTHS:
        series = np.random.default_rng(0).normal(size=(N_WINDOWS + length - 1, 1))
        windows = sliding_windows(series.astype("float32"), length)
        for name, gated in [("WaveNet", True), ("dilated convolutions", False)]:
            model = WaveNetRegressor(gated=gated, max_epochs=1, random_state=0)
            model.fit(windows[:64], windows[:64, -1, 0])
            copy = windows.copy()
            functions = {
                "window by window": lambda m=model, x=copy: m.predict(x),
                "one pass": lambda m=model, x=windows: m.predict(x),
            }
            show(f"{name}, length {length}: seconds", turns(functions, 3), "one pass")


if __name__ == "__main__":
    main()
