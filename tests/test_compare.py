"""compare: the same windows for all, no look-ahead, and errors by hand."""

import re
from time import sleep

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.linear_model import BayesianRidge, Ridge
from sklearn.metrics import (
    mean_absolute_error,
    mean_absolute_percentage_error,
    root_mean_squared_error,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import (
    Comparison,
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    NaiveRegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    compare,
    default_models,
)
from skseq.datasets import load_victoria_electricity
from skseq.wrapping import prepare

N_ROWS, WINDOW, HORIZON, SEASON = 60, 8, 3, 4
SETTING = {"target": "y", "window": WINDOW, "horizon": HORIZON, "season": SEASON}


class Recorder(RegressorMixin, BaseEstimator):
    """Remember what it is given, for all clones; predict the last value."""

    seen = {}

    def fit(self, X, y):
        self.seen["fit"] = np.array(X), np.array(y)
        return self

    def predict(self, X):
        self.seen["predict"] = np.array(X)
        n_steps = self.seen["fit"][1].reshape(len(self.seen["fit"][1]), -1).shape[1]
        return X[:, -1, :1].repeat(n_steps, axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=N_ROWS, name="day")
    season = np.tile([1.0, 2.0, 4.0, 3.0], N_ROWS // 4)
    return pd.DataFrame(
        {"other": rng.normal(size=N_ROWS), "y": 5 + season + rng.normal(size=N_ROWS)},
        index=index,
    )


def naive_loop(frame, test_fraction=0.2):
    """Cut training and test windows one by one, each with all rows in sight."""
    rows = frame[["y", "other"]].to_numpy()
    test_start = N_ROWS - round(test_fraction * N_ROWS)
    training, test = [], []
    for origin in range(WINDOW - 1, N_ROWS - HORIZON):
        window = rows[origin - WINDOW + 1 : origin + 1]
        future = rows[origin + 1 : origin + 1 + HORIZON, 0]
        if origin + HORIZON < test_start:
            training.append((window, future))
        if origin + 1 >= test_start:
            test.append((window, future))
    return training, test, test_start


def test_windows_equal_a_loop(frame):
    result = compare({"recorder": Recorder()}, frame, **SETTING)
    training, test, test_start = naive_loop(frame)
    np.testing.assert_array_equal(Recorder.seen["fit"][0], [w for w, _ in training])
    np.testing.assert_array_equal(Recorder.seen["fit"][1], [f for _, f in training])
    np.testing.assert_array_equal(Recorder.seen["predict"], [w for w, _ in test])
    np.testing.assert_array_equal(result.truth, [f for _, f in test])
    assert result.origins.equals(frame.index[test_start - 1 : N_ROWS - HORIZON])
    assert list(result.truth.columns) == [1, 2, 3]
    pd.testing.assert_series_equal(result.series, frame["y"])


def test_an_ensemble_of_regressors_on_windows_is_given_windows(frame):
    """In a table, the target of a naive forecast is no column of its own."""
    naive = NaiveRegressor()
    models = {"alone": naive, "voting": VotingRegressor([("a", naive), ("b", naive)])}
    result = compare(models, frame, target="y", horizon=1, window=WINDOW)
    pd.testing.assert_frame_equal(*result.forecasts.values())


def test_an_ensemble_gives_all_its_regressors_the_same(frame):
    """One variable is a column of a table too; of several none would know which."""
    mixed = VotingRegressor([("naive", NaiveRegressor()), ("table", Ridge())])
    options = {"target": "y", "horizon": 1, "window": WINDOW}
    compare({"mixed": mixed}, frame[["y"]], **options)
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    table = make_pipeline(flat, Ridge())
    voting = VotingRegressor([("naive", NaiveRegressor()), ("table", table)])
    compare({"voting": voting}, frame, **options)
    with pytest.raises(ValueError, match="some take windows of 2 variables"):
        compare({"mixed": mixed}, frame, **options)


def test_a_pipeline_that_flattens_windows_is_fitted_for_each_step(frame):
    """It takes windows, but its last step predicts one value."""
    trees = GradientBoostingRegressor(n_estimators=3, random_state=0)
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    pipe = make_pipeline(flat, trees)
    search = GridSearchCV(pipe, {"gradientboostingregressor__max_depth": [3]}, cv=2)
    result = compare({"pipe": pipe, "search": search}, frame, **SETTING)
    training, test, _ = naive_loop(frame)
    X, X_test = ([window.ravel() for window, _ in part] for part in (training, test))
    for step in range(HORIZON):
        trees.fit(X, [future[step] for _, future in training])
        for forecast in result.forecasts.values():
            np.testing.assert_allclose(forecast[step + 1], trees.predict(X_test))


@pytest.mark.parametrize("around", [Differencer(SEASON), FunctionTransformer()])
def test_what_predicts_one_value_is_fitted_for_each_step_inside_others(frame, around):
    """Each step's difference is to the value one season before that step."""
    trees = GradientBoostingRegressor(n_estimators=3, random_state=0)
    twice = TransformedWindowRegressor(trees, FunctionTransformer())
    models = [
        TransformedWindowRegressor(regressor, around)
        for regressor in (trees, twice, MultiOutputRegressor(trees))
    ]
    models.append(ConformalRegressor(models[0], refit=True))
    models = dict(zip("abcd", models, strict=True))
    first, *others = compare(models, frame, **SETTING).forecasts.values()
    for other in others:
        pd.testing.assert_frame_equal(first, other)


def test_errors_equal_those_by_hand(frame):
    result = compare({"last": Recorder()}, frame, **SETTING)
    truth, forecast = result.truth.to_numpy(), result.forecasts["last"].to_numpy()
    row = result.table.loc["last"]
    assert row["MAE"] == pytest.approx(mean_absolute_error(truth, forecast))
    flat = truth.ravel(), forecast.ravel()
    assert row["RMSE"] == pytest.approx(root_mean_squared_error(*flat))
    assert row["MAPE"] == pytest.approx(100 * mean_absolute_percentage_error(*flat))
    in_sample = frame["y"].to_numpy()[: naive_loop(frame)[2]]
    steps = [abs(in_sample[i] - in_sample[i - 4]) for i in range(4, len(in_sample))]
    assert row["MASE"] == pytest.approx(row["MAE"] / (sum(steps) / len(steps)))


def test_naive_is_the_value_of_one_season_ago_and_the_reference(frame):
    models = {"last": Recorder(), "naive": NaiveRegressor(SEASON)}
    result = compare(models, frame, **SETTING)
    y = frame["y"]
    for origin, forecast in result.forecasts["naive"].iterrows():
        at = y.index.get_loc(origin)
        np.testing.assert_array_equal(forecast, y.iloc[at - 3 : at])
    for error in ("MAE", "RMSE", "MAPE", "MASE"):
        column = result.table[error]
        relative = result.table[f"{error} / naive"]
        np.testing.assert_allclose(relative, column / column["naive"])
        alone = compare({"last": Recorder()}, frame, **SETTING).table
        assert alone.at["last", f"{error} / naive"] == relative["last"]


def test_values_of_the_test_period_do_not_reach_the_fit(frame):
    training, _, test_start = naive_loop(frame)
    compare({"recorder": Recorder()}, frame, **SETTING)
    before = Recorder.seen["fit"]
    frame.iloc[test_start:] += 1000
    compare({"recorder": Recorder()}, frame, **SETTING)
    for a, b in zip(before, Recorder.seen["fit"], strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(before[0]) == len(training)


def test_models_are_cloned_and_results_repeat(frame):
    models = {"linear": DenseRegressor(max_epochs=2, random_state=0)}
    first = compare(models, frame, **SETTING)
    assert not hasattr(models["linear"], "net_")
    second = compare(models, frame, **SETTING)
    pd.testing.assert_frame_equal(first.forecasts["linear"], second.forecasts["linear"])


def test_default_models_beat_the_naive_forecast_of_demand():
    """In the table of the README: a baseline that is worse than naive would be none."""
    demand = load_victoria_electricity().frame[["demand"]]
    models = {name: default_models(7)[name] for name in ("naive", "SARIMA")}
    result = compare(models, demand, target="demand", horizon=14, window=56)
    assert result.table.loc["SARIMA", "MAE / naive"] < 0.95


def test_default_models_beat_the_naive_forecast_of_what_grows():
    """Networks as they are have ten times its error: they can't extrapolate."""
    months = np.arange(240)
    growth = 1.01**months * (5 + np.sin(months * np.pi / 6))
    table = pd.DataFrame(
        {"sales": growth + np.random.default_rng(0).normal(size=240) / 5}
    )
    models = default_models(12, max_epochs=20, random_state=0)
    setting = {"target": "sales", "horizon": 12, "window": 36, "season": 12}
    ratios = compare(models, table, **setting).table["MAE / naive"]
    assert (ratios.drop(["naive", "last"]) < 0.9).all()


@pytest.mark.parametrize("name", default_models())
def test_every_default_model_runs(frame, name):
    models = default_models(SEASON, max_epochs=1, random_state=0)
    result = compare({name: models[name]}, frame.astype("float32"), **SETTING)
    assert result.forecasts[name].shape == result.truth.shape
    assert np.isfinite(result.table.to_numpy()).all()


def test_one_step_gives_targets_of_one_dimension(frame):
    setting = {**SETTING, "horizon": 1}
    result = compare({"recorder": Recorder()}, frame, **setting)
    assert Recorder.seen["fit"][1].ndim == 1
    assert result.truth.shape == (12, 1)


def test_one_step_gives_columns_to_what_takes_no_others(frame):
    """Multi-output regressors refuse targets of one dimension."""
    several = MultiOutputRegressor(Ridge())
    models = {
        "alone": Ridge(),
        "several": several,
        "chain": RegressorChain(Ridge()),
        "pipe": make_pipeline(FunctionTransformer(validate=True), several),
        "search": GridSearchCV(several, {"estimator__alpha": [1.0]}, cv=2),
        "transformed": TransformedWindowRegressor(several, FunctionTransformer()),
        "conformal": ConformalRegressor(several, refit=True),
    }
    result = compare(models, frame, **{**SETTING, "horizon": 1})
    alone, *others = result.forecasts.values()
    for other in others:
        pd.testing.assert_frame_equal(alone, other)


def test_intervals_of_what_predicts_one_value(frame):
    """Also where it is fitted for each step; conformal ones divide by its std."""
    bayes = BayesianRidge()
    conformal = ConformalRegressor(bayes, conformity_score="std", refit=True)
    models = {"bayes": bayes, "conformal": conformal}
    result = compare(models, frame, coverage=0.8, **SETTING)
    training, test, _ = naive_loop(frame)
    X, X_test = ([window.ravel() for window, _ in part] for part in (training, test))
    for step in range(HORIZON):
        bayes.fit(X, [future[step] for _, future in training])
        _, std = bayes.predict(X_test, return_std=True)
        width, other = (
            np.diff(result.intervals[name][:, step], axis=1)[:, 0] for name in models
        )
        np.testing.assert_allclose(width, 2 * norm.ppf(0.9) * std)
        np.testing.assert_allclose(other / std, other[0] / std[0])


def test_no_intervals_are_nan_and_take_no_memory():
    result = compare(
        {"naive": NaiveRegressor()}, np.arange(60.0), target=0, horizon=2, window=4
    )
    intervals = result.intervals["naive"]
    assert intervals.shape == (*result.truth.shape, 2)
    assert np.isnan(intervals).all()
    assert set(intervals.strides) == {0}


def test_a_pipeline_of_a_search_is_searched_once_for_all_steps():
    search = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]})
    pipe = make_pipeline(StandardScaler(), search)
    assert prepare(pipe, 0, HORIZON) is pipe


