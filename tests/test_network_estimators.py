"""What holds for every estimator: padding, dtypes, units, shapes, sklearn's manners."""

import copy
import inspect
import pickle
import pydoc
import re
import warnings
from functools import cache
from itertools import product

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

import skseq
from skseq import (
    DenseRegressor,
    Differencer,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
    pad_sequences,
)
from skseq.estimators import ALL
from tests.factories import (
    FULL_BATCH,
    NETWORK_REGRESSORS,
    NETWORKS,
    REGRESSORS,
    WEIGHTED,
    accepts_other_lengths,
    cases,
    make,
    make_exact,
    make_series,
    make_windows,
    output,
    parameters,
    targets_for,
)

every = pytest.mark.parametrize("cls", ALL)
weighted_ones = pytest.mark.parametrize("cls", WEIGHTED)
networks = pytest.mark.parametrize("cls", NETWORKS)
network_regressors = pytest.mark.parametrize("cls", NETWORK_REGRESSORS)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TOLERANCE = {np.float32: 1e-6, np.float64: 1e-12}

ANY_LENGTH = [cls for cls in ALL if accepts_other_lengths(cls)]
FIXED_LENGTH = [cls for cls in ALL if cls not in ANY_LENGTH]
any_length = pytest.mark.parametrize("cls", ANY_LENGTH)


def padded(windows, n_padding):
    """The windows behind rows of NaN."""
    rows = np.full((len(windows), n_padding, windows.shape[2]), np.nan, windows.dtype)
    return np.concatenate([rows, windows], axis=1)


@cache
def fitted(cls, dtype=np.float64):
    X, y = make_windows(cls, length=8, dtype=dtype)
    X = np.array(X)
    X[1, :3], X[2, :7], X[5, :] = np.nan, np.nan, np.nan
    return make(cls).fit(X, y), X


# --- lengths and padding ---------------------------------------------------------


def test_recurrent_networks_take_any_length():
    names = {cls.__name__ for cls in ANY_LENGTH}
    assert {"RNNRegressor", "LSTMRegressor", "GRURegressor"} <= names


@any_length
@dtypes
@settings(deadline=None, max_examples=20, database=None)
@given(
    length=st.integers(1, 12),
    n_padding=st.integers(1, 9),
    n_samples=st.integers(1, 4),
    seed=st.integers(0, 999),
)
def test_padding_gives_what_the_short_sequence_gives(
    cls, dtype, length, n_padding, n_samples, seed
):
    model, _ = fitted(cls, dtype)
    rng = np.random.default_rng(seed)
    short = rng.normal(size=(n_samples, length, 2)).astype(dtype)
    np.testing.assert_allclose(
        output(model, padded(short, n_padding)),
        output(model, short),
        rtol=0,
        atol=TOLERANCE[dtype],
    )


@any_length
@dtypes
def test_sequences_of_different_lengths_in_one_batch(cls, dtype):
    model, _ = fitted(cls, dtype)
    table = make_series(40, dtype=dtype)
    sequences = [table[i : i + n] for i, n in enumerate([1, 5, 8, 3, 12, 2])]
    together = output(model, pad_sequences(sequences))
    alone = [output(model, sequence[np.newaxis])[0] for sequence in sequences]
    np.testing.assert_allclose(together, alone, rtol=0, atol=TOLERANCE[dtype])


@any_length
@dtypes
def test_padding_in_training_gives_what_short_sequences_give(cls, dtype):
    X, y = make_windows(cls, dtype=dtype)
    # Left to itself, a WaveNet sees back as far as its window is long.
    layers = {"n_layers": 3} if cls.__name__.startswith("WaveNet") else {}
    short = make_exact(cls, **layers).fit(X, y)
    long = make_exact(cls, **layers).fit(padded(X, 3), y)
    np.testing.assert_allclose(
        output(long, X), output(short, X), rtol=0, atol=10 * TOLERANCE[dtype]
    )
    np.testing.assert_allclose(
        short.history_["train_loss"], long.history_["train_loss"], rtol=1e-5
    )


@every
@dtypes
@settings(deadline=None, max_examples=20, database=None)
@given(data=st.data())
def test_batch_mates_do_not_matter(cls, dtype, data):
    model, X = fitted(cls, dtype)
    row = data.draw(st.integers(0, len(X) - 1))
    others = X.copy()
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    others[:] = rng.normal(size=X.shape) * data.draw(st.sampled_from([1, 1e4]))
    for window in others:
        window[: rng.integers(0, 9)] = np.nan
    others[row] = X[row]
    tolerance = {"rtol": 0, "atol": TOLERANCE[dtype]}
    forecast = output(model, X)[row]
    np.testing.assert_allclose(output(model, others)[row], forecast, **tolerance)
    alone = output(model, X[row : row + 1])[0]
    np.testing.assert_allclose(alone, forecast, **tolerance)


