"""What happens in a fit: batches, schedules, clipping, stopping, interruption."""

import copy
import pickle
import warnings
from itertools import chain, product

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback, Freezer, TrainEndCheckpoint
from torch.optim import lr_scheduler

from skseq import DenseRegressor, GRURegressor, WaveNetRegressor
from skseq.estimators import ALL
from skseq.training import Batches, Targets, WindowDataset
from skseq.windows import sliding_windows
from tests.factories import (
    FULL_BATCH,
    NETWORK_REGRESSORS,
    NETWORKS,
    WEIGHTED,
    cases,
    make,
    make_exact,
    make_windows,
    output,
    parameters,
    targets_for,
)

COLUMNS = ["epoch", "train_loss", "learning_rate", "gradient_norm", "seconds"]
LOSSES = {
    "squared_error": lambda e: e**2,
    "absolute_error": np.abs,
    "huber": lambda e: np.where(np.abs(e) < 1, e**2 / 2, np.abs(e) - 0.5),
}

networks = pytest.mark.parametrize("cls", NETWORKS)
network_regressors = pytest.mark.parametrize("cls", NETWORK_REGRESSORS)


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
            raise KeyboardInterrupt

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


def flat_weights(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()]).numpy().copy()


def numbered(n_samples, length=3, n_outputs=1, seed=0):
    """Windows that carry their number in the last step, and targets of noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, length, 2))
    X[:, -1, 0] = np.arange(n_samples)
    return X, rng.normal(size=(n_samples, n_outputs))


# --- history_ ----------------------------------------------------------------


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
    model = make_exact(cls, max_epochs=30, batch_size=16, learning_rate=0.03).fit(X, y)
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
        "max_epochs": 25,
        "hidden_size": 16,
        "learning_rate": 0.02,
        "batch_size": 32,
    }
    if "hidden_size" not in parameters(cls):
        del params["hidden_size"]
    model = make(cls, **params).fit(X[:180], y[:180])
    assert model.score(X[180:], y[180:]) > 0.9


# --- optimizers and schedules --------------------------------------------------

OPTIMIZERS = ["adamw", "adam", "sgd", "rmsprop"]
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


def test_the_network_is_saved_at_the_end(tmp_path):
    """Skorch names the file after the last batch."""
    X, y = make_windows(DenseRegressor)
    save = TrainEndCheckpoint(dirname=tmp_path)
    model = make(DenseRegressor, callbacks=[save]).fit(X, y)
    saved = torch.load(tmp_path / "train_end_params.pt")
    for name, value in model.net_.module_.state_dict().items():
        assert torch.equal(value, saved[name])


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
    # The table has the rate that holds when the epoch is over.
    after = rates[n_batches::n_batches]
    np.testing.assert_allclose(model.history_["learning_rate"], after, rtol=1e-12)


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


# --- gradients ---------------------------------------------------------------


@pytest.mark.parametrize("gradient_clip", [None, 0.01, 1e6])
def test_the_recorded_norm_is_that_before_clipping(gradient_clip):
    """Against the analytic gradient of the linear model."""
    X, y = make_windows(DenseRegressor, horizon=3)
    spy = Spy()
    model = make(
        DenseRegressor,
        loss="squared_error",
        max_epochs=1,
        batch_size=FULL_BATCH,
        gradient_clip=gradient_clip,
        callbacks=[spy],
    ).fit(X, y)
    inputs = np.array(X)
    inputs = ((inputs - inputs.mean((0, 1))) / inputs.std((0, 1))).reshape(len(X), -1)
    targets = (y - y.mean(0)) / y.std(0)
    with torch.no_grad():
        initial = spy.module(torch.from_numpy(np.array(X))).numpy()
    residual = initial.reshape(len(X), -1) - targets
    by_weight = 2 * residual.T @ inputs / residual.size
    by_bias = 2 * residual.sum(axis=0) / residual.size
    norm = np.sqrt((by_weight**2).sum() + (by_bias**2).sum())
    assert model.history_["gradient_norm"][0] == pytest.approx(norm, rel=1e-9)


@network_regressors
@pytest.mark.parametrize("gradient_clip", [None, 0.01])
def test_the_recorded_norm_of_every_network(cls, gradient_clip):
    """Against torch's gradient, of a loss written here, averaged over batches."""
    X, y = make_windows(cls, horizon=3)
    spy = Spy()
    model = make_exact(
        cls,
        loss="squared_error",
        max_epochs=1,
        batch_size=FULL_BATCH,
        gradient_clip=gradient_clip,
        callbacks=[spy],
    ).fit(X, y)
    targets = torch.from_numpy((y - y.mean(0)) / y.std(0))
    x = torch.from_numpy(np.array(X))
    spy.module.train()
    prediction = spy.module(x).reshape(targets.shape)
    torch.nn.functional.mse_loss(prediction, targets).backward()
    gradients = [p.grad for p in spy.module.parameters() if p.grad is not None]
    norm = torch.cat([g.flatten() for g in gradients]).norm().item()
    assert model.history_["gradient_norm"][0] == pytest.approx(norm, rel=1e-9)


