"""compare: refits, kinds of models, intervals, and what is kept of a run."""

import warnings
from pickle import PickleError

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sktime.forecasting.exp_smoothing import ExponentialSmoothing
from sktime.forecasting.naive import NaiveForecaster

from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    NaiveRegressor,
    TransformedWindowRegressor,
    compare,
)
from skseq.comparison import runs
from skseq.comparison.rolling_origin import rolling_origin
from skseq.forecasting import SequenceForecaster

N_ROWS, WINDOW, HORIZON = 60, 8, 3
SETTING = {"target": "y", "window": WINDOW, "horizon": HORIZON, "season": 4}


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    season = np.tile([1.0, 2.0, 4.0, 3.0], N_ROWS // 4)
    return pd.DataFrame(
        {"other": rng.normal(size=N_ROWS), "y": 5 + season + rng.normal(size=N_ROWS)},
        index=pd.date_range("2024-01-01", periods=N_ROWS, name="day"),
    )


def linear_loop(frame, step, refit):
    """Cut windows and fit one by one."""
    rows = frame[["y", "other"]].to_numpy()
    forecasts, model = [], None
    for i, origin in enumerate(range(47, N_ROWS - HORIZON, step)):
        if model is None or (refit and i % refit == 0):
            ends = range(WINDOW - 1, origin - HORIZON + 1)
            X = [rows[end - WINDOW + 1 : end + 1].ravel() for end in ends]
            y = [rows[end + 1 : end + 1 + HORIZON, 0] for end in ends]
            model = LinearRegression().fit(X, y)
        window = rows[origin - WINDOW + 1 : origin + 1]
        forecasts.append(model.predict([window.ravel()]))
    return np.concatenate(forecasts)


@pytest.mark.parametrize(("step", "refit"), [(1, False), (2, 3), (3, True)])
def test_a_regressor_of_scikit_learn_equals_a_loop(frame, step, refit):
    models = {
        "rows": LinearRegression(),
        "windows": make_pipeline(
            FunctionTransformer(lambda X: X.reshape(len(X), -1)), LinearRegression()
        ),
        "scaled": make_pipeline(StandardScaler(), LinearRegression()),
    }
    result = compare(models, frame, step=step, refit=refit, **SETTING)
    expected = linear_loop(frame, step, refit)
    for forecast in result.forecasts.values():
        np.testing.assert_allclose(forecast, expected, atol=1e-8)


@pytest.mark.parametrize(
    "around",
    [
        ConformalRegressor,
        lambda regressor: TransformedWindowRegressor(regressor, Differencer()),
    ],
)
def test_a_regressor_of_scikit_learn_within_one_on_windows(frame, around):
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    models = {
        "rows": around(LinearRegression()),
        "windows": around(make_pipeline(flat, LinearRegression())),
    }
    result = compare(models, frame, **SETTING)
    rows, windows = result.forecasts.values()
    np.testing.assert_allclose(rows, windows)
    assert (result.table["MAE / naive"] < 2).all()


@pytest.mark.parametrize("refit", [False, 4])
@pytest.mark.parametrize("index", ["dates", "periods", "numbers", "uneven"])
def test_a_forecaster_of_sktime_forecasts_from_the_same_origins(frame, index, refit):
    if index == "periods":
        frame = frame.to_period()
    elif index != "dates":
        frame = frame.reset_index(drop=True)
    gaps = "raise"
    if index == "uneven":
        gaps, frame = "ignore", frame.set_axis(frame.index**2)
    models = {
        "ours": NaiveRegressor(season=4),
        "theirs": NaiveForecaster(strategy="last", sp=4),
    }
    setting = SETTING | {"refit": refit, "gaps": gaps, "coverage": 0.8, "step": 2}
    result = compare(models, frame, **setting)
    pd.testing.assert_frame_equal(result.forecasts["ours"], result.forecasts["theirs"])
    assert 0.5 < result.table.at["theirs", "covers"] < 1
    assert np.isnan(result.table.at["ours", "covers"])


def test_a_forecaster_of_sktime_knows_the_series_up_to_each_origin(frame):
    pytest.importorskip("statsmodels")
    model = ExponentialSmoothing(seasonal="add", sp=4)
    result = compare({"smoothing": model}, frame, step=5, **SETTING)
    for origin, forecast in result.forecasts["smoothing"].iterrows():
        past = frame["y"][:origin].asfreq("D")
        expected = model.clone().fit(past).predict([1, 2, 3])
        np.testing.assert_allclose(forecast, expected)


def test_a_notice_of_sktime_is_not_repeated_for_each_origin(frame):
    model = NaiveForecaster()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compare({"naive": model}, frame, refit=1, **SETTING)
    assert not [warning for warning in caught if "remember" in str(warning.message)]


def test_forecasters_of_sktime_take_periods_with_gaps(frame):
    models = {
        "ours": SequenceForecaster(LinearRegression(), WINDOW),
        "theirs": NaiveForecaster(sp=4),
    }
    numbered = compare(models, frame.reset_index(drop=True), **SETTING)
    months = pd.period_range("2001-01", periods=N_ROWS + 2, freq="M").delete([8, 30])
    found = compare(models, frame.set_axis(months), **SETTING, gaps="ignore")
    for name, forecasts in found.forecasts.items():
        np.testing.assert_allclose(forecasts, numbered.forecasts[name])


@pytest.mark.parametrize("refit", [False, 3])
def test_a_sequence_forecaster_gives_what_its_regressor_gives(frame, refit):
    models = {
        "regressor": LinearRegression(),
        "forecaster": SequenceForecaster(
            LinearRegression(), window_length=WINDOW, error_bars=None
        ),
    }
    result = compare(models, frame[["y"]], step=2, refit=refit, **SETTING)
    pd.testing.assert_frame_equal(
        result.forecasts["regressor"], result.forecasts["forecaster"]
    )


def test_intervals_are_those_of_the_model(frame):
    conformal = ConformalRegressor(DenseRegressor(max_epochs=3, random_state=0))
    dropout = DenseRegressor(
        hidden_layer_sizes=(8,), dropout=0.2, max_epochs=3, random_state=0
    )
    models = {
        "interval": conformal,
        "quantiles": make_pipeline(FunctionTransformer(), dropout),
        "none": DenseRegressor(max_epochs=3, random_state=0),
    }
    with pytest.warns(UserWarning, match="No intervals: DenseRegressor has no dropout"):
        result = compare(models, frame, coverage=0.8, **SETTING)
    rows = frame[["y", "other"]].to_numpy()
    windows = np.stack([rows[i : i + WINDOW] for i in range(N_ROWS - WINDOW + 1)])
    ends = np.arange(WINDOW - 1, 47 - HORIZON + 1)
    y = np.stack([rows[end + 1 : end + 1 + HORIZON, 0] for end in ends])
    model = clone(conformal).fit(windows[: len(ends)], y)
    expected = model.predict_interval(windows[40:-HORIZON], 0.8)
    np.testing.assert_allclose(result.intervals["interval"], expected)
    low, high = expected[..., 0], expected[..., 1]
    truth = result.truth.to_numpy()
    assert result.table.at["interval", "covers"] == pytest.approx(
        np.mean((low <= truth) & (truth <= high))
    )
    assert result.table.at["interval", "width"] == pytest.approx(np.mean(high - low))
    low, high = np.moveaxis(result.intervals["quantiles"], -1, 0)
    assert (low < high).all()
    assert np.isnan(result.intervals["none"]).all()


class Counter(NaiveRegressor):
    """Count fits, of all clones."""

    n_fits = 0

    def fit(self, X, y):
        Counter.n_fits += 1
        if Counter.n_fits == 3:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_a_result_that_was_cut_off_is_computed_again(frame, tmp_path):
    setting = {**SETTING, "cache": tmp_path}
    expected = compare({"naive": NaiveRegressor()}, frame, **setting)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    again = compare({"naive": NaiveRegressor()}, frame, **setting)
    pd.testing.assert_frame_equal(again.forecasts["naive"], expected.forecasts["naive"])


def test_what_cannot_be_hashed_is_told_with_the_parameter(frame, tmp_path):
    model = make_pipeline(FunctionTransformer(lambda X: X), LinearRegression())
    with pytest.raises(PickleError) as caught:
        compare({"model": model}, frame, **SETTING, cache=tmp_path)
    assert any("leave out cache" in note for note in caught.value.__notes__)


def test_an_interrupted_run_goes_on_where_it_stopped(frame, tmp_path):
    setting = {**SETTING, "refit": 3, "cache": tmp_path / "results"}
    models = {"naive": NaiveRegressor(), "counter": Counter(season=4)}
    Counter.n_fits = 0
    with pytest.raises(KeyboardInterrupt):
        compare(models, frame, **setting)
    result = compare(models, frame, **setting)
    assert Counter.n_fits == 4 + 1  # each of four once, and the interrupted one again
    again = compare(models, frame, **setting)
    assert Counter.n_fits == 5
    pd.testing.assert_frame_equal(result.table, again.table)
    # With other parameters or data it is another run.
    compare({"counter": Counter(season=2)}, frame, **setting)
    assert Counter.n_fits == 5 + 4
    compare(models, frame + 1, **setting)
    assert Counter.n_fits == 9 + 4


def test_results_of_other_versions_are_not_used(frame, tmp_path, monkeypatch):
    setting = {**SETTING, "cache": tmp_path}
    for installed in ("1.0", "1.1", "1.1"):
        monkeypatch.setattr(runs, "version", lambda name, now=installed: now)
        compare({"naive": NaiveRegressor()}, frame, **setting)
    assert len(list(tmp_path.iterdir())) == 2


def test_processes_beside_each_other_change_nothing(frame):
    models = {
        "naive": NaiveRegressor(),
        "dense": DenseRegressor(max_epochs=2, random_state=0),
    }
    one = compare(models, frame, refit=5, **SETTING)
    two = compare(models, frame, refit=5, n_jobs=2, **SETTING)
    for name in models:
        pd.testing.assert_frame_equal(one.forecasts[name], two.forecasts[name])


def test_the_origins_of_all_folds_are_those_of_one():
    (origins,) = rolling_origin(100, 10, 5, step=2)
    assert origins == range(-21, -5, 2)
    folds = rolling_origin(100, 10, 5, step=2, refit=3)
    assert [origin for fold in folds for origin in fold] == list(origins)
    assert [fold[0] for fold in folds] == [-21, -15, -9]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 0}, "step == 0"),
        ({"refit": -1}, "refit == -1"),
        ({"coverage": 1.0}, "coverage == 1.0"),
    ],
)
def test_wrong_parameters(frame, change, message):
    with pytest.raises(ValueError, match=message):
        compare({"naive": NaiveRegressor()}, frame, **{**SETTING, **change})


