"""SequenceForecaster: sktime's checks, what it computes, and where it fits in."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sktime.datasets import load_airline
from sktime.forecasting.base import ForecastingHorizon
from sktime.utils.estimator_checks import check_estimator

import skseq
from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    GRURegressor,
    KnownAhead,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from skseq.forecasting import SequenceForecaster
from skseq.forecasting.model import split
from skseq.windows import cut_windows, sliding_windows

FH = [1, 2, 3]
TINY = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


class Recorder(RegressorMixin, BaseEstimator):
    """A regressor on windows that shows what it was given."""

    seen = {}

    def __init__(self, n_known_ahead=0, target=0):
        self.n_known_ahead = n_known_ahead
        self.target = target

    def fit(self, X, y):
        self.seen.update(fit=(np.array(X), np.array(y)), params=self.get_params())
        self.n_outputs_ = y[0].size
        return self

    def predict(self, X):
        self.seen["predict"] = np.array(X)
        return np.zeros((len(X), self.n_outputs_))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


def make_series(n_timesteps=60, n_columns=1, seed=0, start="2000-01"):
    rng = np.random.default_rng(seed)
    index = pd.period_range(start, periods=n_timesteps, freq="M")
    values = 10 + rng.normal(size=(n_timesteps, n_columns)).cumsum(axis=0)
    return pd.DataFrame(values, index, [f"y{i}" for i in range(n_columns)])


def make_panel(lengths=(30, 22, 41), n_columns=1):
    tables = {f"s{i}": make_series(n, n_columns, seed=i) for i, n in enumerate(lengths)}
    return pd.concat(tables, names=["series", "month"])


def forecaster(regressor=None, window_length=5, **params):
    regressor = LinearRegression() if regressor is None else regressor
    return SequenceForecaster(regressor, window_length, **params)


def naive_windows(values, length, horizon):
    """Windows beside each other, and their targets, by a loop."""
    X, y = [], []
    for end in range(length, len(values) - horizon + 1):
        X.append(values[end - length : end].ravel())
        y.append(values[end : end + horizon].T.ravel())
    return np.array(X), np.array(y)


class TestSktime:
    @pytest.mark.filterwarnings("default")  # sktime's own
    def test_passes_all_checks(self):
        results = check_estimator(SequenceForecaster, verbose=False)
        assert [name for name, done in results.items() if done != "PASSED"] == []
        assert len(results) > 1300

    @pytest.mark.parametrize("package", ["skseq", "skseq.forecasting"])
    def test_sktime_is_imported_only_with_the_forecaster(self, package):
        code = (
            "import sys; sys.modules['sktime'] = None\n"  # as if not installed
            f"import {package}\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        if package == "skseq":
            assert done.returncode == 0, done.stderr
        else:
            assert "pip install 'skseq[sktime]'" in done.stderr

    def test_is_found_in_skseq(self):
        assert skseq.SequenceForecaster is SequenceForecaster
        with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
            skseq.Nothing  # noqa: B018 (the look-up is what raises)


class TestWindows:
    @given(
        lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
        length=st.integers(1, 6),
        data=st.data(),
    )
    def test_windows_are_those_of_a_loop(self, lengths, length, data):
        series = [np.random.default_rng(n).normal(size=(n, 2)) for n in lengths]
        origins = [
            np.array(sorted(data.draw(st.sets(st.integers(0, n - 1)))), dtype=int)
            for n in lengths
        ]
        expected = [
            np.vstack([np.full((length, 2), np.nan), table[: end + 1]])[-length:]
            for table, ends in zip(series, origins, strict=True)
            for end in ends
        ]
        windows = cut_windows(series, origins, length)
        assert_array_equal(windows, np.reshape(expected, (-1, length, 2)))

    def test_one_series_is_not_copied(self):
        table = np.arange(20.0).reshape(10, 2)
        windows = cut_windows([table], [np.arange(3, 8)], 4)
        assert np.shares_memory(windows, table)

    @pytest.mark.parametrize("n_series", [1, 3, 12])
    def test_held_out_windows_are_not_fitted_on(self, n_series):
        n_windows = [20 - i for i in range(n_series)]
        fitted, held_out = split(n_windows, horizon=4)
        position = np.arange(sum(n_windows))
        fitted, held_out = position[fitted], position[held_out]
        assert len(fitted) > len(held_out) > 0
        if n_series < 5:  # nor those whose four targets reach into theirs
            step = np.concatenate([np.arange(n) for n in n_windows])
            series = np.repeat(np.arange(n_series), n_windows)
            for i in range(n_series):
                last = step[fitted][series[fitted] == i].max()
                assert last + 4 <= step[held_out][series[held_out] == i].min()
        else:
            series = np.repeat(np.arange(n_series), n_windows)
            assert not set(series[fitted]) & set(series[held_out])

    def test_layout_is_that_of_known_ahead(self):
        y, X = make_series(30, 2), make_series(33, 2, seed=1)
        X.columns = ["price", "holiday"]
        forecaster(Recorder()).fit(y, X[:30], fh=FH).predict(X=X[30:])
        table = KnownAhead(X, horizon=3).fit_transform(y)
        windows = SlidingWindow(5).fit_transform(table)[4:]
        _, targets = horizon_targets(y, horizon=3)
        seen, seen_y = Recorder.seen["fit"]
        assert_array_equal(seen, windows[:-3])
        assert_array_equal(seen_y, targets[4:])
        assert_array_equal(Recorder.seen["predict"], windows[-1:])
        assert Recorder.seen["params"] == {"n_known_ahead": 2, "target": [0, 1]}

    def test_columns_known_of_the_past_only(self):
        y, X = make_series(30), make_series(32, 2, seed=1)
        X.columns = ["sold", "holiday"]
        model = forecaster(Recorder(), past_only=["sold"], horizon=2)
        model.fit(y, X[:30]).predict([1, 2], X[30:][["holiday"]])
        table = pd.concat([y, X[:30][["sold"]]], axis=1)
        table = KnownAhead(X[["holiday"]], horizon=2).fit_transform(table)
        windows = SlidingWindow(5).fit_transform(table)
        assert_array_equal(Recorder.seen["fit"][0], windows[4:-2])
        assert_array_equal(Recorder.seen["predict"], windows[-1:])
        with pytest.raises(ValueError, match="past_only"):
            model.predict([1, 2, 3], X[30:])

    def test_short_pasts_are_padded(self):
        y = make_panel((4, 20))
        forecaster(Recorder()).fit(y, fh=2)
        windows = Recorder.seen["fit"][0][..., 0]
        # Of the short series the one window that two steps follow.
        assert_array_equal(np.isnan(windows).sum(axis=1), [3] + [0] * 14)
        forecaster(Recorder(), min_length=2).fit(y, fh=2)
        windows = Recorder.seen["fit"][0][..., 0]
        assert_array_equal(np.isnan(windows).sum(axis=1), [3, 3, 2, 1] + [0] * 14)

    def test_dtype(self):
        for y in (make_series(), make_series().astype(int)):
            forecaster(Recorder(), error_bars=None).fit(y, fh=1)
            assert Recorder.seen["fit"][0].dtype == np.float64
            forecaster(Recorder(), dtype="float32").fit(y, y + 1, fh=1)
            assert {array.dtype for array in Recorder.seen["fit"]} == {np.dtype("f4")}


class TestForecasts:
    def test_a_table_regressor_gets_flat_windows(self):
        y = make_series(40, 2)
        X, targets = naive_windows(y.to_numpy(), 5, 3)
        expected = (
            LinearRegression().fit(X, targets).predict([y[-5:].to_numpy().ravel()])
        )
        forecast = forecaster().fit(y, fh=FH).predict()
        assert_allclose(forecast, expected.reshape(2, 3).T)
        assert list(forecast.columns) == ["y0", "y1"]

    def test_flat_windows_hold_what_is_known_ahead_once(self):
        y, X = make_series(40), make_series(42, seed=1)
        rows = np.hstack([y.to_numpy(), X[1:41].to_numpy()])
        flat, targets = naive_windows(rows, 5, 2)
        flat = np.hstack([flat, X[6:41].to_numpy()[: len(flat)]])
        model = LinearRegression().fit(flat, targets[:, :2])
        last = np.append(rows[-5:].ravel(), X.iloc[41])
        forecast = forecaster().fit(y, X[:40], fh=[1, 2]).predict(X=X[40:])
        assert_allclose(forecast["y0"], model.predict([last])[0])

    def test_one_regressor_for_all_series(self):
        y = make_panel()
        tables = [table.to_numpy() for _, table in y.groupby(level=0)]
        X, targets = map(
            np.concatenate, zip(*(naive_windows(t, 5, 3) for t in tables), strict=True)
        )
        model = LinearRegression().fit(X, targets)
        forecast = forecaster().fit(y, fh=FH).predict()
        expected = model.predict([table[-5:, 0] for table in tables])
        assert_allclose(forecast["y0"], expected.ravel())
        # Each from its own end.
        ends = y.reset_index("month").groupby(level=0)["month"].last()
        months = [end + i for end in ends for i in FH]
        assert list(forecast.index.get_level_values("month")) == months
        assert forecast.index.names == y.index.names

    def test_a_hierarchy_is_the_panel_of_its_leaves(self):
        y = make_panel()
        flat = forecaster().fit(y, fh=FH).predict()
        y = pd.concat({"all": y}, names=["top"])
        assert_array_equal(forecaster().fit(y, fh=FH).predict(), flat)

    def test_iterates_beyond_its_horizon(self):
        y = make_series(40)
        X, targets = naive_windows(y.to_numpy(), 5, 2)
        model = LinearRegression().fit(X, targets)
        past = list(y["y0"])
        while len(past) < 47:
            past += list(model.predict([past[-5:]])[0])
        fitted = forecaster(horizon=2).fit(y)
        assert_allclose(fitted.predict([1, 4, 7])["y0"], np.array(past)[[40, 43, 46]])
        assert fitted.horizon_ == 2

    def test_iterates_with_what_is_known_ahead(self):
        """y is twice the coming price: known at any distance."""
        price = make_series(60, seed=3)
        y = 2 * price.rename(columns={"y0": "y"})
        model = forecaster(horizon=2).fit(y[:50], price[:50])
        assert_allclose(model.predict(range(1, 11), price[50:]), y[50:])

    def test_in_sample_is_one_step_ahead(self):
        y = make_series(40)
        model = forecaster(min_length=1).fit(y)
        forecast = model.predict([-39, -38, -3, 0, 1])["y0"]
        assert np.isnan(forecast.iloc[0])  # nothing lies before it
        for step, value in zip([-3, 0], forecast.iloc[2:4], strict=True):
            model.update(y[: len(y) + step - 1], update_params=False)
            assert_allclose(model.predict([1]).iloc[0, 0], value)

    def test_update(self):
        y = make_series(60)
        model = forecaster().fit(y[:40], fh=FH)
        coef = model.regressor_.coef_.copy()
        model.update(y[40:], update_params=False)
        assert_array_equal(model.regressor_.coef_, coef)
        assert_allclose(
            model.predict().iloc[0, 0],
            coef[0] @ y["y0"][-5:] + model.regressor_.intercept_[0],
        )
        model.update(y[40:])
        assert_allclose(model.predict(), forecaster().fit(y, fh=FH).predict())

    def test_update_trains_further_with_a_warm_start(self):
        y = make_series(60)
        gru = GRURegressor(warm_start=True, learning_rate=1e-12, weight_decay=0, **TINY)
        model = forecaster(gru, error_bars=None).fit(y[:40], fh=FH)
        window = y[-5:].to_numpy()[np.newaxis]
        before = model.regressor_.predict(window)
        model.update(y[40:])  # such small steps leave it where it was
        assert_allclose(model.predict()["y0"], before[0], rtol=1e-6)

    @pytest.mark.parametrize("name", [None, "other"])
    def test_update_with_a_series_of_another_name(self, name):
        y = load_airline()
        model = forecaster().fit(y[:-12], fh=FH)
        forecast = model.update(y[-12:].rename(name), update_params=False).predict()
        known = forecaster().fit(y[:-12], fh=FH).regressor_
        assert_allclose(forecast, known.predict([y[-5:].to_numpy()])[0])

    def test_update_tells_columns_by_name(self):
        y = make_series(60, 2) * [1, 1000]
        model = forecaster().fit(y[:40], fh=FH)
        window = y[-5:].to_numpy().reshape(1, -1)
        expected = model.regressor_.predict(window).reshape(2, 3).T
        model.update(y[["y1", "y0"]][40:], update_params=False)
        assert list(model.predict().columns) == ["y0", "y1"]
        assert_allclose(model.predict(), expected)
        with pytest.raises(ValueError, match=r"but had \['y0', 'y1'\] in fit"):
            model.update(y[["y1"]][50:])

    def test_update_of_some_series_of_a_panel(self):
        y = make_panel()
        model = forecaster().fit(y, fh=FH)
        before = model.predict()
        further = y.loc[["s1"]] + 1
        further.index = further.index.set_levels(further.index.levels[1] + 22, level=1)
        after = model.update(further, update_params=False).predict()
        assert_array_equal(after.loc["s0"], before.loc["s0"])
        assert after.loc["s1"].index[0] == before.loc["s1"].index[0] + 22

    def test_pretrained_on_a_panel(self):
        y, other = make_panel(), make_series(25, seed=9)
        model = forecaster(horizon=3).pretrain(y)
        coef = model.regressor_.coef_.copy()
        forecast = model.fit(other).predict(FH)
        assert_array_equal(model.regressor_.coef_, coef)
        assert_allclose(
            forecast.iloc[0, 0],
            coef[0] @ other["y0"][-5:] + model.regressor_.intercept_[0],
        )
        renamed = model.fit(other.rename(columns={"y0": "sales"})).predict(FH)
        assert_array_equal(renamed, forecast)
        with pytest.raises(ValueError, match=r"but pretrain had \['y0'\] and \[\]"):
            model.fit(make_series(25, 2))

    def test_pretrained_variables_are_told_by_name(self):
        X = make_panel((30, 30), n_columns=2)
        y = (5 + 2 * X["y0"] - X["y1"]).to_frame("sales")
        model = forecaster(horizon=3, error_bars=None).pretrain(y, X)
        X, y = X.loc["s0"][["y1", "y0"]], y.loc["s0"]
        forecast = model.fit(y[:-3], X[:-3]).predict(FH, X[-3:])
        assert_allclose(forecast, y[-3:])
        model = forecaster(horizon=3, error_bars=None).pretrain(make_panel(n_columns=2))
        with pytest.raises(ValueError, match=r"columns \['y1', 'y0'\]"):
            model.fit(make_series(40, 2)[["y1", "y0"]])

    @pytest.mark.parametrize(
        "regressor",
        [
            GRURegressor(**TINY),
            make_pipeline(StandardScaler(), DenseRegressor(max_epochs=2)),
            TransformedWindowRegressor(GRURegressor(**TINY), Differencer()),
            ConformalRegressor(GRURegressor(**TINY)),
            NaiveRegressor(season=3),
            SARIMARegressor((0, 1, 1), (0, 0, 0, 0)),
            GradientBoostingRegressor(n_estimators=3),  # one output at a time
        ],
        ids=lambda regressor: type(regressor).__name__,
    )
    def test_any_regressor(self, regressor):
        y = make_series(40, 1)
        forecast = forecaster(regressor, 8, error_bars=None).fit(y, fh=FH).predict()
        assert forecast.shape == (3, 1)
        assert np.isfinite(forecast.to_numpy()).all()

    def test_a_search_is_one_for_all_steps(self):
        dense = DenseRegressor(max_epochs=2, random_state=0)
        search = GridSearchCV(dense, {"weight_decay": [0.1]}, cv=2)
        y = make_series(40, 1)
        model, alone = (
            forecaster(regressor, 8, error_bars=None).fit(y, fh=FH)
            for regressor in (search, dense.set_params(weight_decay=0.1))
        )
        assert_allclose(model.predict(), alone.predict())

    @pytest.mark.parametrize("strategy", ["direct", "iterated"])
    def test_networks_know_their_variables(self, strategy):
        y, X = make_series(40, 2), make_series(43, 2, seed=1)
        model = forecaster(GRURegressor(strategy=strategy, **TINY), error_bars=None)
        forecast = model.fit(y, X[:40], fh=FH).predict(X=X[40:])
        changed = X[40:].copy()
        changed.iloc[-1] += 5
        differs = model.predict(X=changed) != forecast
        assert_array_equal(differs.any(axis=1), [False, False, True])


class TestScaling:
    @pytest.mark.parametrize(
        ("scaling", "change"),
        [
            ("divide", lambda y: 1000 * y),
            ("subtract", lambda y: y + 1000),
            ("standardize", lambda y: 1000 * y + 1000),
        ],
    )
    def test_a_series_may_have_any_level(self, scaling, change):
        """The regressor sees the same, wherever the series lies."""
        y = make_panel()
        model = forecaster(scaling=scaling).fit(y, fh=FH)
        changed = forecaster(scaling=scaling).fit(change(y), fh=FH)
        assert_allclose(changed.predict(), change(model.predict()))
        assert_allclose(changed.predict_interval(), change(model.predict_interval()))

    def test_level_of_the_last_season(self):
        y = make_series(20)
        forecaster(Recorder(), scaling="divide", level_length=2).fit(y, fh=FH)
        windows, targets = Recorder.seen["fit"]
        expected = sliding_windows(y.to_numpy(), 5)[:-3]
        means = expected[:, -2:].mean(axis=1)
        assert_allclose(windows[..., 0], expected[..., 0] / means)
        assert_allclose(targets * means, naive_windows(y.to_numpy(), 5, 3)[1])

    @pytest.mark.parametrize("scaling", ["divide", "standardize"])
    def test_constant_windows_are_not_divided_by_zero(self, scaling):
        y = make_series(30) * 0
        assert_array_equal(forecaster(scaling=scaling).fit(y, fh=FH).predict(), 0)


def index_like(kind, n):
    return {
        "range": lambda: pd.RangeIndex(7, 7 + n),
        "int": lambda: pd.Index(np.arange(7, 7 + n)),
        "weeks": lambda: pd.period_range("2020-01-01", periods=n, freq="W"),
        "days": lambda: pd.date_range("2020-01-01", periods=n, freq="D"),
        "days without freq": lambda: pd.DatetimeIndex(
            pd.date_range("2020-01-01", periods=n, freq="D").to_numpy()
        ),
        "month starts": lambda: pd.date_range("2020-01-01", periods=n, freq="MS"),
        "month ends": lambda: pd.date_range("2020-01-31", periods=n, freq="ME"),
        "half hours": lambda: pd.date_range("2020-01-01", periods=n, freq="30min"),
        "business days": lambda: pd.date_range("2020-01-01", periods=n, freq="B"),
        "time zone": lambda: pd.date_range(
            "2020-01-01", periods=n, freq="D", tz="Europe/Vienna"
        ),
    }[kind]()


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

    @pytest.mark.parametrize("kind", ["range", "weeks", "days"])
    def test_absolute_horizons(self, kind):
        index = index_like(kind, 43)
        y = make_series(40).set_index(index[:40])
        fh = ForecastingHorizon(index[[38, 42]], is_relative=False)
        forecast = forecaster().fit(y, fh=fh).predict()
        expected = forecaster(horizon=3).fit(y).predict([-1, 3])
        assert_allclose(forecast, expected)
        assert_array_equal(forecast.index, index[[38, 42]])

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


class TestIntervals:
    def test_cover_as_often_as_they_say(self):
        rng = np.random.default_rng(0)
        y = pd.Series(rng.standard_t(4, size=1200), pd.RangeIndex(1200))
        model = forecaster().fit(y[:1000], fh=range(1, 201))
        for coverage in (0.5, 0.9):
            ends = model.predict_interval(coverage=coverage).to_numpy()
            inside = (ends[:, 0] <= y[1000:]) & (y[1000:] <= ends[:, 1])
            # Half of what the standard error of 200 draws would allow twice.
            assert inside.mean() == pytest.approx(coverage, abs=0.07)

    def test_widths_are_the_held_out_errors(self):
        """By a loop: fit on the first windows, sort the errors on the last."""
        y = make_series(60)
        X, targets = naive_windows(y.to_numpy(), 5, 2)  # 54 windows, 11 held out
        model = LinearRegression().fit(X[:42], targets[:42])
        errors = np.sort(np.abs(targets[43:] - model.predict(X[43:])), axis=0)
        interval = (
            forecaster(horizon=2).fit(y).predict_interval([1, 2, 4], coverage=0.7)
        )
        width = np.diff(interval.to_numpy(), axis=1)[:, 0] / 2
        rank = 9  # of 11: ceil(12 * 0.7)
        assert_allclose(width[:2], errors[rank - 1])
        # The second pass errs from where the first one ends.
        assert_allclose(width[2], np.sqrt(2) * errors[rank - 1, 1])

    def test_both_ends_are_as_far_from_the_forecast(self):
        model = forecaster(horizon=2).fit(make_series(76), fh=[1, 2])  # 14 held out
        for coverage in (0.6, 0.8):  # 9 and 12 of 14 errors, at whole ranks
            middle = model.predict_interval(coverage=coverage).mean(axis=1)
            assert_allclose(middle, model.predict()["y0"])

    def test_quantiles_ascend_about_the_forecast(self):
        y = make_panel((30,) * 6, 2)
        model = forecaster(scaling="divide").fit(y, fh=FH)
        alpha = [0.05, 0.3, 0.5, 0.9]
        quantiles = model.predict_quantiles(alpha=alpha)
        values = quantiles.to_numpy().reshape(18, 2, 4)
        assert (np.diff(values, axis=-1) >= 0).all()
        assert_array_equal(values[..., 2], model.predict())
        assert list(quantiles.columns) == [(n, a) for n in ("y0", "y1") for a in alpha]
        assert (model.predict_var() > 0).all(axis=None)

    def test_bars_of_the_regressor(self):
        y = make_series(80)
        sarima = SARIMARegressor((1, 0, 0), (0, 0, 0, 0), trend="c")
        model = forecaster(sarima, 10, error_bars="regressor").fit(y, fh=FH)
        std = model.regressor_.std_
        assert_allclose(model.predict_var()["y0"], std**2)
        quantile = model.predict_quantiles(alpha=[0.975]).iloc[:, 0]
        assert_allclose(quantile - model.predict()["y0"], 1.959964 * std, rtol=1e-6)

    def test_bars_of_scikit_learn(self):
        gaussian = GaussianProcessRegressor(alpha=0.1, random_state=0)
        model = forecaster(gaussian, error_bars="regressor")
        model.fit(make_series(30), fh=FH)
        assert (model.predict_var() > 0).all(axis=None)

    def test_a_regressor_without_bars(self):
        model = forecaster(LinearRegression(), error_bars="regressor")
        model.fit(make_series(30), fh=FH)
        with pytest.raises(
            ValueError, match=r"error_bars='regressor' needs.*does not have"
        ):
            model.predict_interval()

    @pytest.mark.parametrize("pipeline", [False, True])
    def test_learned_quantiles(self, pipeline):
        dense = DenseRegressor(loss="quantile", max_epochs=2, random_state=0)
        regressor = make_pipeline(StandardScaler(), dense) if pipeline else dense
        y = make_series(40)
        model = forecaster(regressor, error_bars="regressor").fit(y, fh=FH)
        window = y[-5:].to_numpy().reshape(1, 5)
        if pipeline:
            window = model.regressor_[0].transform(window)
        fitted = model.regressor_[-1] if pipeline else model.regressor_
        learned = fitted.predict_quantiles(window, [0.1, 0.8])[0]
        assert_allclose(model.predict_quantiles(alpha=[0.1, 0.8]), learned)

    def test_none(self):
        model = forecaster(error_bars=None).fit(make_series(30), fh=FH)
        with pytest.raises(NotImplementedError, match="prediction intervals"):
            model.predict_interval()

    def test_too_few_windows(self):
        model = forecaster().fit(make_series(8), fh=FH)
        assert np.isfinite(model.predict().to_numpy()).all()
        with pytest.raises(ValueError, match="too few windows"):
            model.predict_interval()


class TestErrors:
    @pytest.mark.parametrize(
        ("params", "match"),
        [
            ({"scaling": "log"}, "scaling must be one of"),
            ({"missing": "drop"}, "missing must be one of"),
            ({"error_bars": "conformal"}, "error_bars must be one of"),
            ({"dtype": "int"}, "dtype must be one of"),
            ({"window_length": 0}, "window_length == 0"),
            ({"horizon": 0}, "horizon == 0"),
            ({"level_length": 0}, "level_length == 0"),
            ({"min_length": 0}, "min_length == 0"),
            ({"min_length": 6}, "min_length=6 is more than window_length=5"),
            ({"past_only": ["price"]}, "past_only=.'price'. are not among"),
        ],
    )
    def test_parameters(self, params, match):
        with pytest.raises(ValueError, match=match):
            forecaster(**params).fit(make_series(), fh=1)

    def test_regressor(self):
        with pytest.raises(TypeError, match="an instance, not a class"):
            SequenceForecaster(LinearRegression, 5).fit(make_series(), fh=1)
        with pytest.raises(TypeError, match="got the classifier LogisticRegression"):
            forecaster(regressor=LogisticRegression()).fit(make_series(), fh=1)

        with pytest.raises(TypeError, match=r"that predicts, got Differencer\(\)"):
            forecaster(regressor=Differencer()).fit(make_series(), fh=1)
        with pytest.raises(TypeError, match=r"such as GRU.*sktime's SequenceForecast"):
            forecaster(regressor=forecaster()).fit(make_series(), fh=1)

    @pytest.mark.parametrize("n_known_ahead", [1, 3])
    def test_another_number_of_variables_known_ahead(self, n_known_ahead):
        X = make_series(40, 2, seed=1)
        gru = make_pipeline(
            FunctionTransformer(), GRURegressor(n_known_ahead=n_known_ahead)
        )
        with pytest.raises(
            ValueError, match=r"does not match the 2 variables.*leave it"
        ):
            forecaster(gru).fit(make_series(40), X, fh=1)

    @pytest.mark.parametrize("kind", ["days", "int"])
    def test_two_rows_for_one_time(self, kind):
        y = make_series(40).set_index(index_like(kind, 40))
        twice = y.iloc[[*range(20), *range(19, 40)]]
        match = f"has two rows for {y.index[19]}: keep one"
        with pytest.raises(ValueError, match=f"y {match}"):
            forecaster().fit(twice, fh=1)
        with pytest.raises(ValueError, match=f"X {match}"):
            forecaster().fit(y, twice, fh=1)
        with pytest.raises(ValueError, match=rf"y of \('b',\) {match}"):
            forecaster().fit(pd.concat({"a": y, "b": twice}), fh=1)
        model = forecaster().fit(y[:18], y[:18], fh=1)
        with pytest.raises(ValueError, match=f"y {match}"):
            model.update(twice[18:], y[18:])
        with pytest.raises(ValueError, match=f"X {match}"):
            model.predict(X=twice[18:])

    def test_another_kind_of_index(self):
        y = make_series(40)
        model = forecaster().fit(y[:36])
        dates = pd.date_range("2003-01", periods=2, freq="MS")
        match = "is of another kind than that of y.*to_timestamp or to_period"
        with pytest.raises(ValueError, match=f"index of fh .*{match}"):
            model.predict(dates)
        model = forecaster().fit(y[:36], y[:36], fh=1)
        for other in (
            y[36:].to_timestamp(),
            y[36:].set_index(pd.period_range("2003Q1", periods=4, freq="Q")),
        ):
            with pytest.raises(ValueError, match=f"index of y .*{match}"):
                model.update(other)
            with pytest.raises(ValueError, match=f"index of X .*{match}"):
                model.predict(X=other)

    def test_durations(self):
        y = make_series(40).set_index(pd.timedelta_range("0D", periods=40))
        with pytest.raises(ValueError, match="y holds durations: give dates"):
            forecaster().fit(y, fh=1)

    def test_a_panel_stays_one(self):
        y, panel = make_series(40), make_panel()
        with pytest.raises(
            ValueError, match="y has 2 levels, but that of y in fit had 1"
        ):
            forecaster().fit(y).update(panel)
        with pytest.raises(
            ValueError, match="y has 1 levels, but that of y in fit had 2"
        ):
            forecaster().fit(panel).update(y)

    def test_text_is_no_list_of_columns(self):
        with pytest.raises(TypeError, match=r"give \['y0'\]"):
            forecaster(past_only="y0").fit(make_series(), make_series(), fh=1)

    def test_horizon_too_long(self):
        with pytest.raises(ValueError, match=r"followed by 60 values.*has 60 time"):
            forecaster().fit(make_series(60), fh=60)

    def test_missing_values(self):
        y = make_series()
        y.iloc[3] = np.nan
        with pytest.raises(ValueError, match="missing data"):
            forecaster().fit(y, fh=1)
        with pytest.raises(ValueError, match=r"no value at 2000-04.*missing='ffill'"):
            forecaster().fit(y.dropna(), fh=1)
        with pytest.raises(ValueError, match="y holds only missing values"):
            forecaster(missing="ffill").fit(y * np.nan, fh=1)

    def test_infinite_values(self):
        y = make_series()
        X = make_series(seed=1)
        y.iloc[3] = -np.inf
        for scaling in (None, "divide"):  # which makes NaN of it
            with pytest.raises(ValueError, match=r"y is infinite at 2000-04.*'y0'"):
                forecaster(scaling=scaling, missing="ffill").fit(y, fh=1)
        with pytest.raises(ValueError, match=r"X is infinite at 2000-04"):
            forecaster().fit(X, y, fh=1)

    def test_frequency(self):
        y = make_series(6, start="2000")
        y.index = pd.to_datetime(["2020-01-0" + day for day in "124579"])
        with pytest.raises(ValueError, match=r"frequency of the dates.*asfreq"):
            forecaster(window_length=2).fit(y, fh=ForecastingHorizon([1], freq=None))
        model = forecaster().fit(make_series().set_index(index_like("days", 60)))
        late = make_series(2).set_index(pd.to_datetime(["2021-01-01 01:00"] * 2))
        late.index += pd.to_timedelta([0, 1], unit="D")
        with pytest.raises(ValueError, match="2021-01-01 01:00:00 is not a time step"):
            model.update(late)

    def test_exogenous(self):
        y, X = make_series(40), make_series(43, 2, seed=1)
        model = forecaster().fit(y, X[:40], fh=FH)
        with pytest.raises(ValueError, match=r"X has no row for 2003-05.*2003-07"):
            model.predict()
        with pytest.raises(ValueError, match="X has no row for 2003-07"):
            model.predict(X=X[40:42])
        with pytest.raises(ValueError, match=r"X lacks the columns .'y1'"):
            model.predict(X=X[["y0"]][40:])
        with pytest.raises(ValueError, match="was not given in fit"):
            forecaster().fit(y, fh=FH).predict(X=X[40:])

    def test_instances(self):
        y = make_panel()
        X = make_panel((33, 25, 44))
        inside = X.index.isin(y.index)
        model = forecaster().fit(y, X[inside], fh=FH)
        with pytest.raises(ValueError, match=r"X of .'s1',. has no row for 2001-11"):
            model.predict(X=X[~inside].drop("s1"))
        with pytest.raises(ValueError, match=r"X of .'s2',. is missing"):
            forecaster().fit(y, X[inside].drop("s2"), fh=FH)


class TestComposition:
    y = load_airline()[:72]
    model = SequenceForecaster(
        GRURegressor(hidden_size=8, max_epochs=5, random_state=0),
        12,
        scaling="divide",
        error_bars=None,
    )

    def test_transformed_target(self):
        from sktime.transformations.boxcox import LogTransformer
        from sktime.transformations.detrend import Deseasonalizer
        from sktime.transformations.difference import Differencer as Differences

        for transformer in (
            LogTransformer(),
            Differences(12),
            Deseasonalizer(sp=12, model="multiplicative"),
        ):
            forecast = (transformer * self.model.clone()).fit(self.y, fh=FH).predict()
            assert np.isfinite(forecast).all()

    def test_deseasonalised_panel_has_one_regressor(self):
        from sktime.transformations.detrend import Deseasonalizer

        y = make_panel((40, 50, 60)) + 20
        pipeline = Deseasonalizer(sp=12, model="multiplicative") * forecaster()
        forecast = pipeline.fit(y, fh=FH).predict()
        assert forecast.index.equals(forecaster().fit(y, fh=FH).predict().index)
        assert isinstance(pipeline.forecaster_, SequenceForecaster)

    def test_forecasting_pipeline(self):
        from sktime.forecasting.compose import ForecastingPipeline
        from sktime.transformations.adapt import TabularToSeriesAdaptor

        y, X = make_series(40), make_series(43, seed=1)
        scaler = TabularToSeriesAdaptor(StandardScaler())
        pipeline = ForecastingPipeline([scaler, forecaster()])
        forecast = pipeline.fit(y, X[:40], fh=FH).predict(X=X[40:])
        plain = forecaster().fit(y, X[:40], fh=FH).predict(X=X[40:])
        assert_allclose(forecast, plain)  # linear: the scale doesn't matter

    def test_grid_search(self):
        from sktime.forecasting.model_selection import ForecastingGridSearchCV
        from sktime.split import ExpandingWindowSplitter

        search = ForecastingGridSearchCV(
            self.model,
            ExpandingWindowSplitter(FH, initial_window=66, step_length=3),
            {"regressor__hidden_size": [2, 4], "window_length": [6, 12]},
            backend="None",
        )
        search.fit(self.y)
        assert set(search.best_params_) == {"regressor__hidden_size", "window_length"}
        assert len(search.predict(FH)) == 3

    @pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
    def test_evaluate(self, strategy):
        from sktime.forecasting.model_evaluation import evaluate
        from sktime.split import ExpandingWindowSplitter

        cv = ExpandingWindowSplitter(FH, initial_window=66, step_length=3)
        results = evaluate(forecaster(), cv, self.y, strategy=strategy)
        assert (results["test_MeanAbsolutePercentageError"] < 0.2).all()

    def test_benchmark(self, tmp_path):
        from sktime.benchmarking.forecasting import ForecastingBenchmark
        from sktime.performance_metrics.forecasting import MeanAbsoluteError
        from sktime.split import ExpandingWindowSplitter

        benchmark = ForecastingBenchmark()
        benchmark.add_estimator(self.model, "GRU")
        cv = ExpandingWindowSplitter(FH, initial_window=66, step_length=3)
        benchmark.add_task(lambda: self.y, cv, [MeanAbsoluteError()], task_id="airline")
        results = benchmark.run(tmp_path / "results.csv")
        assert (results["MeanAbsoluteError_mean"] > 0).all()

    def test_ensemble(self):
        from sktime.forecasting.compose import EnsembleForecaster

        models = [("a", forecaster()), ("b", self.model), ("c", forecaster(None, 12))]
        ensemble = EnsembleForecaster(models, aggfunc="median").fit(self.y, fh=FH)
        each = [m.clone().fit(self.y, fh=FH).predict() for _, m in models]
        assert_allclose(ensemble.predict(), np.median(each, axis=0))


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


def test_warns_where_a_table_would_repeat_what_is_known_ahead():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"p": rng.normal(size=63)})
    y = pd.Series(rng.normal(size=60))
    forecaster = SequenceForecaster(LinearRegression(), 3).fit(y, X[:60], fh=[1, 2, 3])
    with pytest.warns(UserWarning, match="X does not reach 3 steps beyond y"):
        forecaster.predict([1], X=X[60:61])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        forecaster.predict([1], X=X[60:])
        network = SequenceForecaster(GRURegressor(**TINY), 3)
        network.fit(y, X[:60], fh=[1, 2, 3])
        network.predict([1], X=X[60:61])