@pytest.mark.parametrize("kind", ["series", "array"])
def test_series_and_arrays(frame, kind):
    data = frame["y"] if kind == "series" else frame["y"].to_numpy()
    setting = {**SETTING, "target": "y" if kind == "series" else 0}
    result = compare({"naive": NaiveRegressor(SEASON)}, data, **setting)
    expected = compare({"naive": NaiveRegressor(SEASON)}, frame, **SETTING)
    np.testing.assert_array_equal(
        result.forecasts["naive"], expected.forecasts["naive"]
    )


DAYS = pd.date_range("2024-01-01", periods=80)


@pytest.mark.parametrize(
    ("index", "season"),
    [
        (DAYS, 7),
        (pd.Index(DAYS.date), 7),
        (pd.date_range("2000-01-01", periods=80, freq="MS"), 12),
        (pd.date_range("2024-01-01", periods=80, freq="6h"), 4),
        (pd.period_range("1940", periods=80, freq="Y"), 1),
        (pd.RangeIndex(80), 1),
    ],
)
def test_the_season_is_that_of_the_dates(index, season):
    series = pd.Series(np.random.default_rng(0).normal(size=80), index, name="y")
    models = {"naive": NaiveRegressor(season)}
    result = compare(models, series, target="y", horizon=2, window=14)
    assert result.table.at["naive", "MAE / naive"] == 1


