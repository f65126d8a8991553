"""From a table to forecasts, in scikit-learn's own pipelines and searches."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skseq import (
    DenseRegressor,
    Differencer,
    GRURegressor,
    NaiveRegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)

LENGTH = 8


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    index = pd.date_range("2021-01-01", periods=120, freq="D")
    return pd.DataFrame(
        {
            "rail": 100 + rng.normal(size=120).cumsum(),
            "bus": 50 + rng.normal(size=120).cumsum(),
            "day": index.day_name().where(index.dayofweek > 4, "workday"),
        },
        index=index,
    )


def prepare():
    """One-hot day types, everything scaled; then windows."""
    return make_pipeline(
        make_column_transformer(
            (OneHotEncoder(sparse_output=False), ["day"]),
            remainder="passthrough",
        ),
        StandardScaler(),
        SlidingWindow(LENGTH),
    )


def test_set_output_pandas_keeps_the_past(frame):
    steps = prepare().set_output(transform="pandas").fit(frame[:80])
    whole = steps.transform(frame)
    assert isinstance(whole, np.ndarray)
    np.testing.assert_array_equal(steps.transform(frame[80:]), whole[80:])
    np.testing.assert_array_equal(steps.transform(frame[80:81]), whole[80:81])
    assert not np.isnan(whole[80:]).any()


def test_without_it_the_past_is_lost_but_nothing_is_guessed(frame):
    steps = prepare().fit(frame[:80])
    whole = steps.transform(frame)
    test = steps.transform(frame[80:])
    np.testing.assert_array_equal(test[LENGTH - 1 :], whole[80 + LENGTH - 1 :])
    n_missing = np.isnan(test[:, :, 0]).sum(axis=1)
    np.testing.assert_array_equal(n_missing[:LENGTH], range(LENGTH - 1, -1, -1))


def test_windows_first_need_no_set_output(frame):
    windows = SlidingWindow(LENGTH).fit(frame[["rail", "bus"]][:80])
    whole = windows.transform(frame[["rail", "bus"]])
    after = windows.transform(frame[["rail", "bus"]][80:])
    np.testing.assert_array_equal(after, whole[80:])


@pytest.mark.parametrize(
    "model",
    [
        NaiveRegressor(7),
        DenseRegressor(max_epochs=2, random_state=0),
        TransformedWindowRegressor(
            DenseRegressor(max_epochs=2, random_state=0), Differencer(7)
        ),
    ],
)
def test_forecasts_are_those_of_windows_of_the_whole_series(frame, model):
    frame = frame[["rail", "bus"]]
    X, y = horizon_targets(frame, target="rail", horizon=3)
    train, test = X[:80], X[80:]
    pipe = make_pipeline(SlidingWindow(LENGTH), model).fit(train, y[:80])
    whole = SlidingWindow(LENGTH).fit_transform(X)
    expected = pipe[-1].predict(whole[80:])
    np.testing.assert_allclose(pipe.predict(test), expected)
    for i in (0, 1, len(test) - 1):
        one = pipe.predict(X[80:][: i + 1])[-1]
        np.testing.assert_allclose(one, expected[i], rtol=1e-5)


def test_the_last_row_is_forecast_from_all_rows_before_it(frame):
    frame = frame[["rail", "bus"]]
    X, y = horizon_targets(frame, target="rail", horizon=1)
    pipe = make_pipeline(SlidingWindow(LENGTH), NaiveRegressor(7)).fit(X, y)
    assert pipe.predict(frame[-1:])[0] == frame["rail"].iloc[-7]


def test_a_row_alone_far_behind_warns_that_it_has_no_past(frame):
    frame = frame[["rail"]]
    X, y = horizon_targets(frame[:50], target="rail")
    pipe = make_pipeline(SlidingWindow(LENGTH), NaiveRegressor(7)).fit(X, y)
    with pytest.warns(UserWarning, match="No row of X has its whole past: its first"):
        pipe.predict(frame[-1:])


@pytest.mark.parametrize("gap", [0, 13])
def test_the_search_of_the_readme(frame, gap):
    X, y = horizon_targets(frame[["rail", "bus"]], target="rail", horizon=14)
    pipe = make_pipeline(SlidingWindow(), GRURegressor(max_epochs=1, random_state=0))
    search = GridSearchCV(
        pipe,
        {"slidingwindow__length": [7, 14], "gruregressor__hidden_size": [2]},
        cv=TimeSeriesSplit(3, gap=gap),
        scoring="neg_mean_absolute_error",
        error_score="raise",
    )
    search.fit(X, y)
    assert search.predict(X.iloc[-1:]).shape == (1, 14)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_folds_see_exactly_what_a_forecaster_would(frame):
    """A seasonal naive forecast, scored in folds, against a loop over origins."""
    rail = frame["rail"]
    X, y = horizon_targets(frame[["rail"]], target="rail", horizon=2)
    cv = TimeSeriesSplit(3, gap=0)
    pipe = make_pipeline(SlidingWindow(LENGTH), NaiveRegressor(7))
    scores = -cross_val_score(pipe, X, y, cv=cv, scoring="neg_mean_absolute_error")
    for score, (_, test) in zip(scores, cv.split(X), strict=True):
        errors = [
            abs(rail.iloc[i + k] - rail.iloc[i + k - 7]) for i in test for k in (1, 2)
        ]
        assert score == pytest.approx(np.mean(errors))


def test_differences_before_the_windows(frame):
    frame = frame[["rail", "bus"]]
    steps = make_pipeline(Differencer(7), SlidingWindow(LENGTH))
    steps.set_output(transform="pandas").fit(frame[:80])
    expected = SlidingWindow(LENGTH).fit_transform(frame.diff(7))
    np.testing.assert_allclose(steps.transform(frame[80:]), expected[80:])


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_the_last_rows_before_differences_are_a_window_and_a_lag_more(frame, output):
    frame = frame[["rail", "bus"]]
    X, y = horizon_targets(frame[:80], target="rail")
    pipe = make_pipeline(
        Differencer(7), SlidingWindow(LENGTH), DenseRegressor(max_epochs=2)
    )
    pipe.set_output(transform=output).fit(X, y)  # without a warning, like all here
    bulk = pipe.predict(frame)
    np.testing.assert_allclose(pipe.predict(frame[-LENGTH - 7 :])[-1], bulk[-1])
    for n_rows in (LENGTH, LENGTH + 6):
        with pytest.warns(UserWarning, match=r"No row of X .*NaN at its start: 7"):
            pipe.predict(frame[-n_rows:])
    pipe.fit(frame[:16], frame["rail"][:16]).predict(frame[:16])  # all there is


def test_after_a_new_fit_any_last_rows_are_forecast_from_their_true_past(frame):
    """The windows remember more than the differences before them."""
    frame = frame[["rail", "bus"]]
    steps = make_pipeline(Differencer(7), SlidingWindow(28))
    whole = steps.set_output(transform="pandas").fit(frame).transform(frame)
    for n_rows in range(8, 45):
        np.testing.assert_allclose(steps.transform(frame[-n_rows:])[-1], whole[-1])


def test_folds_of_trading_days_have_their_past(recwarn):
    """Over weekends and holidays, in folds no longer than a window."""
    days = pd.bdate_range("2020-01-01", periods=260)
    days = days[np.arange(260) % 20 != 3]
    price = np.random.default_rng(0).normal(size=len(days)).cumsum()
    X, y = horizon_targets(pd.DataFrame({"price": price}, days), gaps="ignore")
    pipe = make_pipeline(SlidingWindow(LENGTH, gaps="ignore"), NaiveRegressor(7))
    cv = TimeSeriesSplit(20, test_size=5)
    scores = -cross_val_score(pipe, X, y, cv=cv, scoring="neg_mean_absolute_error")
    for score, (_, test) in zip(scores, cv.split(X), strict=True):
        errors = np.abs(price[test + 1] - price[test + 1 - 7])
        assert score == pytest.approx(errors.mean())
    assert not recwarn.list


def test_names_go_through(frame):
    steps = ColumnTransformer(
        [("differences", Differencer(), ["rail"])], remainder="drop"
    )
    steps.set_output(transform="pandas")
    changes = steps.fit_transform(frame)
    assert list(changes) == ["differences__rail"]
    np.testing.assert_allclose(changes.iloc[:, 0], frame["rail"].diff())
    assert changes.index.equals(frame.index)


def test_changing_what_comes_after_an_origin_changes_no_forecast_there(frame):
    frame = frame[["rail", "bus"]]
    X, y = horizon_targets(frame, target="rail", horizon=2)
    pipe = make_pipeline(
        Differencer(),
        StandardScaler(),
        SlidingWindow(LENGTH),
        DenseRegressor(max_epochs=2, random_state=0),
    ).set_output(transform="pandas")
    pipe.fit(X[:80], y[:80])
    before = pipe.predict(X[80:])
    for origin in (80, 90, 100):
        changed = X[80:].copy()
        changed.loc[X.index[origin + 1] :] += 1000
        after = pipe.predict(changed)
        n_before = origin - 80 + 1
        np.testing.assert_allclose(after[:n_before], before[:n_before], rtol=1e-6)
        assert (np.abs(after[n_before:] - before[n_before:]) > 1e-3).any()
