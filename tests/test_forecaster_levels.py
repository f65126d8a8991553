"""What SequenceForecaster does about levels that drift."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from skseq import (
    DenseRegressor,
    Differencer,
    GRURegressor,
    NaiveRegressor,
    TransformedWindowRegressor,
)
from skseq.datasets import make_arma
from tests.forecasters import FH, forecaster

STEADY = pd.DataFrame(np.random.default_rng(0).normal(10, size=(150, 1)))
GROWING = STEADY + np.arange(150)[:, np.newaxis] / 10


class TestOrder:
    """Differences by themselves, with several series or scaled windows."""

    @staticmethod
    def changes(order):
        differencer = Differencer(4, order=order)
        return TransformedWindowRegressor(LinearRegression(), differencer)

    @pytest.mark.parametrize("scaling", [None, "divide", "standardize"])
    @pytest.mark.parametrize(("n_growing", "order"), [(0, 0), (1, 0), (2, 1), (4, 1)])
    def test_half_of_the_series_decide(self, scaling, n_growing, order):
        """Whatever their sizes, and though each window has a level of its own."""
        series = [GROWING] * n_growing + [STEADY] * (4 - n_growing)
        sizes = [1, 10, 100, 1000]
        y = pd.concat(
            {size: size * one for size, one in zip(sizes, series, strict=True)}
        )
        regressor = self.changes("auto")
        model = forecaster(regressor, 8, scaling=scaling).fit(y, fh=FH)
        assert regressor.transformer.order == "auto"
        assert model.regressor_.transformer_.order_ == order
        given = forecaster(self.changes(order), 8, scaling=scaling).fit(y, fh=FH)
        assert_allclose(model.predict(), given.predict())

    @pytest.mark.parametrize(("y", "order"), [(STEADY, 0), (GROWING, 1)])
    def test_one_series_that_is_scaled(self, y, order):
        model = forecaster(self.changes("auto"), 8, scaling="standardize")
        assert model.fit(y, fh=FH).regressor_.transformer_.order_ == order

    @pytest.mark.parametrize("lag", [0, 1.5])
    def test_bad_lag(self, lag):
        regressor = self.changes("auto").set_params(transformer__lag=lag)
        with pytest.raises((TypeError, ValueError), match=r"^lag (== 0|must be)"):
            forecaster(regressor, 8, scaling="divide").fit(STEADY, fh=FH)

    def test_series_too_short_to_tell(self):
        y = pd.concat({0: GROWING, 1: GROWING[:8], 2: GROWING[:1]})
        model = forecaster(self.changes("auto"), 8).fit(y, fh=FH)
        assert model.regressor_.transformer_.order_ == 0


class TestLevels:
    """Told if levels leave those of the past, and forecasts do not follow them."""

    LOGARITHM = FunctionTransformer(np.log, np.exp)
    TREE = DecisionTreeRegressor(random_state=0)

    @pytest.mark.parametrize(
        "regressor",
        [
            GRURegressor(hidden_size=8, max_epochs=10, random_state=0),
            TREE,
            make_pipeline(StandardScaler(), TREE),
            TransformedWindowRegressor(TREE, LOGARITHM),
        ],
        ids=["network", "tree", "in a pipeline", "of logarithms"],
    )
    @pytest.mark.parametrize("direction", [1, -1])
    def test_networks_and_trees_do_not_follow(self, regressor, direction):
        y = 40 + direction * GROWING
        model = forecaster(regressor, error_bars=None)
        with pytest.warns(UserWarning, match="The level of y drifts.*set scaling") as w:
            model.fit(y, fh=FH)
        assert [warned.filename for warned in w] == [__file__]
        far_up = (y + 1000).set_axis(y.index + len(y))
        forecast = model.update(far_up, update_params=False).predict()
        assert (forecast < 900).all(axis=None)

    @pytest.mark.parametrize(
        "model",
        [
            forecaster(),
            forecaster(NaiveRegressor()),
            forecaster(TransformedWindowRegressor(TREE, Differencer())),
            forecaster(TREE, scaling="subtract"),
            forecaster(TREE, scaling="standardize"),
        ],
        ids=["linear", "naive", "changes", "subtract", "standardize"],
    )
    def test_forecasts_that_follow(self, model):
        forecast = model.fit(GROWING, fh=FH).predict()
        assert (forecast > 20).all(axis=None)

    def test_looking_at_a_long_series_takes_little_memory(self):
        walk = np.random.default_rng(0).normal(size=(1_000_000, 1)).cumsum(axis=0)
        y = pd.DataFrame(walk)
        linear = DenseRegressor(max_epochs=1, batch_size=4096, random_state=0)
        model = forecaster(linear, 8, error_bars=None).fit(y[:1000], fh=[1])
        tracemalloc.start()
        model.fit(y, fh=[1])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2.5 * walk.nbytes  # measured: 1

    def test_levels_that_return(self):
        forecaster(self.TREE).fit(STEADY, fh=FH)

    def test_a_season_is_no_drift(self):
        season = 20 * np.sin(np.arange(150) * np.pi / 6)
        y = STEADY.add(season, axis=0)
        forecaster(self.TREE, window_length=24).fit(y, fh=FH)

    @pytest.mark.parametrize("window_length", [1, 2, 3, 5])
    def test_levels_that_return_within_ten_steps(self, window_length):
        """A short window does not turn weather into a drift of the climate."""
        y, _ = make_arma(400, ar=(0.85,), random_state=0)
        forecaster(self.TREE, window_length=window_length).fit(pd.Series(y), fh=FH)

    def test_a_regressor_that_takes_no_levels_beyond(self):
        """Shares of 30, whose logit is NaN above, which is no reason to fail."""
        table = FunctionTransformer(lambda x: np.reshape(x, (len(x), -1)))
        logit = FunctionTransformer(lambda x: np.log(x / (30 - x)))
        model = forecaster(make_pipeline(table, logit, LinearRegression()))
        assert model.fit(GROWING, fh=FH).predict().notna().all(axis=None)

    @pytest.mark.parametrize("n_growing", [1, 2])
    def test_half_of_the_series_of_a_panel(self, n_growing):
        series = [GROWING] * n_growing + [STEADY] * (4 - n_growing)
        y = pd.concat(dict(enumerate(series)))
        model = forecaster(self.TREE, error_bars=None)
        if n_growing == 1:
            model.fit(y, fh=FH)
        else:
            with pytest.warns(UserWarning, match="The level of y drifts"):
                model.fit(y, fh=FH)

    def test_only_variables_that_drift_must_be_followed(self):
        y = pd.DataFrame({"a": STEADY[0], "b": GROWING[0], "c": STEADY[0] ** 2})
        forecaster().fit(y, fh=FH)
        with pytest.warns(UserWarning, match="The level of y drifts"):
            forecaster(self.TREE, error_bars=None).fit(y, fh=FH)

    @pytest.mark.parametrize("past_only", [None, ["x"]])
    def test_forecasts_that_follow_with_x(self, past_only):
        x = GROWING.set_axis(["x"], axis=1)
        noise = np.random.default_rng(1).normal(size=150)
        y = noise - 2 * x["x"].shift(1, fill_value=9)
        forecaster(past_only=past_only).fit(y, X=x, fh=[1])
        with pytest.warns(UserWarning, match="The level of y drifts"):
            forecaster(self.TREE, error_bars=None).fit(y, X=x, fh=[1])
