"""Norms of gradients are recorded; what explodes or vanishes is clipped and named."""

import re
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback, Freezer, Unfreezer

from skseq import (
    Conv1DRegressor,
    DenseRegressor,
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    SlidingWindow,
)
from skseq.training.gradients import warn_of_trouble
from tests.factories import (
    FULL_BATCH,
    Spy,
    flat_weights,
    make,
    make_exact,
    make_windows,
    network_regressors,
    networks,
)


def data(n=64):
    X = np.random.default_rng(0).normal(size=(n, 6, 2))
    return X, X[:, -1, 0]


class Norms(Callback):
    """Norms of the gradient by torch, before anything is clipped."""

    def __init__(self):
        self.norms = []

    def on_grad_computed(self, net, named_parameters, **kwargs):
        gradients = [p.grad for _, p in named_parameters if p.grad is not None]
        self.norms.append(torch.nn.utils.get_total_norm(gradients).item())


@pytest.mark.parametrize("n_layers", [1, 2])
def test_norms_by_layer_make_up_the_whole(n_layers):
    X, y = data()
    model = LSTMRegressor(
        n_layers=n_layers, max_epochs=3, batch_size=16, gradient_clip=None
    ).fit(X, y)
    layers = model.history_.filter(like="gradient_norm ")
    assert layers.shape[1] == n_layers + 1
    np.testing.assert_allclose(
        np.sqrt((layers**2).sum(axis=1)), model.history_["gradient_norm"], rtol=1e-6
    )


@pytest.mark.parametrize("n_members", [1, 2])
def test_an_epoch_has_the_root_mean_square_and_the_largest_of_its_batches(n_members):
    X, y = data(80)
    options = {"max_epochs": 3, "batch_size": 16, "gradient_clip": None}
    model = DenseRegressor(n_members=n_members, **options, random_state=0).fit(X, y)
    histories = model.history_.groupby("member")
    for (_, history), state in zip(histories, model.member_random_states_, strict=True):
        spy = Norms()
        DenseRegressor(**options, callbacks=[spy], random_state=state).fit(X, y)
        norms = np.reshape(spy.norms, (3, 5))
        expected = np.sqrt((norms**2).mean(axis=1))
        np.testing.assert_allclose(history["gradient_norm"], expected, rtol=1e-6)
        np.testing.assert_allclose(
            history["gradient_norm_max"], norms.max(axis=1), rtol=1e-6
        )