@pytest.mark.parametrize(
    ("index", "window", "reason"),
    [
        (DAYS, 4, "a season of 7 steps.*window of at least 7"),
        (pd.date_range("2024-01-01", periods=80, freq="15min"), 14, "a season of 96"),
        (pd.date_range("2024-01-01", periods=80, freq="2D"), 14, "2 days .* apart"),
        (DAYS.strftime("%b %d"), 14, "'Jan 01', which is not read as .*to_datetime"),
    ],
)
def test_warns_where_the_season_is_1_for_lack_of_dates(index, window, reason):
    series = pd.Series(np.random.default_rng(0).normal(size=80), index, name="y")
    setting = {"target": "y", "horizon": 2, "window": window}
    models = {"last": NaiveRegressor()}
    with pytest.warns(UserWarning, match=f"{reason}.* Now, season=1") as caught:
        result = compare(models, series, **setting)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert result.table.at["last", "MAE / naive"] == 1
    compare(models, series, **setting, season=1)


def test_what_has_no_value_is_nan():
    series = np.tile([0.0, 1.0, 2.0, 3.0], 15)  # zeros, and no error of naive
    result = compare({"last": Recorder()}, series, **{**SETTING, "target": 0})
    row = result.table.loc["last"]
    assert row[["MAPE", "MASE", "MAE / naive"]].isna().all()
    assert row["MAE"] > 0
    assert "nan" in str(result)


