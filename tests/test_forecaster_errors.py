"""SequenceForecaster: what is refused or warned of, and what the message says."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.compose import ColumnEnsembleForecaster

from skseq import (
    ConformalRegressor,
    Differencer,
    GRURegressor,
    SARIMARegressor,
    TransformedWindowRegressor,
)
from skseq.forecasting import SequenceForecaster
from tests.forecasters import FH, TINY, forecaster, index_like, make_panel, make_series


class TestErrors:
    @pytest.mark.parametrize(
        ("params", "match"),
        [
            ({"scaling": "log"}, "scaling must be one of"),
            ({"missing": "drop"}, "missing must be one of"),
            ({"error_bars": "conformal"}, "error_bars must be one of"),
            ({"dtype": "int"}, "dtype must be one of"),
            ({"window_length": 0}, "window_length == 0"),
            ({"horizon": 0}, "horizon == 0"),
            ({"level_length": 0}, "level_length == 0"),
            ({"min_length": 0}, "min_length == 0"),
            ({"min_length": 6}, "min_length=6 is more than window_length=5"),
            ({"level_length": 6}, "level_length=6 is more than window_length=5"),
            ({"past_only": ["price"]}, "past_only=.'price'. are not among"),
        ],
    )
    def test_parameters(self, params, match):
        with pytest.raises(ValueError, match=match):
            forecaster(**params).fit(make_series(), fh=1)

    def test_regressor(self):
        with pytest.raises(TypeError, match="an instance, not a class"):
            SequenceForecaster(LinearRegression, 5).fit(make_series(), fh=1)
        with pytest.raises(TypeError, match="got the classifier LogisticRegression"):
            forecaster(regressor=LogisticRegression()).fit(make_series(), fh=1)

        with pytest.raises(TypeError, match=r"that predicts, got Differencer\(\)"):
            forecaster(regressor=Differencer()).fit(make_series(), fh=1)
        stack = StackingRegressor([("linear", LinearRegression())])
        with pytest.raises(TypeError, match=r"final_estimator, such as RidgeCV\(\)"):
            forecaster(regressor=stack).fit(make_series(), fh=1)
        with pytest.raises(TypeError, match=r"such as GRU.*sktime's SequenceForecast"):
            forecaster(regressor=forecaster()).fit(make_series(), fh=1)

    def test_sarima_of_several_variables(self):
        y, model = make_series(40, 2), forecaster(SARIMARegressor((1, 0, 0)))
        with pytest.raises(TypeError, match=r"one variable.*ColumnEnsemble"):
            model.fit(y, fh=FH)
        forecast = ColumnEnsembleForecaster(model).fit(y, fh=FH).predict()
        for name in y:
            assert_array_equal(forecast[[name]], model.fit(y[[name]], fh=FH).predict())

    @pytest.mark.parametrize("n_known_ahead", [1, 3])
    def test_another_number_of_variables_known_ahead(self, n_known_ahead):
        X = make_series(40, 2, seed=1)
        gru = make_pipeline(
            FunctionTransformer(), GRURegressor(n_known_ahead=n_known_ahead)
        )
        with pytest.raises(
            ValueError, match=r"does not match the 2 variables.*leave it"
        ):
            forecaster(gru).fit(make_series(40), X, fh=1)

    @pytest.mark.parametrize("kind", ["days", "int"])
    def test_two_rows_for_one_time(self, kind):
        y = make_series(40).set_index(index_like(kind, 40))
        twice = y.iloc[[*range(20), *range(19, 40)]]
        match = f"has two rows for {y.index[19]}: keep one"
        with pytest.raises(ValueError, match=f"y {match}"):
            forecaster().fit(twice, fh=1)
        with pytest.raises(ValueError, match=f"X {match}"):
            forecaster().fit(y, twice, fh=1)
        with pytest.raises(ValueError, match=rf"y of \('b',\) {match}"):
            forecaster().fit(pd.concat({"a": y, "b": twice}), fh=1)
        model = forecaster().fit(y[:18], y[:18], fh=1)
        with pytest.raises(ValueError, match=f"y {match}"):
            model.update(twice[18:], y[18:])
        with pytest.raises(ValueError, match=f"X {match}"):
            model.predict(X=twice[18:])

    def test_another_kind_of_index(self):
        y = make_series(40)
        model = forecaster().fit(y[:36])
        dates = pd.date_range("2003-01", periods=2, freq="MS")
        match = "is of another kind than that of y.*to_timestamp or to_period"
        with pytest.raises(ValueError, match=f"index of fh .*{match}"):
            model.predict(dates)
        model = forecaster().fit(y[:36], y[:36], fh=1)
        for other in (
            y[36:].to_timestamp(),
            y[36:].set_index(pd.period_range("2003Q1", periods=4, freq="Q")),
        ):
            with pytest.raises(ValueError, match=f"index of y .*{match}"):
                model.update(other)
            with pytest.raises(ValueError, match=f"index of X .*{match}"):
                model.predict(X=other)

    def test_durations(self):
        y = make_series(40).set_index(pd.timedelta_range("0D", periods=40))
        with pytest.raises(ValueError, match="y holds durations: give dates"):
            forecaster().fit(y, fh=1)

    def test_a_panel_stays_one(self):
        y, panel = make_series(40), make_panel()
        with pytest.raises(
            ValueError, match="y has 2 levels, but that of y in fit had 1"
        ):
            forecaster().fit(y).update(panel)
        with pytest.raises(
            ValueError, match="y has 1 levels, but that of y in fit had 2"
        ):
            forecaster().fit(panel).update(y)

    def test_no_rows(self):
        with pytest.raises(ValueError, match="y has no rows"):
            forecaster().fit(make_panel()[:0], fh=1)

    def test_series_without_a_label(self):
        panel = make_panel()
        unnamed = panel.rename(index={"s1": np.nan}, level=0)
        match = "of {} has no label in level 0 of the index"
        with pytest.raises(ValueError, match="Row 30 " + match.format("y")):
            forecaster().fit(unnamed, fh=1)
        with pytest.raises(ValueError, match="Row 30 " + match.format("X")):
            forecaster().fit(panel, unnamed, fh=1)

    @pytest.mark.parametrize("column", ["y0", 1])
    def test_a_column_is_no_list_of_columns(self, column):
        with pytest.raises(TypeError, match=rf"give \[{column!r}\]"):
            forecaster(past_only=column).fit(make_series(), make_series(), fh=1)

    def test_horizon_too_long(self):
        with pytest.raises(ValueError, match=r"followed by 60 values.*has 60 time"):
            forecaster().fit(make_series(60), fh=60)

    def test_missing_values(self):
        y = make_series()
        y.iloc[3] = np.nan
        with pytest.raises(ValueError, match="missing data"):
            forecaster().fit(y, fh=1)
        with pytest.raises(ValueError, match=r"no value at 2000-04.*missing='ffill'"):
            forecaster().fit(y.dropna(), fh=1)
        with pytest.raises(ValueError, match="y holds only missing values"):
            forecaster(missing="ffill").fit(y * np.nan, fh=1)

    @pytest.mark.parametrize("params", [{}, {"past_only": ["y1"]}])
    def test_a_variable_without_values(self, params):
        """A regressor on a table would read zeros, that on windows padding."""
        y, X = make_panel(), make_panel(n_columns=2)
        X.loc["s1", "y1"] = np.nan
        match = r"X of \('s1',\) holds only missing values in \['y1'\]: fill"
        for regressor in (LinearRegression(), GRURegressor()):
            model = forecaster(regressor, missing="ffill", **params)
            with pytest.raises(ValueError, match=match):
                model.fit(y, X, fh=1)

    def test_infinite_values(self):
        y = make_series()
        X = make_series(seed=1)
        y.iloc[3] = -np.inf
        for scaling in (None, "divide"):  # which makes NaN of it
            with pytest.raises(ValueError, match=r"y is infinite at 2000-04.*'y0'"):
                forecaster(scaling=scaling, missing="ffill").fit(y, fh=1)
        with pytest.raises(ValueError, match=r"X is infinite at 2000-04"):
            forecaster().fit(X, y, fh=1)

    def test_frequency(self):
        y = make_series(6, start="2000")
        y.index = pd.to_datetime(["2020-01-0" + day for day in "124579"])
        with pytest.raises(ValueError, match=r"frequency of the dates.*asfreq"):
            forecaster(window_length=2).fit(y, fh=ForecastingHorizon([1], freq=None))
        # What the error says to do works.
        y = pd.concat({"a": y, "b": y}, names=["series", "day"])
        with pytest.raises(ValueError, match=r"groupby\(level=0\)\.cumcount"):
            forecaster(window_length=2).fit(y, fh=1)
        count = y.groupby(level=0).cumcount()
        y.index = pd.MultiIndex.from_arrays([y.index.get_level_values(0), count])
        forecast = forecaster(window_length=2).fit(y, fh=1).predict()
        assert forecast.index.tolist() == [("a", 6), ("b", 6)]
        model = forecaster().fit(make_series().set_index(index_like("days", 60)))
        late = make_series(2).set_index(pd.to_datetime(["2021-01-01 01:00"] * 2))
        late.index += pd.to_timedelta([0, 1], unit="D")
        with pytest.raises(ValueError, match="2021-01-01 01:00:00 is not a time step"):
            model.update(late)

    @pytest.mark.parametrize("missing", ["error", "ffill", "interpolate"])
    def test_integers_that_are_several_apart(self, missing):
        y = make_series(40)
        model = forecaster(missing=missing)
        by_two = y.set_index(pd.RangeIndex(0, 80, 2))
        for table in (
            by_two,
            by_two.set_index(pd.Index(np.arange(3, 83, 2))),
            by_two.drop(by_two.index[[7, 8, 20]]),
            pd.concat({"a": by_two, "b": by_two[10:]}),
        ):
            with pytest.raises(
                ValueError, match=r"y are 2 apart.*y\.reset_index\(drop=True\)"
            ):
                model.fit(table, fh=1)
        advised = [by_two.reset_index(drop=True), by_two.set_index(by_two.index // 2)]
        expected = forecaster().fit(y, fh=1).predict().to_numpy()
        for table in advised:
            assert_array_equal(model.fit(table, fh=1).predict(), expected)

    def test_rows_missing_where_integers_count_by_one(self):
        y = make_series(40).set_index(pd.RangeIndex(40))
        gaps = y.drop(index=range(21, 40, 2))  # from there on, two apart
        short = pd.concat({"a": y, "b": y.loc[[3, 6]]})
        for table in (gaps, short):
            with pytest.raises(ValueError, match=r"no value at (21|4): choose how"):
                forecaster().fit(table, fh=1)
            forecast = forecaster(missing="ffill").fit(table, fh=1).predict()
            assert np.isfinite(forecast).all(axis=None)

    def test_exogenous(self):
        y, X = make_series(40), make_series(43, 2, seed=1)
        model = forecaster().fit(y, X[:40], fh=FH)
        with pytest.raises(ValueError, match=r"X has no row for 2003-05.*2003-07"):
            model.predict()
        with pytest.raises(ValueError, match="X has no row for 2003-07"):
            model.predict(X=X[40:42])
        with pytest.raises(ValueError, match="X has no row for 2003-06"):
            model.predict(X=X[40:].drop(X.index[41]))
        with pytest.raises(ValueError, match=r"X lacks the columns .'y1'"):
            model.predict(X=X[["y0"]][40:])
        with pytest.raises(ValueError, match="was not given in fit"):
            forecaster().fit(y, fh=FH).predict(X=X[40:])
        model = forecaster().fit(y[:38], X[:38], fh=FH)
        with pytest.raises(ValueError, match="X has no row for 2003-03, which y has"):
            model.update(y[38:])

    def test_instances(self):
        y = make_panel()
        X = make_panel((33, 25, 44))
        inside = X.index.isin(y.index)
        model = forecaster().fit(y, X[inside], fh=FH)
        with pytest.raises(ValueError, match=r"X of .'s1',. has no row for 2001-11"):
            model.predict(X=X[~inside].drop("s1"))
        with pytest.raises(ValueError, match=r"X of .'s2',. is missing"):
            forecaster().fit(y, X[inside].drop("s2"), fh=FH)


@pytest.mark.parametrize(
    "regressor",
    [
        LinearRegression(),
        ConformalRegressor(LinearRegression()),
        TransformedWindowRegressor(LinearRegression(), Differencer()),
    ],
)
def test_warns_where_a_table_would_repeat_what_is_known_ahead(regressor):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"p": rng.normal(size=63)})
    y = pd.Series(rng.normal(size=60))
    forecaster = SequenceForecaster(regressor, 3).fit(y, X[:60], fh=[1, 2, 3])
    with pytest.warns(UserWarning, match="X does not reach 3 steps beyond y"):
        forecaster.predict([1], X=X[60:61])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        forecaster.predict([1], X=X[60:])
        network = ConformalRegressor(GRURegressor(**TINY))
        network = SequenceForecaster(network, 3)
        network.fit(y, X[:60], fh=[1, 2, 3])
        network.predict([1], X=X[60:61])
