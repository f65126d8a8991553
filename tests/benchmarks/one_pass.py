"""What convolutions need not compute, measured.

Run with ``python -m tests.benchmarks.one_pass``. Predicting the windows of one series,
and training on them: all steps of each layer for each window, over the steps that the
last state needs, or over one pass along the series. For window by window, the windows
are a copy, which hides that they overlap. What is compared takes turns, on one thread.
"""

from unittest import mock

import numpy as np
import torch

from skseq import WaveNetRegressor
from skseq.networks import SequenceModel
from skseq.windows import sliding_windows

from .overhead import show, turns

N_WINDOWS = 2000
LENGTHS = [56, 256, 365, 1024]


def main():
    """Print the table."""
    torch.set_num_threads(1)
    print("| what | of | over the best: min, median, max |")
    print("|---|---|---|")
    for length in LENGTHS:
        series = np.random.default_rng(0).normal(size=(N_WINDOWS + length - 1, 1))
        windows = sliding_windows(series.astype("float32"), length)
        for name, gated in [("WaveNet", True), ("dilated convolutions", False)]:
            model = WaveNetRegressor(gated=gated, max_epochs=1, random_state=0)
            model.fit(windows[:64], windows[:64, -1, 0])
            copy = windows.copy()
            functions = {
                "all steps": of_all_steps(lambda m=model, x=copy: m.predict(x)),
                "needed steps": lambda m=model, x=copy: m.predict(x),
                "one pass": lambda m=model, x=windows: m.predict(x),
            }
            what = f"{name}, length {length}"
            show(f"{what}: seconds to predict", turns(functions, 3), "one pass")
            functions = {
                "all steps": of_all_steps(lambda m=model, x=copy: fit(m, x)),
                "needed steps": lambda m=model, x=copy: fit(m, x),
            }
            show(f"{what}: seconds to fit", turns(functions, 3), "needed steps")


def of_all_steps(function):
    """Make a function for which networks compute all steps of all layers."""

    def computing():
        with mock.patch.object(SequenceModel, "computes_only_last", False):
            return function()

    return computing


def fit(model, windows):
    """Train for one epoch."""
    model.fit(windows[:320], windows[:320, -1, 0])


if __name__ == "__main__":
    main()
