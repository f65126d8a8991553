"""Searches and comparisons on a cluster, by joblib's backend for dask."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from skseq import (
    DenseRegressor,
    NaiveRegressor,
    RNNRegressor,
    SlidingWindow,
    VectorizedGridSearchCV,
    compare,
)

distributed = pytest.importorskip(
    "distributed", reason="the cluster is that of the extra skseq[dask]"
)


@pytest.fixture(scope="module")
def cluster():
    """Two processes with one thread each."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.fixture
def series():
    index = pd.date_range("2024-01-01", periods=120, name="day")
    values = np.sin(np.arange(120) / 3) + np.arange(120) % 7
    return pd.DataFrame({"rides": values}, index=index)


@pytest.fixture(autouse=True)
def _both_workers_work(cluster):
    """Fail a test whose tasks were not run by both processes."""
    before = executed(cluster)
    yield
    after = executed(cluster)
    assert all(after[worker] > before[worker] for worker in after)


def executed(cluster):
    """Return the number of tasks that each worker has run."""
    return cluster.run(lambda dask_worker: dask_worker.state.executed_count)


def test_grid_search_on_two_workers_is_that_on_one(series):
    X, y = series[:-1], series["rides"][1:].to_numpy()
    pipe = make_pipeline(SlidingWindow(7), RNNRegressor(max_epochs=2, random_state=0))
    search = GridSearchCV(
        pipe,
        {"rnnregressor__hidden_size": [2, 4], "slidingwindow__length": [7, 14]},
        cv=TimeSeriesSplit(2),
    )
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with parallel_config(backend="dask"):
        search.set_params(n_jobs=-1).fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def test_search_of_stacks_on_two_workers_is_that_on_one(series):
    X, y = series[:-1], series["rides"][1:].to_numpy()
    pipe = make_pipeline(SlidingWindow(7), RNNRegressor(max_epochs=2, random_state=0))
    grid = {"rnnregressor__learning_rate": [0.001, 0.01, 0.1]}
    search = VectorizedGridSearchCV(pipe, grid, cv=TimeSeriesSplit(2))
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    with parallel_config(backend="dask"):
        search.set_params(n_jobs=-1).fit(X, y)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)


def test_comparison_on_two_workers_is_that_on_one(series):
    models = {
        "naive": NaiveRegressor(season=7),
        "linear": DenseRegressor(max_epochs=2, random_state=0),
    }
    shape = {"target": "rides", "horizon": 3, "window": 14, "season": 7}
    expected = compare(models, series, **shape).table["MAE"]
    with parallel_config(backend="dask"):
        found = compare(models, series, n_jobs=-1, **shape).table["MAE"]
    pd.testing.assert_series_equal(found, expected)


def test_series_of_a_panel_on_two_workers_are_those_of_sktime(series):
    naive = pytest.importorskip("sktime.forecasting.naive")
    model = naive.NaiveForecaster()
    panel = pd.concat({i: series[i:] + i for i in range(8)}, names=["station"])
    shape = {"target": "rides", "horizon": 3, "window": 14, "season": 7}
    with parallel_config(backend="dask"):
        setting = {"test_fraction": 0.05, "step": 4, "n_jobs": -1}
        found = compare({"naive": model}, panel, **shape, **setting)
    for origin in found.origins:
        known = panel[panel.index.get_level_values("day") <= origin]
        expected = model.clone().fit(known, fh=[1, 2, 3]).predict()
        forecast = found.forecasts["naive"].xs(origin, level="day")
        np.testing.assert_array_equal(forecast.to_numpy().ravel(), expected["rides"])
