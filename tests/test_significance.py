"""Errors as sktime counts them; the test by loops, and as often wrong as it says."""

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.stats import t as student
from sklearn.metrics import mean_pinball_loss
from sktime.performance_metrics import forecasting
from statsmodels.stats.multitest import multipletests

from skseq import NaiveRegressor, compare
from skseq.comparison.metrics import interval_metrics, metrics
from skseq.comparison.significance import diebold_mariano, holm


def test_errors_are_those_of_sktime():
    rng = np.random.default_rng(0)
    training = rng.normal(10, 2, 50)
    truth, forecast = rng.normal(10, 2, (2, 1, 7, 3))
    ours = {
        name: function(truth, forecast)
        for name, function in metrics([training], season=4).items()
    }
    flat = truth.ravel(), forecast.ravel()
    scaled = {"y_train": training, "sp": 4}
    percentage = forecasting.mean_absolute_percentage_error
    theirs = {
        "MAE": forecasting.mean_absolute_error(*flat),
        "RMSE": forecasting.mean_squared_error(*flat, square_root=True),
        "MAPE": 100 * percentage(*flat),
        "sMAPE": 100 * percentage(*flat, symmetric=True),
        "MASE": forecasting.mean_absolute_scaled_error(*flat, **scaled),
        "RMSSE": forecasting.mean_squared_scaled_error(
            *flat, **scaled, square_root=True
        ),
    }
    assert ours == pytest.approx(theirs)


def test_scaled_errors_of_several_series_are_the_mean_of_those_that_have_one():
    rng = np.random.default_rng(0)
    training = [rng.normal(size=n) for n in (50, 30)] + [np.ones(40)]
    truth, forecast = rng.normal(size=(2, 3, 7, 2))
    together = metrics(training, season=4)
    for name in ("MASE", "RMSSE"):
        alone = [
            metrics([training[i]], season=4)[name](truth[[i]], forecast[[i]])
            for i in range(3)
        ]
        assert np.isnan(alone[2])
        found = together[name](truth, forecast)
        assert found == pytest.approx(np.mean(alone[:2]))


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_the_interval_score_is_that_of_its_two_quantiles(coverage):
    rng = np.random.default_rng(0)
    truth, low, width = rng.normal(size=(3, 40, 3))
    ends = low, low + np.abs(width)
    tail = (1 - coverage) / 2
    loss = sum(
        mean_pinball_loss(truth.ravel(), end.ravel(), alpha=level)
        for end, level in zip(ends, (tail, 1 - tail), strict=True)
    )
    found = interval_metrics(truth, np.stack(ends, axis=-1), coverage)
    assert found["interval score"] == pytest.approx(loss / tail)
    assert found["width"] == pytest.approx(np.abs(width).mean())
    within = (ends[0] <= truth) & (truth <= ends[1])
    assert found["covers"] == within.mean()


def statistic_by_a_loop(values, n_cosines):
    """Mean over its error, from the written-out sums of cosines."""
    n = len(values)
    squares = []
    for j in range(1, n_cosines + 1):
        cosines = [np.cos(np.pi * j * (t + 0.5) / n) for t in range(n)]
        weighted = [v * c for v, c in zip(values, cosines, strict=True)]
        squares.append(2 / n * sum(weighted) ** 2)
    return sum(values) / n / np.sqrt(sum(squares) / n_cosines / n)


@pytest.mark.parametrize(
    ("n", "horizon", "n_cosines"), [(7, 1, 2), (60, 1, 6), (60, 7, 4), (206, 14, 7)]
)
def test_the_statistic_is_that_of_a_loop(n, horizon, n_cosines):
    values = np.random.default_rng(0).normal(size=n)
    statistic, *_ = diebold_mariano(values, horizon, n_resamples=10)
    assert statistic == pytest.approx(statistic_by_a_loop(values, n_cosines))


