"""Sequence classification, beside other packages and published figures.

``python -m tests.benchmarks.classification [SET ...]``, needs sktime (whose bundled
data it reads, in their given split). Five seeds, one thread; ours with default
parameters but for size and epochs, the others in the same size and for twice as many
epochs. Sequences of different lengths are padded: with NaN for ours, which do not see
it, and with zeros for the others.

What is not default is the size. Convolutions are as many as the published FCN has, of
128 filters; WaveNet's is the default. Both have 200 epochs, the former 500 on
ArrowHead, whose 36 sequences make three batches. The recurrent networks have one layer
of 64 units and 100 epochs, chosen by cross-validation on the training sequences of
ItalyPowerDemand, and 300 epochs on ArrowHead's 251 steps, chosen likewise: there it has
a log loss of .31 ± .04, two layers of 32 units .41 ± .06. On ItalyPowerDemand 32 units
and 60 epochs do no worse, but on GunPoint and BasicMotions they have a higher log loss.
Of WaveNet's sizes cross-validation on ItalyPowerDemand cannot choose one.
These log losses are of smoothed probabilities: ``predict_proba`` takes it back since.
"""

import sys
import time
import warnings
from functools import partial

import numpy as np
import torch
from skorch import NeuralNetClassifier
from sktime import datasets
from sktime.classification.deep_learning import GRUClassifier as SktimeGRU
from sktime.classification.deep_learning import SimpleRNNClassifierTorch
from torch import nn

from skseq import (
    Conv1DClassifier,
    GRUClassifier,
    LSTMClassifier,
    WaveNetClassifier,
    pad_sequences,
)

N_SEEDS = 5
BATCH = 16
RECURRENT = {"hidden_size": 64, "n_layers": 1, "max_epochs": 100}
CONVOLUTIONS = {"n_filters": 128, "n_conv_layers": 3, "max_epochs": 200}
ON_ARROWHEAD = (
    RECURRENT | {"max_epochs": 300},
    CONVOLUTIONS | {"max_epochs": 500},
)

PUBLISHED = {
    # set: (loader, published results)
    "GunPoint": ("gunpoint", "LSTM-FCN 1.000, FCN 1.000, MLP .928"),
    "ArrowHead": ("arrow_head", "LSTM-FCN .897, FCN .843, MLP .784"),
    "ItalyPowerDemand": ("italy_power_demand", "LSTM-FCN .962, FCN .963, MLP .953"),
    "BasicMotions": ("basic_motions", ""),
    "JapaneseVowels": ("japanese_vowels", "FCN .993, MLP .976"),
}


def load(loader, split):
    """Sequences of a set, each (length, n_variables), and their labels."""
    nested, y = getattr(datasets, f"load_{loader}")(split=split, return_X_y=True)
    sequences = [np.column_stack([*map(np.asarray, row)]) for row in nested.to_numpy()]
    return sequences, np.asarray(y)


class Recurrent(nn.Module):
    """What one writes with torch: a GRU, and a linear layer over its last state."""

    def __init__(self, n_features, n_classes, hidden_size, n_layers):
        super().__init__()
        self.gru = nn.GRU(n_features, hidden_size, n_layers, batch_first=True)
        self.out = nn.Linear(hidden_size, n_classes)

    def forward(self, x):
        return self.out(self.gru(x)[0][:, -1])


class Skorch:
    """That module in skorch, on standardised values."""

    def __init__(self, random_state, max_epochs, **size):
        self.seed = random_state
        self.size = size
        self.max_epochs = max_epochs

    def fit(self, X, y):
        self.mean, self.scale = X.mean(axis=(0, 1)), X.std(axis=(0, 1))
        self.classes, labels = np.unique(y, return_inverse=True)
        torch.manual_seed(self.seed)
        self.net = NeuralNetClassifier(
            Recurrent(X.shape[2], len(self.classes), **self.size),
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            max_epochs=self.max_epochs,
            batch_size=BATCH,
            iterator_train__shuffle=True,
            lr=0.001,
            train_split=None,
            verbose=0,
        ).fit(self._standardize(X), labels)
        return self

    def predict(self, X):
        return self.classes[self.net.predict(self._standardize(X))]

    def _standardize(self, X):
        return ((X - self.mean) / self.scale).astype(np.float32)


class Sktime:
    """A classifier of sktime, which wants variables before time."""

    def __init__(self, cls, random_state, hidden_size, n_layers, max_epochs, **params):
        self.model = cls(
            **params,
            hidden_dim=hidden_size,
            n_layers=n_layers,
            num_epochs=max_epochs,
            batch_size=BATCH,
            random_state=random_state,
        )

    def fit(self, X, y):
        self.model.fit(X.swapaxes(1, 2), y)
        return self

    def predict(self, X):
        return self.model.predict(X.swapaxes(1, 2))


OTHERS = {
    "skorch, nn.GRU": Skorch,
    # By default it takes the windows of a batch for time steps (sktime issue 9108).
    "sktime GRUClassifier": partial(Sktime, SktimeGRU, batch_first=True),
    "sktime SimpleRNNClassifierTorch": partial(Sktime, SimpleRNNClassifierTorch),
}


def models(name):
    """Return what makes the models for a set, ours first."""
    recurrent, conv = RECURRENT, CONVOLUTIONS
    if name == "ArrowHead":
        recurrent, conv = ON_ARROWHEAD
    ours = {
        "Conv1DClassifier": partial(Conv1DClassifier, **conv),
        "WaveNetClassifier": partial(WaveNetClassifier, max_epochs=200),
        "GRUClassifier": partial(GRUClassifier, **recurrent),
        "LSTMClassifier": partial(LSTMClassifier, **recurrent),
    }
    longer = recurrent | {"max_epochs": 2 * recurrent["max_epochs"]}
    others = {model: partial(make, **longer) for model, make in OTHERS.items()}
    return ours | others


def main(names):
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    print(f"| set | model | accuracy, mean and spread of {N_SEEDS} seeds | seconds |")
    print("|---|---|---|---|")
    for name in names or PUBLISHED:
        loader, published = PUBLISHED[name]
        (train, y), (test, y_test) = load(loader, "train"), load(loader, "test")
        length = max(map(len, train + test))
        X, X_test = (
            pad_sequences(part, length=length, dtype=np.float32)
            for part in (train, test)
        )
        for model, make in models(name).items():
            if model in OTHERS:
                X, X_test = np.nan_to_num(X), np.nan_to_num(X_test)
            scores, start = [], time.perf_counter()
            for seed in range(N_SEEDS):
                predicted = make(random_state=seed).fit(X, y).predict(X_test)
                scores.append((predicted == y_test).mean())
            seconds = (time.perf_counter() - start) / N_SEEDS
            score = f"{np.mean(scores):.3f} ± {np.std(scores):.3f}"
            print(f"| {name} | {model} | {score} | {seconds:.1f} |", flush=True)
        print(f"| {name} | published | {published} | |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