def test_a_series_that_repeats_itself_but_for_rounding_has_no_scale():
    wave = np.sin(2 * np.pi * np.arange(60) / SEASON)
    assert 0 < np.abs(wave[SEASON:] - wave[:-SEASON]).max() < 1e-12
    models = {"last": NaiveRegressor(), "naive": NaiveRegressor(SEASON)}
    result = compare(models, wave, **{**SETTING, "target": 0})
    scaled = ["MASE", "RMSSE", "MAE / naive", "RMSE / naive", "sMAPE / naive"]
    assert result.table[scaled].isna().all(axis=None)
    assert result.conclusion() == "No model is better than the naive forecast."


def test_what_fails_names_its_model(frame):
    models = {"last": NaiveRegressor(), "year": NaiveRegressor(365)}
    with pytest.raises(ValueError, match="longer than the windows") as caught:
        compare(models, frame, **SETTING)
    assert caught.value.__notes__ == ["This error comes from the model 'year'."]


class Slow(NaiveRegressor):
    """Take longer than a model that fails."""

    def fit(self, X, y):
        sleep(1)
        return super().fit(X, y)


def test_what_fails_beside_an_earlier_model_names_itself(frame):
    models = {"slow": Slow(), "year": NaiveRegressor(365)}
    compare({"start": Slow(), "both": Slow()}, frame, n_jobs=2, **SETTING)
    with pytest.raises(ValueError, match="longer than the windows") as caught:
        compare(models, frame, n_jobs=2, **SETTING)
    assert caught.value.__notes__ == ["This error comes from the model 'year'."]


