"""The forecast after a table is what its parts give when they are put together."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from skseq import (
    ConformalRegressor,
    GRURegressor,
    KnownAhead,
    NaiveRegressor,
    SequenceForecaster,
    SlidingWindow,
    forecast_next,
    horizon_targets,
)
from skseq.wrapping import IntervalWarning

DAYS = pd.date_range("2024-01-01", periods=120)
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {"rain": RNG.normal(size=120), "sales": 10 + RNG.normal(size=120).cumsum()}, DAYS
)
SETTING = {"target": "sales", "horizon": 3, "window": 7}
SMALL = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


def test_a_network_forecasts_as_in_a_pipeline():
    table = FRAME[["sales", "rain"]]  # the target is the first variable
    X, y = horizon_targets(table, target="sales", horizon=3)
    windows = SlidingWindow(7).fit(X).transform(table)
    model = GRURegressor(**SMALL).fit(windows[6:-3], y[6:])
    found = forecast_next(GRURegressor(**SMALL), FRAME, **SETTING)
    assert_allclose(found["sales"], model.predict(windows)[-1])
    assert found.index.equals(pd.date_range("2024-04-30", periods=3))


def test_a_regressor_of_scikit_learn_gets_rows():
    sales = FRAME["sales"].to_numpy()
    rows = np.lib.stride_tricks.sliding_window_view(sales, 10)
    model = LinearRegression().fit(rows[:, :7], rows[:, 7:])
    found = forecast_next(LinearRegression(), sales, target=0, horizon=3, window=7)
    assert_allclose(found[0], model.predict(sales[np.newaxis, -7:])[0])
    assert found.index.tolist() == [120, 121, 122]


def test_what_is_known_ahead_stands_in_further_rows():
    price = pd.Series(RNG.normal(size=120), DAYS, name="price")
    table = pd.DataFrame({"sales": price.shift(5) + 3 * price, "price": price})[5:]
    table.loc[DAYS[-5:], "sales"] = np.nan  # more rows than steps
    known = {**SETTING, "known_ahead": ["price"]}
    found = forecast_next(LinearRegression(), table, **known)
    expected = (price.shift(5) + 3 * price)[-5:-2]
    assert_allclose(found["sales"], expected)
    steps = make_pipeline(KnownAhead(table[["price"]], horizon=3), SlidingWindow(7))
    X, y = horizon_targets(table[["sales"]][:-5], horizon=3)
    windows = steps.fit(X).transform(table[["sales"]][:-5])
    model = GRURegressor(n_known_ahead=1, **SMALL).fit(windows[6:-3], y[6:])
    found = forecast_next(GRURegressor(**SMALL), table, **known)
    assert_allclose(found["sales"], model.predict(windows)[-1])
    with pytest.raises(ValueError, match="needs the values known ahead"):
        forecast_next(LinearRegression(), table[:-3], **known)


@pytest.mark.parametrize("kind", [tuple, pd.Index, np.array])
def test_names_of_what_is_known_ahead_come_in_any_list(kind):
    table = FRAME.copy()
    table.iloc[-3:, 1] = np.nan
    expected = forecast_next(NaiveRegressor(), table, **SETTING, known_ahead=["rain"])
    known = kind(["rain"])
    found = forecast_next(NaiveRegressor(), table, **SETTING, known_ahead=known)
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("known_ahead", [[], ["rain"]])
@pytest.mark.parametrize("kind", ["date", "timestamp[ns][pyarrow]"])
def test_dates_may_be_of_python_or_pyarrow(kind, known_ahead):
    if "pyarrow" in kind:
        pytest.importorskip("pyarrow")
    dates = pd.Index(DAYS.date) if kind == "date" else DAYS.astype(kind)
    table = FRAME.set_axis(dates)
    if known_ahead:
        table.iloc[-3:, 1] = np.nan
    setting = {**SETTING, "known_ahead": known_ahead}
    expected = forecast_next(NaiveRegressor(), table.set_axis(DAYS), **setting)
    found = forecast_next(NaiveRegressor(), table, **setting)
    shops = pd.concat({"a": table, "b": table})
    found_of_shops = forecast_next(NaiveRegressor(), shops, **setting)
    for one in (found, found_of_shops.loc["a"], found_of_shops.loc["b"]):
        assert one.index.equals(expected.index)
        assert_allclose(one, expected)


@pytest.mark.parametrize("known_ahead", [[], ["rain"]])
@pytest.mark.parametrize("freq", ["M", "3M", "2W-SUN", "15min"])
def test_periods_of_several_months_or_minutes_are_continued(freq, known_ahead):
    index = pd.period_range("2024-01-01", periods=123, freq=freq)
    table = FRAME.set_axis(index[:120]).reindex(index).assign(rain=1.0)
    setting = {**SETTING, "known_ahead": known_ahead}
    found = forecast_next(
        NaiveRegressor(), table if known_ahead else table[:120], **setting
    )
    pd.testing.assert_index_equal(found.index, index[120:])


@pytest.mark.parametrize("coverage", [None, 0.8])
def test_several_series_share_one_model(coverage):
    shops = pd.concat({"b": FRAME, "a": FRAME[20:] + 5}, names=["shop", "day"])
    model = ConformalRegressor(LinearRegression(), refit=True)
    found = forecast_next(model, shops, **SETTING, coverage=coverage)
    days = pd.date_range("2024-04-30", periods=3)
    index = pd.MultiIndex.from_product([["a", "b"], days], names=["shop", "day"])
    pd.testing.assert_index_equal(found.index, index)
    tables = [one[["sales", "rain"]].to_numpy() for _, one in shops.groupby("shop")]
    rows, targets = [], []
    for table in tables:
        for end in range(7, len(table) - 2):
            rows.append(table[end - 7 : end].ravel())
            targets.append(table[end : end + 3, 0])
    linear = LinearRegression().fit(rows, targets)
    expected = linear.predict([table[-7:].ravel() for table in tables])
    assert_allclose(found["sales"], expected.ravel())
    if coverage:
        assert (found["low"] < found["sales"]).all()
        assert (found["sales"] < found["high"]).all()


def test_a_forecaster_of_sktime_continues_the_series():
    model = SequenceForecaster(LinearRegression(), 7, horizon=3)
    found = forecast_next(model, FRAME[["sales"]], **SETTING, coverage=0.9)
    model.fit(FRAME["sales"], fh=[1, 2, 3])
    assert_allclose(found["sales"], model.predict())
    assert_allclose(found[["low", "high"]], model.predict_interval(coverage=0.9))


def test_a_model_without_intervals_is_refused():
    with pytest.raises(ValueError, match=r"NaiveRegressor.*ConformalRegressor"):
        forecast_next(NaiveRegressor(), FRAME, **SETTING, coverage=0.9)


def test_too_few_rows_for_intervals_are_an_error_that_says_so():
    model = ConformalRegressor(NaiveRegressor())
    with (
        pytest.warns(IntervalWarning, match="at least 99 held-out windows"),
        pytest.raises(ValueError, match="none: give more rows, ask for less coverage"),
    ):
        forecast_next(model, FRAME, **SETTING, coverage=0.99)


def test_too_few_rows_and_bad_data_are_refused():
    with pytest.raises(ValueError, match=r"window=7 and horizon=3 need 10 .* has 9"):
        forecast_next(NaiveRegressor(), FRAME[:9], **SETTING)
    holes = FRAME.copy()
    holes.iloc[50, 1] = np.nan
    with pytest.raises(ValueError, match="Column 'sales' is nan at 2024-02-20"):
        forecast_next(NaiveRegressor(), holes, **SETTING)


@pytest.mark.parametrize(
    "data", [FRAME[:0], pd.concat({"a": FRAME, "b": FRAME})[:0]], ids=["one", "several"]
)
@pytest.mark.parametrize("known_ahead", [[], ["rain"]])
def test_a_table_without_rows_is_refused(data, known_ahead):
    with pytest.raises(ValueError, match="data has no rows"):
        forecast_next(NaiveRegressor(), data, **SETTING, known_ahead=known_ahead)


@pytest.mark.parametrize(
    ("name", "value"),
    [("horizon", 0), ("horizon", "3"), ("window", 0), ("window", None)],
)
def test_steps_are_counted(name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name} "):
        forecast_next(NaiveRegressor(), FRAME, **{**SETTING, name: value})


def test_a_model_is_one_estimator():
    with pytest.raises(TypeError, match=r"give NaiveRegressor\(\)"):
        forecast_next(NaiveRegressor, FRAME, **SETTING)
    with pytest.raises(TypeError, match="model must be a regressor or a forecaster"):
        forecast_next({"naive": NaiveRegressor()}, FRAME, **SETTING)
