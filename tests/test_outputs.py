"""Shapes and labels of forecasts, and data that are refused."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.utils import get_tags

from skseq import (
    Conv1DRegressor,
    Differencer,
    EncoderDecoderRegressor,
    GRURegressor,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from skseq.estimators import ALL
from skseq.windows import sliding_windows
from tests.factories import (
    REGRESSORS,
    cases,
    default,
    every,
    fitted,
    make,
    make_series,
    make_windows,
    network_regressors,
    parameters,
)

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
        [2.0, -1.0],
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
    assert model.predict(X).dtype == y.dtype
    probability = model.predict_proba(X)
    assert probability.shape == (len(X), len(model.classes_))
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-12)


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
    if message == "NaN at window" and get_tags(default(cls)).input_tags.allow_nan:
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


NO_SEASON = SARIMARegressor(order=(1, 0, 0), seasonal_order=(0, 0, 0, 0))
LATER = [
    ({"loss": "quantile"}, {"quantiles": (0.01, 0.5, 0.99)}),
    ({"loss": "quantile"}, {"loss": "absolute_error"}),
    ({}, {"loss": "quantile"}),
    ({}, {"strategy": "iterated"}),
    ({"strategy": "iterated"}, {"strategy": "direct"}),
    ({}, {"supervise": "every"}),
    ({"supervise": "every"}, {"supervise": "last", "n_known_ahead": 1}),
]


@pytest.mark.parametrize(("params", "later"), LATER)
def test_parameters_that_are_set_after_fit_change_no_prediction(params, later):
    X, y = make_windows(GRURegressor, horizon=2)
    model = GRURegressor(hidden_size=4, max_epochs=1, random_state=0, **params)
    before = model.fit(X[..., :1], y).predict(X[..., :1])
    after = model.set_params(**later).predict(X[..., :1])
    np.testing.assert_array_equal(after, before)


OTHERS = [
    (NaiveRegressor(season=2), {"season": 9}),
    (NO_SEASON, {"target": 1}),
    (TransformedWindowRegressor(Ridge(), Differencer()), {"regressor": NO_SEASON}),
    (TransformedWindowRegressor(NO_SEASON, Differencer()), {"regressor": Ridge()}),
]


@pytest.mark.parametrize(("model", "later"), OTHERS)
def test_nor_do_those_of_other_regressors(model, later):
    X, y = make_windows(NaiveRegressor, horizon=2)
    model = clone(model).fit(X, y)
    before = model.predict(X)
    after = model.set_params(**later).predict(X)
    np.testing.assert_array_equal(after, before)


@pytest.mark.filterwarnings("ignore:The gradient vanished")
@pytest.mark.parametrize(
    "model",
    [
        Conv1DRegressor(max_epochs=1, random_state=0),
        GRURegressor(hidden_size=4, pooling="concat", max_epochs=1, random_state=0),
        EncoderDecoderRegressor(hidden_size=4, max_epochs=1, random_state=0),
    ],
)
def test_long_windows_are_predicted_as_if_alone(model):
    """They go through a network in smaller batches than short ones."""
    rows = np.random.default_rng(0).normal(size=(3070, 1))
    windows = sliding_windows(rows, 3000).copy()  # a view may need one pass only
    model = clone(model).fit(windows[:4], windows[:4, 0, 0])
    together = model.predict(windows)
    alone = [model.predict(one[np.newaxis])[0] for one in windows]
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-9)
