"""Ctrl-C at any moment of a fit keeps the best weights so far."""

import pickle
import signal
from itertools import count, product

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from skseq import DenseRegressor, GRURegressor
from skseq.training import environment, interruption
from tests.factories import (
    COLUMNS,
    NETWORKS,
    Interrupt,
    Spy,
    cases,
    flat_weights,
    make,
    networks,
    numbered,
    output,
    targets_for,
)

MOMENTS = [
    ("batch begin", 4, 2),
    ("batch end", 4, 1),
    ("epoch end", 4, None),
    ("epoch begin", 4, None),
]


def interrupted_fit(cls, moment, **params):
    X, y = numbered(40, seed=1)
    spy = Spy()
    params = {"learning_rate": 0.2, "lr_schedule": "constant", **params}
    model = make(cls, max_epochs=9, callbacks=[spy, Interrupt(*moment)], **params)
    with pytest.warns(UserWarning, match="(?i)interrupted"):
        model.fit(X, targets_for(cls, y))
    return model, spy, X, y


@cases(
    ["moment", "early_stopping"],
    NETWORKS,
    each=[(MOMENTS[1], False), (MOMENTS[2], True)],
    full=[*product(MOMENTS, [False, True])],
)
def test_ctrl_c_keeps_the_best_weights(cls, moment, early_stopping):
    model, spy, X, _ = interrupted_fit(cls, moment, early_stopping=early_stopping)
    n_finished = 4 if moment[0] == "epoch end" else 3
    loss = "valid_loss" if early_stopping else "train_loss"
    finished = model.history_[:n_finished]
    best = int(finished[loss].to_numpy().argmin())
    np.testing.assert_array_equal(flat_weights(model.net_.module_), spy.weights[best])
    assert np.isfinite(output(model, X)).all()
    assert spy.events == ["begin", "end"]


@cases(["moment"], NETWORKS, each=[(MOMENTS[1],)], full=[(m,) for m in MOMENTS])
def test_an_interrupted_history_has_the_finished_epochs(cls, moment):
    model, *_ = interrupted_fit(cls, moment)
    n_finished = 4 if moment[0] == "epoch end" else 3
    assert model.history_["epoch"].tolist() == [*range(1, n_finished + 1)]
    assert model.history_[COLUMNS].notna().all(axis=None)


def test_the_warning_names_the_epochs():
    X, y = numbered(40)
    model = make(
        DenseRegressor, max_epochs=9, callbacks=[Interrupt("batch begin", 4, 1)]
    )
    with pytest.warns(UserWarning, match=r"3 of 9 epochs.*of epoch [123]"):
        model.fit(X, y)


@cases(
    ["moment"],
    NETWORKS,
    each=[(("batch end", 1, 2),)],
    full=[(("epoch begin", 1),), (("batch begin", 1, 1),), (("batch end", 1, 2),)],
)
def test_ctrl_c_before_the_first_epoch_is_over(cls, moment):
    model, _, X, _ = interrupted_fit(cls, moment)
    assert np.isfinite(output(model, X)).all()
    assert model.history_.empty


@networks
def test_ctrl_c_while_validating(cls):
    model, spy, *_ = interrupted_fit(cls, ("validation", 3), early_stopping=True)
    best = int(model.history_["valid_loss"][:2].to_numpy().argmin())
    np.testing.assert_array_equal(flat_weights(model.net_.module_), spy.weights[best])


@networks
def test_an_interrupted_estimator_pickles_and_refits(cls):
    model, _, X, y = interrupted_fit(cls, MOMENTS[0])
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(output(again, X), output(model, X))
    model.set_params(callbacks=None).fit(X, targets_for(cls, y))
    assert len(model.history_) == 9


class InterruptOnce(Callback):
    """Ctrl-C in the second epoch of the first network."""

    left = 1

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2 and InterruptOnce.left:
            InterruptOnce.left -= 1
            signal.default_int_handler(signal.SIGINT, None)


def test_an_interruption_holds_for_all_members():
    X = np.random.default_rng(0).normal(size=(60, 6))
    InterruptOnce.left = 1
    model = GRURegressor(
        hidden_size=2, max_epochs=30, n_members=3, callbacks=[InterruptOnce()]
    )
    with pytest.warns(UserWarning, match="Interrupted after 2 of 30 epochs"):
        model.fit(X, X.mean(axis=1))
    assert model.history_.groupby("member")["epoch"].max().tolist() == [2, 2, 2]
    assert model.get_params()["max_epochs"] == 30


class InterruptEach(Callback):
    """Ctrl-C in the second epoch of each network."""

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            signal.default_int_handler(signal.SIGINT, None)


@pytest.mark.parametrize("seconds_between", [0.1, 10])
def test_ctrl_c_twice_in_a_row_stops_a_search(seconds_between, monkeypatch):
    times = count(step=seconds_between)
    monkeypatch.setattr(interruption, "monotonic", lambda: next(times))
    X = np.random.default_rng(0).normal(size=(60, 6))
    model = DenseRegressor(max_epochs=5, callbacks=[InterruptEach()])
    search = GridSearchCV(model, {"learning_rate": [0.1, 0.01]}, cv=2, refit=False)
    if seconds_between < interruption.AGAIN:
        with (
            pytest.warns(UserWarning, match="Press Ctrl-C twice"),
            pytest.raises(KeyboardInterrupt),
        ):
            search.fit(X, X.mean(axis=1))
        return
    with pytest.warns(UserWarning, match="Interrupted after") as told:
        search.fit(X, X.mean(axis=1))
    assert len(told) == 4


class StopAt(Callback):
    """Stop a network once its loss is low, as skorch's callbacks stop."""

    def __init__(self, loss):
        self.loss = loss

    def on_epoch_end(self, net, **kwargs):
        if net.history[-1, "train_loss"] < self.loss:
            raise KeyboardInterrupt


def test_a_callback_stops_its_network_alone():
    X, y = numbered(60, seed=1)
    params = {"n_members": 4, "max_epochs": 12, "learning_rate": 0.1}
    plain = make(GRURegressor, **params).fit(X, y)
    losses = plain.history_.pivot(index="epoch", columns="member", values="train_loss")
    limit = losses.iloc[-1].max() * 1.05
    stopped = make(GRURegressor, callbacks=[StopAt(limit)], **params).fit(X, y)
    n_epochs = (losses < limit).to_numpy().argmax(axis=0) + 1
    assert len(set(n_epochs)) > 1
    found = stopped.history_.groupby("member")["epoch"].max()
    np.testing.assert_array_equal(found, n_epochs)


def test_a_network_that_a_callback_stops_keeps_its_last_weights():
    X, y = numbered(60, seed=1)
    spy = Spy()
    model = make(DenseRegressor, callbacks=[spy, StopAt(np.inf)], max_epochs=9)
    model.fit(X, y)
    np.testing.assert_array_equal(flat_weights(model.net_.module_), spy.weights[-1])
    assert len(model.history_) == 1


def test_callbacks_may_stop_each_fit_of_a_search():
    X = np.random.default_rng(0).normal(size=(60, 6))
    model = DenseRegressor(max_epochs=5, callbacks=[StopAt(np.inf)])
    search = GridSearchCV(model, {"learning_rate": [0.1, 0.01]}, cv=2)
    search.fit(X, X.mean(axis=1))
    assert len(search.best_estimator_.history_) == 1


def test_ctrl_c_in_a_backward_pass_leaves_gradients_on():
    with environment(None):
        torch.set_grad_enabled(False)  # as torch may leave it
    assert torch.is_grad_enabled()