@networks
def test_a_clipped_step_has_the_length_that_clipping_allows(cls):
    X, y = make_windows(cls)

    def step(gradient_clip, max_epochs=1):
        spy = Spy()
        model = make(
            cls,
            optimizer="sgd",
            lr_schedule="constant",
            learning_rate=0.1,
            weight_decay=0.0,
            max_epochs=max_epochs,
            batch_size=FULL_BATCH,
            gradient_clip=gradient_clip,
            callbacks=[spy],
        ).fit(X, y)
        moved = flat_weights(model.net_.module_) - flat_weights(spy.module)
        return np.linalg.norm(moved), model.history_["gradient_norm"][0]

    free, norm = step(None)
    assert free == pytest.approx(0.1 * norm, rel=1e-6)
    clipped, norm_before = step(0.01)
    assert norm_before == pytest.approx(norm, rel=1e-12)
    assert clipped == pytest.approx(0.1 * 0.01, rel=1e-3)
    loose, _ = step(1e6)
    assert loose == pytest.approx(free, rel=1e-9)
    # Momentum 0.9 sums up to at most ten steps.
    crawled, _ = step(1e-6, max_epochs=5)
    assert 0 < crawled <= 5 * 10 * 0.1 * 1e-6


@networks
def test_no_update_without_a_learning_rate_and_decay(cls):
    X, y = make_windows(cls)
    spy = Spy()
    model = make(cls, learning_rate=1e-300, weight_decay=0.0, callbacks=[spy]).fit(X, y)
    np.testing.assert_allclose(
        flat_weights(model.net_.module_), flat_weights(spy.module), rtol=0, atol=1e-290
    )


# --- batches -----------------------------------------------------------------


