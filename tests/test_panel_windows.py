"""Pipelines on several series: each is treated as a loop over them would."""

import pickle
import tracemalloc
import warnings
from functools import partial

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    EncoderDecoderClassifier,
    GRUClassifier,
    GRURegressor,
    KnownAhead,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    VectorizedGridSearchCV,
    WaveNetRegressor,
    compare,
    horizon_targets,
)
from skseq.displays import ForecastDisplay
from skseq.windows import LazyArray
from tests.factories import ALL, REGRESSORS, make
from tests.test_sliding_window import naive_windows

DAYS = pd.date_range("2024-01-01", periods=40)
CLASSIFIERS = [cls for cls in ALL if cls.__name__.endswith("Classifier")]
BOTH_ORDERS = pytest.mark.parametrize("by_time", [False, True])
LABELS = [[("a",), ("c",), ("b",)], [(3,), (1,), (2,)], [("x", 1), ("x", 2), ("y", 1)]]


@st.composite
def panels(draw):
    """Series of random lengths and starts, whose rows are mixed at random."""
    labels = draw(st.sampled_from(LABELS))
    owners = draw(st.lists(st.sampled_from(labels), min_size=1, max_size=40))
    first = {label: draw(st.integers(0, 5)) for label in labels}
    counts = dict.fromkeys(labels, 0)
    start, step = draw(st.sampled_from([(0, 1), (DAYS[0], DAYS[1] - DAYS[0])]))
    index = []
    for label in owners:
        index.append((*label, start + (first[label] + counts[label]) * step))
        counts[label] += 1
    names = ["country", "shop"][-len(labels[0]) :]
    index = pd.MultiIndex.from_tuples(index, names=[*names, "time"])
    values = np.random.default_rng(len(owners)).normal(size=(len(owners), 2))
    table = pd.DataFrame(values, index, ["y", "x"])
    order = draw(st.sampled_from(["mixed", "by series", "by time"]))
    if order == "by series":
        return table.sort_index()
    return table.sort_index(level=-1) if order == "by time" else table


def loop(table):
    """The positions of the rows of each series, in the order of the rows."""
    positions = {}
    for i, row in enumerate(table.index):
        positions.setdefault(row[:-1], []).append(i)
    return positions


def loop_windows(table, length):
    windows = np.empty((len(table), length, table.shape[1]))
    for rows in loop(table).values():
        windows[rows] = naive_windows(table.to_numpy()[rows], length)
    return windows


def make_panel(by_time=False, n_rows=(40, 30, 40)):
    """Three shops, of which one opens late."""
    rng = np.random.default_rng(0)
    shops = {
        shop: pd.DataFrame(
            {"sales": level + rng.normal(size=n).cumsum(), "price": rng.normal(size=n)},
            DAYS[-n:],
        )
        for shop, level, n in zip("bac", (0, 10, 100), n_rows, strict=True)
    }
    panel = pd.concat(shops, names=["shop", "day"])
    return panel.sort_index(level="day", kind="stable") if by_time else panel


@given(panels(), st.data())
@settings(deadline=None)
def test_windows_are_those_of_a_loop_over_series(table, data):
    longest = max(map(len, loop(table).values()))
    length = data.draw(st.integers(1, longest))
    windows = SlidingWindow(length).fit_transform(table)
    assert windows.shape == (len(table), length, 2)
    assert_array_equal(np.asarray(windows), loop_windows(table, length))


@given(panels(), st.data())
@settings(deadline=None)
def test_targets_are_those_of_a_loop_over_series(table, data):
    positions = loop(table).values()
    horizon = data.draw(st.integers(1, 5))
    kept = sorted(i for rows in positions for i in rows[:-horizon])
    if not kept:
        with pytest.raises(ValueError, match="longest series"):
            horizon_targets(table, "y", horizon)
        return
    X, y = horizon_targets(table, "y", horizon)
    pd.testing.assert_frame_equal(X, table.iloc[kept])
    assert X.index.equals(y.index)
    coming = {
        i: table["y"].iloc[rows[at + 1 : at + 1 + horizon]]
        for rows in positions
        for at, i in enumerate(rows)
    }
    expected = np.array([coming[i] for i in kept])
    assert_array_equal(y.to_numpy().reshape(len(kept), -1), expected)
    names = [y.name] if horizon == 1 else list(y.columns)
    assert names == [f"y+{k + 1}" for k in range(horizon)]


