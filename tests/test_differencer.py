"""Differencer: against pandas, and exactly undone."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from skseq import Differencer, SlidingWindow
from skseq.windows import LazyArray
from tests.test_time_index import INDEXES, table

# Whole numbers: their sums and differences are exact, so that == can be asked for.
VALUES = st.integers(-1000, 1000).map(float)


@st.composite
def cases(draw):
    """A Differencer, and a series at least one step longer than it looks back."""
    lag, order = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    n_rows = lag * order + draw(st.integers(1, 20))
    shape = (n_rows, draw(st.integers(1, 3)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    series = draw(hnp.arrays(np.float64, shape, elements=VALUES)).astype(dtype)
    return Differencer(lag, order), series


def pandas_differences(series, differencer):
    frame = pd.DataFrame(series)
    for _ in range(differencer.order):
        frame = frame.diff(differencer.lag)
    return frame.to_numpy()


@given(cases())
def test_differences_are_those_of_pandas(case):
    differencer, series = case
    changes = differencer.fit_transform(series)
    np.testing.assert_array_equal(changes, pandas_differences(series, differencer))
    assert changes.dtype == series.dtype


@given(cases(), st.integers(0, 6), st.sampled_from([np.asarray, pd.DataFrame]))
def test_what_is_transformed_comes_back(case, n_padding, kind):
    differencer, series = case
    series[: min(n_padding, len(series) - 1)] = np.nan
    series = kind(series)
    changes = differencer.fit(series).transform(series)
    if kind is pd.DataFrame:
        changes = pd.DataFrame(changes, index=series.index)
    back = differencer.inverse_transform(changes)
    np.testing.assert_array_equal(back, series)
    assert back.dtype == np.asarray(series).dtype


@given(cases(), st.integers(1, 5), st.data())
@settings(deadline=None)
def test_windows_come_back(case, n_samples, data):
    differencer, window = case
    windows = np.stack([window + i for i in range(n_samples)])
    for one in windows:
        one[: data.draw(st.integers(0, len(window)))] = np.nan
    changes = differencer.fit_transform(windows)
    for one, expected in zip(changes, windows, strict=True):
        np.testing.assert_array_equal(one, pandas_differences(expected, differencer))
    np.testing.assert_array_equal(differencer.inverse_transform(changes), windows)


@given(cases(), st.data())
@settings(deadline=None)
def test_rows_after_the_fitted_ones_continue_them(case, data):
    differencer, series = case
    n_past = differencer.lag * differencer.order
    cut = data.draw(st.integers(n_past + 1, max(n_past + 1, len(series) - 1)))
    frame = table(pd.date_range("2020", periods=len(series))).assign(x=series[:, 0])
    if cut == len(frame):
        return
    whole = pandas_differences(frame, differencer)
    differencer.fit(frame[:cut])
    changes = differencer.transform(frame[cut:])
    np.testing.assert_array_equal(changes, whole[cut:])
    after = pd.DataFrame(changes, index=frame.index[cut:], columns=["x"])
    np.testing.assert_array_equal(differencer.inverse_transform(after), frame[cut:])
    # Differences alone, without an index, are taken to come next.
    differencer.fit(frame[:cut].to_numpy())
    np.testing.assert_array_equal(differencer.inverse_transform(changes), frame[cut:])


@given(cases(), st.integers(1, 10), st.integers(0, 3), st.booleans())
def test_the_past_may_be_given(case, n_rows, more, windows):
    differencer, series = case
    n_past = differencer.lag * differencer.order
    n_rows = min(n_rows, len(series) - n_past)
    past, rows = series[: len(series) - n_rows], series[len(series) - n_rows :]
    past = past[max(0, len(past) - n_past - more) :]
    expected = pandas_differences(series, differencer)[-n_rows:]
    if windows:
        past, rows, expected = past[None], rows[None], expected[None]
    differencer.fit(series)
    changes = differencer.transform(rows, past=past)
    np.testing.assert_array_equal(changes, expected)
    back = differencer.inverse_transform(changes, past=past)
    np.testing.assert_array_equal(back, rows)


def test_a_short_past_leaves_the_first_differences_unknown():
    rows = np.arange(5.0)[:, None]
    differencer = Differencer(lag=2).fit(rows)
    changes = differencer.transform(rows + 5, past=rows[-1:])
    np.testing.assert_array_equal(changes[:, 0], [np.nan, 2, 2, 2, 2])
    with pytest.raises(ValueError, match=r"2 values before X are not known.* as past"):
        differencer.inverse_transform(changes[1:], past=rows[-1:])


@given(cases(), st.data())
@settings(deadline=None)
def test_no_difference_sees_what_comes_after_it(case, data):
    differencer, series = case
    origin = data.draw(st.integers(0, len(series) - 1))
    changed = series.copy()
    changed[origin + 1 :] += 1 + np.arange(len(series) - origin - 1)[:, None]
    before = differencer.fit_transform(series)
    after = differencer.fit_transform(changed)
    np.testing.assert_array_equal(before[: origin + 1], after[: origin + 1])


@pytest.fixture(params=INDEXES, ids=lambda name: name.replace(" ", "_"))
def frame(request):
    index = INDEXES[request.param]
    return table(index[np.arange(len(index))]) ** 2


def test_every_kind_of_index_continues(frame):
    whole = pandas_differences(frame, Differencer(2, 2))
    differencer = Differencer(2, 2).set_output(transform="pandas").fit(frame[:40])
    for start in (37, 40):
        changes = differencer.transform(frame[start:])
        pd.testing.assert_index_equal(changes.index, frame.index[start:])
        assert list(changes) == ["x"]
        np.testing.assert_array_equal(changes, whole[start:])
        back = differencer.inverse_transform(changes)
        np.testing.assert_array_equal(back, frame[start:])


def test_after_a_gap_nothing_is_guessed(frame):
    differencer = Differencer(2).fit(frame[:40])
    changes = differencer.transform(frame[45:])
    np.testing.assert_array_equal(changes, pandas_differences(frame[45:], differencer))
    changes = pd.DataFrame(changes[2:], index=frame.index[47:], columns=["x"])
    with pytest.raises(ValueError, match="values before X are not known"):
        differencer.inverse_transform(changes)


@given(cases(), st.data())
@settings(deadline=None)
def test_other_arrays_are_not_given_the_start_of_the_fitted_one(case, data):
    differencer, series = case
    n_past = differencer.lag * differencer.order
    other = data.draw(
        hnp.arrays(np.float64, series.shape, elements=VALUES).filter(
            lambda other: pandas_differences(other - series, differencer)[n_past:].any()
        )
    )
    differencer.fit(series)
    changes = differencer.transform(other)
    message = "before the first difference of X are not known.* rows of NaN as past"
    with pytest.raises(ValueError, match=message):
        differencer.inverse_transform(changes)
    # The advice of the message.
    back = differencer.inverse_transform(changes[n_past:], past=other[:n_past])
    np.testing.assert_array_equal(back, other[n_past:])


def test_a_longer_and_a_shorter_array_start_like_the_fitted_one():
    rows = np.random.default_rng(0).normal(1000, 1, size=(300, 2)).astype(np.float32)
    differencer = Differencer(3, 2)
    for n_fitted, n_rows in ((20, 300), (300, 20), (300, 7)):
        differencer.fit(rows[:n_fitted])
        changes = differencer.transform(rows[:n_rows]) * np.float32(
            1 + 1e-6
        )  # rounding
        back = differencer.inverse_transform(changes)
        np.testing.assert_allclose(back, rows[:n_rows], rtol=1e-4)
    with pytest.raises(ValueError, match="first difference of X are not known"):
        differencer.inverse_transform(changes[:6])  # all NaN, which may be any rows


def test_what_the_array_of_a_table_is_called_is_not_asked():
    frame = pd.DataFrame({"x": [1.0, 4.0, 9.0, 16.0]})
    differencer = Differencer().fit(frame)
    changes = differencer.transform(frame)  # as any warning is an error
    np.testing.assert_array_equal(differencer.inverse_transform(changes), frame)
    with pytest.raises(ValueError, match="feature names"):
        differencer.inverse_transform(pd.DataFrame(changes, columns=["z"]))


def test_a_table_whose_start_has_no_past_does_not_come_back():
    frame = table(INDEXES["daily"]) ** 2
    differencer = Differencer(2).set_output(transform="pandas").fit(frame[:40])
    for start in (10, 36, 45):  # before what is remembered, and after a gap
        part = frame[start:]
        changes = differencer.transform(part)
        if changes.isna().to_numpy().any():
            with pytest.raises(ValueError, match="first difference of X are not known"):
                differencer.inverse_transform(changes)
        else:
            np.testing.assert_array_equal(differencer.inverse_transform(changes), part)


def test_seasons_then_steps_and_back():
    frame = table(INDEXES["daily"]) ** 2
    pipe = make_pipeline(Differencer(7), Differencer(), SlidingWindow(5))
    pipe.set_output(transform="pandas")
    windows = pipe.fit(frame[:40]).transform(frame[40:])
    expected = SlidingWindow(5).fit_transform(frame.diff(7).diff())
    np.testing.assert_array_equal(windows, expected[40:])
    differences = make_pipeline(Differencer(7), Differencer()).fit(frame.to_numpy())
    changes = differences.transform(frame.to_numpy())
    np.testing.assert_array_equal(differences.inverse_transform(changes), frame)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_windows_stay_an_array_under_any_output(output):
    frame = table(INDEXES["daily"]) ** 2
    pipe = make_pipeline(SlidingWindow(5), Differencer()).set_output(transform=output)
    windows = pipe.fit_transform(frame)
    assert windows.shape == (60, 5, 1)
    with config_context(transform_output=output):
        again = make_pipeline(SlidingWindow(5), Differencer()).fit_transform(frame)
    np.testing.assert_array_equal(windows, again)
    assert pipe.transform(frame).shape == (60, 5, 1)


def test_windows_are_fitted_as_a_view():
    series = np.arange(100_000.0)[:, None]
    windows = SlidingWindow(1000).fit_transform(series)
    differencer = Differencer(7).fit(windows)  # 800 MB, were they copied
    assert differencer.head_.shape == (100_000, 7, 1)
    np.testing.assert_array_equal(differencer.n_padding_[:3], [999, 998, 997])


def test_a_refit_forgets():
    frame = table(INDEXES["daily"])
    differencer = Differencer(2).fit(frame)
    differencer.fit(np.zeros((3, 5, 2)))
    assert differencer.n_features_in_ == 2
    assert not hasattr(differencer, "feature_names_in_")
    with pytest.raises(ValueError, match="values before X are not known"):
        differencer.inverse_transform(np.zeros((4, 2)))


def test_copies():
    frame = table(INDEXES["daily"]) ** 2
    differencer = Differencer(7, 1, gaps="ignore").fit(frame[:40])
    again = pickle.loads(pickle.dumps(differencer))
    np.testing.assert_array_equal(
        again.transform(frame[40:]), differencer.transform(frame[40:])
    )
    assert clone(differencer).get_params() == {"lag": 7, "order": 1, "gaps": "ignore"}
    assert list(differencer.get_feature_names_out()) == ["x"]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"lag": 0}, ValueError, "lag == 0, must be >= 1"),
        ({"lag": 1.5}, TypeError, "lag must be an instance of"),
        ({"order": -1}, ValueError, "order == -1"),
        ({"gaps": "fill"}, ValueError, "gaps must be one of"),
        (
            {"lag": 5, "order": 2},
            ValueError,
            r"lag=5 and order=2 need more than 10 time steps, but X has 9.*more rows",
        ),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        Differencer(**parameters).fit(np.zeros((9, 1)))


@pytest.mark.parametrize("shape", [(9, 2), (3, 9, 2)])
def test_no_differences(shape):
    X = np.random.default_rng(0).normal(size=shape)
    differencer = Differencer(3, order=0).fit(X)
    assert_array_equal(differencer.transform(X), X)
    assert_array_equal(differencer.inverse_transform(X), X)


def test_windows_shorter_than_a_season():
    with pytest.raises(ValueError, match=r"lag=12 .* X has 10 .* give longer windows"):
        Differencer(12).fit(np.zeros((3, 10, 1)))


def test_bad_input():
    differencer = Differencer().fit(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="X has 1 features, but Differencer is expec"):
        differencer.transform(np.zeros((5, 1)))
    with pytest.raises(ValueError, match="X has 3 features, but Differencer is expec"):
        differencer.transform(np.zeros((2, 5, 3)))
    with pytest.raises(
        ValueError, match=r"past has shape \(3, 1\), but X has \(5, 2\)"
    ):
        differencer.transform(np.zeros((5, 2)), past=np.zeros((3, 1)))
    with pytest.raises(ValueError, match=r"past has shape \(3, 2\), but X has \(4, 5"):
        differencer.transform(np.zeros((4, 5, 2)), past=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="NaN at row 2, column 0"):
        differencer.transform(np.array([[1.0, 1], [1, 1], [np.nan, 1]]))
    differencer.fit(np.zeros((3, 5, 2)))
    with pytest.raises(
        ValueError, match=r"X has 2 windows, but the fitted data had 3.*as past"
    ):
        differencer.inverse_transform(np.zeros((2, 5, 2)))


def wandering(season, n_seasons, keeps, seed, noise=0.1):
    """A season around a level that keeps a share of its deviation each season."""
    rng = np.random.default_rng(seed)
    level = np.zeros(n_seasons + 50)
    for i, shock in enumerate(rng.normal(size=len(level) - 1)):
        level[i + 1] = keeps * level[i] + shock
    pattern = 10 * rng.normal(size=season)
    noises = noise * rng.normal(size=(n_seasons, season))
    return (level[50:, np.newaxis] + pattern + noises).reshape(-1, 1)


@pytest.mark.parametrize("season", [1, 4, 12])
@pytest.mark.parametrize(
    ("n_seasons", "keeps", "order"),
    [(400, 1.0, 1), (400, 0.9, 1), (400, 0.0, 0), (400, 0.6, 0), (15, 0.0, 1)],
)
def test_differences_if_the_level_drifts(season, n_seasons, keeps, order):
    series = wandering(season, n_seasons, keeps, seed=0)
    auto, given = Differencer(season, "auto"), Differencer(season)
    changes = auto.fit_transform(series)
    assert auto.order_ == order
    assert_array_equal(changes, given.fit_transform(series) if order else series)
    assert_allclose(auto.inverse_transform(changes), series, atol=1e-9)
    windows = SlidingWindow(3 * season).fit_transform(series)
    assert Differencer(season, "auto").fit(windows).order_ == order
    frame = pd.DataFrame(series, pd.date_range("2024", periods=len(series)))
    later = frame.iloc[-3 * season :] + 1
    assert_array_equal(
        auto.fit(frame[: -2 * season]).transform(later)[-season:],
        later[-season:] - (later[-2 * season : -season].to_numpy() if order else 0),
    )


def test_order_of_a_series_of_pandas():
    drifting = pd.Series(wandering(4, 100, 1.0, seed=0)[:, 0], name="a")
    assert Differencer(4, "auto").fit(drifting).order_ == 1


def test_a_calendar_does_not_drift():
    """Its differences are zero, so what is left of rounding varies more."""
    weekdays = np.eye(7)[np.arange(400) % 7]
    assert Differencer(7, "auto").fit(weekdays).order_ == 0


def test_short_sequences_have_no_differences():
    sequences = np.random.default_rng(0).normal(size=(100, 4, 1)).cumsum(axis=1)
    padded = np.pad(sequences, ((0, 0), (3, 0), (0, 0)), constant_values=np.nan)
    assert Differencer(4, "auto").fit(padded).order_ == 0
    partly = np.pad(sequences, ((0, 0), (1, 0), (0, 0)), constant_values=np.nan)
    assert Differencer(3, "auto").fit(partly).order_ == 0
    later = np.pad(sequences + 100, ((0, 0), (1, 0), (0, 0)), constant_values=np.nan)
    assert Differencer(1, "auto").fit(later).order_ == 1


@pytest.mark.parametrize("order", [1, "auto"])
def test_windows_of_a_panel(order):
    """They are read lazily."""
    dates = pd.date_range("2024", periods=100)
    index = pd.MultiIndex.from_product([["a", "b"], dates])
    frame = pd.DataFrame({"y": wandering(4, 50, 1.0, seed=0)[:, 0]}, index)
    windows = SlidingWindow(8).fit_transform(frame)
    assert isinstance(windows, LazyArray)
    differencer = Differencer(4, order)
    changes = differencer.fit_transform(windows)
    assert_array_equal(changes, differencer.fit_transform(np.asarray(windows)))
    assert_allclose(differencer.inverse_transform(changes), windows, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_noise_within_the_season_hides_no_drift(seed):
    series = wandering(12, 400, 0.9, seed, noise=2.0)
    levels = series.reshape(-1, 12).mean(axis=1)
    assert np.var(series[12:] - series[:-12]) > np.var(levels)
    assert Differencer(12, "auto").fit(series).order_ == 1


def test_one_variable_that_drifts_is_enough():
    still, drifting = (wandering(4, 100, keeps, seed=0) for keeps in (0.0, 1.0))
    assert Differencer(4, "auto").fit(np.hstack([still, drifting])).order_ == 1


@pytest.mark.parametrize("length", [3, 4])
def test_windows_of_a_season_stay_as_they_are(length):
    windows = SlidingWindow(length).fit_transform(wandering(4, 100, 1.0, seed=0))
    auto = Differencer(4, "auto").fit(windows)
    assert auto.order_ == 0
    assert_array_equal(auto.transform(windows), windows)
