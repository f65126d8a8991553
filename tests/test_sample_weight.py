"""Weights of samples: zero removes a sample, two repeats it."""

import numpy as np
import pytest

from skseq import GRUClassifier
from tests.factories import (
    FULL_BATCH,
    WEIGHTED,
    make,
    make_exact,
    make_windows,
    networks,
    output,
)


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


@pytest.mark.parametrize("shape", [(50,), (50, 3)])
def test_a_sample_that_is_removed_does_not_count_in_its_class(shape):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3, 1)), rng.integers(3, size=shape)
    keep = (y.reshape(50, -1)[:, 0] != 1) | (np.arange(50) % 4 == 0)
    balanced = {"class_weight": "balanced"}
    removed = fit_weighted(GRUClassifier, X[keep], y[keep], **balanced)
    weighted = fit_weighted(GRUClassifier, X, y, keep.astype(float), **balanced)
    np.testing.assert_allclose(output(weighted, X), output(removed, X), rtol=1e-9)


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
