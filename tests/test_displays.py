"""Displays: what they draw is what they were given."""

import sys
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skseq import (
    ConformalRegressor,
    EncoderDecoderClassifier,
    GRURegressor,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    horizon_targets,
)
from skseq.displays import (
    AttentionDisplay,
    CorrelogramDisplay,
    ForecastDisplay,
    LaggedDifferenceDisplay,
    MultiStepErrorDisplay,
    ResidualsDisplay,
    TrainingHistoryDisplay,
)

mpl.use("agg")
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def series():
    index = pd.date_range("2024-01-01", periods=20, name="day")
    return pd.Series(np.arange(20.0) ** 2, index=index, name="rides")


def drawn(line):
    return np.asarray(line.get_xdata(orig=True)), np.asarray(line.get_ydata())


def test_forecasts_stand_at_the_steps_after_their_origins(series):
    origins = series.index[4:16]
    forecasts = pd.DataFrame(np.arange(36.0).reshape(12, 3), index=origins)
    display = ForecastDisplay.from_predictions(series, forecasts, n_origins=2)
    first, second = display.lines_["forecast"]
    for line, origin in [(first, 12), (second, 15)]:
        time, values = drawn(line)
        np.testing.assert_array_equal(time, series.index[origin + 1 : origin + 4])
        np.testing.assert_array_equal(values, forecasts.loc[series.index[origin]])
    time, values = drawn(display.ax_.lines[0])  # the truth, from one horizon before
    np.testing.assert_array_equal(time, series.index[9:19])
    np.testing.assert_array_equal(values, series.iloc[9:19])
    assert display.figure_ is display.ax_.figure
    assert display.ax_.get_ylabel() == "rides"


def test_forecasts_of_several_models_on_given_axes(series):
    _, ax = plt.subplots()
    forecasts = {"naive": np.ones((2, 3)), "GRU": np.zeros((2, 3))}
    display = ForecastDisplay.from_predictions(
        series.to_numpy(), forecasts, origins=[3, 6], ax=ax
    )
    assert display.ax_ is ax
    assert {name: len(lines) for name, lines in display.lines_.items()} == {
        "naive": 2,
        "GRU": 2,
    }
    colors = {line.get_color() for lines in display.lines_.values() for line in lines}
    assert len(colors) == 2
    again = display.plot(names=["GRU"])
    assert list(again.lines_) == ["GRU"]
    assert again.lines_["GRU"][0].get_color() in colors


def test_forecasts_by_an_estimator(series):
    X, y = horizon_targets(series.to_frame(), horizon=2)
    windows = SlidingWindow(3).fit_transform(X)
    model = NaiveRegressor(3).fit(windows, y)
    display = ForecastDisplay.from_estimator(
        model, windows, series, origins=X.index, n_origins=1
    )
    [line] = display.lines_["NaiveRegressor"]
    np.testing.assert_array_equal(drawn(line)[1], series.iloc[15:17])


def test_intervals_are_drawn_around_their_forecasts(series):
    X, y = horizon_targets(series.to_frame(), horizon=2)
    windows = SlidingWindow(3).fit_transform(X)[2:]
    model = ConformalRegressor(NaiveRegressor(3)).fit(windows, y[2:])
    display = ForecastDisplay.from_estimator(
        model, windows, series, coverage=0.5, origins=X.index[2:], n_origins=1
    )
    [band] = display.bands_["ConformalRegressor"]
    height = band.get_paths()[0].vertices[:, 1]
    expected = model.predict_interval(windows, 0.5)[-1]
    assert height.min() == expected.min()
    assert height.max() == expected.max()
    naive = NaiveRegressor(3).fit(windows, y[2:])
    with pytest.raises(ValueError, match="NaiveRegressor gives no intervals"):
        ForecastDisplay.from_estimator(
            naive, windows, series, coverage=0.5, origins=X.index[2:]
        )
    with pytest.raises(ValueError, match=r"shape \(1, 2\): give .* shape \(1, 3, 2\)"):
        ForecastDisplay.from_predictions(
            series, np.ones((1, 3)), origins=[4], intervals=np.ones((1, 2))
        )