@every
@dtypes
def test_a_wholly_padded_window_gives_a_finite_number(cls, dtype):
    model, X = fitted(cls, dtype)
    nothing = np.full_like(X[:2], np.nan)
    forecast = output(model, nothing)
    assert np.isfinite(forecast).all()
    assert forecast.dtype == dtype
    some = output(model, np.concatenate([X[:1], nothing]))
    np.testing.assert_allclose(some[1:], forecast, rtol=0, atol=TOLERANCE[dtype])


@every
def test_training_windows_may_all_be_padding(cls):
    X, y = make_windows(cls)
    nothing = np.full_like(X, np.nan)
    with warnings.catch_warnings():
        # Nothing flows back to layers that see nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = make(cls).fit(nothing, y)
    assert np.isfinite(output(model, nothing)).all()


@networks
def test_gradients_are_finite_though_rows_are_padded(cls):
    _, X = fitted(cls)
    model, _ = fitted(cls)
    module = copy.deepcopy(model.net_.module_)
    module.train()
    module(torch.from_numpy(X)).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_padding_is_zero_for_the_dense_network():
    """In training and prediction, and to the last bit."""
    _, X = fitted(DenseRegressor)
    y = np.random.default_rng(0).normal(size=(len(X), 2))
    zeros = np.nan_to_num(X)
    params = {"standardize": False, "hidden_layer_sizes": (6,), "max_epochs": 5}
    first = make(DenseRegressor, **params).fit(X, y)
    second = make(DenseRegressor, **params).fit(zeros, y)
    np.testing.assert_array_equal(first.predict(X), second.predict(zeros))
    np.testing.assert_array_equal(first.predict(X), first.predict(zeros))
    pd.testing.assert_frame_equal(
        first.history_.drop(columns="seconds"), second.history_.drop(columns="seconds")
    )


def test_padding_is_the_mean_for_the_standardised_dense_network():
    """It has no effect on forecasts, nor on any gradient."""
    model, X = fitted(DenseRegressor)
    mean = np.nanmean(X, axis=(0, 1))
    filled = np.where(np.isnan(X), mean, X)
    np.testing.assert_allclose(model.predict(X), model.predict(filled), atol=1e-12)
    gradients = []
    for windows in (X, filled):
        module = copy.deepcopy(model.net_.module_)
        module(torch.from_numpy(windows)).square().sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in module.parameters()]))
    np.testing.assert_allclose(*gradients, atol=1e-12)


@any_length
def test_windows_of_another_length_are_read(cls):
    model, X = fitted(cls)
    whole = X[10:14]
    for windows in (whole[:, -1:], whole[:, 2:], np.concatenate([whole] * 3, axis=1)):
        forecast = output(model, windows)
        assert forecast.shape == output(model, whole).shape
        assert np.isfinite(forecast).all()
    assert (output(model, whole[:, 2:]) != output(model, whole)).any()


@pytest.mark.parametrize("cls", FIXED_LENGTH)
def test_windows_of_another_length_are_refused(cls):
    model, X = fitted(cls)
    with pytest.raises(ValueError, match=r"7 time steps.*fitted on 8"):
        model.predict(X[:, 1:])
    with pytest.raises(ValueError, match=r"10 time steps.*fitted on 8"):
        model.predict(padded(X, 2))


@every
def test_two_dimensions_keep_their_length(cls):
    X, y = make_windows(cls, n_features=1)
    flat = X[:, :, 0]
    model = make(cls).fit(flat, y)
    np.testing.assert_array_equal(output(model, flat), output(model, X))
    np.testing.assert_array_equal(output(make(cls).fit(X, y), X), output(model, X))
    assert model.n_features_in_ == 5
    assert model.window_shape_in_ == (5, 1)
    with pytest.raises(ValueError, match=r"4 features.*expecting 5 features"):
        model.predict(flat[:, 1:])


# --- dtypes and views ------------------------------------------------------------