def test_text_says_why_there_is_no_test(frame):
    models = {"last": NaiveRegressor()}
    few, many = (
        compare(models, frame, **{**SETTING, "test_fraction": share})
        for share in (0.15, 0.4)
    )
    assert np.isnan(few.differences().loc["last", "p"])
    assert f"need at least {4 * SETTING['horizon']} origins" in str(few)
    assert f"there are {len(few.origins)}" in str(few)
    assert "origins" not in str(many)
    [one, apart] = (
        compare(models, frame, **SETTING, test_fraction=0.4, step=step)
        for step in (30, 4)
    )
    assert "there is 1. A longer test period (test_fraction) has more." in str(one)
    # Of every row, there would be enough.
    longer = "A smaller step, or a longer test period (test_fraction) has more."
    assert longer in str(apart)


def test_text_says_why_there_is_no_mape(frame):
    models = {"last": NaiveRegressor()}
    zero = frame.assign(y=frame["y"].where(frame.index != frame.index[-1], 0))
    text = str(compare(models, zero, **SETTING))
    assert "No MAPE, since some true values are zero." in text
    assert "MAPE" not in str(compare(models, frame, **SETTING)).split("No ", 1)[-1]


def test_text_has_one_line_a_model(frame):
    models = {"a": Recorder(), "naive": NaiveRegressor(SEASON)}
    setting = {**SETTING, "test_fraction": 0.4}
    errors, beside, _ = str(compare(models, frame, **setting)).split("\n\n")
    for table in errors.splitlines(), beside.splitlines()[1:]:
        assert [line.split()[0] for line in table] == ["MAE", "a", "naive"]
        assert len({len(line) for line in table}) == 1


@pytest.mark.parametrize("unit", [1e-3, 1e-6, 1e-20, 1e20])
def test_text_shows_the_digits_of_errors_in_any_unit(frame, unit):
    models = {"last": NaiveRegressor(), "naive": NaiveRegressor(SEASON)}
    setting = {**SETTING, "test_fraction": 0.4}
    result = compare(models, frame * unit, **setting)
    errors, beside, _ = str(result).split("\n\n")
    for line in errors.splitlines()[1:]:
        name, mae, *_ = line.split()
        expected = result.table.loc[name, "MAE"]
        assert float(mae) == pytest.approx(expected, rel=0.01)
    [ends] = [line.split()[-4:-2] for line in beside.splitlines() if "last" in line]
    expected = result.differences().loc["last", ["low", "high"]].to_numpy(float)
    np.testing.assert_allclose([float(end) for end in ends], expected, rtol=0.05)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            {"a": 0.5, "b": 0.505, "c": 0.8},
            "The best is a: its MAE is 5. % below the naive forecast's, which is "
            r"unlikely to be chance \(p < 0.001; corrected for 3 comparisons, "
            r"p (< 0.001|= 0.001)\).\nNot clearly worse than a: b.",
        ),
        ({"a": 0.97, "c": 1.3}, r".*, which may be chance \(p = 0\.[1-9].*\)\."),
        ({"a": 1.1, "b": 1.0}, "No model is better than the naive forecast."),
        ({"a": np.nan}, "The forecasts of every model contain NaN."),
        ({"a": np.nan, "b": 0.5}, "The best is b.*"),
    ],
)
def test_conclusion_tells_the_best_and_chance(errors, expected):
    random = np.random.default_rng(0)

    def forecast(error):
        return pd.DataFrame(random.normal(scale=error, size=(300, 1)))

    truth, naive = forecast(0), forecast(1)
    forecasts = {name: forecast(error) for name, error in errors.items()}
    mae = pd.Series(
        {name: f.abs().mean(skipna=False)[0] for name, f in forecasts.items()}
    )
    table = pd.DataFrame({"MAE": mae, "MAE / naive": mae / naive.abs().mean()[0]})
    result = Comparison(table, forecasts, truth, truth[0], naive, {})
    assert re.fullmatch(expected, result.conclusion())