@given(panels(), st.data())
@settings(deadline=None)
def test_each_series_continues_its_own_past(table, data):
    """Those that begin after the fit have none."""
    length = data.draw(st.integers(1, 6))
    n_fitted = data.draw(st.integers(1, len(table)))
    fitted, later = table.iloc[:n_fitted], table.iloc[n_fitted:]
    if later.empty or max(map(len, loop(fitted).values())) < length:
        return
    window = SlidingWindow(length).fit(fitted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of series that begin later, and are short
        windows = np.asarray(window.transform(later))
    assert_array_equal(windows, loop_windows(table, length)[n_fitted:])
    again = pickle.loads(pickle.dumps(window))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_array_equal(np.asarray(again.transform(later)), windows)


@BOTH_ORDERS
def test_no_window_sees_other_series_or_what_comes_after_it(by_time):
    panel = make_panel(by_time)
    windows = np.asarray(SlidingWindow(5).fit_transform(panel))
    shop, day = "a", DAYS[25]
    changed = panel.copy()
    own = changed.index.get_level_values("shop") == shop
    changed[~(own & (changed.index.get_level_values("day") <= day))] += 1000
    again = np.asarray(SlidingWindow(5).fit_transform(changed))
    row = panel.index.get_loc((shop, day))
    assert_array_equal(again[row], windows[row])
    assert (again != windows)[~np.isnan(windows)].any()


@pytest.mark.parametrize("n_rows", [1, 2, 3])
@pytest.mark.parametrize("freq", ["D", "MS", "W-MON", "B"])
def test_a_series_with_few_rows_continues_with_the_step_of_the_others(freq, n_rows):
    """Alone, two months have a step of days, and three working days too."""
    days = pd.date_range("2024-01-03", periods=9, freq=freq)
    series = pd.DataFrame({"y": np.arange(9.0)}, days)
    panel = pd.concat({"new": series[-2 - n_rows :], "old": series})
    fitted = panel[panel.index.get_level_values(1) < days[-2]]
    window = SlidingWindow(3).fit(fitted)
    later = panel.drop(index=fitted.index)
    expected = [past[-3:] for past in ([5, 6, 7], [6, 7, 8]) for _ in range(2)]
    windows = np.asarray(window.transform(later.sort_index(level=1)))[:, :, 0]
    expected = np.array(expected, dtype=float)
    expected[0, : max(0, 2 - n_rows)] = np.nan
    assert_array_equal(windows, expected)


class Recorder(LinearRegression):
    seen = {}

    def fit(self, X, y):
        self.seen["X"], self.seen["y"] = X, y
        return super().fit(X, y)


@BOTH_ORDERS
def test_compare_trains_on_the_same_windows(by_time):
    panel = make_panel(by_time)
    length, horizon, n_test = 5, 3, 8
    compare(
        {"linear": Recorder()},
        panel,
        target="sales",
        window=length,
        horizon=horizon,
        season=1,
        test_fraction=n_test / 40,
    )
    train = panel[panel.index.get_level_values("day") < DAYS[-n_test]]
    X, y = horizon_targets(train, "sales", horizon)
    flat = SlidingWindow(length).fit_transform(X).reshape(len(X), -1)
    full = ~np.isnan(flat).any(axis=1)
    by_shop = np.argsort(X.index.get_level_values("shop")[full], kind="stable")
    assert_array_equal(Recorder.seen["X"], flat[full][by_shop])
    assert_array_equal(Recorder.seen["y"], y[full].to_numpy()[by_shop])


def flat(windows):
    return np.nan_to_num(windows.reshape(len(windows), -1))


@pytest.mark.parametrize("gap", [0, 3])
def test_grid_search_splits_by_time_as_a_loop_over_shops(gap):
    panel = make_panel(by_time=True)
    X, y = horizon_targets(panel, "sales", 2)
    cv = TimeSeriesSplit(3, gap=gap)
    pipe = make_pipeline(SlidingWindow(), FunctionTransformer(flat), Ridge())
    grid = {"slidingwindow__length": [2, 4]}
    search = GridSearchCV(pipe, grid, cv=cv, scoring="neg_mean_squared_error")
    found = search.fit(X, y).cv_results_
    day = X.index.get_level_values("day")
    for fold, (train, test) in enumerate(cv.split(X)):
        for i, length in enumerate(grid["slidingwindow__length"]):
            windows = np.empty((len(X), length, 2))
            for shop in "abc":
                own = np.flatnonzero(X.index.get_level_values("shop") == shop)
                before, after = np.intersect1d(own, train), np.intersect1d(own, test)
                windows[before] = naive_windows(X.to_numpy()[before], length)
                apart = (day[after[:1]] - day[before[-1:]]).days
                rows = np.append(before, after) if list(apart) == [1] else after
                windows[after] = naive_windows(X.to_numpy()[rows], length)[
                    len(rows) - len(after) :
                ]
            model = Ridge().fit(flat(windows[train]), y.iloc[train])
            forecast = model.predict(flat(windows[test]))
            expected = mean_squared_error(y.iloc[test], forecast)
            assert_allclose(-found[f"split{fold}_test_score"][i], expected)
    assert search.predict(panel).shape == (len(panel), 2)


SMALL = {"max_epochs": 2, "hidden_size": 4, "random_state": 0}
META = [
    ConformalRegressor(GRURegressor(**SMALL)),
    ConformalRegressor(LinearRegression()),
    TransformedWindowRegressor(GRURegressor(**SMALL), Differencer(2)),
    TransformedWindowRegressor(LinearRegression(), Differencer(2)),
    MultiOutputRegressor(NaiveRegressor()),
    make_pipeline(FunctionTransformer(flat), LinearRegression()),
    make_pipeline(
        FunctionTransformer(lambda windows: windows.reshape(len(windows), -1)),
        MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=3)),
    ),
    make_pipeline(
        FunctionTransformer(lambda windows: windows - windows[:, -1:]),
        GRURegressor(**SMALL),
    ),
    GRURegressor(**SMALL, early_stopping=True),
    GRURegressor(**SMALL, n_members=2),
    make(WaveNetRegressor, supervise="every"),
]


