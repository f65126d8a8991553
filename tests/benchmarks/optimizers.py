"""Optimisers, schedules, initialisations and normalisation at several learning rates.

Two tasks: Victoria's demand of the next day, as in ``tasks``, scored by the mean
absolute error over that of the seasonal naive forecast; and adding two marked numbers
of 50, scored by the root mean squared error over the standard deviation of the sum. A
cell is the score on unseen windows, mean and range over the seeds, then the mean
training loss of the last epoch. What a row does not name is the default. Run with
``python -m tests.benchmarks.optimizers``.
"""

import argparse
import re
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from skseq import (
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    RNNRegressor,
    SlidingWindow,
    horizon_targets,
)
from skseq.datasets import load_victoria_electricity, make_adding_problem

RATES = (0.0005, 0.005, 0.05, 0.5)
ADAPTIVE = RATES[:-1]
LENGTH, SEASON = 28, 7
CELLS = {"RNN": RNNRegressor, "LSTM": LSTMRegressor, "GRU": GRURegressor}


class TorchInitialization(Callback):
    """Draw the weights of the recurrent layers anew, as torch does."""

    def on_train_begin(self, net, **kwargs):
        """Draw weights and biases uniformly, up to 1 / sqrt(hidden_size)."""
        for layer in net.module_.network.layers:
            layer.reset_parameters()


class ConstantGates(Callback):
    """Start all units alike: an LSTM's forget gate open, a GRU's update gate half."""

    def on_train_begin(self, net, **kwargs):
        """Set the bias of an LSTM's forget gate to 1, all other biases to zero."""
        for layer in net.module_.network.layers:
            bias, hidden = layer.bias_hh_l0.detach(), layer.hidden_size
            bias.zero_()
            if layer.mode == "LSTM":
                bias[hidden : 2 * hidden] = 1


def victoria():
    """Return windows and targets, to train and to test, and the error to divide by."""
    frame = load_victoria_electricity().frame.astype("float32")
    frame = frame[["demand", *frame.columns.drop("demand")]]
    X, y = horizon_targets(frame, target="demand", horizon=1)
    windows = SlidingWindow(LENGTH).fit_transform(X)[LENGTH - 1 :]
    y = y.to_numpy()[LENGTH - 1 :]
    last = int(0.7 * len(y))
    naive = NaiveRegressor(SEASON).fit(windows[:last], y[:last])
    scale = np.abs(naive.predict(windows[last:]) - y[last:]).mean()
    return windows[: last - 1], y[: last - 1], windows[last:], y[last:], scale


def adding():
    """Return sequences and sums, to train and to test, and the deviation of a sum."""
    sets = [make_adding_problem(1000, 50, random_state=seed) for seed in (0, 1)]
    X, y, X_test, y_test = (part.astype("float32") for pair in sets for part in pair)
    return X, y, X_test, y_test, y_test.std()


def absolute(error):
    """Mean absolute error."""
    return np.abs(error).mean()


def root_squared(error):
    """Root mean squared error."""
    return np.sqrt((error**2).mean())


TASKS = {
    "Victoria": (victoria, absolute, {"hidden_size": 32}),
    "adding": (adding, root_squared, {"hidden_size": 16}),
}


def rows():
    """Yield a name, an estimator, and the learning rates to try."""
    for optimizer in ("sgd", "rmsprop", "adam", "adamw"):
        rates = RATES if optimizer == "sgd" else ADAPTIVE
        for decay in (0.0, 0.01):
            if decay or optimizer != "adamw":  # without decay it is Adam
                model = GRURegressor(optimizer=optimizer, weight_decay=decay)
                yield f"GRU, {optimizer}, weight_decay={decay:g}", model, rates
    for schedule in ("constant", "cosine", "plateau"):
        yield f"GRU, {schedule}", GRURegressor(lr_schedule=schedule), ADAPTIVE
    for cell, cls in CELLS.items():
        if cls is not GRURegressor:  # the row of AdamW
            yield f"{cell}, initialised by skseq", cls(), ADAPTIVE
        model = cls(callbacks=[TorchInitialization()])
        yield f"{cell}, initialised by torch", model, ADAPTIVE
        if cls is not RNNRegressor:
            model = cls(callbacks=[ConstantGates()])
            yield f"{cell}, gates start alike", model, ADAPTIVE
    for cell, cls in CELLS.items():
        yield f"{cell}, layer norm", cls(normalization="layer"), ADAPTIVE
    deep = {None: "three RNNs", "layer": "three RNNs, layer norm"}
    for norm, name in deep.items():
        yield name, RNNRegressor(n_layers=3, normalization=norm), ADAPTIVE


def cell(model, data, error, seeds):
    """Fit with each seed, and tell the scores and the training loss."""
    X, y, X_test, y_test, scale = data
    scores, losses = [], []
    for seed in range(seeds):
        model.set_params(random_state=seed)
        try:
            model.fit(X, y)
        except ValueError as message:
            if "loss" not in str(message):
                raise
            return "diverged"
        scores.append(error(model.predict(X_test) - y_test) / scale)
        losses.append(model.history_["train_loss"].iloc[-1])
    low, high = min(scores), max(scores)
    text = f"{np.mean(scores):.3f} ({low:.3f} to {high:.3f}); {np.mean(losses):.3f}"
    return re.sub(r"\b0\.", ".", text)


def main():
    """Print the table, a line as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", default=list(TASKS), metavar="task")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| task |", " | ".join(f"rate {rate:g}" for rate in RATES), "|")
    print("|---" * (1 + len(RATES)) + "|")
    for task in args.tasks:
        load, error, params = TASKS[task]
        data = load()
        for name, model, rates in rows():
            cells = ["-"] * len(RATES)
            for i, rate in enumerate(rates):
                model.set_params(learning_rate=rate, max_epochs=args.epochs, **params)
                cells[i] = cell(model, data, error, args.seeds)
            print(f"| {task}: {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