@cases(
    ["given", "expected"],
    ALL,
    each=[(np.float32, np.float32), (np.int64, np.float64)],
    full=[
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (np.uint8, np.float64),
        (np.float16, np.float64),
    ],
)
def test_work_in_the_dtype_of_the_windows(cls, given, expected):
    X, y = make_windows(cls)
    X = (10 * X + 20).astype(given)
    if cls in REGRESSORS:
        y = (10 * y + 20).astype(given)
    if cls in REGRESSORS and given is np.float64:
        y = y.astype(np.float32)  # the dtype of y plays no part
    model = make(cls).fit(X, y)
    assert output(model, X).dtype == expected
    if cls in NETWORKS:
        module = model.net_.module_
        tensors = [*module.parameters(), *module.buffers()]
        floats = {t.dtype for t in tensors if t.is_floating_point()}
        assert floats == {torch.from_numpy(np.empty(0, expected)).dtype}


@networks
def test_float32_is_close_to_float64(cls):
    forecasts = []
    for dtype in (np.float32, np.float64):
        X, y = make_windows(cls, dtype=np.float32)
        X = X.astype(dtype)
        forecasts.append(output(make(cls).fit(X, y), X))
    # Initial weights are drawn in float32 either way.
    np.testing.assert_allclose(*forecasts, atol=1e-3)


@cases(
    ["early_stopping", "weighted", "dtype"],
    ALL,
    each=[(True, True, np.float64)],
    full=[*product([False, True], [False, True], [np.float32, np.float64])],
)
def test_a_view_gives_what_its_copy_gives(cls, early_stopping, weighted, dtype):
    series = make_series(70, dtype=dtype) * dtype(100)
    X, y = horizon_targets(series, target=0, horizon=2)
    view = SlidingWindow(5).fit_transform(X)
    assert not view.flags.owndata
    assert not view.flags.writeable
    y = targets_for(cls, y)
    weight = {"sample_weight": np.linspace(0, 2, len(y))} if weighted else {}
    weight = weight if cls in WEIGHTED else {}
    known = parameters(cls)
    params = {"early_stopping": early_stopping} if "early_stopping" in known else {}
    from_view = make(cls, **params).fit(view, y, **weight)
    from_copy = make(cls, **params).fit(view.copy(), y, **weight)
    close = {"rtol": 1e-4 if dtype is np.float32 else 1e-9}
    np.testing.assert_allclose(
        output(from_view, view), output(from_copy, view.copy()), **close
    )
    np.testing.assert_array_equal(
        output(from_view, view), output(from_view, view.copy())
    )


CUTS = {
    "every second": lambda X: X[::2],
    "from the end": lambda X: X[::-1],
    "time turned round": lambda X: X[:, ::-1],
    "variables turned round": lambda X: X[:, :, ::-1],
    "shorter": lambda X: X[:, 1:4],
    "one variable": lambda X: X[:, :, 1:],
    "columns first": np.asfortranarray,
    "one window": lambda X: np.broadcast_to(X[:1], X.shape),
    "one row": lambda X: np.broadcast_to(X[:, :1], X.shape),
    "time first": lambda X: X.swapaxes(0, 1).copy().swapaxes(0, 1),
}


# As it does where the variables are turned round.
@pytest.mark.filterwarnings("ignore:y continues column")
@cases(["cut"], ALL, each=[("from the end",)], full=[(name,) for name in CUTS])
def test_any_strides_give_what_their_copy_gives(cls, cut):
    X, y = make_windows(cls)
    windows = CUTS[cut](X)
    copied = np.ascontiguousarray(windows)
    y = y[: len(windows)]
    if cls not in REGRESSORS:
        y = np.resize(["a", "b"], len(windows))
    first, second = (make(cls).fit(w, y) for w in (windows, copied))
    np.testing.assert_allclose(
        output(first, windows), output(second, copied), rtol=1e-9
    )


@every
def test_data_are_left_as_they_are(cls):
    X, y = make_windows(cls)
    X, y = np.array(X), np.array(y)
    X[0, :2] = np.nan
    weight = np.ones(len(X))
    before = X.copy(), y.copy(), weight.copy()
    for array in (X, y, weight):
        array.flags.writeable = False
    weights = {"sample_weight": weight} if cls in WEIGHTED else {}
    output(make(cls).fit(X, y, **weights), X)
    for array, expected in zip((X, y, weight), before, strict=True):
        np.testing.assert_array_equal(array, expected)