def test_p_value_and_interval_are_those_of_a_loop_over_resamples():
    values = np.random.default_rng(0).normal(size=13)
    starts = np.random.RandomState(5).randint(13, size=(40, 5))
    circle = np.concatenate([values, values]) - values.mean()
    resamples = [
        np.concatenate([circle[i : i + 3] for i in row])[:13] for row in starts
    ]
    by_chance = np.sort([abs(statistic_by_a_loop(sample, 2)) for sample in resamples])
    statistic, p_value, (low, high) = diebold_mariano(values, 3, 0.8, 40, 5)
    assert p_value == (1 + sum(by_chance >= abs(statistic))) / 41
    ends = values.mean() * (1 + np.array([-1, 1]) * by_chance[32] / statistic)
    np.testing.assert_allclose([low, high], np.sort(ends))


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2])
def test_the_p_value_of_normal_values_is_that_of_a_t_test(shift):
    values = np.random.default_rng(1).normal(shift, size=200)
    statistic, p_value, _ = diebold_mariano(values, horizon=1)
    assert p_value == pytest.approx(2 * student.sf(abs(statistic), 14), abs=0.02)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize(("n", "horizon"), [(60, 1), (60, 7), (100, 14), (206, 14)])
def test_wrong_as_often_as_it_says(n, horizon, correlation):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(500):
        errors = lfilter([1], [1, -correlation], rng.normal(size=n + horizon + 50))
        sums = np.convolve(errors[50:], np.ones(horizon), "valid")[:n]
        _, p_value, _ = diebold_mariano(sums, horizon, n_resamples=200)
        found.append(p_value <= 0.05)
    assert 0.02 < np.mean(found) < 0.08  # one standard error is 0.01


@given(st.integers(3, 60), st.integers(1, 8), st.sampled_from([0.5, 0.8, 0.95, 0.999]))
def test_the_interval_leaves_out_zero_where_the_p_value_is_small(
    n, horizon, confidence
):
    values = np.random.default_rng(n).normal(0.5, size=n)
    _, p_value, (low, high) = diebold_mariano(values, horizon, confidence, 100)
    if n < max(7, 4 * horizon):
        assert np.isnan([p_value, low, high]).all()
    else:
        assert (low > 0 or high < 0) == (p_value <= 1 - confidence + 1e-12)


@pytest.mark.parametrize("n", [1, 7, 27])
def test_few_origins_are_no_evidence(n):
    differences = -1 - np.random.default_rng(0).random(n)
    assert np.isnan(np.hstack(diebold_mariano(differences, horizon=7))).all()


@pytest.mark.parametrize("value", [0.0, -0.3])
def test_the_same_difference_everywhere_is_no_evidence(value):
    assert np.isnan(np.hstack(diebold_mariano(np.full(20, value), horizon=3))).all()


def test_differences_find_the_better_model():
    rng = np.random.default_rng(0)
    y = np.tile([0.0, 3.0, 1.0, -2.0], 60) + 0.3 * rng.normal(size=240)
    models = {"last": NaiveRegressor(), "season": NaiveRegressor(season=4)}
    result = compare(models, y, target=0, horizon=3, window=8, season=4)
    found = result.differences()
    assert found.at["last", "low"] > 0
    assert found.at["last", "p"] < 0.01
    assert found.at["season", "difference"] == 0
    turned = result.differences("last")
    assert turned.at["season", "difference"] == -found.at["last", "difference"]
    with pytest.raises(ValueError, match="reference 'lat' is not among the models"):
        result.differences("lat")


@pytest.mark.parametrize(("step", "overlapping"), [(1, 3), (2, 2), (3, 1)])
def test_origins_overlap_the_less_the_further_apart_they_are(step, overlapping):
    y = np.random.default_rng(0).normal(size=200)
    setting = {"target": 0, "horizon": 3, "window": 8, "test_fraction": 0.5}
    result = compare({"last": NaiveRegressor()}, y, **setting, season=4, step=step)
    last, naive = (
        abs(forecast - result.truth).mean(axis=1)
        for forecast in (result.forecasts["last"], result.naive)
    )
    expected = np.hstack(diebold_mariano(last - naive, overlapping))
    found = result.differences()[["DM", "p", "low", "high"]].loc["last"]
    np.testing.assert_allclose(found.to_numpy(), expected)


# statsmodels collects garbage in each call, which takes most of a second.
@mock.patch("gc.collect", return_value=0)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_p_values_are_corrected_as_by_statsmodels(collect, p_values):
    _, expected, *_ = multipletests(p_values, method="holm")
    corrected = holm(pd.Series(p_values)).sort_index()
    np.testing.assert_allclose(corrected, expected)
