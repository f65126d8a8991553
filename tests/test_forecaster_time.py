"""SequenceForecaster: kinds of time index, and values and dates that are missing."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sktime.forecasting.base import ForecastingHorizon

from skseq import NaiveRegressor
from skseq.forecasting import SequenceForecaster
from skseq.forecasting.panel import find_steps, frequency
from tests.forecasters import (
    FH,
    Recorder,
    forecaster,
    index_like,
    make_panel,
    make_series,
)

KINDS = ["range", "int", "weeks", "days", "days without freq", "month starts"]
KINDS += ["month ends", "half hours", "business days", "time zone"]


class TestTime:
    @pytest.mark.parametrize("panel", [False, True])
    @pytest.mark.parametrize("kind", KINDS)
    def test_index_types(self, kind, panel):
        y = make_series(40)
        expected = forecaster().fit(y, fh=[2, 3]).predict()
        index = index_like(kind, 43)
        y.index = index[:40]
        if panel:
            y = pd.concat({"a": y, "b": y})
        forecast = forecaster().fit(y, fh=[2, 3]).predict()
        if panel:
            forecast = forecast.loc["b"]
        assert_allclose(forecast, expected)
        assert_array_equal(forecast.index, index[[41, 42]])

    @pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo"])
    def test_time_zone_of_the_series(self, zone):
        """Not that of a series with the same times which was forecast before."""
        hours = pd.date_range("2024-03-29 09:00", periods=43, freq="h", tz="UTC")
        for index in (hours, hours.tz_convert(zone)):  # the clock is set forward
            y = make_series(40).set_index(index[:40])
            for fh in ([2, 3], [-2, 0, 1]):
                forecast = forecaster(horizon=3).fit(y, fh=fh).predict()
                expected = index[[39 + step for step in fh]]
                pd.testing.assert_index_equal(forecast.index, expected)

    @pytest.mark.parametrize("kind", ["range", "weeks", "days"])
    def test_absolute_horizons(self, kind):
        index = index_like(kind, 43)
        y = make_series(40).set_index(index[:40])
        fh = ForecastingHorizon(index[[38, 42]], is_relative=False)
        forecast = forecaster().fit(y, fh=fh).predict()
        expected = forecaster(horizon=3).fit(y).predict([-1, 3])
        assert_allclose(forecast, expected)
        assert_array_equal(forecast.index, index[[38, 42]])

    @pytest.mark.parametrize("steps", [[-2, 0, 1], [3]])
    @pytest.mark.parametrize(
        ("kind", "holidays"),
        [
            (pd.offsets.CustomBusinessDay, ["2020-02-24", "2020-02-28"]),
            (pd.offsets.CustomBusinessHour, ["2020-01-08"]),
        ],
    )
    def test_trading_days(self, steps, kind, holidays):
        """The name of their frequency says nothing of holidays."""
        trading = kind(holidays=holidays)
        index = pd.date_range("2020-01-01 09:00", periods=43, freq=trading)
        y = make_series(40)
        expected = forecaster(horizon=3).fit(y).predict(steps)
        forecast = forecaster(horizon=3).fit(y.set_index(index[:40])).predict(steps)
        assert_allclose(forecast, expected)
        assert_array_equal(forecast.index, index[[39 + step for step in steps]])

    @pytest.mark.parametrize("freq", ["bh", "B", "SMS", "QS-FEB", "h"])
    def test_all_steps_of_dates(self, freq):
        """Also nine o'clock, which sktime takes for five o'clock of the day before."""
        index = pd.date_range("2020-01-15 09:00", periods=43, freq=freq)
        y = make_series(40)
        steps = range(-39, 4)
        expected = forecaster().fit(y, fh=FH).predict(steps)
        forecast = forecaster().fit(y.set_index(index[:40]), fh=FH).predict(steps)
        assert_array_equal(forecast.index, index)
        assert_allclose(forecast, expected)

    @pytest.mark.parametrize("first", range(4))
    def test_quarters_of_a_panel(self, first):
        """pandas has four names for them, by the month of the first one."""
        index = pd.date_range("2010-01-01", periods=47, freq="QS")[first:]
        y = make_series(40).set_index(index[:40])
        expected = forecaster().fit(y, fh=[2, 3]).predict()
        forecast = forecaster().fit(pd.concat({"a": y, "b": y}), fh=[2, 3]).predict()
        assert_allclose(forecast.loc["b"], expected)
        assert_array_equal(forecast.loc["b"].index, index[[41, 42]])

    def test_absolute_horizon_of_a_panel_with_different_ends(self):
        y = make_panel((30, 28))
        month = y.loc["s0"].index[-1] + 1
        fh = ForecastingHorizon(pd.PeriodIndex([month]), is_relative=False)
        forecast = forecaster(horizon=1).fit(y).predict(fh)
        assert list(forecast.index) == [("s0", month), ("s1", month)]
        ahead = forecaster(horizon=1).fit(y).predict([1, 3])
        assert_allclose(forecast["y0"], ahead["y0"].iloc[[0, 3]])

    def test_timedelta_horizon(self):
        y = make_series(40).set_index(index_like("days", 40))
        fh = ForecastingHorizon(pd.to_timedelta([1, 3], unit="D"))
        expected = forecaster(horizon=3).fit(y).predict([1, 3])
        assert_allclose(forecaster().fit(y, fh=fh).predict(), expected)

    def test_arrays(self):
        y = make_series(40).to_numpy()[:, 0]
        assert forecaster().fit(y, fh=FH).predict().shape == (3, 1)
        panel = np.stack([[y], [y + 1]])
        assert forecaster().fit(panel, fh=FH).predict().shape == (2, 1, 3)


class TestMissing:
    def test_interpolated(self):
        y = make_series(40)
        gap = y.copy()
        gap.iloc[10:12] = np.nan
        filled = forecaster().fit(gap.interpolate(), fh=FH).predict()
        model = forecaster(missing="interpolate").fit(gap, fh=FH)
        assert_allclose(model.predict(), filled)

    def test_filled_forward_and_no_target(self):
        y = make_series(20)
        y.iloc[[0, 10, 19]] = np.nan  # the first is no time step
        forecaster(Recorder(), 4, missing="ffill").fit(y, fh=[1, 2]).predict()
        filled = y.ffill().to_numpy()
        ends = [4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16]
        expected = [filled[end - 3 : end + 1] for end in ends]
        assert_array_equal(Recorder.seen["fit"][0], expected)
        assert_array_equal(Recorder.seen["predict"], [filled[-4:]])

    @pytest.mark.parametrize("kind", ["range", "weeks", "days"])
    def test_times_that_are_not_there(self, kind):
        y = make_series(40).set_index(index_like(kind, 40))
        gap = y.drop(y.index[5:7])
        if kind == "days":
            gap = gap.asfreq("D")
        full = y.copy()
        full.iloc[5:7] = np.nan
        model = forecaster(missing="interpolate")
        expected = model.fit(full, fh=FH).predict()
        assert_allclose(model.fit(gap, fh=FH).predict(), expected)

    def test_missing_values_of_known_variables(self):
        y, X = make_series(40), make_series(43, seed=1)
        X.iloc[[0, 20, 42]] = np.nan
        model = forecaster(missing="interpolate").fit(y, X[:40], fh=FH)
        filled = X.interpolate().bfill()
        expected = forecaster().fit(y, filled[:40], fh=FH).predict(X=filled[40:])
        assert_allclose(model.predict(X=X[40:]), expected)

    @pytest.mark.parametrize("missing", ["ffill", "interpolate"])
    @pytest.mark.parametrize("kind", ["range", "weeks", "time zone"])
    def test_missing_values_of_variables_known_before_y(self, missing, kind):
        """The last value before the first step fills it, rather than a later one."""
        index = index_like(kind, 43)
        X = make_series(43, 2, seed=1).set_index(index)
        y = make_series(40).set_index(index[:40])[7:]
        X.iloc[3:5] = np.nan
        X.iloc[5:9, 0] = np.nan
        filled = getattr(X, missing)()
        X = X.drop(X.index[3:5])
        before, ahead = X[X.index < index[40]], X[X.index >= index[40]]
        for params in ({}, {"past_only": ["y0", "y1"]}):
            model = forecaster(missing=missing, **params).fit(y, before, fh=FH)
            same = forecaster(**params).fit(y, filled[7:40], fh=FH)
            given = None if params else ahead
            assert_allclose(model.predict(X=given), same.predict(X=given))

    @pytest.mark.parametrize("missing", ["ffill", "interpolate"])
    def test_infinite_values_of_variables_before_y_are_missing(self, missing):
        y, X = make_series(40), make_series(40, seed=1)
        X.iloc[7] = np.nan
        infinite, absent = X.copy(), X.copy()
        infinite.iloc[6], absent.iloc[6] = np.inf, np.nan
        one, other = (
            forecaster(missing=missing, past_only=["y0"]).fit(y[7:], given, fh=FH)
            for given in (infinite, absent)
        )
        assert_allclose(one.predict(), other.predict())


@pytest.mark.parametrize("missing", ["ffill", "interpolate"])
def test_missing_dates_and_mixed_types(missing):
    """Dates that are not there are missing values, and numbers may be objects."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=82)
    y = pd.DataFrame({"y": rng.normal(size=80)}, days[:80])
    X = pd.DataFrame({"p": rng.normal(size=82), "promo": rng.random(82) > 0.5}, days)
    known, gone = X[:80], days[30:32]
    forecaster = SequenceForecaster(LinearRegression(), 5, missing=missing)

    def forecast(y_b, X_a, X_b):
        both = [{"a": y, "b": y_b}, {"a": X_a, "b": X_b}]
        both = [pd.concat(tables, names=["shop", "day"]) for tables in both]
        coming = pd.concat({"a": X[80:], "b": X[80:]}, names=["shop", "day"])
        return forecaster.fit(*both, fh=[1, 2]).predict(X=coming)

    found = forecast(y.drop(gone), known, known.drop(gone))
    floats = known.astype(float)
    holed = [table.drop(gone).reindex(days[:80]) for table in (y, floats)]
    expected = forecast(holed[0], floats, holed[1])
    assert_allclose(found, expected)
    late = floats[3:].reindex(days[:80])
    assert_allclose(forecast(y, known, known[3:]), forecast(y, floats, late))


