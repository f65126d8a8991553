"""Small, fast instances of every estimator, data that fit them all, and callbacks."""

import copy
import inspect
import signal
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.base import is_classifier
from sklearn.utils.validation import has_fit_parameter
from skorch.callbacks import Callback

from skseq import SlidingWindow, horizon_targets
from skseq.estimators import ALL


class OwnGRU(torch.nn.GRU):
    """A module as a user may write one."""

    def __init__(self, n_features):
        super().__init__(n_features, hidden_size=16, batch_first=True)


REQUIRED = {"module": OwnGRU}
TINY = {
    **REQUIRED,
    "max_epochs": 2,
    "batch_size": 32,
    "hidden_size": 4,
    "random_state": 0,
    "order": (1, 0, 1),
    "seasonal_order": (0, 0, 0, 0),
}
FULL_BATCH = 10_000


def parameters(cls):
    """The parameters of an estimator, with their defaults."""
    return {n: p.default for n, p in inspect.signature(cls).parameters.items()}


def default(cls, **params):
    """An instance with all defaults, and what has none."""
    needed = {k: v for k, v in REQUIRED.items() if k in parameters(cls)}
    return cls(**{**needed, **params})


NETWORKS = [cls for cls in ALL if "max_epochs" in parameters(cls)]
REGRESSORS = [cls for cls in ALL if cls.__name__.endswith("Regressor")]
WEIGHTED = [cls for cls in ALL if has_fit_parameter(cls, "sample_weight")]
NETWORK_REGRESSORS = [cls for cls in NETWORKS if cls in REGRESSORS]

every = pytest.mark.parametrize("cls", ALL)
networks = pytest.mark.parametrize("cls", NETWORKS)
network_regressors = pytest.mark.parametrize("cls", NETWORK_REGRESSORS)

COLUMNS = [
    "epoch",
    "train_loss",
    "learning_rate",
    "gradient_norm",
    "gradient_norm_max",
    "seconds",
]
LOSSES = {
    "squared_error": lambda e: e**2,
    "absolute_error": np.abs,
    "huber": lambda e: np.where(np.abs(e) < 1, e**2 / 2, np.abs(e) - 0.5),
}


def make(cls, **params):
    """A tiny instance; ``params`` that the class doesn't have are an error."""
    known = parameters(cls)
    return cls(**{**{k: v for k, v in TINY.items() if k in known}, **params})


def make_exact(cls, **params):
    """A tiny instance whose training loss is that of its predictions."""
    drawn = "teacher_forcing", "dropout", "recurrent_dropout"
    exact = dict.fromkeys((*drawn, "label_smoothing"), 0.0)
    known = parameters(cls)
    return make(cls, **{k: v for k, v in exact.items() if k in known}, **params)


def make_series(n_timesteps=60, n_features=2, dtype=np.float64, seed=0):
    """Waves of different periods with a little noise, (n_timesteps, n_features)."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_timesteps)[:, np.newaxis]
    period = 6 + 3 * np.arange(n_features)
    waves = np.sin(2 * np.pi * time / period) + 0.1 * rng.normal(
        size=(n_timesteps, n_features)
    )
    return waves.astype(dtype)


def targets_for(cls, y):
    """``y`` as it is, or labels for a classifier."""
    if not cls.__name__.endswith("Classifier"):
        return y
    first = np.asarray(y).reshape(len(y), -1)[:, 0]
    return np.where(first > np.median(first), "up", "down")


def make_windows(
    cls, n_timesteps=60, length=5, n_features=2, horizon=2, dtype=np.float64, **series
):
    """Windows without padding, as a view, and their targets."""
    table = make_series(n_timesteps, n_features, dtype, **series)
    X, y = horizon_targets(table, target=0, horizon=horizon)
    windows = SlidingWindow(length).fit_transform(X)[length - 1 :]
    return windows, targets_for(cls, y[length - 1 :])


def output(model, X):
    """Predictions that show every difference: probabilities of a classifier."""
    return model.predict_proba(X) if is_classifier(model) else model.predict(X)


@cache
def fitted(cls, dtype=np.float64):
    """A tiny fitted instance, and its windows, some of them padded."""
    X, y = make_windows(cls, length=8, dtype=dtype)
    X = np.array(X)
    X[1, :3], X[2, :7], X[5, :] = np.nan, np.nan, np.nan
    return make(cls).fit(X, y), X


def numbered(n_samples, length=3, n_outputs=1, seed=0):
    """Windows that carry their number in the last step, and targets of noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, length, 2))
    X[:, -1, 0] = np.arange(n_samples)
    return X, rng.normal(size=(n_samples, n_outputs))


def accepts_other_lengths(cls):
    """Whether a fitted estimator takes windows of another length."""
    X, y = make_windows(cls)
    model = make(cls).fit(X, y)
    try:
        model.predict(X[:, 1:])
    except ValueError:
        return False
    return True


THOROUGH = ("DenseRegressor", "GRURegressor", "NaiveRegressor")


def cases(names, classes, each, full):
    """Parametrize over every class with some cases, over three with all.

    What all estimators inherit from one place is tried there in every combination.
    """
    return pytest.mark.parametrize(
        ("cls", *names),
        [
            (cls, *case)
            for cls in classes
            for case in (full if cls.__name__ in THOROUGH else each)
        ],
    )


def flat_weights(module):
    """All weights one after the other, as a copy."""
    return torch.cat([p.detach().flatten() for p in module.parameters()]).numpy().copy()


class Spy(Callback):
    """Remember the weights and the windows that pass by."""

    def on_train_begin(self, net, **kwargs):
        self.module = copy.deepcopy(net.module_)
        self.epochs, self.rates, self.weights, self.events = [], [], [], ["begin"]

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        self.epochs.append({True: [], False: []})
        self.n_train = len(dataset_train)

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        x = batch[0]["x"] if isinstance(batch[0], dict) else batch[0]
        self.epochs[-1][training].append(x.clone())
        if training:
            self.rates.append(net.optimizer_.param_groups[0]["lr"])

    def on_epoch_end(self, net, **kwargs):
        self.weights.append(flat_weights(net.module_))

    def on_train_end(self, net, **kwargs):
        self.events.append("end")

    def samples(self, epoch, training=True):
        """Numbers of the samples in each batch (see ``numbered``)."""
        return [
            np.rint(x[:, -1, 0].numpy()).astype(int).tolist()
            for x in self.epochs[epoch][training]
        ]


class Interrupt(Callback):
    """Ctrl-C at an event of an epoch (from 1), in a batch (from 1)."""

    def __init__(self, event, epoch, batch=None):
        self.event, self.epoch, self.batch = event, epoch, batch

    def on_train_begin(self, net, **kwargs):
        self.n_epochs, self.n_batches = 0, 0

    def _at(self, event):
        here = event == self.event and self.n_epochs == self.epoch
        if here and self.batch in (None, self.n_batches):
            signal.default_int_handler(signal.SIGINT, None)

    def on_epoch_begin(self, net, **kwargs):
        self.n_epochs += 1
        self.n_batches = 0
        self._at("epoch begin")

    def on_batch_begin(self, net, training=True, **kwargs):
        self.n_batches += 1
        self._at("batch begin" if training else "validation")

    def on_batch_end(self, net, training=True, **kwargs):
        if training:
            self._at("batch end")

    def on_epoch_end(self, net, **kwargs):
        self._at("epoch end")