def test_conclusion_names_a_model_that_ties_with_the_best():
    wave = np.sin(np.arange(300) / 3) + np.random.default_rng(0).normal(size=300) / 3
    models = {"ridge": Ridge(), "twin": Ridge()}
    result = compare(models, wave, target=0, horizon=3, window=12)
    # It errs alike from each origin, so that there is no p-value.
    assert np.isnan(result.differences("ridge")["p"]["twin"])
    assert result.conclusion().endswith("Not clearly worse than ridge: twin.")


def test_few_of_many_equal_models_are_called_clearly_worse_than_the_best():
    random = np.random.default_rng(0)
    truth, naive = (pd.DataFrame(np.full((60, 1), value)) for value in (0.0, 3.0))
    left_out = []
    for _ in range(60):
        errors = {name: 1 + random.normal(scale=0.1, size=(60, 1)) for name in "abcdef"}
        forecasts = {name: pd.DataFrame(error) for name, error in errors.items()}
        mae = pd.Series({name: error.mean() for name, error in errors.items()})
        table = pd.DataFrame({"MAE": mae, "MAE / naive": mae / 3})
        result = Comparison(table, forecasts, truth, truth[0], naive, {})
        _, equals = result.conclusion().split(": ")[1:]
        left_out.append(equals.count(",") < 4)
    assert np.mean(left_out) < 0.2  # 0.09 in the long run; 0.33 without a correction


def test_conclusion_of_few_origins_leaves_chance_open(frame):
    models = {"week": NaiveRegressor(SEASON)}
    result = compare(models, frame, **{**SETTING, "season": 1})
    expected = r"The best is week: .* It is not known whether this is chance\."
    assert re.fullmatch(expected, result.conclusion())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "z"}, r"target 'z' is not among the columns \['other', 'y'\]"),
        ({"window": 50}, "60 rows are too few: a window of 50"),
        ({"horizon": 40}, "60 rows are too few"),
        ({"window": 0}, "window == 0, must be >= 1"),
        ({"horizon": 0}, "horizon == 0, must be >= 1"),
        ({"season": 9}, "season=9 is longer than the windows"),
        ({"test_fraction": 1.0}, "test_fraction == 1.0, must be < 1"),
        ({"gaps": "fill"}, "gaps must be one of"),
    ],
)
def test_wrong_parameters(frame, change, message):
    with pytest.raises(ValueError, match=message):
        compare({"last": Recorder()}, frame, **{**SETTING, **change})


def test_wrong_data(frame):
    models = {"last": Recorder()}
    with pytest.raises(ValueError, match="models is empty"):
        compare({}, frame, **SETTING)
    with pytest.raises(TypeError, match="models must be a dict"):
        compare([Recorder()], frame, **SETTING)
    with pytest.raises(TypeError, match="names of models must be text, got 1"):
        compare({1: Ridge()}, frame, **SETTING)
    with pytest.raises(TypeError, match=r"is the class Ridge.*give Ridge\(\)"):
        compare({"ridge": Ridge}, frame, **SETTING)
    with pytest.raises(TypeError, match=r"models\['ridge'\] must be .* got 'ridge'"):
        compare({"ridge": "ridge"}, frame, **SETTING)
    with pytest.raises(TypeError, match=r"StandardScaler\(\), which has no predict"):
        compare({"ridge": StandardScaler()}, frame, **SETTING)
    stack = StackingRegressor([("ridge", Ridge())])
    with pytest.raises(TypeError, match=r"final_estimator, such as RidgeCV\(\)"):
        compare({"stack": stack}, frame, **SETTING)
    with pytest.raises(TypeError, match=r"target must be one column, got \['y'\]"):
        compare(models, frame, **{**SETTING, "target": ["y"]})
    with pytest.raises(ValueError, match=r"several columns called \['y'\]"):
        compare(models, frame.set_axis(["y", "y"], axis=1), **SETTING)
    with pytest.raises(ValueError, match="confidence == 95, must be < 1"):
        compare(models, frame, **SETTING).differences(confidence=95)
    with pytest.raises(ValueError, match="rows are missing"):
        compare(models, frame.drop(frame.index[20]), **SETTING)
    assert compare(models, frame.drop(frame.index[20]), **SETTING, gaps="ignore")
    trading = frame.set_axis(pd.bdate_range("2020", periods=len(frame)))
    trading = trading.drop(trading.index[[8, 30, -4]])  # holidays
    assert compare(models, trading, **SETTING, gaps="ignore")  # without a warning
    with pytest.raises(ValueError, match="index of data is not in time order"):
        compare(models, frame[::-1], **SETTING)
    with pytest.raises(ValueError, match=r"'y' is not among .* of an array are pos"):
        compare(models, frame.to_numpy(), **SETTING)
    with pytest.raises(ValueError, match=r"encode.*data.set_index\(\['text', time"):
        compare(models, frame.assign(text=["a", None] * 30), **SETTING)