@every
def test_more_windows_than_one_batch_of_predict(cls):
    model, X = fitted(cls)
    many = np.concatenate([X] * (2100 // len(X) + 1))
    forecast = output(model, many)
    np.testing.assert_allclose(
        forecast.reshape(-1, *output(model, X).shape),
        np.broadcast_to(
            output(model, X), (len(many) // len(X), *output(model, X).shape)
        ),
        rtol=0,
        atol=1e-12,
    )


# --- standardisation -------------------------------------------------------------

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


@networks
def test_standardising_is_what_one_would_do_by_hand(cls):
    X, y = make_windows(cls, horizon=3)
    X = np.array(X) * [5.0, 0.01] + [100.0, 7.0]
    inside = make_plain(cls).fit(X, y)
    mean, scale = X.mean(axis=(0, 1)), X.std(axis=(0, 1))
    regression = cls in NETWORK_REGRESSORS
    y_mean, y_scale = (y.mean(axis=0), y.std(axis=0)) if regression else (0, 1)
    scaled_X = (X - mean) / scale
    scaled_y = (y - y_mean) / y_scale if regression else y
    outside = make_plain(cls, standardize=False).fit(scaled_X, scaled_y)
    expected = output(outside, scaled_X)
    if regression:
        expected = expected * y_scale + y_mean
    np.testing.assert_allclose(output(inside, X), expected, rtol=1e-7)


@networks
def test_moments_leave_padding_out(cls):
    X, y = make_windows(cls)
    X = np.array(X) + 50
    X[3, :4] = np.nan
    X[7, :2] = np.nan
    inside = make_plain(cls).fit(X, y)
    mean = np.nanmean(X, axis=(0, 1))
    scale = np.nanstd(X, axis=(0, 1))
    scaled = (X - mean) / scale
    regression = cls in NETWORK_REGRESSORS
    y_mean, y_scale = (y.mean(axis=0), y.std(axis=0)) if regression else (0, 1)
    scaled_y = (y - y_mean) / y_scale if regression else y
    outside = make_plain(cls, standardize=False).fit(scaled, scaled_y)
    expected = output(outside, scaled)
    if regression:
        expected = expected * y_scale + y_mean
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


# --- outputs -----------------------------------------------------------------


SHAPES = [(), (1,), (7,)]
CONTAINERS = {
    "array": np.asarray,
    "list": np.ndarray.tolist,
    "pandas": lambda y: pd.DataFrame(y) if y.ndim == 2 else pd.Series(y),
}


@cases(
    ["shape", "container"],
    REGRESSORS,
    each=[*product(SHAPES, ["array"])],
    full=[*product(SHAPES, CONTAINERS)],
)
def test_predictions_have_the_shape_of_y(cls, shape, container):
    X, y = make_windows(cls, horizon=shape[0] if shape else 1)
    y = y.reshape(len(X), *shape)
    model = make(cls).fit(X, CONTAINERS[container](y))
    forecast = model.predict(X)
    assert isinstance(forecast, np.ndarray)
    assert forecast.shape == y.shape
    assert model.predict(X[:1]).shape == (1, *shape)


@network_regressors
def test_one_column_is_the_same_as_none(cls):
    X, y = make_windows(cls, horizon=1)
    flat = make(cls).fit(X, y).predict(X)
    column = make(cls).fit(X, y[:, np.newaxis]).predict(X)
    np.testing.assert_array_equal(flat, column[:, 0])


@network_regressors
def test_several_targets_and_steps_are_learned_together(cls):
    series = make_series(200) * [1.0, 50.0] + [0.0, 1000.0]
    X, y = horizon_targets(series, horizon=3)
    windows = SlidingWindow(10).fit_transform(X)
    params = {"max_epochs": 25, "learning_rate": 0.03, "batch_size": 32}
    if "hidden_size" in parameters(cls):
        params["hidden_size"] = 16
    model = make(cls, **params).fit(windows[:150], y[:150])
    forecast = model.predict(windows[150:])
    assert forecast.shape == (len(y) - 150, 6)
    error = ((forecast - y[150:]) ** 2).mean(axis=0) / y[150:].var(axis=0)
    assert (error < 0.3).all(), error


@pytest.mark.parametrize("cls", [c for c in ALL if c not in REGRESSORS])
@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a"],
        [3, -1],
        [True, False],
        ["x", "y", "z"],
        [10, 20, 30, 40],
        np.array(["u", "v"], dtype=object),
    ],
)
def test_classifiers_take_any_labels(cls, labels):
    X, _ = make_windows(cls)
    y = np.resize(np.asarray(labels), len(X))
    model = make(cls).fit(X, y)
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    assert set(model.predict(X)) <= set(y)
    probability = model.predict_proba(X)
    assert probability.shape == (len(X), len(model.classes_))
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-12)


