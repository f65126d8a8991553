"""Arrays whose rows are computed when they are read, against arrays of all rows."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from skseq import (
    DenseRegressor,
    Differencer,
    GRURegressor,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    WaveNetRegressor,
    compare,
)
from skseq.forecasting import SequenceForecaster
from skseq.windows import LazyArray, cut_windows, take, variable_moments, views
from skseq.wrapping import inputs_for

from .factories import NETWORK_REGRESSORS, make, make_series


def lazy_windows(dtype=np.float64, horizon=2, first=2, length=5):
    """Windows of three series, the first padded, and the values that follow them."""
    tables = [make_series(n, dtype=dtype, seed=n) for n in (30, 17, 24)]
    origins = [np.arange(first, len(table) - horizon) for table in tables]
    windows = cut_windows(tables, origins, length)
    first_columns = [table[:, :1] for table in tables]
    targets = cut_windows(first_columns, origins, horizon, ahead=horizon)
    return windows, targets[:, :, 0]


@given(st.data())
def test_reading_is_indexing(data):
    array = np.random.default_rng(0).normal(size=(12, 3, 2))
    lazy = LazyArray(array.__getitem__, range(12))
    for _ in range(data.draw(st.integers(0, 3))):
        numbers = st.integers(0, max(0, len(array) - 1))
        kind = data.draw(st.sampled_from(["slice", "take", "column", "map"]))
        if kind == "slice":
            part = data.draw(st.slices(len(array)))
            array, lazy = array[part], lazy[part]
        elif kind == "take" and len(array):
            rows = np.array(data.draw(st.lists(numbers)), dtype=int)
            array, lazy = array[rows], take(lazy, rows)
        elif kind == "column":
            array, lazy = array[1:, ..., :1], lazy[1:, ..., :1]
        elif kind == "map":
            array, lazy = -array, lazy.map(np.negative)
    assert isinstance(lazy, LazyArray)
    assert len(lazy) == len(array)
    for name in ("shape", "ndim", "dtype", "size"):
        assert getattr(lazy, name) == getattr(array, name)
    assert_array_equal(lazy, array)
    rows = np.arange(len(array))[::-2]
    assert_array_equal(lazy[rows], array[rows])
    assert_array_equal(lazy[rows, ..., :1], array[rows, ..., :1])


def test_a_mask_chooses_rows():
    windows, _ = lazy_windows()
    mask = np.random.default_rng(0).random(len(windows)) < 0.5
    assert_array_equal(windows[mask], np.asarray(windows)[mask])
    assert_array_equal(windows[mask, :, :1], np.asarray(windows)[mask, :, :1])
    assert_array_equal(windows.take(mask), np.asarray(windows)[mask])


@pytest.mark.parametrize(
    "function",
    [lambda X: X - X[:, -1:], lambda X: 2 / X, lambda X: -X, lambda X: np.exp(X) > X],
)
def test_computing_is_that_of_an_array(function):
    windows, _ = lazy_windows()
    assert_array_equal(function(windows), function(np.asarray(windows)))


@pytest.mark.parametrize("key", [3, -1, [-1], [True, False], [[0]], [0.0], ...])
def test_other_keys_are_errors(key):
    with pytest.raises(IndexError, match="LazyArray"):
        lazy_windows()[0][np.array(key) if isinstance(key, list) else key]


def test_shape_and_type_are_shown():
    windows, _ = lazy_windows(np.float32)
    shown = f"LazyArray(shape={np.asarray(windows).shape}, dtype=float32)"
    assert repr(windows) == shown


def test_rows_are_not_read_one_by_one():
    with pytest.raises(TypeError, match="not iterable"):
        list(lazy_windows()[0])


def test_reading_without_a_copy_is_an_error():
    with pytest.raises(ValueError, match="not in memory"):
        np.array(lazy_windows()[0], copy=False)


def test_windows_are_pickled_as_the_series_behind_them():
    rows = [np.zeros((1000, 1)), np.ones((2000, 1))]
    windows = cut_windows(rows, [range(99, 1000), range(99, 2000)], 100)
    packed = pickle.dumps(windows)
    assert len(packed) < 2 * 3000 * 8 < windows.size * 8
    assert_array_equal(pickle.loads(packed), windows)


def test_a_row_of_windows_that_do_not_count_is_skipped():
    table = np.arange(20.0)[:, np.newaxis]
    origins = np.array([3, 4, 8, 9, 10, 15])
    windows = cut_windows([table], [origins], 3)
    assert isinstance(windows, LazyArray)
    assert_array_equal(windows[:, -1, 0], origins)


@pytest.mark.parametrize("origins", [range(3, 15), np.array([0, 1, 7, 16])])
def test_what_follows_some_rows_is_not_padded(origins):
    tables = [np.arange(20.0)[:, np.newaxis], np.arange(30.0, 50)[:, np.newaxis]]
    found = cut_windows(tables, [origins] * 2, 3, ahead=3)
    expected = [table[o + 1 : o + 4] for table in tables for o in origins]
    assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_are_those_of_an_array(dtype):
    windows, _ = lazy_windows(dtype)
    weights = np.random.default_rng(0).uniform(size=len(windows))
    for some in (None, weights):
        found = variable_moments(windows, some)
        assert_array_equal(found, variable_moments(np.array(windows), some))


VARIANTS = [
    *((cls, {}) for cls in NETWORK_REGRESSORS),
    (GRURegressor, {"early_stopping": True}),
    (GRURegressor, {"n_members": 3}),
    (GRURegressor, {"supervise": "every"}),
    (GRURegressor, {"standardize": False}),
    (WaveNetRegressor, {"strategy": "iterated", "target": [0, 1]}),
    (DenseRegressor, {"loss": "quantile"}),
    (NaiveRegressor, {"season": 2}),
]


@pytest.mark.filterwarnings("ignore:y does not continue")  # of one column, not of two
@pytest.mark.parametrize(
    ("cls", "params"), VARIANTS, ids=lambda one: getattr(one, "__name__", str(one))
)
def test_a_fit_is_that_on_an_array(cls, params):
    windows, y = lazy_windows()
    model = make(cls, **params).fit(windows, y)
    twin = make(cls, **params).fit(np.array(windows), np.array(y))
    expected = twin.predict(np.array(windows))
    assert np.isfinite(expected).all()
    assert_array_equal(model.predict(windows), expected)
    assert_allclose(model.predict(windows[3:9]), expected[3:9])  # in other batches


class Doubled(GRURegressor):
    """A class from elsewhere, which computes with X."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X * 2, y, sample_weight)