def test_one_target_of_several_is_drawn(series):
    frame = pd.DataFrame({"a": series, "b": -series})
    X, y = horizon_targets(frame, target=["a", "b"], horizon=2)
    model = make_pipeline(SlidingWindow(3), NaiveRegressor(3, target=[0, 1])).fit(X, y)
    with pytest.raises(ValueError, match=r"naiveregressor__target=\[0, 1\].*from_pred"):
        ForecastDisplay.from_estimator(model, X, frame["b"])
    with pytest.raises(ValueError, match=r"naiveregressor__target=\[0, 1\].*from_pred"):
        MultiStepErrorDisplay.from_estimator(model, X, y)
    display = ForecastDisplay.from_predictions(
        frame["b"], model.predict(X)[:, 2:], origins=X.index, name="naive", n_origins=1
    )
    np.testing.assert_array_equal(drawn(display.lines_["naive"][0])[1], -series[15:17])


def test_periods_are_drawn(series):
    series = series.to_period("D")
    display = ForecastDisplay.from_predictions(
        series, [[1.0]], origins=series.index[[9]]
    )
    time, _ = drawn(display.lines_["forecast"][0])
    assert time[0] == np.datetime64("2024-01-11")


def test_durations_are_drawn_at_the_numbers_of_their_rows(series):
    series = series.set_axis(pd.timedelta_range("0h", periods=len(series), freq="15s"))
    display = ForecastDisplay.from_predictions(
        series, [[1.0]], origins=series.index[[9]]
    )
    assert drawn(display.lines_["forecast"][0])[0] == [10]


def test_forecasts_without_a_place_in_time(series):
    with pytest.raises(ValueError, match="give origins"):
        ForecastDisplay.from_predictions(series, [[1.0]])
    with pytest.raises(ValueError, match="2 origins for 1 forecasts of 'forecast'"):
        ForecastDisplay.from_predictions(series, [[1.0]], origins=series.index[:2])
    with pytest.raises(ValueError, match="No origin of 'forecast'"):
        ForecastDisplay.from_predictions(series, [[1.0]], origins=["2030-01-01"])
    with pytest.raises(ValueError, match="No origin of 'forecast'"):
        ForecastDisplay.from_predictions(series, [[1.0]], origins=series.index[[-1]])
    _, targets = horizon_targets(series, horizon=2)
    with pytest.raises(ValueError, match="not the targets of horizon_targets"):
        ForecastDisplay.from_predictions(targets, [[1.0]], origins=series.index[[5]])


def test_errors_by_step():
    rng = np.random.default_rng(0)
    truth, a, b = rng.normal(size=(3, 10, 4))
    display = MultiStepErrorDisplay.from_predictions(truth, {"a": a, "b": b})
    for name, forecast in {"a": a, "b": b}.items():
        steps, errors = drawn(display.lines_[name])
        np.testing.assert_array_equal(steps, [1, 2, 3, 4])
        expected = [
            sum(abs(truth[i, step] - forecast[i, step]) for i in range(10)) / 10
            for step in range(4)
        ]
        np.testing.assert_allclose(errors, expected)
    assert display.ax_.get_ylim()[0] == 0
    with pytest.raises(ValueError, match=r"'a' have shape \(9, 4\), but y_true has"):
        MultiStepErrorDisplay.from_predictions(truth, {"a": a[1:]})
    truth, late = pd.DataFrame(truth), pd.DataFrame(a, index=range(1, 11))
    with pytest.raises(ValueError, match="'late' have other origins than y_true"):
        MultiStepErrorDisplay.from_predictions(truth, {"late": late})
    MultiStepErrorDisplay.from_predictions(late, a.tolist())  # a list has an index too


def test_many_models_with_long_names():
    truth = np.zeros((10, 1))
    forecasts = {f"a model with a long name, {i}": truth + i for i in range(20)}
    display = MultiStepErrorDisplay.from_predictions(truth, forecasts)
    display.figure_.draw_without_rendering()  # warns, an error here, if axes collapse
    ax = display.ax_
    assert ax.get_position().width > 0.7
    assert ax.get_legend().get_window_extent().x1 <= display.figure_.bbox.x1
    left, right = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if left < tick < right] == [1]
    looks = {
        (line.get_color(), line._unscaled_dash_pattern)
        for line in display.lines_.values()
    }
    assert len(looks) == 20


def test_large_numbers_are_written_in_full(series):
    display = LaggedDifferenceDisplay.from_series(1e6 + series / 1e3)
    display.figure_.draw_without_rendering()
    for ax in display.axes_:  # where a legend would lie over it
        assert not ax.yaxis.get_offset_text().get_text()
    _, ax = plt.subplots()
    ax.set_yscale("log")  # has a format of its own
    forecasts = ForecastDisplay.from_predictions(
        series + 1, [[1.0]], origins=series.index[[5]], ax=ax
    )
    assert forecasts.ax_.get_yscale() == "log"


