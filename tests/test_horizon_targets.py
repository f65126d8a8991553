"""horizon_targets against a naive loop, and its messages."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skseq import SlidingWindow, horizon_targets
from tests.test_time_index import INDEXES, table

FRAME = pd.DataFrame(
    {"rail": [1.0, 2, 3, 4, 5], "bus": [10.0, 20, 30, 40, 50]},
    index=pd.date_range("2020-01-01", periods=5),
)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int16, np.bool_]),
        st.tuples(st.integers(2, 15), st.integers(1, 3)),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    st.data(),
)
def test_targets_are_those_of_a_loop(series, data):
    horizon = data.draw(st.integers(1, len(series) - 1))
    columns = range(series.shape[1])
    target = data.draw(
        st.none()
        | st.sampled_from(columns)
        | st.lists(st.sampled_from(columns), min_size=1, unique=True)
    )
    chosen = list(columns) if target is None else np.atleast_1d(target)
    expected = [
        [series[i + k, c] for c in chosen for k in range(1, horizon + 1)]
        for i in range(len(series) - horizon)
    ]
    X, y = horizon_targets(series, target, horizon)
    np.testing.assert_array_equal(X, series[:-horizon])
    np.testing.assert_array_equal(y.reshape(len(X), -1), expected)
    assert y.ndim == (1 if len(chosen) * horizon == 1 else 2)
    assert y.dtype == (np.float32 if series.dtype == np.float32 else np.float64)
    names = list("abc")[: series.shape[1]]
    frame = pd.DataFrame(series, columns=names)
    X, y = horizon_targets(frame, [names[c] for c in chosen], horizon)
    pd.testing.assert_frame_equal(X, frame[:-horizon])
    np.testing.assert_array_equal(np.reshape(y, (len(X), -1)), expected)
    assert y.index.equals(X.index)


def test_columns_say_what_and_when():
    X, y = horizon_targets(FRAME, "rail", 3)
    assert list(y) == ["rail+1", "rail+2", "rail+3"]
    assert list(X) == ["rail", "bus"]
    _, y = horizon_targets(FRAME, ["bus", "rail"], 2)
    assert list(y) == ["bus+1", "bus+2", "rail+1", "rail+2"]
    for all_columns in (None, FRAME.columns):
        _, y = horizon_targets(FRAME, all_columns, horizon=1)
        assert list(y) == ["rail+1", "bus+1"]
    _, y = horizon_targets(FRAME, "rail")
    assert isinstance(y, pd.Series)
    assert y.name == "rail+1"
    assert y.index.equals(FRAME.index[:-1])


def test_a_series_and_a_list():
    X, y = horizon_targets(FRAME["rail"], horizon=2)
    pd.testing.assert_series_equal(X, FRAME["rail"][:3])
    assert list(y) == ["rail+1", "rail+2"]
    X, y = horizon_targets([1, 2, 3])
    assert X.tolist() == [1, 2]
    assert y.tolist() == [2.0, 3.0]
    X, y = horizon_targets(np.zeros((4, 2)), target=1)
    assert X.shape == (3, 2)
    assert y.shape == (3,)


def test_x_is_a_view_of_an_array():
    series = np.zeros((9, 2), dtype=np.float32)
    X, _ = horizon_targets(series, 0, 3)
    assert np.shares_memory(X, series)


def test_x_may_hold_text_and_gaps_that_a_pipeline_fills():
    frame = FRAME.assign(day=list("abcde"), bus=np.nan)
    X, y = horizon_targets(frame, "rail", 2)
    assert X["day"].tolist() == ["a", "b", "c"]
    assert X["bus"].isna().all()
    assert y.shape == (3, 2)


@pytest.mark.parametrize("horizon", [1, 3])
def test_each_window_is_followed_by_its_targets(horizon):
    X, y = horizon_targets(FRAME, "rail", horizon)
    last = SlidingWindow(2).fit(X, y).transform(X)[:, -1, 0]
    np.testing.assert_array_equal(
        np.reshape(y, (len(X), -1)), last[:, None] + np.arange(1, horizon + 1)
    )


@pytest.mark.parametrize(
    ("series", "target", "horizon", "message"),
    [
        (
            FRAME,
            "rail",
            5,
            "horizon=5 needs more than 5 rows, but the series has 5: give",
        ),
        (
            FRAME[:0],
            "rail",
            1,
            "horizon=1 needs more than 1 rows, but the series has 0",
        ),
        (
            FRAME[:1],
            "rail",
            1,
            "horizon=1 needs more than 1 rows, but the series has 1",
        ),
        (
            FRAME,
            "tram",
            1,
            r"target \['tram'\] is not among the columns",
        ),
        (FRAME, ["rail", "tram"], 1, r"target \['tram'\] is not among"),
        (FRAME, [], 1, r"target \[\] is not among"),
        (np.zeros((5, 2)), 2, 1, r"target \[2\] is not among the columns \[0, 1\]"),
        (np.zeros((5, 2)), -1, 1, r"target \[-1\] is not among .* are positions"),
        (np.zeros((5, 2, 1)), None, 1, "series has 3 dimensions: expected"),
        (FRAME.assign(rail=list("abcde")), "rail", 1, "target 'rail' is not numeric"),
        (FRAME.assign(day_type=list("abcde")), None, 1, "target 'day_type' is not"),
        (FRAME["rail"] * 1j, None, 1, "target 'rail' is not numeric: .* complex128"),
        (
            FRAME.where(FRAME != 3),
            "rail",
            1,
            r"'rail' is nan at row 2 \(index 2020-01-03.*\): impute it first",
        ),
        (
            FRAME.astype("Float64").mask(FRAME == 3),
            None,
            1,
            "'rail' is nan at row 2",
        ),
        (FRAME.replace(20, np.inf), None, 1, "'bus' is inf at row 1"),
        (FRAME[::-1], "rail", 1, r"index of series is not in time order.*sort_index"),
        (pd.concat([FRAME, FRAME]), "rail", 1, "index of series holds .* twice"),
    ],
)
def test_what_is_wrong_is_said(series, target, horizon, message):
    with pytest.raises(ValueError, match=message):
        horizon_targets(series, target, horizon)


@pytest.mark.parametrize("series", [FRAME, FRAME["rail"], FRAME.reset_index(drop=True)])
def test_a_gap_among_the_last_targets_is_found(series):
    series = series.drop(series.index[3])
    target = "rail" if series.ndim == 2 else None
    with pytest.raises(ValueError, match=r"of series .* missing: row 3.*gaps='ignore'"):
        horizon_targets(series, target, horizon=2)
    X, y = horizon_targets(series, target, horizon=2, gaps="ignore")
    assert y.to_numpy().tolist() == [[2, 3], [3, 5]]
    np.testing.assert_array_equal(X, horizon_targets(series.to_numpy(), horizon=2)[0])


def test_a_bad_choice_for_gaps():
    with pytest.raises(ValueError, match=r"gaps must be one of .*, got 'fill'"):
        horizon_targets(FRAME, "rail", gaps="fill")


@pytest.mark.parametrize(
    ("horizon", "error"), [(0, ValueError), (1.0, TypeError), ("2", TypeError)]
)
def test_a_bad_horizon(horizon, error):
    with pytest.raises(error, match="horizon"):
        horizon_targets(FRAME, "rail", horizon)


def test_every_kind_of_index_stays():
    for index in INDEXES.values():
        X, y = horizon_targets(table(index), horizon=3)
        assert X.index.equals(index[:-3])
        assert y.index.equals(index[:-3])
