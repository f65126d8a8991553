"""ItalyPowerDemand in other splits: the given one cannot tell good classifiers apart.

``python -m tests.benchmarks.resamples``, needs sktime. Its 1,096 sequences are split
anew 30 times, 67 for training as in the given split, the classes in proportion. The
models are those of the ``classification`` benchmark, one seed a split. Printed are the
accuracy, mean and standard error over the splits, and the difference from skorch's on
the same splits.
"""

import warnings

import numpy as np
import torch
from sklearn.model_selection import StratifiedShuffleSplit

from .classification import load, models

N_SPLITS = 30
BESIDE = "skorch, nn.GRU"


def main():
    """Print the table."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    train, test = (load("italy_power_demand", split) for split in ("train", "test"))
    X = np.array(train[0] + test[0], dtype=np.float32)
    y = np.concatenate([train[1], test[1]])
    splits = StratifiedShuffleSplit(N_SPLITS, train_size=len(train[0]), random_state=0)
    scores = {name: [] for name in models("ItalyPowerDemand")}
    for seed, (some, others) in enumerate(splits.split(X, y)):
        for name, make in models("ItalyPowerDemand").items():
            model = make(random_state=seed).fit(X[some], y[some])
            scores[name].append((model.predict(X[others]) == y[others]).mean())
    print(f"| model | accuracy | more than {BESIDE} |")
    print("|---|---|---|")
    for name, values in scores.items():
        more = np.subtract(values, scores[BESIDE])
        print(f"| {name} | {_mean(values)} | {_mean(more)} |")


def _mean(values):
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.4f} ± {error:.4f}"


if __name__ == "__main__":
    main()
