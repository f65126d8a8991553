"""What convolutions need not compute, measured.

Run with ``python -m tests.benchmarks.one_pass``. Predicting the windows of one series:
window by window, over one pass along it; the windows are a copy in the first case,
which hides that they overlap. Training: all steps of each layer, over those that the
last state needs. What is compared takes turns, on one thread.
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
    print("| what | of | ratio: min, median, max |")
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
            functions = {
                "all steps": lambda m=model, x=copy: fit_all_steps(m, x),
                "needed steps": lambda m=model, x=copy: fit(m, x),
            }
            taken = turns(functions, 3)
            show(f"{name}, length {length}: seconds to fit", taken, "needed steps")


def fit(model, windows):
    """Train for one epoch."""
    model.fit(windows[:320], windows[:320, -1, 0])


def fit_all_steps(model, windows):
    """Train for one epoch without leaving out what the last state does not need."""
    with mock.patch.object(SequenceModel, "_options", return_value={}):
        fit(model, windows)


if __name__ == "__main__":
    main()
