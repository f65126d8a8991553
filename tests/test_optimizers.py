"""Every optimizer and schedule trains; learning rates are those of torch."""

import pickle
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from torch import nn
from torch.optim import lr_scheduler

from skseq import DenseRegressor, GRURegressor, VectorizedGridSearchCV
from skseq.training.optimizers import OPTIMIZERS
from tests.factories import (
    FULL_BATCH,
    NETWORKS,
    Spy,
    cases,
    make,
    make_windows,
    numbered,
)

SCHEDULES = ["constant", "onecycle", "cosine", "plateau"]


@pytest.mark.parametrize("lr_schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_every_optimizer_trains_on_every_schedule(
    optimizer, lr_schedule, early_stopping
):
    X, y = make_windows(DenseRegressor)
    model = make(
        DenseRegressor,
        optimizer=optimizer,
        lr_schedule=lr_schedule,
        early_stopping=early_stopping,
        max_epochs=8,
        learning_rate=0.01,
    ).fit(X, y)
    losses = model.history_["train_loss"]
    assert losses.iloc[-1] < 0.9 * losses[0]


@cases(
    ["optimizer"],
    NETWORKS,
    each=[("sgd",), ("rmsprop",)],
    full=[(optimizer,) for optimizer in OPTIMIZERS],
)
def test_every_network_trains_with_every_optimizer(cls, optimizer):
    X, y = make_windows(cls)
    model = make(cls, optimizer=optimizer, max_epochs=6, learning_rate=0.01).fit(X, y)
    losses = model.history_["train_loss"]
    assert losses.iloc[-1] < losses[0]


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_only_adamw_decays_weights_by_default(optimizer, n_members):
    """In the others the same number is a penalty, which is many times as strong."""
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, optimizer=optimizer, n_members=n_members, max_epochs=3)
    default = model.fit(X, y).predict(X)
    decay = 0.01 if optimizer == "adamw" else 0
    expected = model.set_params(weight_decay=decay).fit(X, y).predict(X)
    np.testing.assert_array_equal(default, expected)
    other = model.set_params(weight_decay=0.1).fit(X, y).predict(X)
    assert not np.array_equal(default, other)


TORCHS = {
    "adamw": partial(torch.optim.AdamW, fused=True),
    "adam": partial(torch.optim.Adam, fused=True),
    "sgd": partial(torch.optim.SGD, momentum=0.9, fused=True),
    "rmsprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("optimizer", TORCHS)
def test_steps_are_those_of_torch(optimizer):
    weights = []
    for make_optimizer in OPTIMIZERS[optimizer], TORCHS[optimizer]:
        generator = torch.Generator().manual_seed(0)
        first, second = nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.zeros(4))
        parameters = first, second
        groups = [{"params": first, "lr": 0.1}, {"params": second, "lr": 0.3}]
        stepped = make_optimizer(groups, weight_decay=0.05)
        for step in range(6):
            stepped.zero_grad()
            assert all(one.grad is None for one in parameters)
            for one in parameters:
                one.grad = torch.randn(one.shape, generator=generator)
            stepped.step()
            if step == 2:  # goes on from a copy
                stepped.load_state_dict(
                    pickle.loads(pickle.dumps(stepped.state_dict()))
                )
        weights.append([one.detach().clone() for one in parameters])
        assert torch.is_grad_enabled()
        assert isinstance(pickle.loads(pickle.dumps(stepped)), type(stepped))
    for ours, torchs in zip(*weights, strict=True):
        assert torch.equal(ours, torchs)


def dummy_optimizer(learning_rate):
    return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate)


def step_by_hand(lr_schedule, learning_rate, n_epochs, n_batches):
    """The rate in each batch, and the one that holds after all of them."""
    optimizer = dummy_optimizer(learning_rate)
    n_steps = n_epochs * n_batches
    if lr_schedule == "onecycle":
        schedule = lr_scheduler.OneCycleLR(
            optimizer, max_lr=learning_rate, total_steps=n_steps + 1
        )
    elif lr_schedule == "cosine":
        schedule = lr_scheduler.CosineAnnealingLR(optimizer, T_max=n_steps)
    else:
        schedule = lr_scheduler.ConstantLR(optimizer, factor=1)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(n_steps):
        optimizer.step()
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return np.array(rates)


