"""What SequenceForecaster does about levels that drift."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression

from skseq import Differencer, TransformedWindowRegressor
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
