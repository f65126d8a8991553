"""SequenceForecaster: intervals, quantiles and variances of its forecasts."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import DenseRegressor, SARIMARegressor
from tests.forecasters import FH, forecaster, make_panel, make_series, naive_windows


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