def test_a_class_from_elsewhere_gets_arrays(panel):
    model = make(Doubled)
    forecast = SequenceForecaster(model, 5, scaling="divide").fit(panel[:9000], fh=[1])
    assert np.isfinite(forecast.predict()).all(axis=None)


@pytest.mark.parametrize("part", ["X", "y"])
def test_infinity_is_an_error(part):
    arrays = dict(zip("Xy", lazy_windows(), strict=True))
    arrays[part] = arrays[part].map(lambda values: np.full_like(values, np.inf))
    with pytest.raises(ValueError, match="infinity"):
        make(GRURegressor).fit(arrays["X"], arrays["y"])


def test_a_target_that_is_another_column_is_seen():
    tables = [make_series(40, seed=n) for n in range(2)]
    windows = cut_windows(tables, [range(4, 39)] * 2, 5)
    y = cut_windows([table[:, 1:] for table in tables], [range(5, 40)] * 2, 1)[:, 0, 0]
    with pytest.warns(UserWarning, match="y continues column 1"):
        make(GRURegressor, supervise="every").fit(windows, y)


LENGTH, HORIZON, N_ROWS = 200, 40, 1500


@pytest.fixture
def panel(monkeypatch):
    monkeypatch.setattr(views, "CHUNK_ELEMENTS", 2**13)  # small beside the panel
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([range(5), range(N_ROWS)], names=["s", "t"])
    values = rng.normal(size=(len(index), 1)).astype(np.float32)
    return pd.DataFrame(values, index, ["y"])