@every
def test_before_fit(cls):
    X, _ = make_windows(cls)
    with pytest.raises(NotFittedError):
        make(cls).predict(X)


@every
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X, y[:-1]), "54 samples.*53"),
        (lambda X, y: (X[:-1], y), "53 samples.*54"),
        (lambda X, y: (X, None), "y"),
        (lambda X, y: (np.where(X > 1, np.nan, X), y), "NaN at window"),
        (lambda X, y: (np.where(X > 1, np.inf, X), y), "infinity at window"),
        (lambda X, y: (np.where(X > 1, -np.inf, X), y), "infinity at window"),
        (lambda X, y: (X[:0], y[:0]), "0"),
        (lambda X, y: (X[:, :0], y), "0"),
        (lambda X, y: (X.astype(str)[..., np.newaxis], y), "."),
        (lambda X, y: (X + 1j, y), "[Cc]omplex"),
        (lambda X, y: (X[0, 0], y), "."),
    ],
)
def test_bad_data_are_refused(cls, change, message):
    X, y = make_windows(cls)
    X, y = change(np.array(X), y)
    if message == "NaN at window" and get_tags(cls()).input_tags.allow_nan:
        make(cls).fit(X, y)
        return
    with pytest.raises((ValueError, TypeError), match=message):
        make(cls).fit(X, y)


@every
def test_other_variables_are_refused_in_predict(cls):
    model, X = fitted(cls)
    with pytest.raises(ValueError, match=r"1 features.*expecting 2 features"):
        model.predict(X[:, :, :1])
    bad = X.copy()
    bad[20, 4, 1] = np.nan
    if get_tags(model).input_tags.allow_nan:
        assert np.isfinite(model.predict(bad)).all()
        return
    with pytest.raises(ValueError, match="NaN at window 20, time step 4, column 1"):
        model.predict(bad)


# --- scikit-learn's manners --------------------------------------------------------


@every
def test_pickle_joblib_and_deepcopy(cls, tmp_path):
    model, X = fitted(cls)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    copies = [
        pickle.loads(pickle.dumps(model)),
        pickle.loads(pickle.dumps(model, protocol=5)),
        joblib.load(path),
        joblib.load(path, mmap_mode="r"),
        copy.deepcopy(model),
    ]
    for again in copies:
        assert again.get_params() == model.get_params()
        assert vars(again).keys() == vars(model).keys()
        np.testing.assert_array_equal(output(again, X), output(model, X))


@every
def test_a_fitted_estimator_weighs_little(cls):
    """It keeps neither the windows nor the optimizer's copy of them."""
    sizes = []
    for n_timesteps in (100, 5000):
        X, y = make_windows(cls, n_timesteps=n_timesteps)
        model = make(cls, **({"batch_size": 5000} if cls in NETWORKS else {}))
        sizes.append(len(pickle.dumps(model.fit(X, y))))
    assert sizes[1] - sizes[0] < 1000


@every
def test_clone_takes_the_parameters_and_nothing_else(cls):
    model, _ = fitted(cls)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert vars(again).keys() == set(parameters(cls))


@every
def test_get_and_set_params(cls):
    model = cls()
    assert model.get_params() == parameters(cls)
    for name in parameters(cls):
        marker = object()
        assert model.set_params(**{name: marker}) is model
        assert getattr(model, name) is marker
        assert model.get_params()[name] is marker
    with pytest.raises(ValueError, match="no_such_parameter"):
        model.set_params(no_such_parameter=1)
    with pytest.raises(TypeError):
        cls(no_such_parameter=1)


@every
def test_init_only_stores(cls):
    marker = object()
    for name in parameters(cls):
        model = cls(**{name: marker})
        assert getattr(model, name) is marker
        assert vars(model).keys() == set(parameters(cls))


@every
def test_fit_leaves_the_parameters_alone(cls):
    X, y = make_windows(cls)
    model = make(cls)
    before = copy.deepcopy(model.get_params())
    assert model.fit(X, y) is model
    assert model.get_params() == before


@every
def test_repr_shows_only_what_was_changed(cls):
    assert repr(cls()) == f"{cls.__name__}()"
    known = parameters(cls)
    numbers = ["hidden_size", "max_epochs", "season", "max_iter"]
    name = next(name for name in numbers if name in known)
    assert repr(cls(**{name: 3})) == f"{cls.__name__}({name}=3)"


