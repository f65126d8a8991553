"""SequenceForecaster: its windows, forecasts and scaling, against loops."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import GradientBoostingRegressor, StackingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.datasets import load_airline

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
from skseq.forecasting.window_model import split
from skseq.windows import cut_windows, sliding_windows
from tests.forecasters import (
    FH,
    TINY,
    Recorder,
    forecaster,
    make_panel,
    make_series,
    naive_windows,
)

pytestmark = pytest.mark.filterwarnings("ignore:The level of y drifts")


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
        # Nor those whose four targets reach into theirs.
        step = np.concatenate([np.arange(n) for n in n_windows])
        series = np.repeat(np.arange(n_series), n_windows)
        for i in range(n_series):
            last = step[fitted][series[fitted] == i].max()
            assert last + 4 <= step[held_out][series[held_out] == i].min()

    def test_of_short_series_some_are_held_out(self):
        n_windows = [5] * 10 + [3] * 2
        fitted, held_out = split(n_windows, horizon=4)
        assert sorted([*fitted, *held_out]) == list(range(56))
        series = np.repeat(np.arange(12), n_windows)
        assert set(series[held_out]) == {4, 9}
        assert not set(series[fitted]) & {4, 9}

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

    def test_without_one_full_window_only_min_length_allows_padding(self):
        for y in (make_series(6), make_panel((6, 4))):
            with pytest.raises(
                ValueError,
                match=r"window_length=5 and 2 .* need 7 .* longest .* has 6: .*min_",
            ):
                forecaster(Recorder()).fit(y, fh=2)
            forecaster(Recorder(), min_length=4).fit(y, fh=2)
            assert np.isnan(Recorder.seen["fit"][0]).any()
        forecaster(Recorder()).fit(make_series(7), fh=2)
        assert not np.isnan(Recorder.seen["fit"][0]).any()

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

    @pytest.mark.parametrize("names", [["series", None], [None, None], ["shop", "day"]])
    def test_levels_of_the_index_may_have_other_names(self, names):
        """pandas would join tables by these names, and drop series or repeat rows."""
        y, X = make_panel((30, 30)), make_panel((33, 33), 2)[["y1"]]
        step = np.arange(66) % 33
        expected = forecaster().fit(y, X[step < 30], fh=FH).predict(X=X[step >= 30])
        begin, end = step[step < 30] < 20, step[step < 30] >= 20
        other_y, other_X = y.rename_axis(names), X.rename_axis(names)
        model = forecaster().fit(y[begin], other_X[step < 20], fh=FH)
        model.update(other_y[end], other_X[(step >= 20) & (step < 30)])
        forecast = model.predict(X=other_X[step >= 30])
        pd.testing.assert_frame_equal(forecast, expected)
        new = pd.concat({"s2": y.loc["s0"]}, names=["series"])
        model = forecaster().fit(y, fh=FH).update(new.rename_axis(names))
        assert_array_equal(model.predict().loc["s2"], model.predict().loc["s0"])

    def test_levels_of_the_index_have_the_order_of_y(self):
        y, X = make_panel((30, 30)), make_panel((33, 33), 2)[["y1"]]
        y, X = (pd.concat({"a": one}, names=["shop"]) for one in (y, X))
        y, X = (one.rename_axis(["shop", "item", "day"]) for one in (y, X))
        other = X.reorder_levels(["item", "shop", "day"])
        with pytest.raises(ValueError, match=r"y in fit were \['shop', 'item'"):
            forecaster().fit(y, other, fh=FH)

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

    @pytest.mark.parametrize("regressor", [None, GRURegressor(warm_start=True, **TINY)])
    def test_an_update_keeps_what_was_pretrained(self, regressor):
        """Like a fit, which gives the same forecast, even of few time steps."""
        panel, y = make_panel(), make_series(8, seed=9)
        model = forecaster(regressor, horizon=3).pretrain(panel)
        at_once = model.clone().fit(y).predict(FH)
        for update_params in (True, False):
            model.fit(y[:6]).update(y[6:], update_params=update_params)
            assert_array_equal(model.predict(FH), at_once)
        for unchanged in (model.clone(), model):
            assert_array_equal(unchanged.fit(y).predict(FH), at_once)

    def test_pretrained_again(self):
        """It starts anew, or goes on from the weights it has."""
        panels = make_panel(), make_panel((40, 35))
        for warm_start in (False, True):
            gru = GRURegressor(warm_start=warm_start, **TINY)
            both, last = forecaster(gru), forecaster(gru).pretrain(panels[1])
            for panel in panels:
                both.pretrain(panel)
            forecasts = [model.fit(make_series()).predict(FH) for model in (both, last)]
            assert np.array_equal(*forecasts) != warm_start

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
            StackingRegressor([("linear", LinearRegression())], Ridge(), cv=2),
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

    @pytest.mark.parametrize("scaling", ["subtract", "divide", "standardize"])
    @pytest.mark.parametrize("level_length", [None, 3])
    def test_levels_are_those_of_a_loop(self, scaling, level_length):
        """Of the steps that are not padding, for each window and target."""
        y = make_panel(n_columns=2) + 3
        how = {"scaling": scaling, "level_length": level_length, "min_length": 1}
        forecaster(Recorder(), **how).fit(y, fh=[1])
        windows, targets = Recorder.seen["fit"]
        row = 0
        for _, table in y.groupby(level=0):
            values = table.to_numpy()
            for end in range(1, len(values)):
                past = values[max(0, end - 5) : end]
                recent = past[-(level_length or 5) :]
                shift, factor = 0.0, 1.0
                if scaling != "divide":
                    shift = sum(recent) / len(recent)
                if scaling == "divide":
                    factor = sum(abs(recent)) / len(recent)
                if scaling == "standardize" and len(recent) > 1:
                    factor = (sum((recent - shift) ** 2) / len(recent)) ** 0.5
                if scaling == "standardize" and len(recent) == 1:
                    factor = values.std(axis=0)
                found = windows[row, 5 - len(past) :]
                assert_allclose(found, (past - shift) / factor, atol=1e-12)
                assert_allclose(targets[row], (values[end] - shift) / factor)
                row += 1
        assert row == len(windows)

    @pytest.mark.parametrize("scaling", ["divide", "standardize"])
    @pytest.mark.parametrize("level_length", [None, 1])
    def test_a_window_of_zeros_has_the_size_of_its_series(self, scaling, level_length):
        """Otherwise, one such window of a large series outweighs all others."""
        y = make_panel()
        y[np.arange(len(y)) % 20 > 5] = 0  # windows have 5 steps
        size = np.where(y.index.get_level_values(0) == "s1", 10_000, 1)[:, np.newaxis]
        how = {"scaling": scaling, "level_length": level_length}
        model = forecaster(**how).fit(y, fh=FH)
        changed = forecaster(**how).fit(size * y, fh=FH)
        for steps in (FH, [-5, -4, -3]):
            expected, found = model.predict(steps), changed.predict(steps)
            expected.loc[["s1"]] *= 10_000
            assert_allclose(found, expected)

    @pytest.mark.parametrize("scaling", ["divide", "standardize"])
    def test_constant_windows_are_not_divided_by_zero(self, scaling):
        y = make_series(30) * 0
        assert_array_equal(forecaster(scaling=scaling).fit(y, fh=FH).predict(), 0)
