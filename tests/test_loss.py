"""A loss of one's own, given as a function."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_validate
from torch import nn
from torch.nn import functional as F

from skseq import (
    DenseRegressor,
    EncoderDecoderRegressor,
    GRURegressor,
    VectorizedGridSearchCV,
    WaveNetRegressor,
)

from .factories import make, make_windows

WINDOWS, Y = make_windows(GRURegressor, n_features=1, horizon=3)


def huber(prediction, target):
    return F.huber_loss(prediction, target, reduction="none")


@pytest.mark.parametrize(
    ("cls", "params"),
    [
        (DenseRegressor, {}),
        (GRURegressor, {"supervise": "every"}),
        (GRURegressor, {"strategy": "iterated"}),
        (WaveNetRegressor, {"output_weights": (1, 2, 3)}),
        (EncoderDecoderRegressor, {"n_members": 2}),
        (GRURegressor, {"early_stopping": True}),
    ],
)
def test_a_function_learns_what_the_loss_of_that_name_learns(cls, params):
    weights = np.linspace(0, 1, len(Y))
    named, own = (
        make(cls, loss=loss, **params).fit(WINDOWS, Y, sample_weight=weights)
        for loss in ("huber", huber)
    )
    assert_allclose(own.predict(WINDOWS), named.predict(WINDOWS), rtol=1e-6)
    assert_allclose(own.history_["train_loss"], named.history_["train_loss"])


def test_missing_targets_of_a_sequence_do_not_count():
    padded = WINDOWS.copy()
    padded[::2, :3] = np.nan
    y = WINDOWS[..., :1].copy()
    named, own = (
        make(GRURegressor, loss=loss).fit(padded, y) for loss in ("huber", huber)
    )
    assert_array_equal(own.predict(padded), named.predict(padded))


def test_missing_targets_do_not_count_in_a_relative_error():
    padded = WINDOWS.copy()
    padded[::2, :3] = np.nan
    y = 1 + WINDOWS[..., :1] ** 2
    params = {"standardize": False, "loss": lambda p, t: (p - t).abs() / t}
    model = make(GRURegressor, **params).fit(padded, y)
    relative = np.abs(model.predict(padded) / y - 1)
    observed = ~np.isnan(padded[..., 0])
    assert np.median(relative[observed]) < 1


def test_a_loss_that_punishes_too_low_forecasts_more():
    """With nine times the loss, nine of ten targets are below."""

    def too_low(prediction, target):
        error = target - prediction
        return torch.maximum(9 * error, -error)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, 3))
    y = X[:, 0] + rng.normal(size=len(X))
    model = DenseRegressor(loss=too_low, max_epochs=20, random_state=0).fit(X, y)
    assert np.mean(y < model.predict(X)) == pytest.approx(0.9, abs=0.02)


def test_a_module_with_a_state_is_not_changed():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("n_calls", torch.zeros(()))

        def forward(self, prediction, target):
            self.n_calls += 1
            return (prediction - target).abs()

    loss = Scaled()
    model = make(GRURegressor, loss=loss).fit(WINDOWS, Y)
    assert loss.n_calls == 0
    assert model.net_.criterion_.function.n_calls > 0
    expected = make(GRURegressor).fit(WINDOWS, Y).predict(WINDOWS)
    assert_allclose(model.predict(WINDOWS), expected, rtol=1e-6)


@pytest.mark.parametrize("search", [GridSearchCV, VectorizedGridSearchCV])
def test_a_search_chooses_a_loss(search):
    grid = {"loss": [huber, "squared_error", lambda p, t: (p - t) ** 2]}
    model = make(DenseRegressor, n_members=2)
    results = search(model, grid, cv=2).fit(WINDOWS, Y).cv_results_
    for params, score in zip(
        results["params"], results["split0_test_score"], strict=True
    ):
        half = -(-len(Y) // 2)
        alone = clone(model).set_params(**params).fit(WINDOWS[half:], Y[half:])
        assert_allclose(alone.score(WINDOWS[:half], Y[:half]), score, rtol=1e-4)


def test_a_function_without_a_name_comes_back_from_a_process():
    model = make(GRURegressor, loss=lambda p, t: (p - t).abs(), n_members=2)
    found = cross_validate(model, WINDOWS, Y, cv=2, return_estimator=True, n_jobs=2)
    expected = cross_validate(model, WINDOWS, Y, cv=2)
    assert_array_equal(found["test_score"], expected["test_score"])
    grid = {"learning_rate": [0.01, 0.1]}
    searches = [
        VectorizedGridSearchCV(model, grid, cv=2, n_jobs=n_jobs).fit(WINDOWS, Y)
        for n_jobs in (2, None)
    ]
    assert_allclose(*(search.cv_results_["mean_test_score"] for search in searches))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (nn.MSELoss(), r"of shape \(\d+, 3\), got \(\): take no mean"),
        (lambda p, t: (p - t).mean(-1), r"of shape \(\d+, 3\), got \(\d+,\)"),
        (lambda p, t: None, "got None: take no mean"),
        (nn.L1Loss, "loss must be a function, got the class L1Loss"),
        ("mse", r"loss must be one of \['absolute_error',.*\], or callable, got 'm"),
        (None, "loss must be one of .* or callable, got None"),
    ],
)
def test_what_is_no_loss(loss, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(GRURegressor, loss=loss).fit(WINDOWS, Y)