@every
def test_html_repr(cls):
    model, _ = fitted(cls)
    for estimator in (cls(), model, make_pipeline(SlidingWindow(3), cls())):
        html = estimator._repr_html_()
        assert cls.__name__ in html
        assert estimator_html_repr(estimator).startswith("<style>")


@every
def test_feature_names(cls):
    X, y = make_windows(cls, n_features=1)
    frame = pd.DataFrame(X[:, :, 0], columns=[f"t-{4 - i}" for i in range(5)])
    model = make(cls).fit(frame, y)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    output(model, frame)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])
    assert not hasattr(model.fit(X, y), "feature_names_in_")


@pytest.mark.parametrize(
    ("cls", "wrapped"),
    [
        (cls, wrapped)
        for cls in WEIGHTED
        # A classifier has no targets to difference.
        for wrapped in ([False, True] if cls in REGRESSORS else [False])
    ],
)
def test_metadata_routing(cls, wrapped):
    X, y = make_windows(cls)
    series = make_series(60)[: len(X)]
    weight = np.random.default_rng(0).uniform(0.1, 5, len(X))

    def steps(final):
        if wrapped:
            final = TransformedWindowRegressor(final, Differencer(1))
        return SlidingWindow(5), final

    windows = SlidingWindow(5).fit_transform(series)
    expected = steps(make(cls))[1].fit(windows, y, sample_weight=weight)
    with sklearn.config_context(enable_metadata_routing=True):
        final = make(cls).set_fit_request(sample_weight=True)
        pipe = make_pipeline(*steps(final)).fit(series, y, sample_weight=weight)
        np.testing.assert_array_equal(output(pipe, series), output(expected, windows))
        deaf = make(cls).set_fit_request(sample_weight=False)
        pipe = make_pipeline(*steps(deaf)).fit(series, y)
        with pytest.raises((TypeError, sklearn.exceptions.UnsetMetadataPassedError)):
            make_pipeline(*steps(make(cls))).fit(series, y, sample_weight=weight)
    if cls in NETWORKS:
        assert (output(pipe, series) != output(expected, windows)).any()


@weighted_ones
def test_weights_by_the_name_of_the_step(cls):
    X, y = make_windows(cls)
    series = make_series(60)[: len(X)]
    weight = np.random.default_rng(0).uniform(0.1, 5, len(X))
    pipe = make_pipeline(SlidingWindow(5), make(cls))
    step = pipe.steps[-1][0]
    pipe.fit(series, y, **{f"{step}__sample_weight": weight})
    windows = SlidingWindow(5).fit_transform(series)
    expected = make(cls).fit(windows, y, sample_weight=weight)
    np.testing.assert_array_equal(output(pipe, series), output(expected, windows))


@every
def test_grid_search_over_a_pipeline(cls):
    index = pd.date_range("2024-01-01", periods=60, freq="D")
    frame = pd.DataFrame(make_series(60), index=index, columns=["rail", "bus"])
    X, y = horizon_targets(frame, target="rail", horizon=3)
    pipe = make_pipeline(SlidingWindow(length=6), make(cls))
    known = parameters(cls)
    name, values = next(
        (name, values)
        for name, values in {
            "hidden_size": [2, 4],
            "hidden_layer_sizes": [(), (3,)],
            "season": [1, 2],
            "trend": [None, "c"],
            "max_epochs": [1, 2],
        }.items()
        if name in known
    )
    grid = {"slidingwindow__length": [3, 6], f"{pipe.steps[-1][0]}__{name}": values}
    scoring = "neg_mean_absolute_error" if cls in REGRESSORS else "accuracy"
    search = GridSearchCV(
        pipe,
        grid,
        cv=TimeSeriesSplit(2, gap=2),
        scoring=scoring,
        error_score="raise",
    )
    search.fit(X, targets_for(cls, y))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X[-1:]).shape == ((1, 3) if cls in REGRESSORS else (1,))


@every
def test_a_column_transformer_of_scikit_learn_before_the_windows(cls):
    X, y = horizon_targets(make_series(60), target=0, horizon=2)
    scaler = StandardScaler().fit(X)
    y = (y - scaler.mean_[0]) / scaler.scale_[0]  # as what it continues
    pipe = make_pipeline(StandardScaler(), SlidingWindow(5), make(cls))
    pipe.fit(X, targets_for(cls, y))
    assert len(output(pipe, X)) == len(X)


# --- parameters that cannot be ---------------------------------------------------

