"""A forecast depends on its window, on all of it, and on nothing after it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from skseq import (
    Differencer,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from skseq.estimators import ALL
from tests.factories import REGRESSORS, make, make_series, output, targets_for

LENGTH, N, HORIZON = 5, 40, 2
CASES = [
    *((cls, "windows") for cls in ALL),
    # A SARIMA model refuses a y that does not continue X.
    *((cls, "differences") for cls in ALL if cls is not SARIMARegressor),
    *((cls, "differenced windows") for cls in REGRESSORS),
]
cases = pytest.mark.parametrize(
    ("cls", "kind"), CASES, ids=lambda p: p if isinstance(p, str) else p.__name__
)


# The naive forecast is one of differences then, which does not matter here.
pytestmark = pytest.mark.filterwarnings("ignore:y does not continue")


def build(cls, kind):
    if kind == "windows":
        return make_pipeline(SlidingWindow(LENGTH), make(cls))
    if kind == "differences":
        return make_pipeline(Differencer(), SlidingWindow(LENGTH), make(cls))
    inner = TransformedWindowRegressor(make(cls), Differencer(2))
    return make_pipeline(SlidingWindow(LENGTH), inner)


@cache
def fitted(cls, kind):
    X, y = horizon_targets(make_series(N + HORIZON), target=0, horizon=HORIZON)
    pipe = build(cls, kind).fit(X, targets_for(cls, y))
    X.flags.writeable = False
    return pipe, X, output(pipe, X)


values = st.one_of(
    st.floats(-5, 5),
    st.sampled_from([1e9, -1e9, 1e-300, 0.0, 1e100]),
)


@cases
@settings(deadline=None, max_examples=25, database=None)
@given(data=st.data())
def test_what_comes_after_an_origin_never_changes_its_forecast(cls, kind, data):
    pipe, X, before = fitted(cls, kind)
    origin = data.draw(st.integers(0, N - 2), label="origin")
    changed = X.copy()
    rows = data.draw(
        st.lists(st.integers(origin + 1, N - 1), min_size=1, max_size=4, unique=True),
        label="rows",
    )
    for row in rows:
        column = data.draw(st.integers(0, X.shape[1] - 1))
        changed[row, column] = data.draw(values)
    after = output(pipe, changed)
    np.testing.assert_array_equal(after[: origin + 1], before[: origin + 1])


@cases
def test_everything_in_the_window_changes_the_forecast(cls, kind):
    pipe, X, before = fitted(cls, kind)
    origin = 20
    # The naive forecast repeats what it saw at the origin, of the target.
    seen = [(lag, column) for column in range(X.shape[1]) for lag in range(LENGTH)]
    if cls is NaiveRegressor:
        seen = [(0, 0)]
    elif kind == "differenced windows":
        # Of the other variables, the steps that have no difference are cut off.
        seen = [(lag, column) for lag, column in seen if lag < LENGTH - 2 * column]
    if cls is SARIMARegressor:
        seen = [(lag, column) for lag, column in seen if column == 0]
    for lag, column in seen:
        changed = X.copy()
        changed[origin - lag, column] += 1.5
        after = output(pipe, changed)
        assert (after[origin] != before[origin]).any(), (lag, column)


@pytest.mark.parametrize("cls", ALL)
def test_what_left_the_window_is_forgotten(cls):
    pipe, X, before = fitted(cls, "windows")
    changed = X.copy()
    changed[:15] += 100
    after = output(pipe, changed)
    np.testing.assert_array_equal(after[14 + LENGTH :], before[14 + LENGTH :])


@pytest.mark.filterwarnings("ignore:No row of X has its whole past")
@pytest.mark.parametrize("cls", ALL)
def test_rows_after_the_origin_do_not_even_need_to_exist(cls):
    pipe, X, before = fitted(cls, "windows")
    for origin in (0, 3, 17):
        after = output(pipe, X[: origin + 1])
        np.testing.assert_allclose(after, before[: origin + 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cls", ALL)
def test_on_tables_too(cls):
    index = pd.date_range("2024-01-01", periods=N + HORIZON, freq="D")
    frame = pd.DataFrame(make_series(N + HORIZON), index=index, columns=["rail", "bus"])
    X, y = horizon_targets(frame, target="rail", horizon=HORIZON)
    pipe = build(cls, "windows").fit(X[:30], targets_for(cls, y[:30]))
    before = output(pipe, X[30:])
    for origin in range(9):
        changed = X[30:].copy()
        changed.iloc[origin + 1 :] = 1e6
        after = output(pipe, changed)
        np.testing.assert_array_equal(after[: origin + 1], before[: origin + 1])
        changed.iloc[origin, 0] += 1.5
        assert (output(pipe, changed)[origin] != before[origin]).any()


@pytest.mark.parametrize("cls", ALL)
def test_fitting_on_the_past_knows_nothing_of_the_future(cls):
    """A fit on rows whose targets end at the origin ignores what follows."""
    table = make_series(N + HORIZON)
    changed = table.copy()
    changed[25:] = 1e3
    forecasts = []
    for series in (table, changed):
        X, y = horizon_targets(series[:25], target=0, horizon=HORIZON)
        pipe = build(cls, "windows").fit(X, targets_for(cls, y))
        forecasts.append(output(pipe, series)[:25])
    np.testing.assert_array_equal(*forecasts)