@pytest.mark.parametrize("lr_schedule", ["constant", "onecycle", "cosine"])
@pytest.mark.parametrize(("n_epochs", "batch_size"), [(5, 16), (1, 7), (3, FULL_BATCH)])
def test_the_learning_rate_follows_torchs_schedule(lr_schedule, n_epochs, batch_size):
    X, y = numbered(50)
    spy = Spy()
    model = make(
        DenseRegressor,
        lr_schedule=lr_schedule,
        learning_rate=0.02,
        max_epochs=n_epochs,
        batch_size=batch_size,
        callbacks=[spy],
    ).fit(X, y)
    n_batches = -(-50 // min(50, batch_size))
    rates = step_by_hand(lr_schedule, 0.02, n_epochs, n_batches)
    np.testing.assert_allclose(spy.rates, rates[:-1], rtol=1e-12)
    # The table has the rate of the epoch's last batch.
    last = rates[n_batches - 1 : -1 : n_batches]
    np.testing.assert_allclose(model.history_["learning_rate"], last, rtol=1e-12)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_plateau_lowers_the_rate_where_the_loss_stands(early_stopping):
    X, y = numbered(60)
    spy = Spy()
    model = make(
        DenseRegressor,
        lr_schedule="plateau",
        learning_rate=0.1,
        max_epochs=12,
        n_iter_no_change=4,
        early_stopping=early_stopping,
        callbacks=[spy],
        batch_size=FULL_BATCH,
        # Progress that is always enough for stopping is not for the schedule.
        tol=0.0,
    ).fit(X, y)
    monitored = "valid_loss" if early_stopping else "train_loss"
    optimizer = dummy_optimizer(0.1)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
    rates = []
    for loss in model.history_[monitored]:
        rates.append(optimizer.param_groups[0]["lr"])
        schedule.step(loss)
    np.testing.assert_allclose(spy.rates, rates, rtol=1e-12)
    np.testing.assert_allclose(model.history_["learning_rate"], rates, rtol=1e-12)


def test_plateau_is_reached_in_the_test_above():
    X, y = numbered(60)
    model = make(
        DenseRegressor,
        lr_schedule="plateau",
        learning_rate=0.1,
        max_epochs=60,
        n_iter_no_change=4,
    ).fit(X, y)
    assert model.history_["learning_rate"].iloc[-1] < 0.1


@pytest.mark.parametrize("weight_decay", [None, 0.1])
@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize("name", TORCHS)
def test_a_class_of_torch_trains_as_its_name_does(name, n_members, weight_decay):
    X, y = make_windows(GRURegressor)
    params = {"weight_decay": weight_decay, "n_members": n_members}
    named, own = (
        make(GRURegressor, optimizer=optimizer, **params).fit(X, y).predict(X)
        for optimizer in (name, TORCHS[name])
    )
    np.testing.assert_allclose(own, named, rtol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        torch.optim.NAdam,
        torch.optim.Adagrad,
        partial(torch.optim.SGD, momentum=0.9, nesterov=True),
        torch.optim.LBFGS,
    ],
)
def test_other_optimizers_of_torch_train(optimizer):
    X, y = make_windows(DenseRegressor)
    model = make(DenseRegressor, optimizer=optimizer, max_epochs=8, learning_rate=0.05)
    losses = model.fit(X, y).history_["train_loss"]
    assert losses.iloc[-1] < 0.9 * losses[0]
    assert isinstance(pickle.loads(pickle.dumps(model)), DenseRegressor)


def test_a_search_chooses_an_optimizer_class():
    X, y = make_windows(DenseRegressor)
    grid = {"optimizer": ["adam", torch.optim.Adam, torch.optim.NAdam]}
    model = make(DenseRegressor)
    scores = (
        search(model, grid, cv=2).fit(X, y).cv_results_["mean_test_score"]
        for search in (GridSearchCV, VectorizedGridSearchCV)
    )
    np.testing.assert_allclose(*scores, rtol=1e-6)