@pytest.mark.parametrize("tells", ["other series", "X", "fh"])
def test_dates_missing_in_all_series(tells):
    """The step is that of all series together or of X, or else named by fh."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=63, name="day")
    gone = {
        "a": [4, 5, 20],
        "b": [9, 31] if tells == "other series" else [4, 5, 20, 40],
    }
    full = {key: pd.DataFrame(rng.normal(size=(60, 1)), days[:60]) for key in gone}
    y = {key: series.drop(days[gone[key]]) for key, series in full.items()}
    X = {key: pd.DataFrame({"rain": rng.normal(size=63)}, days) for key in gone}
    y, X = (pd.concat(tables, names=["gauge"]) for tables in (y, X))
    known = X[X.index.get_level_values("day") < days[60]]
    fh = ForecastingHorizon([1, 3], freq="D") if tells == "fh" else [1, 3]
    forecaster = SequenceForecaster(LinearRegression(), 5, missing="ffill")
    empty = y.unstack("gauge").asfreq("D").stack("gauge", future_stack=True).swaplevel()
    given = (known, X.drop(known.index)) if tells == "X" else (None, None)
    found = forecaster.fit(y, given[0], fh=fh).predict(X=given[1])
    expected = forecaster.fit(empty.sort_index(), given[0], fh=[1, 3]).predict(
        X=given[1]
    )
    assert_allclose(found, expected)
    assert_array_equal(found.loc["a"].index, days[[60, 62]])


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_counted_from_the_first(kind):
    """Wherever the times are: before a series, in it or after it."""
    index = index_like(kind, 40)
    freq = getattr(index, "freq", None) or frequency([index])
    series = index[10:30]
    for places in ([0, 3], [9, 12], [10], [11, 29], [29, 30], [35, 39], [5, 35]):
        found = find_steps(index[places], series, freq)
        assert_array_equal(found, np.array(places) - 10)


def test_updates_keep_no_more_than_the_series():
    """Nor the dates of those before, which differ with each update."""
    n_rows, n_updates = 20_000, 20
    dates = pd.date_range("2020-01-01", periods=n_rows + n_updates, freq="min")
    y = pd.Series(np.arange(len(dates), dtype=float), dates)
    model = SequenceForecaster(NaiveRegressor(), window_length=4)
    model.fit(y[:n_rows], fh=[1])
    tracemalloc.start()
    for row in range(n_rows, len(y)):
        model.update_predict_single(y[row : row + 1], update_params=False)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * y.to_numpy().nbytes