def test_errors_of_an_estimator(series):
    X, y = horizon_targets(series.to_frame(), horizon=2)
    windows = SlidingWindow(3).fit_transform(X)
    model = NaiveRegressor(3).fit(windows, y)
    _, ax = plt.subplots()
    display = MultiStepErrorDisplay.from_estimator(model, windows, y, name="n", ax=ax)
    expected = np.abs(y.to_numpy() - model.predict(windows)).mean(axis=0)
    np.testing.assert_allclose(display.errors["n"], expected)
    assert display.ax_ is ax


def test_a_series_over_itself(series):
    display = LaggedDifferenceDisplay.from_series(series, lag=3)
    values = series.to_numpy()
    above, below = display.axes_
    time, drawn_series = drawn(display.lines_["series"])
    np.testing.assert_array_equal(time, series.index)
    np.testing.assert_array_equal(drawn_series, values)
    _, lagged = drawn(display.lines_["lagged"])
    np.testing.assert_array_equal(lagged[3:], values[:-3])
    _, change = drawn(display.lines_["difference"])
    np.testing.assert_array_equal(change[3:], values[3:] - values[:-3])
    assert np.isnan(change[:3]).all()
    np.testing.assert_array_equal(change, display.difference)
    assert display.lines_["lagged"].axes is above
    assert display.lines_["difference"].axes is below
    assert below.get_xlabel() == "2024-01-01 to 2024-01-20"
    _, axes = plt.subplots(2)
    assert display.plot(axes).figure_ is axes[0].figure
    with pytest.raises(ValueError, match="lag == 0"):
        LaggedDifferenceDisplay.from_series(series, lag=0)


@pytest.mark.parametrize("kind", ["periods", "frame", "array"])
def test_a_series_of_any_kind(series, kind):
    given = {
        "periods": series.to_period("D"),
        "frame": series.to_frame(),
        "array": series.to_numpy()[:, np.newaxis],
    }[kind]
    display = LaggedDifferenceDisplay.from_series(given, lag=1)
    np.testing.assert_array_equal(display.difference, series.diff())


def test_trading_days_follow_each_other(series):
    dates = pd.date_range("2024-01-01", periods=28)
    traded = series.set_axis(dates[dates.dayofweek < 5])
    traded = traded.drop(traded.index[7])  # a holiday
    display = LaggedDifferenceDisplay.from_series(traded, lag=2, gaps="ignore")
    np.testing.assert_array_equal(display.difference, traded.diff(2))
    found = CorrelogramDisplay.from_series(traded, gaps="ignore")
    expected = CorrelogramDisplay.from_series(traded.to_numpy())
    np.testing.assert_array_equal(found.acf, expected.acf)


def autoregression(n=400):
    noise = np.random.default_rng(3).normal(size=n)
    values = noise.copy()
    for t in range(2, n):
        values[t] += 0.5 * values[t - 1] + 0.3 * values[t - 2]
    return values