@pytest.mark.parametrize(
    ("rows", "column", "message"),
    [
        (7, 0, "'other' is nan at 2024-01-08.{9}: impute it, .*, drop the column, or"),
        ([7, 9], 1, r"'y' is nan at .* \(and 1 more such value\): .*interpolate, or,"),
        (slice(55, None), 1, "'y' is empty from 2024-02-25.* on, .*: drop these rows"),
        (slice(55, None), 0, r"'other' is empty from 2024-02-25.* delay .*shift\(5\)"),
    ],
)
def test_advice_fits_the_values_that_are_missing(frame, rows, column, message):
    frame.iloc[rows, column] = np.nan
    with pytest.raises(ValueError, match=message):
        compare({"last": Recorder()}, frame, **SETTING)


def test_a_model_that_cuts_windows_itself_is_an_error(frame):
    pipe = make_pipeline(SlidingWindow(WINDOW), Recorder())
    for model in (pipe, GridSearchCV(pipe, {"slidingwindow__length": [4, 8]})):
        with pytest.raises(ValueError, match="has a SlidingWindow, but is given"):
            compare({"own": model}, frame, **SETTING)


@pytest.mark.parametrize("first", [(), (StandardScaler(),)])
def test_differences_between_windows_are_an_error(frame, first):
    """The rows of a table are windows, not time steps."""
    pipe = make_pipeline(*first, Differencer(), HistGradientBoostingRegressor())
    for model in (pipe, TransformedWindowRegressor(pipe, FunctionTransformer())):
        with pytest.raises(ValueError, match="subtract windows from each other"):
            compare({"changes": model}, frame, **SETTING)


def test_plot_saves_a_figure(frame, tmp_path):
    models = {"last": Recorder(), "naive": NaiveRegressor(SEASON)}
    figure = compare(models, frame, **SETTING).plot(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    above, below = figure.axes
    best = above.get_title().removeprefix("The best model: ")
    assert {"truth", best, "naive"} <= set(above.get_legend_handles_labels()[1])
    assert below.get_legend_handles_labels()[1] == ["last", "naive"]


class Forgetful(RegressorMixin, BaseEstimator):
    """Forecast zero, and nothing for some of the steps."""

    def __init__(self, nothing):
        self.nothing = nothing

    def fit(self, X, y):
        self.n_outputs_ = y.shape[1]
        return self

    def predict(self, X):
        y = np.zeros((len(X), self.n_outputs_))
        y[:, self.nothing] = np.nan
        return y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def test_what_is_not_forecast_is_no_success(frame):
    models = {"none": Forgetful(slice(None)), "no last": Forgetful(slice(-1, None))}
    result = compare(models, frame, **{**SETTING, "test_fraction": 0.4})
    assert result.table.drop(columns=["fit s", "predict s"]).isna().all(axis=None)
    assert result.differences().isna().all(axis=None)