@BOTH_ORDERS
@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_classifiers_read_the_windows_as_an_array_of_all(cls, by_time):
    panel = make_panel(by_time)
    X, y = horizon_targets(panel, "sales", 1)
    y = np.where(y > X["sales"], "up", "down")
    pipe = make_pipeline(SlidingWindow(6), make(cls)).fit(X, y)
    windows = np.asarray(SlidingWindow(6).fit_transform(X))
    expected = make(cls).fit(windows, y).predict_proba(windows)
    assert_array_equal(pipe.predict_proba(X), expected)


def test_targets_for_every_step_are_read_as_for_an_array():
    X, _ = horizon_targets(make_panel(), "sales", 1)
    windows = SlidingWindow(6).fit_transform(X)
    y = np.nan_to_num(np.roll(np.asarray(windows)[:, :, :1], -1, axis=1))
    lazy, full = (
        GRURegressor(**SMALL, early_stopping=True).fit(given, y).predict(given)
        for given in (windows, np.asarray(windows))
    )
    assert_array_equal(lazy, full)


@BOTH_ORDERS
@pytest.mark.parametrize("cls", [GRURegressor, GRUClassifier, EncoderDecoderClassifier])
def test_windows_of_a_column_are_targets_for_every_step(cls, by_time):
    X, _ = horizon_targets(make_panel(by_time), "sales", 1)
    windows, column = map(SlidingWindow(6).fit_transform, (X, X["sales"].round()))
    y = column if cls is GRURegressor else column[:, :, 0]
    if cls is EncoderDecoderClassifier:  # where no step is padding
        y = y.map(np.nan_to_num)
    lazy, full = (
        make(cls).fit(windows, given).predict(windows) for given in (y, np.asarray(y))
    )
    assert_array_equal(lazy, full)


@BOTH_ORDERS
@pytest.mark.parametrize(
    "model",
    [make(cls) for cls in REGRESSORS if cls is not SARIMARegressor] + META,
    ids=lambda model: type(getattr(model, "steps", [[0, model]])[-1][1]).__name__,
)
def test_regressors_read_the_windows_as_an_array_of_all(model, by_time):
    panel = make_panel(by_time)
    X, y = horizon_targets(panel, "sales", 2)
    pipe = make_pipeline(SlidingWindow(6), clone(model)).fit(X, y)
    window = SlidingWindow(6).fit(X)
    expected = clone(model).fit(np.asarray(window.transform(X)), y)
    windows = np.asarray(window.transform(panel))
    assert_array_equal(pipe.predict(panel), expected.predict(windows))
    if hasattr(model, "predict_interval"):
        assert_array_equal(
            pipe[-1].predict_interval(pipe[0].transform(panel), 0.8),
            expected.predict_interval(windows, 0.8),
        )