def test_correlations_are_those_of_statsmodels():
    stattools = pytest.importorskip("statsmodels.tsa.stattools")
    values = autoregression()
    display = CorrelogramDisplay.from_series(values, n_lags=12, level=0.9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of its next result
        acf, limits = stattools.acf(values, nlags=12, alpha=0.1)
        pacf, pacf_limits = stattools.pacf(values, nlags=12, alpha=0.1, method="ldb")
    np.testing.assert_allclose(display.acf, acf[1:])
    np.testing.assert_allclose(display.acf_band, limits[1:, 1] - acf[1:])
    np.testing.assert_allclose(display.pacf, pacf[1:])
    np.testing.assert_allclose(display.pacf_band, pacf_limits[1:, 1] - pacf[1:])
    above, below = display.axes_
    assert above.get_title() == f"suggests q = {display.suggested_['q']}"
    assert below.get_title() == "suggests p = 2"


def test_correlations_suggest_orders():
    noise = np.random.default_rng(0).normal(size=1008)
    assert CorrelogramDisplay.from_series(autoregression()).suggested_["p"] == 2
    weekly = noise[7:] + 0.9 * noise[:-7]
    suggested = CorrelogramDisplay.from_series(weekly, season=7, level=0.999).suggested_
    assert (suggested["p"], suggested["q"], suggested["Q"]) == (0, 0, 1)
    assert suggested["P"] >= 1
    # Lags that end before a season say nothing of its orders.
    short = CorrelogramDisplay.from_series(weekly, season=7, n_lags=6)
    assert set(short.suggested_) == {"p", "q"}
    assert [ax.get_title() for ax in short.axes_] == [
        "suggests q = 0",
        "suggests p = 0",
    ]


def test_correlations_leave_missing_values_out():
    values = autoregression(2000)
    values[:10] = np.nan  # of a differencing
    with_holes = np.where(np.random.default_rng(0).random(2000) < 0.1, np.nan, values)
    full, holes = (
        CorrelogramDisplay.from_series(each, n_lags=5) for each in (values, with_holes)
    )
    np.testing.assert_allclose(full.acf, holes.acf, atol=0.05)
    np.testing.assert_allclose(full.pacf, holes.pacf, atol=0.05)
    assert (holes.acf_band > full.acf_band).all()


def test_no_partial_correlation_is_beyond_one():
    random = np.random.default_rng(1)
    walk = random.normal(size=120).cumsum()
    walk[random.random(120) < 0.3] = np.nan
    display = CorrelogramDisplay.from_series(walk)
    last = np.flatnonzero(~np.isnan(display.pacf))[-1]
    assert last < len(display.pacf) - 1
    assert (np.abs(display.pacf[:last]) < 1).all()
    assert abs(display.pacf[last]) == 1
    # Those of an autoregression whose last coefficient it would be, by Yule and Walker.
    acf = np.append(1, display.acf)
    lags = np.abs(np.subtract.outer(*[np.arange(last + 1)] * 2))
    assert abs(np.linalg.solve(acf[lags], acf[1 : last + 2])[-1]) > 1


def test_partial_correlations_of_many_lags_solve_the_equations_of_yule_and_walker():
    display = CorrelogramDisplay.from_series(autoregression(300), n_lags=80)
    acf = np.append(1, display.acf)
    for order in (1, 2, 30, 80):
        lags = np.abs(np.subtract.outer(*[np.arange(order)] * 2))
        expected = np.linalg.solve(acf[lags], acf[1 : order + 1])[-1]
        np.testing.assert_allclose(display.pacf[order - 1], expected, atol=1e-12)


def test_residuals_of_a_fitted_model():
    X, y = horizon_targets(autoregression()[:, np.newaxis])
    windows = SlidingWindow(10).fit_transform(X)
    model = SARIMARegressor((2, 0, 0), (0, 0, 0, 0)).fit(windows, y)
    display = ResidualsDisplay.from_estimator(model, windows, y, n_lags=7)
    _, residuals = drawn(display.axes_[0].lines[0])
    # One step errors, from the 10 values before.
    expected = y[10:] - model.predict(windows[10:])
    expected = np.ravel(expected) / np.sqrt(model.params_["sigma2"])
    np.testing.assert_allclose(residuals[-len(expected) :], expected, atol=1e-6)
    figure = plt.figure()
    assert display.plot(figure).figure_ is figure
    few = windows[10:11], y[10:11]  # ten values, and the next one
    assert len(ResidualsDisplay.from_estimator(model, *few).axes_) == 4
    with pytest.raises(ValueError, match="n_lags=11 needs more than the 11 residuals"):
        ResidualsDisplay.from_estimator(model, *few, n_lags=11)
    with pytest.raises(TypeError, match="NaiveRegressor has no residuals"):
        ResidualsDisplay.from_estimator(NaiveRegressor().fit(windows, y), windows, y)


def test_series_that_cannot_be_drawn(series):
    for wrong, message in [
        (np.ones((5, 2)), "2 columns"),
        ([np.nan, np.nan], "no values"),
        ([1.0, np.inf], "infinite"),
    ]:
        with pytest.raises(ValueError, match=message):
            LaggedDifferenceDisplay.from_series(wrong)
    for wrong, message in [  # their neighbours are not those in time
        (series[::-1], "series is not in time order"),
        (pd.concat([series, series]), "twice"),
        (pd.concat({"a": series, "b": series}), "several series"),
        (series.drop(series.index[9]), "rows are missing: row 9 "),
    ]:
        for display in LaggedDifferenceDisplay, CorrelogramDisplay:
            with pytest.raises(ValueError, match=message):
                display.from_series(wrong)
    with pytest.raises(ValueError, match="lag=20 needs more than the 20 rows"):
        LaggedDifferenceDisplay.from_series(series, lag=20)
    with pytest.raises(ValueError, match=r"n_lags=10 is more than .* at most 9"):
        CorrelogramDisplay.from_series(series, n_lags=10)
    with pytest.raises(ValueError, match="3 values is too short: give at least 4"):
        CorrelogramDisplay.from_series([1.0, 3.0, 2.0])
    with pytest.raises(ValueError, match="constant"):
        CorrelogramDisplay.from_series(np.ones(20))
    with pytest.raises(ValueError, match="axes has 1 axes"):
        LaggedDifferenceDisplay.from_series(series, axes=plt.subplots()[1])


def test_absent_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"skseq\[plot\]"):
        MultiStepErrorDisplay({"a": np.ones(2)}).plot()


