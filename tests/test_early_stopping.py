"""Early stopping: what is held out, what is restored, and when it ends."""

import pickle
from functools import partial
from itertools import chain, product

import numpy as np
import pytest
import torch

from skseq import (
    Conv1DClassifier,
    DenseClassifier,
    DenseRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    WaveNetClassifier,
    WaveNetRegressor,
)
from skseq.windows import sliding_windows
from tests.factories import (
    FULL_BATCH,
    LOSSES,
    NETWORK_REGRESSORS,
    NETWORKS,
    Spy,
    cases,
    flat_weights,
    make,
    network_regressors,
    networks,
    numbered,
    output,
    targets_for,
)


@cases(
    ["n_outputs", "fraction"],
    NETWORK_REGRESSORS,
    each=[(5, 0.25)],
    full=[*product([1, 2, 5], [0.1, 0.25, 0.001, 7])],
)
def test_the_last_windows_are_held_out_behind_a_gap(cls, n_outputs, fraction):
    X, y = numbered(50, n_outputs=n_outputs)
    spy = Spy()
    make(cls, early_stopping=True, validation_fraction=fraction, callbacks=[spy]).fit(
        X, y
    )
    n_valid = fraction if fraction == 7 else max(1, int(fraction * 50))
    trained = sorted(chain(*spy.samples(0)))
    held_out = [*chain(*spy.samples(0, training=False))]
    assert held_out == list(range(50 - n_valid, 50))
    assert trained == list(range(50 - n_valid - (n_outputs - 1)))


@pytest.mark.parametrize("cls", [GRURegressor, GRUClassifier])
def test_a_number_of_windows_must_leave_some(cls):
    X, y = numbered(50)
    model = make(cls, early_stopping=True, validation_fraction=50)
    message = "n_samples={}, of which .* holds out 50.* a smaller validation_fraction"
    with pytest.raises(ValueError, match=message.format(50)):
        model.fit(X, y[:, 0] > 0)
    some = np.arange(50) % 2
    with pytest.raises(ValueError, match=message.format(25)):
        model.fit(X, y[:, 0] > 0, sample_weight=some)


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


def test_the_class_of_a_sequence_of_labels_is_the_last():
    X, _ = numbered(50)
    X[::2, :1] = np.nan  # which leaves the first step of every other without a label
    y = np.repeat(["a", "b"], [30, 20])[:, np.newaxis].repeat(3, axis=1)
    spy = Spy()
    options = {"validation_fraction": 0.2, "callbacks": [spy]}
    make(GRUClassifier, early_stopping=True, **options).fit(X, y)
    held_out = [*chain(*spy.samples(0, training=False))]
    assert held_out == [*range(24, 30), *range(46, 50)]


@pytest.mark.parametrize("copied", [False, True])
def test_classifiers_do_not_train_on_steps_that_are_held_out(copied):
    """Windows of one series, on both sides of those of a class that ends early."""
    series = np.random.default_rng(0).normal(size=(103, 2))
    series[:, 0] = np.arange(103)
    X = sliding_windows(series, 4)
    y = np.where(np.arange(100) < 40, "a", "b")
    split = {}

    class Model(DenseClassifier):
        def _hold_out(self, targets, n_valid):
            split["parts"] = super()._hold_out(targets, n_valid)
            return split["parts"]

    model = Model(early_stopping=True, max_epochs=1)
    model.fit(X.copy() if copied else X, y)
    training, held_out = split["parts"]
    assert held_out.tolist() == [*range(36, 40), *range(94, 100)]
    rows = set(X[held_out, :, 0].ravel())
    apart = [i for i in range(100) if rows.isdisjoint(X[i, :, 0])]
    assert training.tolist() == apart == [*range(33), *range(43, 91)]
    # All of a class of three shares steps with the one that is held out.
    rare = np.where(np.arange(100) < 97, "a", "b")
    model.set_params(validation_fraction=0.3).fit(X, rare)
    training, held_out = split["parts"]
    assert sorted([*training, *held_out]) == list(range(100))
    assert set(rare[training]) == {"a", "b"}


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


def test_without_it_the_last_weights_stay_though_the_loss_was_lower():
    X, y = numbered(60)
    params = {"learning_rate": 0.2, "lr_schedule": "constant", "max_epochs": 6}
    members = make(DenseRegressor, n_members=2, **params).fit(X, y)
    for net, state in zip(members.nets_, members.member_random_states_, strict=True):
        spy = Spy()
        alone = make(DenseRegressor, callbacks=[spy], **params)
        alone.set_params(random_state=state).fit(X, y)
        assert alone.history_["train_loss"].idxmin() < 5
        np.testing.assert_array_equal(flat_weights(alone.net_.module_), spy.weights[-1])
        np.testing.assert_allclose(flat_weights(net.module_), spy.weights[-1])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "cls",
    [
        Conv1DClassifier,
        WaveNetClassifier,
        partial(GRUClassifier, normalization="batch"),
        partial(LSTMClassifier, normalization="batch"),
    ],
)
def test_with_batch_normalisation_the_network_returned_is_validated(cls, weighted):
    """Each epoch, and so the best: its statistics are those of all training windows."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(120, 10, 2))
    y = (X[:, :, 0].mean(1) + 0.3 * rng.normal(size=120) > 0).astype(int)
    weights = rng.uniform(0.5, 3, 120) if weighted else np.ones(120)
    spy = Spy()
    model = cls(
        early_stopping=True,
        validation_fraction=0.3,
        max_epochs=6,
        label_smoothing=0,
        lr_schedule="constant",
        random_state=0,
        callbacks=[spy],
    ).fit(X, y, sample_weight=weights if weighted else None)
    best = model.history_["valid_loss"].cummin()
    # A fit that ends after some epochs returns the best of them.
    for n_epochs in 1, 2, 6:
        model.set_params(max_epochs=n_epochs)
        model.fit(X, y, sample_weight=weights if weighted else None)
        x = torch.cat(spy.epochs[0][False]).numpy()
        held_out = (X[:, None] == x).all(axis=(2, 3)).any(axis=1)
        error = -np.log(model.predict_proba(X)[np.arange(120), y])
        by_hand = (weights * error)[held_out].mean() / weights[~held_out].mean()
        assert by_hand == pytest.approx(best[n_epochs - 1], rel=1e-9)


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
        tol=0.02,
    ).fit(X, targets_for(cls, y))
    losses = model.history_["valid_loss"].to_numpy()
    assert 4 < len(losses) < 200
    # The last four epochs brought no progress, and any run before was shorter.
    best, misses = np.inf, 0
    for epoch, loss in enumerate(losses):
        if loss < best * (1 - 0.02):
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


@pytest.mark.parametrize("n_members", [1, 2])
def test_what_is_validated_on_is_not_kept(n_members):
    series = np.random.default_rng(0).normal(size=(3000, 1))
    windows, y = sliding_windows(series, 100), series[99:, 0]
    model = DenseRegressor(
        early_stopping=True, n_members=n_members, max_epochs=1, random_state=0
    )
    model.fit(windows, y)
    assert len(pickle.dumps(model)) < 100_000 * n_members < series.nbytes * 100