def test_sarima_joins_the_windows_of_each_series_in_any_order():
    model = SARIMARegressor((1, 1, 0), (0, 0, 0, 0))
    forecasts = []
    for by_time in (False, True):
        panel = make_panel(by_time)
        X, y = horizon_targets(panel, "sales", 2)
        pipe = make_pipeline(SlidingWindow(6), clone(model)).fit(X, y)
        table = pd.DataFrame(pipe.predict(panel), panel.index)
        forecasts.append(table.sort_index())
        results = pipe[-1].statsmodels_results(pipe[0].transform(X), y)
        differences = panel["sales"].groupby("shop", sort=False).diff().dropna()
        assert_allclose(
            np.sort(results.model.endog[~np.isnan(results.model.endog)]),
            np.sort(differences),
        )
    pd.testing.assert_frame_equal(*forecasts)


def test_vectorized_search_finds_what_the_search_finds():
    panel = make_panel(by_time=True)
    X, y = horizon_targets(panel, "sales", 2)
    pipe = make_pipeline(SlidingWindow(4), GRURegressor(**SMALL))
    grid = {"gruregressor__learning_rate": [0.01, 0.1]}
    setting = {"cv": TimeSeriesSplit(2, gap=3), "scoring": "neg_mean_absolute_error"}
    scores = [
        search(pipe, grid, **setting).fit(X, y).cv_results_["mean_test_score"]
        for search in (GridSearchCV, VectorizedGridSearchCV)
    ]
    assert_allclose(*scores, rtol=1e-4)


@BOTH_ORDERS
@pytest.mark.parametrize("shared", [False, True])
def test_known_values_are_laid_beside_each_series_as_by_itself(by_time, shared):
    panel = make_panel(by_time)
    days = pd.date_range(DAYS[0], periods=43)
    rng = np.random.default_rng(1)
    calendars = {
        shop: pd.DataFrame({"holiday": rng.normal(size=43)}, days) for shop in "cab"
    }
    known = calendars["a"] if shared else pd.concat(calendars)
    if not shared:
        known.index.names = ["shop", "day"]
        known = known.sort_index(level="day") if by_time else known
    step = KnownAhead(known, horizon=3)
    laid = step.fit(panel).transform(panel)
    assert laid.index.equals(panel.index)
    for shop in "abc":
        calendar = calendars["a" if shared else shop]
        alone = KnownAhead(calendar, horizon=3).fit_transform(panel.xs(shop))
        pd.testing.assert_frame_equal(laid.xs(shop), alone, check_freq=False)
    unchanged = KnownAhead().fit_transform(panel)
    pd.testing.assert_frame_equal(unchanged, panel)
    X, y = horizon_targets(panel, "sales", 3)
    network = DenseRegressor(max_epochs=1, random_state=0, n_known_ahead=1)
    pipe = make_pipeline(step, SlidingWindow(5), network).fit(X, y)
    assert pipe.predict(panel).shape == (len(panel), 3)


def test_a_single_column_is_a_panel_too():
    sales = make_panel(by_time=True)["sales"]
    X, y = horizon_targets(sales, horizon=1)
    assert isinstance(X, pd.Series)
    assert y.name == "sales+1"
    window = SlidingWindow(3).fit(X)
    assert list(window.feature_names_in_) == ["sales"]
    expected = loop_windows(sales.to_frame(), 3)
    assert_array_equal(np.asarray(SlidingWindow(3).fit_transform(sales)), expected)
    laid = KnownAhead().fit_transform(sales)
    pd.testing.assert_frame_equal(laid, sales.to_frame())


def test_columns_of_several_types_become_numbers():
    panel = make_panel(by_time=True)
    panel["open"] = np.arange(len(panel)) % 7 > 0
    panel["count"] = np.arange(len(panel))
    windows = np.asarray(SlidingWindow(3).fit_transform(panel))
    assert_array_equal(windows, loop_windows(panel.astype(float), 3))
    single = SlidingWindow(3).fit_transform(panel[["sales"]].astype(np.float32))
    assert single.dtype == np.float32


def test_times_as_text_are_taken_as_they_come():
    panel = make_panel(by_time=True, n_rows=(5, 1, 3))
    index = panel.index.set_levels(DAYS.astype(str)[-5:], level="day")
    with pytest.warns(UserWarning, match=r"dates as text.*series b .and 1 more"):
        windows = SlidingWindow(3).fit_transform(panel.set_axis(index))
    assert_array_equal(np.asarray(windows), loop_windows(panel, 3))


