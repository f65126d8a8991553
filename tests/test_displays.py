"""Displays: what they draw is what they were given."""

import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from skseq import NaiveRegressor, SlidingWindow, horizon_targets
from skseq.displays import ForecastDisplay, MultiStepErrorDisplay

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


def test_periods_are_drawn(series):
    series = series.to_period("D")
    display = ForecastDisplay.from_predictions(
        series, [[1.0]], origins=series.index[[9]]
    )
    time, _ = drawn(display.lines_["forecast"][0])
    assert time[0] == np.datetime64("2024-01-11")


def test_forecasts_without_a_place_in_time(series):
    with pytest.raises(ValueError, match="give origins"):
        ForecastDisplay.from_predictions(series, [[1.0]])
    with pytest.raises(ValueError, match="No origin of 'forecast'"):
        ForecastDisplay.from_predictions(series, [[1.0]], origins=["2030-01-01"])
    with pytest.raises(ValueError, match="No origin of 'forecast'"):
        ForecastDisplay.from_predictions(series, [[1.0]], origins=series.index[[-1]])


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
    with pytest.raises(ValueError, match=r"'a' have shape \(9, 4\)"):
        MultiStepErrorDisplay.from_predictions(truth, {"a": a[1:]})


def test_errors_of_an_estimator(series):
    X, y = horizon_targets(series.to_frame(), horizon=2)
    windows = SlidingWindow(3).fit_transform(X)
    model = NaiveRegressor(3).fit(windows, y)
    _, ax = plt.subplots()
    display = MultiStepErrorDisplay.from_estimator(model, windows, y, name="n", ax=ax)
    expected = np.abs(y.to_numpy() - model.predict(windows)).mean(axis=0)
    np.testing.assert_allclose(display.errors["n"], expected)
    assert display.ax_ is ax


def test_absent_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"skseq\[plot\]"):
        MultiStepErrorDisplay({"a": np.ones(2)}).plot()