def times_the_panel(panel, function):
    """Most memory that arrays take at once, beyond that with short windows."""
    peaks = []
    function(5, 1)  # what is loaded at the first time does not count
    for arguments in ((5, 1), (LENGTH, HORIZON)):
        tracemalloc.start()
        function(*arguments)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[1] - peaks[0]) / panel.to_numpy().nbytes


def small_network():
    size = {"hidden_layer_sizes": (), "batch_size": 100}
    return DenseRegressor(**size, max_epochs=1, random_state=0)


# All windows would be 200 times the panel, and all targets 40 times.
@pytest.mark.parametrize(
    "params",
    [
        {"error_bars": None},
        {"scaling": "standardize"},
        {"min_length": 1, "scaling": "divide"},
    ],
)
def test_a_forecaster_never_holds_all_windows_of_a_panel(panel, params):
    def fit(length, horizon):
        model = SequenceForecaster(small_network(), length, horizon=horizon, **params)
        model.fit(panel).predict(fh=[1])

    assert times_the_panel(panel, fit) < 30


def test_a_comparison_never_holds_all_windows_of_a_panel(panel):
    def run(window, horizon):
        how = {"target": "y", "season": 1, "horizon": horizon, "window": window}
        compare({"network": small_network()}, panel, step=500, **how)

    assert times_the_panel(panel, run) < 30


def table_of(windows, n_known, horizon):
    """The columns of a table, one by one, without padding."""
    n_past = windows.shape[2] - n_known * horizon
    columns = [windows[:, :, :n_past].reshape(len(windows), -1)]
    known = windows[:, :, n_past:].reshape(*windows.shape[:2], n_known, horizon)
    columns += [
        known[:, t, k, 0] for t in range(windows.shape[1]) for k in range(n_known)
    ]
    columns += [known[:, -1, k, h] for k in range(n_known) for h in range(1, horizon)]
    return np.column_stack(columns)


@pytest.mark.parametrize("n_known", [0, 2])
def test_a_table_of_windows_is_laid_part_by_part(n_known, monkeypatch):
    monkeypatch.setattr(views, "CHUNK_ELEMENTS", 100)
    horizon = 3
    tables = [rng_table(30, 2 + n_known * horizon, seed) for seed in range(3)]
    windows = cut_windows(tables, [range(4, 30)] * 3, 5)
    expected = table_of(np.asarray(windows), n_known, horizon)
    for form in (windows, np.asarray(windows)):
        found = inputs_for(LinearRegression(), form, n_known, horizon)
        assert_array_equal(found, expected)


def test_known_steps_are_never_held_for_all_windows(panel):
    """Each of 40 steps is beside each row, but only the last row's are read."""
    n_known, horizon = 4, 40
    tables = [
        np.hstack([one.to_numpy(), rng_table(N_ROWS, n_known * horizon, 0)])
        for _, one in panel.groupby(level=0)
    ]
    windows = cut_windows(tables, [range(9, N_ROWS)] * len(tables), 10)
    tracemalloc.start()
    table = inputs_for(LinearRegression(), windows, n_known, horizon)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * table.nbytes