def test_rows_of_nan_at_the_start_of_each_series_are_padding():
    panel = make_panel(by_time=True)
    changes = panel.groupby("shop").diff()
    windows = np.asarray(SlidingWindow(3).fit_transform(changes))
    assert_array_equal(windows, loop_windows(changes, 3))


def test_windows_take_the_memory_of_the_series():
    index = pd.MultiIndex.from_product([range(20), range(2000)])
    panel = pd.DataFrame({"y": np.arange(40_000.0)}, index).sort_index(level=1)
    window = SlidingWindow(512).fit(panel)
    tracemalloc.start()
    windows = window.transform(panel)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(windows, LazyArray)
    assert peak < 15 * panel["y"].nbytes
    assert len(pickle.dumps(windows)) < 4 * panel["y"].nbytes


def test_clone_and_output_are_as_of_one_series():
    panel = make_panel()
    window = SlidingWindow(4).set_output(transform="pandas").fit(panel)
    assert not hasattr(clone(window), "n_features_in_")
    assert window.n_features_in_ == 2
    assert list(window.feature_names_in_) == ["sales", "price"]
    assert window.history_ is window.history_index_ is None
    assert set(window.series_) == {("a",), ("b",), ("c",)}
    assert_array_equal(window.series_["a",].history_, panel.xs("a")[-7:])
    own = panel.xs("a")
    assert_array_equal(
        window.series_["a",].transform(own), SlidingWindow(4).fit_transform(own)
    )
    window.fit(own)
    assert window.series_ is None
    assert_array_equal(window.history_, own[-7:])


def without(panel, shop, day):
    return panel.drop(index=(shop, DAYS[day]))


def put(value, panel):
    panel.loc[("a", DAYS[20])] = value
    return panel


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: without(p, "a", 20), "no regular step"),
        (lambda p: pd.concat([p, p.xs("a", drop_level=False)[-1:]]), "twice"),
        (lambda p: p.iloc[[*range(40), 41, 40, *range(42, 110)]], "not in time order"),
        (partial(put, np.nan), "NaN at row|is nan at row"),
        (partial(put, np.inf), "infinity at row|is inf at row"),
    ],
)
@pytest.mark.parametrize(
    "function",
    [SlidingWindow(3).fit, lambda panel: horizon_targets(panel, "sales", 2)],
    ids=["SlidingWindow", "horizon_targets"],
)
def test_errors_name_the_series(change, message, function):
    panel = change(make_panel())
    with pytest.raises(ValueError, match=message) as error:
        function(panel)
    assert error.value.__notes__ == ["This error comes from the series a."]


def test_folds_keep_recordings_whole():
    """Times in seconds; scikit-learn's default takes rows out of the middle."""
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([["a", "b", "c"], [1, 2], np.arange(30) / 50])
    X = pd.DataFrame({"x": rng.normal(size=len(index))}, index)
    y = (X["x"] > 0).to_numpy()
    pipe = make_pipeline(SlidingWindow(5), GRUClassifier(hidden_size=2, max_epochs=1))
    with pytest.raises(ValueError, match=r"no regular step.*whole ones with GroupKF"):
        cross_val_score(pipe, X, y, cv=5, error_score="raise")
    groups = index.get_level_values(0)
    for train, test in GroupKFold(3).split(X, y, groups):
        windows = SlidingWindow(5).fit(X.iloc[train]).transform(X.iloc[test])
        expected = [naive_windows(one, 5) for one in np.split(X.to_numpy()[test], 2)]
        assert_array_equal(windows, np.concatenate(expected))


def test_rows_may_lack_times_if_gaps_are_ignored():
    panel = without(make_panel(by_time=True), "a", 20)
    windows = np.asarray(SlidingWindow(3, gaps="ignore").fit_transform(panel))
    assert_array_equal(windows, loop_windows(panel, 3))
    X, _ = horizon_targets(panel, "sales", 2, gaps="ignore")
    assert len(X) == len(panel) - 6


@pytest.mark.parametrize(
    "function",
    [SlidingWindow(3).fit, KnownAhead().fit, horizon_targets],
    ids=["SlidingWindow", "KnownAhead", "horizon_targets"],
)
def test_tables_that_are_no_panel_are_refused(function):
    panel = make_panel()
    with pytest.raises(ValueError, match="make time the last level"):
        function(panel.swaplevel())
    with pytest.raises(ValueError, match="no rows"):
        function(panel[:0])
    index = panel.index.to_frame()
    index.iloc[3, 0] = None
    unnamed = panel.set_axis(pd.MultiIndex.from_frame(index))
    with pytest.raises(ValueError, match=r"Row 3 of .* has no label in level 0"):
        function(unnamed)