def test_clipping_by_value():
    X, y = data()
    largest = []

    class Spy(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            largest.append(max(p.grad.abs().max().item() for _, p in named_parameters))

    DenseRegressor(
        max_epochs=3, gradient_clip=1e-3, gradient_clip_by="value", callbacks=[Spy()]
    ).fit(X, y)
    np.testing.assert_allclose(largest, 1e-3)


def test_an_exploding_gradient_is_named():
    X, y = data()
    with pytest.warns(ConvergenceWarning, match="gradient exploded.*learning_rate"):
        DenseRegressor(
            standardize=False, loss="squared_error", gradient_clip=None, max_epochs=2
        ).fit(1e4 * X, 1e4 * y)


@pytest.mark.parametrize("n_members", [1, 2])
def test_warnings_are_of_the_line_that_called_fit(n_members):
    X, y = data()
    options = {"standardize": False, "loss": "squared_error", "max_epochs": 2}
    model = DenseRegressor(n_members=n_members, **options)
    with pytest.warns(ConvergenceWarning, match="gradient exploded") as caught:
        make_pipeline("passthrough", model).fit(1e4 * X, 1e4 * y)
    assert {one.filename for one in caught} == {__file__}
    with pytest.warns(ConvergenceWarning, match="gradient exploded") as caught:
        cross_val_score(model, 1e4 * X, 1e4 * y, cv=2)
    assert {one.filename for one in caught} == {__file__}


@pytest.mark.parametrize("gradient_clip", [None, 1.0])
@pytest.mark.parametrize("n_members", [1, 2])
def test_a_single_exploding_batch_is_named_unless_it_is_clipped(
    n_members, gradient_clip
):
    X = np.random.default_rng(0).normal(size=(8000, 5, 1))
    y = X[:, -1, 0].copy()
    y[5000] = 1e5
    model = DenseRegressor(
        standardize=False,
        loss="squared_error",
        gradient_clip=gradient_clip,
        optimizer="sgd",
        lr_schedule="constant",
        learning_rate=0.001,
        max_epochs=1,
        n_members=n_members,
        random_state=0,
    )
    if gradient_clip is None:
        with pytest.warns(ConvergenceWarning, match="its norm reached") as w:
            model.fit(X, y)
        assert len(w) == n_members
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(X, y)
    assert (model.history_["gradient_norm_max"] > 1e3).all()
    assert (model.history_["gradient_norm"] < 1e3).all()


def test_a_gradient_that_explodes_all_along_is_named_though_it_is_clipped():
    X, y = data()
    model = DenseRegressor(standardize=False, loss="squared_error", max_epochs=1)
    with pytest.warns(ConvergenceWarning, match=r"average.* or gradient_clip"):
        model.fit(1e4 * X, 1e4 * y)


@pytest.mark.parametrize("n_members", [1, 2])
def test_a_loss_that_grew_is_told(n_members):
    """Each network of an ensemble, trained as one, is told of as if alone."""
    X, y = data()
    diverging = {"optimizer": "sgd", "learning_rate": 1e3, "weight_decay": 0.01}
    diverging |= {"lr_schedule": "constant", "n_members": n_members}
    model = DenseRegressor(**diverging, random_state=0)
    with pytest.warns(ConvergenceWarning, match="loss grew from .*learning_rate") as w:
        model.fit(X, y)
    assert len(w) == n_members
    losses = model.history_.groupby("member")["train_loss"]
    assert (losses.last() > 10 * losses.first()).all()
    assert f"{losses.first()[0]:.3g} in the first" in str(w[0].message)


@pytest.mark.parametrize(
    ("losses", "grew"),
    [
        ([2, 100, 20], False),
        ([2, 1, 21], True),
        ([0.4, 0.2, 4.1], True),
        ([1e-6, 0.9], False),
        ([1e-6, 1.1], True),
        ([37, 4.9], False),
        ([9, 89], False),
        ([9, 91], True),
    ],
)
def test_only_a_loss_that_ends_far_above_its_start_and_1_is_told(losses, grew):
    """A warm start may begin at nearly zero, and bounce."""
    norms = {"gradient_norm": 1, "gradient_norm_max": 1, "learning_rate": 0.1}
    history = [{"train_loss": loss, **norms} for loss in losses]
    message = pytest.warns(ConvergenceWarning, match="training diverged. Lower")
    with message if grew else nullcontext():
        warn_of_trouble(history, [])


def test_a_warm_start_that_destroys_a_good_network_is_told():
    X, y = data()
    model = DenseRegressor(learning_rate=0.05, warm_start=True, random_state=0)
    model.fit(X, y)
    rate = {"optimizer": "sgd", "lr_schedule": "constant", "learning_rate": 3.0}
    with pytest.warns(ConvergenceWarning, match="loss grew from 0.0"):
        model.set_params(**rate, batch_size=64).fit(X, y)
    assert 1 < model.history_["train_loss"].iloc[-1] < 10


class OldWeights(Callback):
    """Start from the weights of torch's own layers."""

    def on_train_begin(self, net, **kwargs):
        torch.manual_seed(0)
        for layer in net.module_.network.layers:
            layer.reset_parameters()


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (RNNRegressor(), True),
        (RNNRegressor(callbacks=[OldWeights()]), True),
        (RNNRegressor(pooling="mean"), False),
        (RNNRegressor(supervise="every"), False),
        (RNNRegressor(bidirectional=True), False),
        (GRURegressor(), False),
        (Conv1DRegressor(cell="RNN", kernel_size=8, stride=8), False),
    ],
)
def test_a_gradient_that_vanishes_through_time_is_told(estimator, told, n_members):
    """Before training: none of the first steps of 300 can be learned from."""
    series = np.random.default_rng(0).normal(size=(340, 1))
    X = SlidingWindow(300).fit_transform(series)[300:]
    model = clone(estimator).set_params(max_epochs=1, n_members=n_members)
    model.set_params(random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X[:-1], series[301:, 0])
    texts = [str(w.message) for w in caught if "through time" in str(w.message)]
    assert bool(texts) == told
    if told:
        n_lost = int(re.search(r"the first (\d+) of 300 steps", texts[0])[1])
        changed = X[-1:].copy()
        changed[:, :n_lost] += 1e-3
        assert abs(model.predict(changed) - model.predict(X[-1:]))[0] < 1e-10


