"""SequenceForecaster passes sktime's checks and fits in with its other parts."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.preprocessing import StandardScaler
from sktime.datasets import load_airline
from sktime.utils.estimator_checks import check_estimator

import skseq
from skseq import GRURegressor
from skseq.forecasting import SequenceForecaster
from tests.forecasters import FH, forecaster, make_panel, make_series


class TestSktime:
    @pytest.mark.filterwarnings("default")  # sktime's own
    def test_passes_all_checks(self):
        results = check_estimator(SequenceForecaster, verbose=False)
        assert [name for name, done in results.items() if done != "PASSED"] == []
        assert len(results) > 850

    def test_sktime_is_imported_only_with_the_forecaster(self):
        code = (
            "import sys; sys.modules['sktime'] = None\n"  # as if not installed
            "import skseq; print('imported')\n"
            "import skseq.forecasting\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.stdout == "imported\n", done.stderr
        assert "pip install 'skseq[sktime]'" in done.stderr

    def test_is_found_in_skseq(self):
        assert skseq.SequenceForecaster is SequenceForecaster
        with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
            skseq.Nothing  # noqa: B018 (the look-up is what raises)


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
