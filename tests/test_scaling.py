"""Networks standardise what they are given: units don't matter."""

from itertools import product

import numpy as np
import pytest

from tests.factories import (
    NETWORK_REGRESSORS,
    NETWORKS,
    cases,
    make,
    make_windows,
    networks,
    output,
    parameters,
)

UNITS = [
    (1e6, 0.0, 1.0, 0.0),
    (1e-6, 0.0, 1.0, 0.0),
    (1.0, 0.0, 1e6, 0.0),
    (1.0, 0.0, 1e-6, 0.0),
    (1e6, 3e6, 1e-6, -4e-6),
    (-1e-6, 1e-5, -1e6, 1e7),
]


@cases(["units"], NETWORKS, each=[(UNITS[4],)], full=[(units,) for units in UNITS])
def test_units_do_not_matter(cls, units):
    factor, offset, y_factor, y_offset = units
    X, y = make_windows(cls)
    model = make(cls).fit(X, y)
    regression = cls in NETWORK_REGRESSORS
    # Each variable has a unit of its own.
    scale = np.array([factor, 1e3])
    other_X = X * np.abs(scale) + offset
    other_y = y * abs(y_factor) + y_offset if regression else y
    other = make(cls).fit(other_X, other_y)
    expected = output(model, X)
    if regression:
        expected = expected * abs(y_factor) + y_offset
    np.testing.assert_allclose(
        output(other, other_X), expected, rtol=1e-6, atol=1e-6 * abs(y_factor)
    )
    np.testing.assert_allclose(
        model.history_["train_loss"], other.history_["train_loss"], rtol=1e-6
    )


def make_plain(cls, **params):
    """Without differences, which have a scale of their own."""
    if "differences" in parameters(cls):
        params["differences"] = False
    return make(cls, **params)


def output_of_scaled(cls, X, y, mean, scale):
    """Output of a network for values, and targets, that are scaled before it."""
    regression = cls in NETWORK_REGRESSORS
    y_mean, y_scale = (y.mean(axis=0), y.std(axis=0)) if regression else (0, 1)
    scaled_X = (X - mean) / scale
    scaled_y = (y - y_mean) / y_scale if regression else y
    outside = make_plain(cls, standardize=False).fit(scaled_X, scaled_y)
    expected = output(outside, scaled_X)
    return expected * y_scale + y_mean if regression else expected


@networks
@pytest.mark.parametrize("padded", [False, True])
def test_standardising_is_what_one_would_do_by_hand(cls, padded):
    X, y = make_windows(cls, horizon=3)
    X = np.array(X) * [5.0, 0.01] + [100.0, 7.0]
    if padded:
        X[3, :4] = X[7, :2] = np.nan
    inside = make_plain(cls).fit(X, y)
    mean, scale = np.nanmean(X, axis=(0, 1)), np.nanstd(X, axis=(0, 1))
    expected = output_of_scaled(cls, X, y, mean, scale)
    np.testing.assert_allclose(output(inside, X), expected, rtol=1e-7)


@cases(
    ["constant", "dtype"],
    NETWORKS,
    each=[(0.1, np.float64)],
    full=[*product([1.0, 0.1, 1e9, -1e-9, 123456.789], [np.float32, np.float64])],
)
def test_a_constant_column_does_no_harm(cls, constant, dtype):
    X, y = make_windows(cls, dtype=dtype)
    X = np.array(X)
    X[:, :, 1] = constant
    forecast = output(make(cls).fit(X, y), X)
    assert np.isfinite(forecast).all()
    zero = X.copy()
    zero[:, :, 1] = 0
    without = output(make(cls).fit(zero, y), zero)
    np.testing.assert_allclose(forecast, without, atol=1e-3, rtol=1e-3)


@networks
def test_what_is_constant_in_training_is_ignored_if_it_varies_later(cls):
    X, y = make_windows(cls)
    X = np.array(X)
    X[:, :, 1] = 518.67
    model = make(cls).fit(X, y)
    later = X.copy()
    later[:, :, 1] += 100 * np.random.default_rng(0).normal(size=X.shape[:2])
    np.testing.assert_array_equal(output(model, later), output(model, X))


@cases(["constant"], NETWORK_REGRESSORS, each=[(0.1,)], full=[(0.0,), (0.1,), (1e9,)])
def test_a_constant_target_is_learned(cls, constant):
    X, y = make_windows(cls)
    y = np.column_stack([y[:, 0], np.full(len(X), constant)])
    model = make(cls, max_epochs=40, batch_size=32, learning_rate=0.05).fit(X, y)
    forecast = model.predict(X)[:, 1]
    assert np.isfinite(forecast).all()
    np.testing.assert_allclose(forecast, constant, atol=0.5)


@networks
def test_without_standardising_values_come_as_they_are(cls):
    X, y = make_windows(cls)
    small = make(cls, standardize=False).fit(X, y)
    large = make(cls, standardize=False).fit(100 * X, y)
    assert not np.allclose(output(small, X), output(large, 100 * X))