@pytest.mark.parametrize("inner", [LinearRegression(), small_network()])
@pytest.mark.parametrize(
    "transformer", [Differencer(2), Differencer(order=0), StandardScaler()]
)
def test_differences_of_windows_are_taken_as_they_are_read(transformer, inner):
    horizon, n_known = 10, 4
    tables = [rng_table(N_ROWS, 1 + n_known * horizon, seed) for seed in range(5)]
    origins = [range(19, N_ROWS - horizon)] * len(tables)
    windows = cut_windows(tables, origins, 20)
    targets = [one[:, :1] for one in tables]
    y = np.asarray(cut_windows(targets, origins, horizon, ahead=horizon))[:, :, 0]
    model = TransformedWindowRegressor(inner, transformer, n_known_ahead=n_known)
    if isinstance(inner, DenseRegressor):
        inner.set_params(n_known_ahead=n_known)
    tracemalloc.start()
    found = model.fit(windows, y).predict(windows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < np.asarray(windows).nbytes
    expected = model.fit(np.asarray(windows), y).predict(np.asarray(windows))
    assert_array_equal(found, expected)


def test_sarima_never_holds_all_windows():
    """Nor all coming values: it needs the next ones only."""
    n_rows, horizon, n_known, length = 1200, 30, 3, 60
    tables = [rng_table(n_rows, 1 + n_known * horizon, seed) for seed in range(5)]
    origins = [range(length - 1, n_rows - horizon)] * len(tables)
    windows = cut_windows(tables, origins, length)
    y = cut_windows([one[:, :1] for one in tables], origins, horizon, ahead=horizon)
    y = np.asarray(y)[:, :, 0]
    model = SARIMARegressor((1, 0, 0), (0, 0, 0, 0), n_known_ahead=n_known)
    tracemalloc.start()
    found = model.fit(windows, y).predict(windows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.5 * np.asarray(windows).nbytes
    expected = model.fit(np.asarray(windows), y).predict(np.asarray(windows))
    assert_array_equal(found, expected)


def test_sarima_takes_missing_targets_that_are_read_lazily():
    tables = [rng_table(200, 1, seed) for seed in range(2)]
    origins = [range(9, 199)] * len(tables)
    windows = cut_windows(tables, origins, 10)
    y = np.asarray(cut_windows(tables, origins, 1, ahead=1))[:, 0, 0]
    y[[20, 250]] = np.nan
    model = SARIMARegressor((1, 0, 0), (0, 0, 0, 0))
    found = model.fit(windows, LazyArray(y.take, range(len(y)))).params_
    assert found == model.fit(windows, y).params_


def test_targets_of_each_step_of_several_series(monkeypatch):
    """Windows of X and of y are padded alike, and a missing value is found."""
    monkeypatch.setattr(views, "CHUNK_ELEMENTS", 100)  # several parts
    names = ["basin", "time"]
    table = pd.concat({key: pd.DataFrame(rng_table(30, 3, key)) for key in range(3)})
    X, y = table[[0, 1]].rename_axis(names), table[2].rename_axis(names)
    windows, steps = (SlidingWindow(5).fit_transform(part) for part in (X, y))
    assert isinstance(steps, LazyArray)
    model = GRURegressor(hidden_size=4, max_epochs=2, random_state=0)
    found = model.fit(windows, steps).predict(windows)
    model.fit(np.asarray(windows), np.asarray(steps))
    assert_array_equal(found, model.predict(windows))
    assert found.shape == (90, 5, 1)
    wrong = steps.map(lambda rows: np.where(rows == y[2, 3], np.nan, rows))
    with pytest.raises(ValueError, match=r"NaN.*The first is in row 63"):
        model.fit(windows, wrong)


def rng_table(n_rows, n_columns, seed):
    return np.random.default_rng(seed).normal(size=(n_rows, n_columns))


def test_padding_of_some_windows_leaves_missing_values_of_others():
    """A regressor that takes them gets them, whatever the other windows are."""
    windows = rng_table(6, 8, 0).reshape(6, 4, 2)
    windows[0, :2] = np.nan  # padding
    windows[3, 1, 1] = windows[4, 0, 0] = np.nan
    table = inputs_for(HistGradientBoostingRegressor(), windows)
    assert_array_equal(table[1:], windows[1:].reshape(5, -1))
    assert_array_equal(table[0].reshape(4, 2), windows[0, [2, 2, 2, 3]])