NAN = float("nan")
_COUNT = [0, -1, 2.5, "5", None]
_AMOUNT = [-0.5, "fast", None, NAN]
BAD = {
    "max_epochs": _COUNT,
    "batch_size": _COUNT,
    "learning_rate": [0, *_AMOUNT],
    "weight_decay": _AMOUNT,
    "gradient_clip": [0, -1, "x", NAN],
    "n_iter_no_change": _COUNT,
    "tol": _AMOUNT,
    "validation_fraction": [0, 1, 1.5, *_AMOUNT],
    "hidden_size": _COUNT,
    "n_layers": _COUNT,
    "dropout": [1, 1.5, *_AMOUNT],
    "n_members": _COUNT,
    "n_known_ahead": [-1, 1.5, "2", None],
    "embedding_size": [0, -1, 1.5, "x"],
    "vocabulary_size": [0, -1, 1.5, "x"],
    "optimizer": ["adamax", None, 3, ["adam"]],
    "lr_schedule": ["linear", None, 3, ["constant"]],
    "loss": ["mape", None, 3, ["huber"]],
    "pooling": ["median", None, 3, ["last"]],
    "supervise": ["first", None, ["last"]],
    "strategy": ["recursive", None, ["direct"]],
    "activation": ["swish", None, 3, ["relu"]],
    "device": ["abacus", 3.5],
    "n_jobs": [0, "two", 1.5],
    "verbose": ["loud"],
    "callbacks": [3, "EarlyStopping", [3]],
    "standardize": ["yes", 2],
    "early_stopping": ["yes", 2],
    "random_state": ["seed", 1.5, -1],
    "quantiles": [(), (0.5, 0.1), (0.0, 0.5), (0.5, 1.0), "x", 0.5, None],
    "output_weights": [(-1.0, 1.0), (0.0, 0.0), (1.0, np.nan), (1.0, 2.0, 3.0), "x"],
    "target": [9, -1, "rail", 0.5, []],
    "class_weight": ["even", 3, {"up": -1}, {"up": 0, "down": 0}],
    "season": [*_COUNT, 99],
    "hidden_layer_sizes": [8, (0,), (-4,), ("a",), (2.5,), "8", None],
}


def bad_values(name, default):
    if name in BAD:
        return BAD[name]
    # A parameter that is new here: what its default says of its type.
    if isinstance(default, bool):
        return ["yes"]
    if isinstance(default, (int, float)):
        return ["x", [1]]
    return ["no such choice"] if isinstance(default, str) else []


def complaint(cls, name, value):
    """What is wrong with the way in which a bad value is refused, or None."""
    X, y = make_windows(cls)
    model = make(cls, **{name: value})  # only fit complains
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
    except (TypeError, ValueError) as error:
        if re.search(rf"\b{name}\b", str(error)):
            return None
        return f"{name}={value!r} is not named: {error}"
    except Exception as error:
        return f"{name}={value!r} raises {type(error).__name__}: {error}"
    return f"{name}={value!r} is accepted"


@pytest.mark.parametrize(
    ("cls", "name"), [(cls, name) for cls in ALL for name in parameters(cls)]
)
def test_bad_parameters_are_named(cls, name):
    default = parameters(cls)[name]
    values = [v for v in bad_values(name, default) if v is not None or default]
    complaints = [complaint(cls, name, value) for value in values]
    assert [c for c in complaints if c] == []


@every
def test_numbers_of_numpy_are_as_good(cls):
    """A grid often holds them."""
    kinds = {bool: np.bool_, int: np.int64, float: np.float64}
    X, y = make_windows(cls)
    model = make(cls)
    numbers = {
        name: kinds[type(value)](value)
        for name, value in model.get_params().items()
        if type(value) in kinds
    }
    forecast = output(clone(model).set_params(**numbers).fit(X, y), X)
    np.testing.assert_array_equal(forecast, output(model.fit(X, y), X))


# --- documentation ---------------------------------------------------------------

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def sections(cls):
    """Sections of a numpydoc docstring: name -> text."""
    parts = SECTION.split(inspect.getdoc(cls))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(text):
    """Names in a section, with what follows the colon and the description."""
    found = {}
    names = []
    for line in text.strip("\n").splitlines():
        if line and not line.startswith(" "):
            head, _, kind = line.partition(" : ")
            names = [name.strip() for name in head.split(",")]
            for name in names:
                assert name not in found, f"{name} twice"
                found[name] = [kind, ""]
        elif names:
            for name in names:
                found[name][1] += line.strip() + " "
    return found