@pytest.mark.parametrize("n_members", [1, 2])
def test_history_of_a_fit(n_members):
    X = np.random.default_rng(0).normal(size=(60, 5, 1))
    model = GRURegressor(
        n_layers=2,
        n_members=n_members,
        max_epochs=4,
        early_stopping=True,
        random_state=0,
    ).fit(X, X[:, -1, 0])
    display = TrainingHistoryDisplay.from_estimator(model)
    history = model.history_
    drawn_columns = {
        "training": "train_loss",
        "validation": "valid_loss",
        "network.layers.1": "gradient_norm network.layers.1",
    }
    for name, column in drawn_columns.items():
        lines = display.lines_[name]
        assert len(lines) == n_members
        for number, line in enumerate(lines):
            rows = history[history["member"] == number]
            epochs, values = drawn(line)
            np.testing.assert_array_equal(epochs, rows["epoch"])
            np.testing.assert_array_equal(values, rows[column])
    losses, norms = display.axes_
    assert losses.get_yscale() == norms.get_yscale() == "log"
    mark = losses.lines[-1].get_xdata()[0]
    last = history[history["member"] == n_members - 1].set_index("epoch")
    assert mark == last["valid_loss"].idxmin()
    names = [text.get_text() for text in losses.get_legend().get_texts()]
    assert names == ["training", "validation", "best epoch"]


def test_history_of_many_layers():
    norms = {f"gradient_norm network.layers.{i}.conv.linear": 1.0 for i in range(40)}
    history = pd.DataFrame([{"member": 0, "epoch": 1, "train_loss": 1.0, **norms}])
    display = TrainingHistoryDisplay(history).plot()
    display.figure_.draw_without_rendering()  # warns, an error here, if axes collapse
    losses, below = display.axes_
    assert below.get_legend().get_window_extent().y1 < losses.get_window_extent().y0
    height = display.figure_.get_figheight()
    assert display.plot(display.axes_).figure_.get_figheight() == height


def test_history_of_what_has_none(series):
    windows = np.ones((5, 3, 1))
    model = NaiveRegressor().fit(windows, np.ones(5))
    with pytest.raises(TypeError, match="NaiveRegressor has no history_"):
        TrainingHistoryDisplay.from_estimator(model)


def test_attention():
    X = np.random.default_rng(0).integers(3, size=(30, 4))
    model = EncoderDecoderClassifier(hidden_size=4, max_epochs=1, random_state=0)
    model.fit(X, X[:, :2])
    display = AttentionDisplay.from_estimator(
        model, X[7], input_labels=X[7], output_labels="ab"
    )
    drawn_weights = np.asarray(display.image_.get_array())
    np.testing.assert_allclose(drawn_weights, model.attention_weights(X)[7], rtol=1e-5)
    np.testing.assert_allclose(drawn_weights.sum(axis=1), 1, rtol=1e-5)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["a", "b"]
    labels = display.ax_.get_xticklabels()
    assert [label.get_text() for label in labels] == list(map(str, X[7]))
    assert {label.get_rotation() for label in labels} == {0}
    with pytest.raises(ValueError, match="3 labels for 2 steps of the output"):
        AttentionDisplay.from_estimator(model, X[7], output_labels="abc")
    with pytest.raises(TypeError, match="NaiveRegressor has no attention_weights"):
        AttentionDisplay.from_estimator(NaiveRegressor(), X[7])


def test_labels_of_attention_do_not_overlap():
    days = pd.date_range("2024-01-01", periods=28).strftime("%Y-%m-%d")
    display = AttentionDisplay(np.ones((60, 28)), days, "x" * 60).plot()
    display.figure_.draw_without_rendering()
    ax = display.ax_
    for ticks, edge in [(ax.get_xticklabels(), 0), (ax.get_yticklabels(), 1)]:
        boxes = [tick.get_window_extent() for tick in ticks]
        starts = sorted(box.min[edge] for box in boxes)
        assert max(box.size[edge] for box in boxes) < np.diff(starts).min()
    assert {tick.get_rotation() for tick in ax.get_xticklabels()} == {90}