@cases(
    ["batch_size"],
    NETWORKS,
    each=[(7,)],
    full=[(1,), (7,), (16,), (23,), (FULL_BATCH,)],
)
def test_an_epoch_visits_every_sample_once_in_another_order(cls, batch_size):
    X, y = numbered(23)
    spy = Spy()
    make(cls, max_epochs=3, batch_size=batch_size, callbacks=[spy]).fit(
        X, targets_for(cls, y)
    )
    orders = []
    for epoch in range(3):
        batches = spy.samples(epoch)
        sizes = [len(b) for b in batches]
        assert len(sizes) == -(-23 // batch_size)
        assert max(sizes) - min(sizes) <= 1
        orders.append([*chain(*batches)])
        assert sorted(orders[-1]) == list(range(23))
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert list(range(23)) not in orders


def test_the_order_follows_the_seed():
    X, y = numbered(23)
    orders = []
    for seed in (0, 0, 1):
        spy = Spy()
        make(DenseRegressor, random_state=seed, callbacks=[spy]).fit(X, y)
        orders.append([spy.samples(epoch) for epoch in (0, 1)])
    assert orders[0] == orders[1] != orders[2]


class Counting(np.ndarray):
    """Count the indexing calls."""

    n_calls = 0

    def __getitem__(self, key):
        type(self).n_calls += 1
        return np.asarray(super().__getitem__(key))


@settings(deadline=None, max_examples=40)
@given(
    n_samples=st.integers(1, 40),
    batch_size=st.integers(1, 45),
    shuffled=st.booleans(),
    weighted=st.booleans(),
    data=st.data(),
)
def test_a_batch_is_one_indexing_call(n_samples, batch_size, shuffled, weighted, data):
    windows = np.arange(2.0 * 3 * n_samples).reshape(n_samples, 3, 2).view(Counting)
    targets = np.arange(float(n_samples))[:, np.newaxis]
    samples = np.array(
        sorted(data.draw(st.sets(st.integers(0, n_samples - 1), min_size=1)))
    )
    weights = np.arange(n_samples) + 0.5 if weighted else None
    dataset = WindowDataset(windows, Targets(targets), weights, samples)
    generator = torch.Generator().manual_seed(0) if shuffled else None
    batches = Batches(dataset, batch_size, generator)
    Counting.n_calls = 0
    seen, sizes = [], []
    for x, y in batches:
        if weighted:
            y, w = y
            np.testing.assert_array_equal(w, y[:, 0] + 0.5)
        assert len(x) == len(y) <= batch_size
        np.testing.assert_array_equal(x[:, 0, 0] / 6, y[:, 0])
        seen += y[:, 0].int().tolist()
        sizes.append(len(x))
    assert max(sizes) - min(sizes) <= 1
    assert Counting.n_calls == len(batches) == -(-len(samples) // batch_size)
    assert sorted(seen) == samples.tolist()
    if not shuffled:
        assert seen == samples.tolist()


@networks
def test_a_fit_indexes_once_a_batch(cls, monkeypatch):
    calls = []
    original = WindowDataset.__getitem__

    def counting(self, positions):
        calls.append(np.size(positions))
        return original(self, positions)

    monkeypatch.setattr(WindowDataset, "__getitem__", counting)
    X, y = make_windows(cls)
    make(cls, max_epochs=2, batch_size=20).fit(X, y)
    n_batches = -(-len(X) // 20)
    # Batch normalisation settles in one more pass, of all windows at once.
    settles = parameters(cls).get("normalization") == "batch"
    assert len(calls) == 2 * n_batches + settles
    assert sum(calls) == (2 + settles) * len(X)


# --- early stopping ------------------------------------------------------------


@cases(
    ["n_outputs", "fraction"],
    NETWORK_REGRESSORS,
    each=[(5, 0.25)],
    full=[*product([1, 2, 5], [0.1, 0.25, 0.001])],
)
def test_the_last_windows_are_held_out_behind_a_gap(cls, n_outputs, fraction):
    X, y = numbered(50, n_outputs=n_outputs)
    spy = Spy()
    make(cls, early_stopping=True, validation_fraction=fraction, callbacks=[spy]).fit(
        X, y
    )
    n_valid = max(1, int(fraction * 50))
    trained = sorted(chain(*spy.samples(0)))
    held_out = [*chain(*spy.samples(0, training=False))]
    assert held_out == list(range(50 - n_valid, 50))
    assert trained == list(range(50 - n_valid - (n_outputs - 1)))


def test_the_gap_is_the_horizon_of_several_targets():
    """Three steps of two targets: the window three before touches no held-out one."""
    X, y = numbered(50, n_outputs=6)
    spy = Spy()
    make(
        DenseRegressor,
        target=[0, 1],
        early_stopping=True,
        validation_fraction=0.2,
        callbacks=[spy],
    ).fit(X, y)
    assert sorted(chain(*spy.samples(0))) == list(range(50 - 10 - 2))


@pytest.mark.parametrize("cls", [c for c in NETWORKS if c not in NETWORK_REGRESSORS])
def test_classifiers_hold_out_the_last_of_each_class(cls):
    X, _ = numbered(50)
    y = np.repeat(["a", "b"], [30, 20])
    spy = Spy()
    make(cls, early_stopping=True, validation_fraction=0.2, callbacks=[spy]).fit(X, y)
    held_out = [*chain(*spy.samples(0, training=False))]
    assert held_out == [*range(24, 30), *range(46, 50)]
    assert sorted(chain(*spy.samples(0))) == [*range(24), *range(30, 46)]


def valid_loss_by_hand(model, X, y, n_valid, gap=0):
    train = slice(0, len(X) - n_valid - gap)
    mean, scale = y[train].mean(axis=0), y[train].std(axis=0)
    error = (model.predict(X[-n_valid:]) - mean) / scale - (y[-n_valid:] - mean) / scale
    return LOSSES[model.loss](error).mean()


@cases(
    ["tol", "n_iter_no_change"],
    NETWORK_REGRESSORS,
    each=[(1e-4, 3)],
    full=[*product([0.0, 1e-4, 0.2], [3, 100])],
)
def test_the_best_weights_are_restored(cls, tol, n_iter_no_change):
    X, y = numbered(60, n_outputs=2, seed=3)
    y[:, 0] += X[:, -1, 1]
    model = make(
        cls,
        early_stopping=True,
        validation_fraction=0.2,
        max_epochs=12,
        learning_rate=0.1,
        lr_schedule="constant",
        n_iter_no_change=n_iter_no_change,
        tol=tol,
    ).fit(X, y)
    expected = model.history_["valid_loss"].min()
    assert valid_loss_by_hand(model, X, y, 12, gap=1) == pytest.approx(
        expected, rel=1e-9
    )


@pytest.mark.parametrize("cls", [GRURegressor, WaveNetRegressor])
def test_trained_on_every_step_only_the_last_is_validated(cls):
    """Windows before were trained on the targets of the others."""
    series = np.random.default_rng(0).normal(size=(70, 1))
    X, y = sliding_windows(series, 8)[:-2], sliding_windows(series[8:], 2)[:, :, 0]
    options = {"validation_fraction": 0.2, "max_epochs": 5, "learning_rate": 0.1}
    model = make(cls, supervise="every", early_stopping=True, **options).fit(X, y)
    expected = model.history_["valid_loss"].min()
    by_hand = valid_loss_by_hand(model, X, y, int(0.2 * len(X)), gap=1)
    assert by_hand == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("consecutive", [True, False])
def test_the_gap_where_windows_share_the_targets_of_their_steps(consecutive):
    X = sliding_windows(np.arange(-7.0, 50.0)[:, None], 8)
    if not consecutive:  # sequences of their own
        X, _ = numbered(50, length=8)
    spy = Spy()
    options = {"validation_fraction": 0.2, "callbacks": [spy]}
    make(GRURegressor, early_stopping=True, **options).fit(X, X[:, :, :1] ** 2)
    gap = 7 if consecutive else 0
    assert sorted(chain(*spy.samples(0))) == list(range(50 - 10 - gap))


@networks
def test_noise_stops_early(cls):
    X, y = numbered(60)
    model = make(
        cls,
        early_stopping=True,
        validation_fraction=0.3,
        max_epochs=200,
        learning_rate=0.1,
        lr_schedule="constant",
        n_iter_no_change=4,
    ).fit(X, targets_for(cls, y))
    losses = model.history_["valid_loss"].to_numpy()
    assert 4 < len(losses) < 200
    # The last four epochs brought no progress, and any run before was shorter.
    best, misses = np.inf, 0
    for epoch, loss in enumerate(losses):
        if loss < best * (1 - 1e-4):
            best, misses = loss, 0
        else:
            misses += 1
        assert (misses == 4) == (epoch == len(losses) - 1)


@networks
def test_patience_that_never_ends_trains_to_the_end(cls):
    X, y = numbered(40)
    model = make(cls, early_stopping=True, n_iter_no_change=50, max_epochs=7).fit(
        X, targets_for(cls, y)
    )
    assert len(model.history_) == 7


@networks
def test_moments_are_those_of_the_training_windows(cls):
    X, y = numbered(50)
    y = y if cls in NETWORK_REGRESSORS else np.repeat(["a", "b"], [30, 20])
    spy = Spy()
    params = {"early_stopping": True, "validation_fraction": 0.2, "max_epochs": 1}
    first = make(cls, **params, callbacks=[spy]).fit(X, y)
    held_out = [*chain(*spy.samples(0, training=False))]
    other = X.copy()
    other[held_out, :, 1] = 1e6
    second = make(cls, **params).fit(other, y)
    np.testing.assert_array_equal(output(first, X), output(second, X))


@networks
def test_too_few_windows_to_hold_any_out(cls):
    X, y = numbered(1)
    y = targets_for(cls, y) if cls in NETWORK_REGRESSORS else ["a"]
    with pytest.raises(ValueError, match=r"n_samples=1.*early_stopping=False"):
        make(cls, early_stopping=True).fit(X, y)


@network_regressors
def test_held_out_windows_without_weight_do_not_count(cls):
    """Zero weight is the same as removal, also at the end."""
    X, y = numbered(60)
    weight = np.r_[np.ones(50), np.zeros(10)]
    model = make(
        cls,
        early_stopping=True,
        validation_fraction=0.1,
        max_epochs=8,
        learning_rate=0.05,
        batch_size=FULL_BATCH,
    )
    with_zeros = model.fit(X, y, sample_weight=weight).history_
    assert (with_zeros["valid_loss"] > 0).all()


# --- losses that are not numbers -------------------------------------------------


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


# --- Ctrl-C ------------------------------------------------------------------

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


# --- callbacks and the bar -----------------------------------------------------


@networks
def test_callbacks_are_called_and_left_alone(cls):
    X, y = make_windows(cls)
    spy = Spy()
    callbacks = [spy]
    model = make(cls, max_epochs=3, callbacks=callbacks).fit(X, y)
    assert spy.events == ["begin", "end"]
    assert len(spy.epochs) == 3
    assert callbacks == [spy]
    assert model.callbacks is callbacks


@networks
def test_a_bar_under_verbose(cls, capfd):
    X, y = make_windows(cls)
    model = make(cls, max_epochs=3, verbose=1).fit(X, y)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "3/3" in captured.err
    assert "train_loss" in captured.err
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(output(again, X), output(model, X))


def test_the_bar_shows_the_validation_loss_and_closes_when_interrupted(capfd):
    X, y = numbered(40)
    model = make(
        GRURegressor,
        verbose=1,
        early_stopping=True,
        max_epochs=5,
        callbacks=[Interrupt("batch end", 3)],
    )
    with pytest.warns(UserWarning, match="2 of 5"):
        model.fit(X, y)
    captured = capfd.readouterr()
    assert "2/5" in captured.err
    assert "valid_loss" in captured.err
    pickle.dumps(model)


@pytest.mark.parametrize("cls", ALL)
def test_silence_without_verbose(cls, capfd):
    X, y = make_windows(cls)
    output(make(cls).fit(X, y), X)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


# --- weights of samples ----------------------------------------------------------


def fit_weighted(cls, X, y, weight=None, **params):
    model = make_exact(
        cls, max_epochs=5, batch_size=FULL_BATCH, learning_rate=0.01, **params
    )
    return model.fit(X, y, sample_weight=weight)


@networks
def test_a_weight_of_zero_removes_a_sample(cls):
    X, y = make_windows(cls)
    X = np.array(X)
    keep = np.random.default_rng(0).random(len(X)) < 0.6
    removed = fit_weighted(cls, X[keep], y[keep])
    weighted = fit_weighted(cls, X, y, keep.astype(float))
    np.testing.assert_allclose(output(weighted, X), output(removed, X), rtol=1e-9)
    np.testing.assert_allclose(
        weighted.history_["train_loss"], removed.history_["train_loss"], rtol=1e-9
    )


@networks
def test_a_weight_of_zero_removes_samples_of_a_view(cls):
    X, y = make_windows(cls)
    weight = np.r_[np.zeros(9), np.ones(len(X) - 20), np.zeros(11)]
    removed = fit_weighted(cls, X[9:-11], y[9:-11])
    weighted = fit_weighted(cls, X, y, weight)
    np.testing.assert_allclose(output(weighted, X), output(removed, X), rtol=1e-9)


@networks
def test_a_weight_of_two_repeats_a_sample(cls):
    X, y = make_windows(cls)
    X = np.array(X)
    twice = np.arange(len(X)) % 3 == 0
    repeated = fit_weighted(
        cls, np.concatenate([X, X[twice]]), np.concatenate([y, y[twice]])
    )
    weighted = fit_weighted(cls, X, y, 1.0 + twice)
    np.testing.assert_allclose(output(weighted, X), output(repeated, X), rtol=1e-7)


@networks
def test_only_ratios_of_weights_count(cls):
    X, y = make_windows(cls)
    weight = np.random.default_rng(0).uniform(0.1, 5, len(X))
    first = fit_weighted(cls, X, y, weight)
    second = fit_weighted(cls, X, y, 1000 * weight)
    ones = fit_weighted(cls, X, y, np.ones(len(X)))
    none = fit_weighted(cls, X, y)
    np.testing.assert_allclose(output(first, X), output(second, X), rtol=1e-9)
    np.testing.assert_allclose(output(ones, X), output(none, X), rtol=1e-9)
    assert not np.allclose(output(first, X), output(none, X))


@pytest.mark.parametrize("cls", WEIGHTED)
@pytest.mark.parametrize(
    "weight", [np.zeros(54), np.r_[-1, np.ones(53)], np.ones(53), np.full(54, np.nan)]
)
def test_weights_that_cannot_be(cls, weight):
    X, y = make_windows(cls)
    assert len(X) == 54
    with pytest.raises(ValueError, match=r"(?i)sample.?weight"):
        make(cls).fit(X, y, sample_weight=weight)


class InterruptOnce(Callback):
    """Ctrl-C in the second epoch of the first network."""

    left = 1

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2 and InterruptOnce.left:
            InterruptOnce.left -= 1
            raise KeyboardInterrupt


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


@pytest.mark.parametrize("n_members", [1, 2])
def test_what_is_validated_on_is_not_kept(n_members):
    series = np.random.default_rng(0).normal(size=(3000, 1))
    windows, y = sliding_windows(series, 100), series[99:, 0]
    model = DenseRegressor(
        early_stopping=True, n_members=n_members, max_epochs=1, random_state=0
    )
    model.fit(windows, y)
    assert len(pickle.dumps(model)) < 100_000 * n_members < series.nbytes * 100


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


def test_a_frozen_layer_is_not_called_vanished():
    X, y = make_windows(GRURegressor)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = make(GRURegressor, callbacks=[Freezer("network.*")]).fit(X, y)
    name = "gradient_norm network.layers.0"
    assert (model.history_[name] == 0).all()


def test_the_net_predicts_arrays_as_skorchs_does():
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, standardize=False).fit(X, y)
    np.testing.assert_allclose(model.net_.predict(X), model.predict(X))