PUBLIC = [
    thing
    for thing in (getattr(skseq, name) for name in skseq.__all__)
    if inspect.isclass(thing) and issubclass(thing, BaseEstimator)
]


@pytest.mark.parametrize("cls", PUBLIC)
def test_all_parameters_are_documented_and_no_other(cls):
    documented = entries(sections(cls)["Parameters"])
    assert set(documented) == set(parameters(cls))
    for name, (kind, description) in documented.items():
        assert kind, name
        assert description.strip(), name


@pytest.mark.parametrize("cls", PUBLIC)
def test_documented_defaults_are_the_defaults(cls):
    documented = entries(sections(cls)["Parameters"])
    for name, default in parameters(cls).items():
        kind = documented[name][0]
        if default is inspect.Parameter.empty:
            assert "default" not in kind, name
            continue
        told = re.search(r"default=(.*)$", kind)
        assert told, name
        np.testing.assert_equal(eval(told[1], {"np": np}), default, name)


@pytest.mark.parametrize("cls", PUBLIC)
def test_documented_choices_hold_the_default(cls):
    documented = entries(sections(cls)["Parameters"])
    for name, (kind, _) in documented.items():
        choices = re.match(r"\{(.*)\}", kind)
        if choices:
            told = eval(f"[{choices[1]}]", {"np": np})
            assert parameters(cls)[name] in [*told, None], name


def learned(model):
    return {
        name for name in vars(model) if name.endswith("_") and not name.startswith("_")
    }


@every
def test_all_learned_attributes_are_documented(cls):
    documented = set(entries(sections(cls)["Attributes"]))
    X, y = make_windows(cls, n_features=1)
    known = parameters(cls)
    always = learned(make(cls).fit(X, y))
    sometimes = learned(
        make(cls).fit(pd.DataFrame(X[:, :, 0], columns=list("abcde")), y)
    )
    if "early_stopping" in known:
        sometimes |= learned(make(cls, early_stopping=True).fit(X, y))
    if "embedding_size" in known:
        tokens = np.abs(np.rint(X)).astype(int)
        sometimes |= learned(make(cls, embedding_size=2).fit(tokens, y))
    if "order" in known:
        sometimes |= learned(make(cls, order="auto").fit(X, y))
    assert always - documented == set()
    assert sometimes - documented == set()
    assert documented - always - sometimes == set()


@every
def test_help_is_complete(cls):
    text = pydoc.plain(pydoc.render_doc(cls))
    assert "{parameters}" not in text
    assert "{attributes}" not in text
    for name in parameters(cls):
        assert re.search(rf"\b{name}\b", text), name
    assert ">>> " in inspect.getdoc(cls)
    for method in ("fit", "predict"):
        assert set(entries(sections(getattr(cls, method))["Parameters"])) == set(
            inspect.signature(getattr(cls, method)).parameters
        ) - {"self"}


@networks
def test_a_batch_larger_than_the_data(cls):
    X, y = make_windows(cls)
    forecasts = [
        output(make(cls, batch_size=size).fit(X, y), X) for size in (54, FULL_BATCH)
    ]
    np.testing.assert_array_equal(*forecasts)


DEPTHS = {"n_layers": 4, "n_conv_layers": 5, "hidden_layer_sizes": (5, 4)}


@pytest.mark.parametrize(
    "cls", [cls for cls in NETWORKS if set(DEPTHS) & set(parameters(cls))]
)
def test_deep_networks_with_dropout(cls):
    known = parameters(cls)
    deep = {**DEPTHS, "dropout": 0.5}
    params = {name: value for name, value in deep.items() if name in known}
    X, y = make_windows(cls)
    model = make(cls, **params).fit(X, y)
    shallow = make(cls).fit(X, y)
    assert np.isfinite(output(model, X)).all()
    assert sum(p.numel() for p in model.net_.module_.parameters()) > sum(
        p.numel() for p in shallow.net_.module_.parameters()
    )
    # Dropout is off when predicting.
    np.testing.assert_array_equal(output(model, X), output(model, X))


@networks
def test_dropout_changes_training(cls):
    if "dropout" not in parameters(cls):
        pytest.skip("no dropout")
    deep = {
        name: value
        for name, value in {"n_layers": 4, "hidden_layer_sizes": (8,)}.items()
        if name in parameters(cls)
    }
    X, y = make_windows(cls)
    forecasts = [
        output(make(cls, dropout=share, **deep).fit(X, y), X) for share in (0.0, 0.5)
    ]
    assert (forecasts[0] != forecasts[1]).any()