def test_padding_is_not_taken_for_steps_without_a_gradient():
    X = np.random.default_rng(0).normal(size=(20, 100, 1))
    X[:, :60] = np.nan
    model = GRURegressor(hidden_size=4, max_epochs=1, random_state=0)
    model.fit(X, np.arange(20.0))  # a warning would be an error


def test_a_vanishing_gradient_is_named_with_its_layer():
    X, y = data()

    class Shut(Callback):
        """Make the second layer let nothing through but the head learn."""

        def on_train_begin(self, net, **kwargs):
            with torch.no_grad():
                net.module_.network.layers[3].weight.zero_()

        def on_batch_end(self, net, **kwargs):
            self.on_train_begin(net)

    with pytest.warns(
        ConvergenceWarning, match=r"vanished in layer 'network.layers.0'"
    ):
        DenseRegressor(
            hidden_layer_sizes=(4, 4),
            activation="tanh",
            max_epochs=2,
            callbacks=[Shut()],
        ).fit(X, y)


@pytest.mark.parametrize("n_members", [1, 2])
def test_a_layer_that_learns_only_at_first_is_named(n_members):
    """Long steps saturate all units: from then on, the forecast is a constant."""
    X, y = make_windows(RNNRegressor, n_timesteps=200)
    model = RNNRegressor(
        hidden_size=8,
        n_layers=2,
        optimizer="sgd",
        lr_schedule="constant",
        learning_rate=10.0,
        gradient_clip=None,
        max_epochs=5,
        n_members=n_members,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match="'network.layers.0'.* Lower") as w:
        model.fit(X, y)
    assert len(w) == n_members
    norms = model.history_.groupby("member")["gradient_norm network.layers.0"]
    assert (norms.first() > 1e-3).all()
    np.testing.assert_allclose(np.ptp(model.predict(X), axis=0), 0, atol=1e-5)


def test_a_layer_that_dies_after_the_best_epoch_is_not_named():
    """Those weights are dropped."""
    norms = {"gradient_norm": 1, "gradient_norm_max": 1, "learning_rate": 0.1}
    layers = ["head.out", "network.layers.0"]
    history = [
        {
            "train_loss": 1,
            "valid_loss": loss,
            "gradient_norm head.out": 1,
            "gradient_norm network.layers.0": norm,
            **norms,
        }
        for loss, norm in [(0.9, 1), (0.5, 1), (0.7, 0)]
    ]
    warn_of_trouble(history, layers)  # a warning would be an error
    with pytest.warns(ConvergenceWarning, match="vanished in layer"):
        warn_of_trouble([{**row, "valid_loss": 1} for row in history], layers)


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


def test_a_frozen_layer_is_not_called_vanished():
    X, y = make_windows(GRURegressor)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = make(GRURegressor, callbacks=[Freezer("network.*")]).fit(X, y)
    name = "gradient_norm network.layers.0"
    assert (model.history_[name] == 0).all()


def test_a_layer_that_is_released_later_is_clipped_and_recorded():
    class Frozen(GRURegressor):
        """{parameters}{attributes}"""

        def _build(self, length, n_features):
            return super()._build(length, n_features).requires_grad_(False)

    X, y = data()
    callbacks = [Unfreezer("network.*", at=2), spy := Norms()]
    model = Frozen(
        max_epochs=3, batch_size=64, gradient_clip=1e-3, callbacks=callbacks
    ).fit(X, y)
    np.testing.assert_allclose(spy.norms, 1e-3, rtol=1e-2)
    norms = model.history_["gradient_norm network.layers.0"]
    assert (norms > 0).tolist() == [False, True, True]
