"""Errors as sktime counts them, the test as statsmodels does, resamples by a loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sktime.performance_metrics import forecasting

from skseq import NaiveRegressor, compare
from skseq.comparison.metrics import metrics
from skseq.comparison.significance import block_bootstrap, diebold_mariano


def test_errors_are_those_of_sktime():
    rng = np.random.default_rng(0)
    training = rng.normal(10, 2, 50)
    truth, forecast = rng.normal(10, 2, (2, 7, 3))
    ours = {
        name: function(truth, forecast)
        for name, function in metrics(training, season=4).items()
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


@given(st.integers(2, 60), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_the_statistic_is_that_of_statsmodels(n, horizon, seed):
    stattools = pytest.importorskip("statsmodels.tsa.stattools")
    if not hasattr(stattools, "diebold_mariano_test"):
        pytest.skip("statsmodels has the test from 0.15 on")
    y, a, b = np.random.default_rng(seed).normal(size=(3, n))
    loss = np.abs(y - a) - np.abs(y - b)
    statistic, p_value = diebold_mariano(loss, horizon)
    if np.isnan(statistic):
        assert n < 3 * horizon  # too few
        return
    lags = min(max(horizon - 1, int(np.ceil(n ** (1 / 3)))), n - 1)
    expected = stattools.diebold_mariano_test(
        y, a, b, criterion="mae", harvey_adj=True, horizon=horizon, lags=lags
    )
    assert statistic == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("n", [1, 7, 20])
def test_few_origins_are_no_evidence(n):
    differences = -1 - np.random.default_rng(0).random(n)
    assert np.isnan(diebold_mariano(differences, horizon=7)).all()
    assert np.isnan(block_bootstrap(differences, block=7)).all()


def test_equal_forecasts_are_no_evidence():
    statistic, p_value = diebold_mariano(np.zeros(20), horizon=3)
    assert np.isnan([statistic, p_value]).all()


def test_resamples_are_those_of_a_loop():
    values = np.random.default_rng(0).normal(size=11)
    starts = np.random.RandomState(5).randint(11, size=(40, 4))
    circle = np.concatenate([values, values])
    means = [np.mean([circle[i : i + 3] for i in resample]) for resample in starts]
    np.testing.assert_allclose(
        block_bootstrap(values, 3, confidence=0.8, n_resamples=40, seed=5),
        np.quantile(means, [0.1, 0.9]),
    )


def test_intervals_cover_the_mean_of_dependent_values():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(200):
        noise = rng.normal(size=220)
        values = sum(noise[lag : lag + 200] for lag in range(5))  # mean 0
        low, high = block_bootstrap(values, 20, n_resamples=300)
        covered.append(low <= 0 <= high)
    assert 0.85 < np.mean(covered) < 0.99


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
    with pytest.raises(ValueError, match="reference 'lat' is none of the models"):
        result.differences("lat")
