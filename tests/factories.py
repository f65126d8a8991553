"""Small, fast instances of every estimator, and data that fit them all."""

import inspect

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.utils.validation import has_fit_parameter

from skseq import SlidingWindow, horizon_targets
from skseq.estimators import ALL

TINY = {
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


NETWORKS = [cls for cls in ALL if "max_epochs" in parameters(cls)]
REGRESSORS = [cls for cls in ALL if cls.__name__.endswith("Regressor")]
WEIGHTED = [cls for cls in ALL if has_fit_parameter(cls, "sample_weight")]
NETWORK_REGRESSORS = [cls for cls in NETWORKS if cls in REGRESSORS]


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
