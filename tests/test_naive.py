"""NaiveRegressor against a loop that does what its docstring says."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import (
    Differencer,
    NaiveRegressor,
    RNNRegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from skseq.windows import LazyArray, views
from tests.factories import make_series


def naive_loop(windows, season, targets, horizon):
    rows = []
    for window in windows:
        row = []
        for column in targets:
            past = [v for v in window[:, column] if not np.isnan(v)]
            first = past[0] if past else 0.0
            past = [first] * (len(window) - len(past)) + past
            row += [past[len(past) - season + step % season] for step in range(horizon)]
        rows.append(row)
    return np.array(rows)


@st.composite
def problems(draw):
    length = draw(st.integers(1, 9))
    n_features = draw(st.integers(1, 3))
    n_samples = draw(st.integers(1, 6))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    windows = rng.normal(size=(n_samples, length, n_features)).astype(dtype)
    for window in windows:
        window[: draw(st.integers(0, length))] = np.nan
    targets = draw(
        st.lists(
            st.integers(0, n_features - 1), min_size=1, max_size=n_features, unique=True
        )
    )
    season = draw(st.integers(1, length))
    return windows, season, targets, draw(st.integers(1, 12))


@pytest.mark.filterwarnings("ignore:y does not continue")  # it is drawn apart from X
@settings(deadline=None, max_examples=150)
@given(problem=problems(), chunk=st.sampled_from([1, 7, 2**20]))
def test_equals_the_loop(problem, chunk):
    windows, season, targets, horizon = problem
    y = np.zeros((len(windows), horizon * len(targets)))
    target = targets if len(targets) > 1 else targets[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", chunk)
        model = NaiveRegressor(season, target=target).fit(windows, y)
        forecast = model.predict(windows)
    assert forecast.dtype == windows.dtype
    assert model.n_outputs_ == y.shape[1]
    np.testing.assert_array_equal(
        forecast, naive_loop(windows, season, targets, horizon).astype(windows.dtype)
    )


@pytest.mark.filterwarnings("ignore:y does not continue")
@settings(deadline=None, max_examples=40)
@given(
    n_rows=st.integers(8, 20),
    length=st.integers(1, 8),
    data=st.data(),
)
def test_views_with_padding_equal_the_loop(n_rows, length, data):
    series = np.random.default_rng(n_rows).normal(size=(n_rows, 2))
    windows = SlidingWindow(length).fit_transform(series)
    season = data.draw(st.integers(1, length))
    model = NaiveRegressor(season, target=1).fit(windows, np.zeros((n_rows, 5)))
    np.testing.assert_array_equal(
        model.predict(windows), naive_loop(windows, season, [1], 5)
    )


def test_two_dimensions_are_one_variable():
    X = np.arange(12.0).reshape(3, 4)
    model = NaiveRegressor(season=3).fit(X, np.zeros((3, 4)))
    np.testing.assert_array_equal(
        model.predict(X), naive_loop(X[:, :, np.newaxis], 3, [0], 4)
    )


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({"season": 5}, np.zeros(3), "season=5 is longer.*4 time steps"),
        ({"target": 2}, np.zeros(3), "target=2"),
        ({"target": -1}, np.zeros(3), "target=-1"),
        ({"target": [0, 1]}, np.zeros((3, 3)), "3 columns.*2 targets"),
        (
            {},
            np.zeros((3, 2, 2)),
            r"y has shape \(3, 2, 2\): expected \(n_samples,\) or",
        ),
    ],
)
def test_what_cannot_be_is_told(params, y, message):
    X = np.arange(24.0).reshape(3, 4, 2)
    with pytest.raises(ValueError, match=message):
        NaiveRegressor(**params).fit(X, y)


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize(
    "model",
    [
        NaiveRegressor(),
        TransformedWindowRegressor(DummyRegressor(), FunctionTransformer()),
        RNNRegressor(supervise="every", max_epochs=1),
        RNNRegressor(strategy="iterated", max_epochs=1),
    ],
    ids=["naive", "transformed", "every", "iterated"],
)
def test_warns_where_y_continues_another_column(model, n_targets):
    series = np.random.default_rng(0).normal(size=(30, 4))
    names = [2, 1][:n_targets]
    X, y = horizon_targets(series, target=names, horizon=3)
    windows = SlidingWindow(5).fit_transform(X)
    said, meant = ([0, 1], names) if n_targets > 1 else (0, 2)
    if model.get_params().get("strategy") == "iterated":  # all columns are forecast
        X, y = horizon_targets(series, target=[2, 1, 0, 3], horizon=3)
        said, meant = [0, 1, 2, 3], [2, 1, 0, 3]
    message = re.escape(f"y continues column {meant} of X")
    with pytest.warns(UserWarning, match=message):
        clone(model).set_params(target=said).fit(windows, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clone(model).set_params(target=meant).fit(windows, y)
        clone(model).set_params(target=meant).fit(windows[:2], y[:2])


@pytest.mark.parametrize(
    "model",
    [
        NaiveRegressor(season=2),
        TransformedWindowRegressor(DummyRegressor(), Differencer(2)),
        RNNRegressor(supervise="every", max_epochs=1),
        RNNRegressor(n_known_ahead=1, max_epochs=1),
    ],
    ids=["naive", "transformed", "every", "known ahead"],
)
@pytest.mark.parametrize("first", [1, 12])
def test_warns_where_y_is_that_of_the_next_day(model, first):
    """As that of the next day, forecast at eleven o'clock, or of series.shift(-13)."""
    hours = np.random.default_rng(0).normal(size=(400, 1))
    X, y = horizon_targets(hours, horizon=36)
    n_known = model.get_params().get("n_known_ahead", 0)
    windows = SlidingWindow(5).fit_transform(np.repeat(X, 1 + 36 * n_known, axis=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clone(model).fit(windows, y)
        clone(model).fit(windows[::24], y[::24])  # of these, nothing tells
        clone(model).fit(windows[::24, :, : 1 + n_known], y[::24, first])
    message = f"y begins {1 + first} steps after the windows"
    for later in (y[:, first:], y[:, [first]]):
        with pytest.warns(UserWarning, match=message):
            clone(model).fit(windows[..., : 1 + n_known * later.shape[1]], later)


@pytest.mark.parametrize(
    "model", [NaiveRegressor(), RNNRegressor(supervise="every", max_epochs=1)]
)
def test_warns_where_y_holds_more_targets_than_said(model):
    series = np.random.default_rng(0).normal(size=(30, 2))
    X, y = horizon_targets(series, horizon=3)  # of both columns
    windows = SlidingWindow(5).fit_transform(X)
    with pytest.warns(
        UserWarning, match=r"continues column \[0, 1\] .* target is \[0\]"
    ):
        clone(model).fit(windows, y)


@pytest.mark.parametrize(
    "model",
    [
        NaiveRegressor(5),
        RNNRegressor(supervise="every", max_epochs=1),
        TransformedWindowRegressor(Ridge(), Differencer(2)),
    ],
)
@pytest.mark.parametrize("kind", [np.ndarray, LazyArray])
def test_warns_where_y_begins_later(model, kind):
    X, y = horizon_targets(make_series(60), target=0, horizon=3)
    windows = SlidingWindow(5).fit_transform(X[:, :1])
    if kind is LazyArray:
        windows = LazyArray(windows.__getitem__, range(len(windows)))
    message = "y begins 3 steps after the windows"
    with pytest.warns(UserWarning, match=message):
        model.fit(windows, y[:, 2])
    with pytest.warns(UserWarning, match=message):
        MultiOutputRegressor(model).fit(np.asarray(windows), y[:, [0, 2]])
    with pytest.warns(UserWarning, match="y begins 0 steps after"):
        model.fit(windows, np.asarray(windows)[:, -1, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(windows, y)
        model.fit(windows, y[:, 0])
        # Windows that are apart can't tell.
        model.fit(np.asarray(windows)[::2], y[::2, 2])


@pytest.mark.parametrize("n_windows", [12, 40, 600])
@pytest.mark.parametrize("share", [0.05, 0.1])
def test_zeros_that_are_equal_by_chance_tell_no_step(n_windows, share):
    """Of another quantity than that of X; but a y that begins later is told."""
    rng = np.random.default_rng(0)
    model = NaiveRegressor(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(60):
            rain, other = 1.0 * (rng.random((2, n_windows + 5)) < share)
            windows = SlidingWindow(3).fit_transform(rain[:, np.newaxis])[5:]
            model.fit(windows, other[5:])
    rain = 1.0 * (rng.random(600) < 0.2)
    windows = SlidingWindow(3).fit_transform(rain[:, np.newaxis])[5:-5]
    with pytest.warns(UserWarning, match="y begins 5 steps after"):
        model.fit(windows, rain[10:])


def test_warns_where_steps_fed_back_begin_later():
    X, y = horizon_targets(make_series(60), target=0, horizon=3)
    windows = SlidingWindow(5).fit_transform(X[:, :1])
    model = RNNRegressor(strategy="iterated", max_epochs=1)
    with pytest.warns(UserWarning, match="y begins 2 steps after the windows"):
        model.fit(windows, y[:, 1:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(windows, y)
        model.fit(windows, y[:, 2])  # a single step feeds nothing back


@pytest.mark.parametrize(
    "transformer", [Differencer(), Differencer(order=0), FunctionTransformer()]
)
def test_the_last_value_may_be_subtracted_from_later_ones(transformer):
    X, y = horizon_targets(make_series(60), target=0, horizon=3)
    windows = SlidingWindow(5).fit_transform(X[:, :1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TransformedWindowRegressor(Ridge(), transformer).fit(windows, y[:, 2])
        NaiveRegressor().fit(windows, y[:, 2])


def test_warns_of_a_scaler_before_it():
    series = 50 + make_series(60)
    X, y = horizon_targets(series, target=0, horizon=2)
    for model in (NaiveRegressor(), TransformedWindowRegressor(Ridge(), Differencer())):
        pipe = make_pipeline(StandardScaler(), SlidingWindow(5), model)
        with pytest.warns(UserWarning, match="both must have the same units"):
            pipe.fit(X, y)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pipe.set_params(standardscaler="passthrough").fit(X, y)
            if isinstance(model, NaiveRegressor):
                pipe.fit(X[:-2], y[2:])  # three steps ahead
