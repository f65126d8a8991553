"""Windows of any dtype and any strides, which are left as they are."""

from itertools import product

import numpy as np
import pytest
import torch

from skseq import SlidingWindow, horizon_targets
from skseq.estimators import ALL
from tests.factories import (
    NETWORKS,
    REGRESSORS,
    WEIGHTED,
    cases,
    every,
    fitted,
    make,
    make_series,
    make_windows,
    networks,
    output,
    parameters,
    targets_for,
)

# The naive forecast of other values does not matter here.
pytestmark = pytest.mark.filterwarnings("ignore:y does not continue")


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


@every
def test_tensors_are_arrays_of_their_type(cls):
    X, y = make_windows(cls, dtype=np.float32)
    tensors = torch.tensor(X)
    found = output(make(cls).fit(tensors, y), tensors)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, output(make(cls).fit(X, y), X))


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
