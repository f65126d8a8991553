"""What an estimator costs on a GPU over the same arithmetic in bare PyTorch.

``python -m tests.benchmarks.gpu [DEVICE]``, as :mod:`.overhead`, for several sizes of
batch. The tensors of the bare loop are on the device before it starts, all windows
copied out; ours puts the series there within its time.
"""

import sys
from itertools import product

import numpy as np
import torch

from skseq.windows import sliding_windows

from .overhead import CELLS, EPOCHS, FEATURES, HORIZON, LENGTH, bare_fit, show, turns

N_WINDOWS = 2**15
BATCH_SIZES = 32, 256, 1024, 4096


def finished(module):
    """Wait until a device has trained a module: its operations are only queued."""
    return next(module.parameters()).sum().item()


def main(device="cuda"):
    """Print the table."""
    rng = np.random.default_rng(0)
    series = rng.normal(size=(N_WINDOWS + LENGTH - 1, FEATURES)).astype("float32")
    windows = sliding_windows(series, LENGTH)
    y = rng.normal(size=(len(windows), HORIZON)).astype("float32")
    X_bare, y_bare = (torch.tensor(np.array(a)).to(device) for a in (windows, y))
    print("| windows a second on | of | over bare torch: min, median, max |")
    print("|---|---|---|")
    for (name, (estimator, cell)), batch_size in product(CELLS.items(), BATCH_SIZES):
        params = {"max_epochs": EPOCHS, "batch_size": batch_size, "device": device}
        arguments = cell, X_bare, y_bare, batch_size
        functions = {"bare": lambda a=arguments: finished(bare_fit(*a))}
        for precision in (None, "bf16"):
            model = estimator(**params, mixed_precision=precision, random_state=0)
            label = f"skseq, {precision or 'float32'}"
            functions[label] = lambda m=model: m.fit(windows, y)
        what = f"{device}, {name}, batches of {batch_size:,}"
        show(what, turns(functions), "bare", throughput=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