def test_the_longest_series_must_be_as_long_as_a_window():
    panel = make_panel()
    assert SlidingWindow(40).fit_transform(panel).shape == (110, 40, 2)
    with pytest.raises(ValueError, match="longest series of X, which has n_samples=40"):
        SlidingWindow(41).fit(panel)
    with pytest.raises(ValueError, match="the longest series has 40"):
        horizon_targets(panel, "sales", 40)


@pytest.mark.parametrize("step", [SlidingWindow(3), KnownAhead()], ids=str)
def test_one_series_and_several_do_not_mix(step):
    panel = make_panel()
    on_several = clone(step).fit(panel)
    for other in (panel.xs("a"), panel.rename_axis(["store", "day"])):
        with pytest.raises(ValueError, match=r"in fit it was the levels \['shop'\]"):
            on_several.transform(other)
    on_one = clone(step).fit(panel.xs("a"))
    with pytest.raises(ValueError, match=r"by the levels \['shop'\].*was no level"):
        on_one.transform(panel)


def test_columns_must_be_those_of_fit():
    window = SlidingWindow(3).fit(make_panel())
    with pytest.raises(ValueError, match="feature names"):
        window.transform(make_panel()[["price", "sales"]])


def test_a_step_before_that_drops_the_index_is_refused():
    X, y = horizon_targets(make_panel(by_time=True), "sales", 2)
    pipe = make_pipeline(StandardScaler(), SlidingWindow(3), Ridge())
    with pytest.raises(ValueError, match=r"y holds several series.*set_output"):
        pipe.fit(X, y)
    steps = make_pipeline(StandardScaler(), SlidingWindow(3))
    windows = steps.set_output(transform="pandas").fit_transform(X, y)
    assert windows.shape == (len(X), 3, 2)
    with pytest.raises(ValueError, match="not aligned"):
        SlidingWindow(3).fit(X, y[::-1])


def test_one_warning_names_a_series_and_counts_the_others():
    panel = make_panel()
    window = SlidingWindow(3).fit(panel)
    late = panel.set_axis(
        panel.index.set_levels(DAYS + pd.Timedelta(days=100), level="day")
    )
    one_row = late.groupby("shop").head(1)
    with pytest.warns(UserWarning, match=r"whole past.*series b.*2 more") as caught:
        window.transform(one_row)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    new = panel[:1].rename(index={"b": "new"})
    with pytest.warns(UserWarning, match=r"fit had no such series.*the series new\."):
        window.transform(new)


def test_known_must_hold_each_series():
    panel = make_panel()
    with pytest.raises(ValueError, match="no row of this series") as error:
        KnownAhead(panel.drop(index="b")).fit(panel)
    assert "series b" in error.value.__notes__[0]
    with pytest.raises(ValueError, match=r"known has the levels \['shop'\] .* \['i'\]"):
        KnownAhead(panel).fit(panel.rename_axis(["i", "day"]))
    with pytest.raises(ValueError, match="known must reach") as error:
        KnownAhead(panel).fit(panel)
    assert "series b" in error.value.__notes__[0]
    with pytest.raises(ValueError, match="index of known has 2 levels"):
        KnownAhead(panel).fit(panel.xs("a"))
    for names in ("open", ["open"]):
        for X in (panel, panel.xs("a")):
            with pytest.raises(TypeError, match=r"table\[\['open'\]\].* 3 steps"):
                KnownAhead(names, 3).fit(X)


def test_a_display_draws_one_of_the_series():
    matplotlib.use("agg")
    panel = make_panel(by_time=True)
    X, y = horizon_targets(panel, "sales", 2)
    pipe = make_pipeline(SlidingWindow(6), NaiveRegressor()).fit(X, y)
    with pytest.raises(ValueError, match=r"give one series.*origins="):
        ForecastDisplay.from_estimator(pipe, X, panel["sales"])
    one = X.xs("a", drop_level=False)
    display = ForecastDisplay.from_estimator(
        pipe,
        one,
        panel["sales"].xs("a"),
        origins=one.index.get_level_values(-1),
    )
    drawn = display.lines_["Pipeline"][-1].get_ydata()
    assert_array_equal(drawn, panel["sales"].xs("a").iloc[[-3, -3]])
    pyplot.close(display.figure_)
