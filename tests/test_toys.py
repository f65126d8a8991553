"""Toys that only the right structure solves, small; in full in benchmarks/toys.py."""

import numpy as np
import pytest

from skseq import (
    EncoderDecoderClassifier,
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
)
from tests.benchmarks.toys import (
    add,
    add_in_any_unit,
    copy,
    exact_match,
    reverse,
    rewrite_dates,
    squared_error,
)

ADDING = {"max_epochs": 12, "batch_size": 50, "learning_rate": 0.015}
TOKENS = {"embedding_size": 16, "batch_size": 32, "learning_rate": 0.015}


@pytest.mark.parametrize("cls", [LSTMRegressor, GRURegressor, RNNRegressor])
def test_adding_over_100_steps_takes_gates(cls):
    error = squared_error(cls(random_state=0, **ADDING), add, 1500, length=100)
    solved = error < 0.01  # the mean of the two numbers has 0.167
    assert solved == (cls is not RNNRegressor)
    if not solved:
        assert error > 0.1


def test_adding_in_any_unit_takes_layer_normalization():
    errors = []
    for normalization in (None, "layer"):
        model = GRURegressor(normalization=normalization, random_state=0, **ADDING)
        model.set_params(max_epochs=20)
        errors.append(squared_error(model, add_in_any_unit, 1500))
    assert errors[1] < 0.5 * errors[0]


def test_copying_takes_no_attention_where_the_state_holds_the_sequence():
    model = EncoderDecoderClassifier(attention=False, hidden_size=64, random_state=0)
    model.set_params(max_epochs=10, **{**TOKENS, "learning_rate": 0.03})
    assert exact_match(model, copy, 1000, length=4, n_symbols=4) > 0.95


@pytest.mark.parametrize("attention", [False, True])
def test_reversing_takes_attention(attention):
    model = EncoderDecoderClassifier(attention=attention, random_state=0)
    model.set_params(max_epochs=10, **TOKENS)
    match = exact_match(model, reverse, 1000, length=8, n_symbols=8)
    if not attention:
        assert match < 0.1
        return
    assert match > 0.99
    X, _ = reverse(200, length=8, n_symbols=8, seed=2)
    looks_at = model.attention_weights(X).mean(axis=0).argmax(axis=1)
    # The state after a token still holds that token.
    np.testing.assert_allclose(looks_at, np.arange(8)[::-1], atol=1)


def test_dates_are_rewritten():
    """One seed in six has .91: so few epochs leave some months mixed up."""
    model = EncoderDecoderClassifier(max_epochs=8, random_state=0, **TOKENS)
    assert exact_match(model, rewrite_dates, 3000) > 0.99
