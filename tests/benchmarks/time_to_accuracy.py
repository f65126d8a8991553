"""Seconds from the raw series to a textbook's accuracy, over those of its recipe.

Run with ``python -m tests.benchmarks.time_to_accuracy``. Chicago's ridership, trained
on 2016 to 2018, one thread. The recipe is the book's, in bare PyTorch: a simple RNN of
32 units, Huber loss, SGD with momentum 0.9, up to 500 epochs, stopped where the error
of January to May 2019 has not fallen for 50, and brought back to its best. Ours does
not look at 2019: a GRU for 15 epochs. Both take turns, seed by seed.
"""

import copy
from statistics import median
from time import perf_counter

import numpy as np
import torch
from torch import nn

from skseq import GRURegressor

from .chicago import BOOK, EVERY, RAIL, say, score, split

SEEDS = range(3)
# Task, the book's error, its learning rate, inputs, horizon, our parameters.
TASKS = [
    ("univariate", 29_015, 0.05, RAIL, 1, EVERY),
    ("multivariate", 22_062, 0.05, BOOK, 1, EVERY),
    ("14 steps", 35_017, 0.02, BOOK, 14, {}),
]


class Recipe(nn.Module):
    """A simple RNN and a linear layer."""

    def __init__(self, n_features, horizon):
        super().__init__()
        self.rnn = nn.RNN(n_features, 32, batch_first=True)
        self.out = nn.Linear(32, horizon)

    def forward(self, x):
        """Map windows to forecasts."""
        return self.out(self.rnn(x)[0][:, -1])


def recipe(data, learning_rate, seed):
    """Train as the book does; return the error in boardings."""
    torch.manual_seed(seed)
    X, y, X_valid, y_valid = (torch.tensor(np.array(part)) for part in data[:4])
    n_rides = 1 if X.shape[2] == 1 else 2
    for windows in (X, X_valid):
        windows[:, :, :n_rides] /= 1e6
    y, y_valid = (part.reshape(len(part), -1) / 1e6 for part in (y, y_valid))
    model = Recipe(X.shape[2], y.shape[1])
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    loss = nn.HuberLoss()
    best, best_weights, waited = np.inf, None, 0
    for _ in range(500):
        for rows in torch.randperm(len(X)).split(32):
            optimizer.zero_grad()
            loss(model(X[rows]), y[rows]).backward()
            optimizer.step()
        with torch.inference_mode():
            error = (model(X_valid) - y_valid).abs().mean().item()
        waited += 1
        if error < best:
            best, best_weights, waited = error, copy.deepcopy(model.state_dict()), 0
        if waited == 50:
            break
    model.load_state_dict(best_weights)
    return 1e6 * best


def main():
    """Print the table."""
    torch.set_num_threads(1)
    print(
        "| task | the book's MAE | its recipe: MAE, s | ours: MAE, s | share of time |"
    )
    print("|---" * 5 + "|")
    for task, told, learning_rate, inputs, horizon, params in TASKS:
        row = task, None, inputs, 1, horizon, GRURegressor, {**params, "max_epochs": 15}
        errors, seconds = {"book": [], "ours": []}, {"book": [], "ours": []}
        for seed in SEEDS:
            for name in errors:
                start = perf_counter()
                data, n_known = split(2019, "2016", inputs, 1, horizon)
                if name == "book":
                    error = recipe(data, learning_rate, seed)
                else:
                    error = score(data, n_known, row, seed).mean()
                seconds[name].append(perf_counter() - start)
                errors[name].append(error)
        shares = [a / b for a, b in zip(seconds["ours"], seconds["book"], strict=True)]
        columns = [
            f"{say(np.array(errors[name]))}, {median(seconds[name]):.1f}"
            for name in errors
        ]
        share = f"{min(shares):.2f}, {median(shares):.2f}, {max(shares):.2f}"
        print(f"| {task} | {told:,} | {' | '.join(columns)} | {share} |", flush=True)


if __name__ == "__main__":
    main()
