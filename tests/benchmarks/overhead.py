"""What an estimator costs over the same arithmetic in bare PyTorch.

Run with ``python -m tests.benchmarks.overhead``. Windows of 56 steps, 5 variables, 14
outputs, 32 units, one thread. All take turns in one run; a ratio is that of two turns
that follow each other.
"""

import subprocess
import sys
from itertools import product
from statistics import median
from time import perf_counter

import numpy as np
import torch
from skorch import NeuralNetRegressor
from torch import nn

from skseq import GRURegressor, LSTMRegressor
from skseq.windows import sliding_windows

LENGTH, FEATURES, HIDDEN, HORIZON = 56, 5, 32, 14
N_WINDOWS, EPOCHS, TURNS = 4096, 2, 7
CELLS = {"GRU": (GRURegressor, nn.GRU), "LSTM": (LSTMRegressor, nn.LSTM)}


class Bare(nn.Module):
    """What one writes with torch."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell(FEATURES, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, HORIZON)

    def forward(self, x):
        return self.out(self.cell(x)[0][:, -1])


def bare_fit(cell, X, y, batch_size):
    """Train as the estimators do by default, on tensors that are ready."""
    module = Bare(cell).to(X)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.005)
    n_batches = -(-len(X) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.005, total_steps=EPOCHS * n_batches
    )
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(X), device=X.device).split(batch_size):
            optimizer.zero_grad()
            (module(X[rows]) - y[rows]).abs().mean().backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return module.eval()


def skorch_fit(cell, X, y, batch_size):
    """Train with skorch, without scheduler and clipping."""
    net = NeuralNetRegressor(
        Bare(cell).to(X),
        criterion=nn.L1Loss,
        optimizer=torch.optim.AdamW,
        lr=0.005,
        max_epochs=EPOCHS,
        batch_size=batch_size,
        train_split=None,
        verbose=0,
    )
    return net.fit(X, y)


def turns(functions, n_turns=TURNS):
    """Return the seconds of each function, in turn; the first turn warms up."""
    taken = {name: [] for name in functions}
    for turn in range(n_turns + 1):
        for name, function in functions.items():
            start = perf_counter()
            function()
            if turn:
                taken[name].append(perf_counter() - start)
    return taken


def show(what, taken, reference, *, throughput=False):
    """Print the ratios to the reference: of seconds, or of windows a second."""
    for name, seconds in taken.items():
        if name == reference:
            continue
        pairs = zip(seconds, taken[reference], strict=True)
        ratios = [b / a if throughput else a / b for a, b in pairs]
        spread = f"{min(ratios):.2f}, {median(ratios):.2f}, {max(ratios):.2f}"
        print(f"| {what} | {name} | {spread} |", flush=True)


def training(dtype, windows, y, X_bare, y_bare):
    """Windows a second, over those of the bare loop."""
    for (name, (estimator, cell)), batch_size in product(CELLS.items(), [32, 256]):
        params = {"max_epochs": EPOCHS, "batch_size": batch_size, "random_state": 0}
        functions = {
            "bare": lambda c=cell, b=batch_size: bare_fit(c, X_bare, y_bare, b),
            "skseq": lambda e=estimator, p=params: e(**p).fit(windows, y),
            "skorch": lambda c=cell, b=batch_size: skorch_fit(c, X_bare, y_bare, b),
        }
        what = f"fit, {name}, {dtype}, batches of {batch_size}: windows a second"
        show(what, turns(functions), "bare", throughput=True)


def prediction(dtype, windows, y, X_bare, y_bare):
    """Seconds of predict, over those of the bare module."""
    for name, (estimator, cell) in CELLS.items():
        model = estimator(max_epochs=1, random_state=0).fit(windows, y)
        module = bare_fit(cell, X_bare, y_bare, 256)
        net = skorch_fit(cell, X_bare, y_bare, 256)
        for n_windows, repeat in [(1, 50), (10_000, 1)]:
            rows = np.arange(n_windows) % len(windows)
            tensor, array = X_bare[rows], windows[rows]

            def bare(module=module, tensor=tensor, repeat=repeat):
                with torch.inference_mode():
                    for _ in range(repeat):
                        torch.cat([module(part) for part in tensor.split(1024)]).numpy()

            def ours(model=model, array=array, repeat=repeat):
                for _ in range(repeat):
                    model.predict(array)

            def skorch(net=net, tensor=tensor, repeat=repeat):
                for _ in range(repeat):
                    net.predict(tensor)

            functions = {"bare": bare, "skseq": ours, "skorch": skorch}
            show(
                f"predict, {name}, {dtype}, {n_windows:,} windows: seconds",
                turns(functions),
                "bare",
            )


def start_up():
    """Seconds of the import, over that of what skseq needs anyway."""

    def imports(names):
        command = [sys.executable, "-c", f"import {names}"]
        return lambda: subprocess.run(command, check=True)

    functions = {
        "torch, skorch, sklearn": imports("torch, skorch, sklearn.pipeline"),
        "skseq": imports("skseq"),
    }
    show("import: seconds", turns(functions, 5), "torch, skorch, sklearn")


def main():
    """Print the table."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    series = rng.normal(size=(N_WINDOWS + LENGTH - 1, FEATURES))
    targets = rng.normal(size=(N_WINDOWS, HORIZON))
    print("| what | of | over bare torch: min, median, max |")
    print("|---|---|---|")
    for dtype in ("float32", "float64"):
        windows = sliding_windows(series.astype(dtype), LENGTH)
        y = targets.astype(dtype)
        data = windows, y, torch.tensor(np.array(windows)), torch.tensor(y)
        training(dtype, *data)
        prediction(dtype, *data)
    start_up()


if __name__ == "__main__":
    main()
