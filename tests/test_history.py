"""The table of a fit: losses by their formulas, which fall or are said to diverge."""

import pickle
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
import skorch.history
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback

from skseq import DenseRegressor, GRURegressor
from skseq.training.history import History
from tests.factories import (
    COLUMNS,
    LOSSES,
    NETWORK_REGRESSORS,
    NETWORKS,
    cases,
    make,
    make_exact,
    make_windows,
    network_regressors,
    networks,
    parameters,
    targets_for,
)


@networks
@pytest.mark.parametrize("early_stopping", [False, True])
def test_history_has_one_complete_row_an_epoch(cls, early_stopping):
    X, y = make_windows(cls)
    model = make(cls, max_epochs=3, early_stopping=early_stopping).fit(X, y)
    table = model.history_
    assert isinstance(table, pd.DataFrame)
    assert [c for c in table.columns if c in COLUMNS] == COLUMNS
    assert ("valid_loss" in table.columns) == early_stopping
    assert table["epoch"].tolist() == [1, 2, 3]
    assert table.index.tolist() == [0, 1, 2]
    numbers = table.select_dtypes("number")
    assert set(COLUMNS) <= set(numbers.columns)
    assert np.isfinite(numbers.to_numpy()).all()
    assert (table["seconds"] >= 0).all()
    assert (table[["train_loss", "gradient_norm"]] > 0).all(axis=None)


@cases(
    ["loss", "weighted"],
    NETWORK_REGRESSORS,
    each=[("huber", True)],
    full=[*product(LOSSES, [False, True])],
)
def test_the_loss_is_what_its_formula_says(cls, loss, weighted):
    X, y = make_windows(cls, horizon=3)
    y = 50 + 20 * y
    weight = np.random.default_rng(0).uniform(0.5, 3, len(X)) if weighted else None
    # So slow that the weights in the epoch are the last ones.
    model = make_exact(cls, loss=loss, max_epochs=1, learning_rate=1e-13, batch_size=7)
    model.fit(X, y, sample_weight=weight)
    w = np.ones(len(X)) if weight is None else weight
    mean = np.average(y, axis=0, weights=w)
    scale = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=w))
    by_sample = LOSSES[loss]((model.predict(X) - y) / scale).mean(axis=1)
    expected = np.average(by_sample, weights=w)
    assert model.history_["train_loss"][0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("cls", NETWORKS)
def test_the_loss_of_a_learnable_series_falls(cls):
    X, y = make_windows(cls)
    size = {"hidden_size": 8, "n_filters": 16}
    size = {name: size[name] for name in size if name in parameters(cls)}
    model = make_exact(cls, max_epochs=15, batch_size=16, learning_rate=0.03, **size)
    model.fit(X, y)
    losses = model.history_["train_loss"].to_numpy()
    assert losses[-1] < 0.5 * losses[0]
    assert losses[-3:].mean() < losses[:3].mean()


@pytest.mark.parametrize("cls", NETWORKS)
def test_every_network_learns_a_sine(cls):
    time = np.arange(260)
    wave = 1000 + 300 * np.sin(time / 4)
    X = np.lib.stride_tricks.sliding_window_view(wave[:-1], 12)[:, :, np.newaxis]
    y = targets_for(cls, wave[12:])
    params = {
        "max_epochs": 12,
        "hidden_size": 16,
        "n_filters": 16,
        "learning_rate": 0.03,
        "batch_size": 32,
    }
    known = parameters(cls)
    params = {name: value for name, value in params.items() if name in known}
    model = make(cls, **params).fit(X[:180], y[:180])
    assert model.score(X[180:], y[180:]) > 0.9


def test_losses_are_the_mean_over_however_many_batches(monkeypatch):
    X, y = make_windows(GRURegressor)

    class Count(Callback):
        most = 0

        def on_batch_end(self, net, **kwargs):
            self.most = max(self.most, len(net.history[-1]["batches"]))

    tables, counts = [], []
    for many in (1000, 3):
        monkeypatch.setattr("skseq.training.callbacks.MANY", many)
        counts.append(Count())
        model = make(GRURegressor, batch_size=3, max_epochs=2, early_stopping=True)
        tables.append(model.set_params(callbacks=[counts[-1]]).fit(X, y).history_)
    assert counts[0].most > 4 >= counts[1].most
    columns = ["train_loss", "valid_loss"]
    np.testing.assert_allclose(tables[1][columns], tables[0][columns], rtol=1e-12)


@networks
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_diverging_fit_says_what_to_change(cls, early_stopping):
    X, y = make_windows(cls, dtype=np.float32)
    model = make(
        cls,
        optimizer="sgd",
        learning_rate=1e38,
        lr_schedule="constant",
        gradient_clip=None,
        weight_decay=0.0,
        max_epochs=20,
        early_stopping=early_stopping,
        **({"loss": "squared_error"} if cls in NETWORK_REGRESSORS else {}),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning beforehand is no harm
        with pytest.raises(ValueError, match=r"learning_rate.*gradient_clip") as error:
            model.fit(X, y)
    assert "epoch" in str(error.value)
    assert "nan" in str(error.value) or "inf" in str(error.value)
    assert not hasattr(model, "history_")


@network_regressors
def test_huge_values_say_so_too(cls):
    X, y = make_windows(cls, dtype=np.float32)
    model = make(cls, standardize=False, loss="squared_error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"standardize.*extreme values"):
            model.fit(X, y * np.float32(1e30))


def test_a_failed_fit_leaves_no_half_of_a_model():
    X = np.random.default_rng(0).normal(size=(60, 6))
    model = DenseRegressor(max_epochs=2, random_state=0).fit(X, X.mean(axis=1))
    model.set_params(
        learning_rate=1e300, optimizer="sgd", gradient_clip=None, loss="squared_error"
    )
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, 1000 + X.mean(axis=1))
    with pytest.raises(NotFittedError):
        model.predict(X)


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        slice(1, None),
        (-1, "loss"),
        (-1, ("loss", "dur")),
        (-1, "batches"),
        (0, "batches", -1),
        (-1, "batches", -1, "size"),
        (-1, "batches", slice(None), "size"),
        (slice(None), "loss"),
        (slice(None), "batches", 0, "size"),
        (-1, "none"),
        (5, "loss"),
        (0, "loss", 0),
    ],
)
def test_a_history_is_read_as_that_of_skorch(key):
    rows = [
        {"loss": i, "dur": 0.5, "batches": [{"size": i + j} for j in range(3)]}
        for i in range(3)
    ]
    own, skorchs = History(rows), skorch.history.History(rows)
    try:
        expected = skorchs[key]
    except (KeyError, IndexError) as error:
        with pytest.raises(type(error)):
            own[key]
    else:
        assert own[key] == expected
    assert type(pickle.loads(pickle.dumps(own))[-1, "batches"]) is list