@pytest.mark.parametrize("inside", ["alone", "pipeline", "search"])
def test_intervals_of_what_is_around_a_regressor(inside):
    y = np.random.default_rng(0).normal(size=150)
    net = DenseRegressor(
        loss="quantile", quantiles=(0.1, 0.5, 0.9), max_epochs=2, random_state=0
    )
    grid = {"learning_rate": [net.learning_rate]}
    model = {
        "alone": net,
        "pipeline": make_pipeline(net),
        "search": GridSearchCV(net, grid, cv=2),
    }
    setting = {"target": 0, "horizon": 2, "window": 5, "coverage": 0.8}
    table = compare({"m": model[inside], "alone": net}, y, **setting).table
    columns = ["covers", "width", "interval score"]
    np.testing.assert_allclose(table.loc["m", columns], table.loc["alone", columns])
    forecaster = SequenceForecaster(model[inside], 5, error_bars="regressor")
    forecaster.fit(pd.Series(y), fh=[1, 2])
    assert forecaster.predict_interval(coverage=0.8).notna().all(axis=None)


@pytest.mark.parametrize("freq", ["h", "D"])
def test_forecasters_of_sktime_in_local_time(freq):
    index = pd.date_range("2024-03-25", periods=160, freq=freq, tz="Europe/Berlin")
    values = np.random.default_rng(0).normal(size=160)
    setting = {"target": "y", "horizon": 3, "window": 10, "step": 5, "season": 1}
    errors = [
        compare({"m": NaiveForecaster(sp=7)}, series, **setting).table["MAE"]["m"]
        for series in (pd.Series(values, index, name="y"), pd.Series(values, name="y"))
    ]
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    "freq", ["MS", "2MS", "QS", "QS-FEB", "YS", "YS-JUL", "YE-JUN", "W-MON", None]
)
@pytest.mark.parametrize("n_series", [1, 2])
def test_forecasters_of_sktime_with_the_frequency_of_the_user(freq, n_series):
    index = pd.date_range("1990-01-01", periods=80, freq=freq or "QS")
    if freq is None:
        index = pd.DatetimeIndex(index, freq=None)
    y = pd.Series(np.random.default_rng(0).normal(size=80), index, name="y")
    if n_series > 1:
        y = pd.concat({"a": y, "b": y[20:]}, names=["series", "time"])
    setting = {"target": "y", "horizon": 3, "window": 10, "step": 5, "season": 4}
    season = 1 if freq == "2MS" else 4  # sktime fails at seasons of such dates
    models = {"m": NaiveForecaster(sp=season), "n": NaiveRegressor(season=season)}
    result = compare(models, y, **setting)
    np.testing.assert_array_equal(result.forecasts["m"], result.forecasts["n"])


@pytest.mark.parametrize("past_only", [[1, 2], [1]])
def test_past_only_of_an_array_and_beside_what_is_known_ahead(past_only):
    values = np.random.default_rng(0).normal(size=(120, 3))
    setting = {"target": 0, "horizon": 2, "window": 5, "known_ahead": [2]}
    forecaster = SequenceForecaster(LinearRegression(), 5, past_only=past_only)
    result = compare(
        {"m": forecaster, "windows": LinearRegression()}, values, **setting
    )
    forecasts = result.forecasts
    np.testing.assert_allclose(forecasts["m"], forecasts["windows"], rtol=1e-6)
