"""Parameters: those that cannot be are named; depth and dropout have an effect."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skseq.estimators import ALL
from tests.factories import (
    NETWORKS,
    every,
    make,
    make_windows,
    networks,
    output,
    parameters,
)

NAN = float("nan")
_COUNT = [0, -1, 2.5, "5", None, True, np.array([1, 2])]
_AMOUNT = [-0.5, "fast", None, NAN, True, pd.NA]
BAD = {
    "max_epochs": _COUNT,
    "batch_size": _COUNT,
    "learning_rate": [0, *_AMOUNT],
    "weight_decay": [-0.5, "fast", NAN, True],
    "gradient_clip": [0, -1, "x", NAN, True],
    "n_iter_no_change": _COUNT,
    "tol": _AMOUNT,
    "validation_fraction": [0, -3, True, 1.0, 1.5, *_AMOUNT],
    "hidden_size": _COUNT,
    "n_layers": _COUNT,
    "dropout": [1, 1.5, *_AMOUNT],
    "n_members": _COUNT,
    "n_known_ahead": [-1, 1.5, "2", None],
    "embedding_size": [0, -1, 1.5, "x"],
    "vocabulary_size": [0, -1, 1.5, "x"],
    "optimizer": ["adamax", None, 3, ["adam"]],
    "lr_schedule": ["linear", None, 3, ["constant"]],
    "loss": ["mape", None, 3, ["huber"]],
    "pooling": ["median", None, 3, ["last"]],
    "supervise": ["first", None, ["last"]],
    "strategy": ["recursive", None, ["direct"]],
    "activation": ["swish", None, 3, ["relu"]],
    "device": ["abacus", 3.5, np.array([1, 2]), "fpga", "cuda:99"],
    "n_jobs": [0, "two", 1.5],
    "verbose": ["loud"],
    "callbacks": [3, "EarlyStopping", [3]],
    "standardize": ["yes", 2],
    "early_stopping": ["yes", 2],
    "random_state": ["seed", 1.5, -1],
    "quantiles": [(), (0.5, 0.1), (0.0, 0.5), (0.5, 1.0), "x", 0.5, None],
    "output_weights": [(-1.0, 1.0), (0.0, 0.0), (1.0, np.nan), (1.0, 2.0, 3.0), "x"],
    "target": [9, -1, "rail", 0.5, []],
    "class_weight": ["even", 3, {"up": -1}, {"up": 0, "down": 0}],
    "season": [0, -1, 2.5, "5", None, 99],
    "module": [None, 3, "GRU", max, dict, np.zeros(3)],
    "hidden_layer_sizes": [8, (0,), (-4,), ("a",), (2.5,), "8", None],
}


def bad_values(name, default):
    if name in BAD:
        return BAD[name]
    # A parameter that is new here: what its default says of its type.
    if isinstance(default, bool):
        return ["yes"]
    if isinstance(default, (int, float)):
        return ["x", [1]]
    return ["no such choice"] if isinstance(default, str) else []


def complaint(cls, name, value):
    """What is wrong with the way in which a bad value is refused, or None."""
    X, y = make_windows(cls)
    model = make(cls, **{name: value})  # only fit complains
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
    except (TypeError, ValueError) as error:
        if re.search(rf"\b{name}\b", str(error)):
            return None
        return f"{name}={value!r} is not named: {error}"
    except Exception as error:
        return f"{name}={value!r} raises {type(error).__name__}: {error}"
    return f"{name}={value!r} is accepted"


@pytest.mark.parametrize(
    ("cls", "name"), [(cls, name) for cls in ALL for name in parameters(cls)]
)
def test_bad_parameters_are_named(cls, name):
    default = parameters(cls)[name]
    values = [v for v in bad_values(name, default) if v is not None or default]
    complaints = [complaint(cls, name, value) for value in values]
    assert [c for c in complaints if c] == []


@every
def test_numbers_of_numpy_are_as_good(cls):
    """A grid often holds them."""
    kinds = {bool: np.bool_, int: np.int64, float: np.float64}
    X, y = make_windows(cls)
    model = make(cls)
    numbers = {
        name: kinds[type(value)](value)
        for name, value in model.get_params().items()
        if type(value) in kinds
    }
    forecast = output(clone(model).set_params(**numbers).fit(X, y), X)
    np.testing.assert_array_equal(forecast, output(model.fit(X, y), X))


DEPTHS = {"n_layers": 4, "n_conv_layers": 5, "hidden_layer_sizes": (5, 4)}


@pytest.mark.parametrize(
    "cls", [cls for cls in NETWORKS if set(DEPTHS) & set(parameters(cls))]
)
def test_deep_networks_with_dropout(cls):
    known = parameters(cls)
    deep = {**DEPTHS, "dropout": 0.5}
    params = {name: value for name, value in deep.items() if name in known}
    X, y = make_windows(cls)
    model = make(cls, **params).fit(X, y)
    shallow = make(cls).fit(X, y)
    assert np.isfinite(output(model, X)).all()
    assert sum(p.numel() for p in model.net_.module_.parameters()) > sum(
        p.numel() for p in shallow.net_.module_.parameters()
    )
    # Dropout is off when predicting.
    np.testing.assert_array_equal(output(model, X), output(model, X))


@networks
def test_dropout_changes_training(cls):
    if "dropout" not in parameters(cls):
        pytest.skip("no dropout")
    deep = {
        name: value
        for name, value in {"n_layers": 4, "hidden_layer_sizes": (8,)}.items()
        if name in parameters(cls)
    }
    X, y = make_windows(cls)
    forecasts = [
        output(make(cls, dropout=share, **deep).fit(X, y), X) for share in (0.0, 0.5)
    ]
    assert (forecasts[0] != forecasts[1]).any()
