"""SlidingWindow: alignment, history, and what it refuses."""

import pickle
import subprocess
import sys
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skseq import SlidingWindow
from tests.test_time_index import INDEXES, table

SERIES = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int32, np.bool_]),
    st.tuples(st.integers(1, 25), st.integers(1, 3)),
    elements={"allow_nan": False, "allow_infinity": False},
)


def naive_windows(series, length):
    """The last ``length`` rows up to each row, NaN where there are none."""
    windows = np.full((len(series), length, series.shape[1]), np.nan)
    for i in range(len(series)):
        for j in range(length):
            if i - j >= 0:
                windows[i, length - 1 - j] = series[i - j]
    return windows


@given(SERIES, st.data())
def test_windows_are_those_of_a_loop(series, data):
    length = data.draw(st.integers(1, len(series)))
    windows = SlidingWindow(length).fit_transform(series)
    np.testing.assert_array_equal(windows, naive_windows(series, length))
    single = series.dtype == np.float32
    assert windows.dtype == (np.float32 if single else np.float64)
    assert not windows.flags.writeable
    # A view: the same row lies at the same place in memory in all its windows.
    assert windows.strides[0] == windows.strides[1]
    assert windows.base is not None


@given(SERIES, st.data())
@settings(max_examples=50, deadline=None)
def test_no_window_sees_what_comes_after_it(series, data):
    length = data.draw(st.integers(1, len(series)))
    origin = data.draw(st.integers(0, len(series) - 1))
    series = series.astype(float)
    changed = series.copy()
    changed[origin + 1 :] += 1.0 + np.arange(len(series) - origin - 1)[:, None]
    for kind in (np.asarray, pd.DataFrame):
        before = SlidingWindow(length).fit(kind(series)).transform(kind(series))
        after = SlidingWindow(length).fit(kind(changed)).transform(kind(changed))
        np.testing.assert_array_equal(before[: origin + 1], after[: origin + 1])


@pytest.fixture(params=INDEXES, ids=lambda name: name.replace(" ", "_"))
def series(request):
    """A table with each kind of index, as it comes from a file (without freq)."""
    index = INDEXES[request.param]
    return table(index[np.arange(len(index))])


LENGTH = 8
CUT = 40


@pytest.fixture
def whole(series):
    """The windows of the whole series."""
    return SlidingWindow(LENGTH).fit_transform(series)


def test_rows_after_the_fitted_ones_get_their_true_past(series, whole):
    window = SlidingWindow(LENGTH).fit(series[:CUT])
    np.testing.assert_array_equal(window.transform(series[CUT:]), whole[CUT:])
    for n in (1, 2, LENGTH - 1, LENGTH):
        rows = series[CUT : CUT + n]
        np.testing.assert_array_equal(window.transform(rows), whole[CUT : CUT + n])


def test_a_single_variable_may_be_a_series(series, whole):
    window = SlidingWindow(LENGTH).fit(series["x"][:CUT])
    np.testing.assert_array_equal(window.transform(series["x"][CUT:]), whole[CUT:])
    np.testing.assert_array_equal(window.transform(series[CUT:]), whole[CUT:])


@pytest.mark.parametrize("overlap", [1, 5, LENGTH])
def test_rows_that_overlap_the_fitted_ones_get_their_true_past(series, whole, overlap):
    window = SlidingWindow(LENGTH).fit(series[:CUT])
    start = CUT - overlap
    np.testing.assert_array_equal(window.transform(series[start:]), whole[start:])
    one = series[start : start + 1]
    np.testing.assert_array_equal(window.transform(one), whole[start : start + 1])


def test_the_fitted_rows_themselves_begin_without_past(series, whole):
    window = SlidingWindow(LENGTH).fit(series)
    np.testing.assert_array_equal(window.transform(series), whole)
    np.testing.assert_array_equal(window.transform(series[:20]), whole[:20])
    np.testing.assert_array_equal(window.transform(series[:1]), whole[:1])


def test_after_a_gap_the_past_is_short_and_not_a_guess(series):
    window = SlidingWindow(LENGTH).fit(series[:CUT])
    rows = series[CUT + 1 :]
    expected = naive_windows(rows.to_numpy(), LENGTH)
    np.testing.assert_array_equal(window.transform(rows), expected)
    with pytest.warns(
        UserWarning, match="No row of X has its whole past.*Pass the rows"
    ):
        window.transform(rows[: LENGTH - 1])


@pytest.mark.parametrize("gaps", ["raise", "ignore"])
def test_rows_before_the_fitted_ones_have_no_past(series, whole, gaps):
    window = SlidingWindow(LENGTH, gaps=gaps).fit(series[CUT:])
    np.testing.assert_array_equal(window.transform(series[:CUT]), whole[:CUT])
    with pytest.warns(UserWarning, match="No row .* before the fitted series, which"):
        window.transform(series[: LENGTH - 1])


def test_a_step_that_drops_the_index_is_told():
    """Before it forecasts from a single row, the rest being padding."""
    series = table(INDEXES["daily"])
    pipe = make_pipeline(StandardScaler(), SlidingWindow(LENGTH)).fit(series[:CUT])
    row = series[CUT : CUT + 1]
    with pytest.warns(UserWarning, match="has no index of times"):
        pipe.transform(row)
    pipe.transform(series[CUT : CUT + LENGTH])  # whose last row has a whole past
    pipe.set_output(transform="pandas").fit(series[:CUT])
    assert not np.isnan(pipe.transform(row)).any()


def test_rows_whose_past_is_forgotten_say_so(series):
    window = SlidingWindow(LENGTH).fit(series)
    expected = naive_windows(series[10:30].to_numpy(), LENGTH)
    np.testing.assert_array_equal(window.transform(series[10:30]), expected)
    with pytest.warns(UserWarning, match="inside the fitted series, of which only"):
        window.transform(series[10:11])


@pytest.mark.parametrize("gap", [0, 13])
def test_every_fold_of_a_time_series_split(series, whole, gap):
    for train, test in TimeSeriesSplit(3, gap=gap, test_size=10).split(series):
        window = SlidingWindow(LENGTH).fit(series.iloc[train])
        rows = series.iloc[test]
        true = whole[test] if gap == 0 else naive_windows(rows.to_numpy(), LENGTH)
        np.testing.assert_array_equal(window.transform(rows), true)


@pytest.mark.parametrize(
    "copy",
    [
        lambda window: pickle.loads(pickle.dumps(window)),
        lambda window: joblib.load(_dumped(window)),
    ],
    ids=["pickle", "joblib"],
)
def test_history_survives_a_copy(series, whole, copy):
    window = copy(SlidingWindow(LENGTH).fit(series[:CUT]))
    np.testing.assert_array_equal(window.transform(series[CUT:]), whole[CUT:])


def _dumped(window):
    import io

    buffer = io.BytesIO()
    joblib.dump(window, buffer)
    buffer.seek(0)
    return buffer


def test_a_clone_remembers_nothing():
    window = SlidingWindow(LENGTH, gaps="ignore").fit(np.zeros((20, 1)))
    copy = clone(window)
    assert copy.get_params() == window.get_params()
    assert not hasattr(copy, "history_")


def test_little_is_remembered():
    frame = table(pd.date_range("2000", periods=100_000, freq="min"))
    window = SlidingWindow(LENGTH).fit(frame)
    assert len(window.history_) == len(window.history_index_) == 2 * LENGTH - 1
    assert len(pickle.dumps(window)) < 5_000


def test_arrays_and_text_have_no_history():
    rows = np.arange(20.0)[:, None]
    text = pd.DataFrame(rows, index=[f"day {i:02}" for i in range(20)], columns=["x"])
    expected = naive_windows(rows[12:], 3)
    for series in (rows, text, rows.tolist(), text.set_index(text.index[::-1])):
        window = SlidingWindow(3).fit(series[:12])
        np.testing.assert_array_equal(window.transform(series[12:]), expected)
    # Nor does one kind guess from the other.
    frame = pd.DataFrame(rows, columns=["x"])
    window = SlidingWindow(3).fit(frame[:12]["x"].to_frame(0))
    np.testing.assert_array_equal(window.transform(rows[12:]), expected)
    window = SlidingWindow(3).fit(rows[:12])
    np.testing.assert_array_equal(
        window.transform(frame[12:]["x"].to_frame(0)), expected
    )


def test_an_index_that_starts_anew_has_no_history():
    frame = table(pd.RangeIndex(20))
    window = SlidingWindow(3).fit(frame[:12])
    again = frame[12:].reset_index(drop=True)
    expected = naive_windows(frame[12:].to_numpy(), 3)
    np.testing.assert_array_equal(window.transform(again), expected)


def test_rows_between_those_of_the_fitted_index_have_no_history():
    frame = table(pd.date_range("2020", periods=30, freq="D"))
    window = SlidingWindow(3).fit(frame[:20])
    for start in (17, 20):
        noons = frame[start:].set_axis(frame.index[start:] + pd.Timedelta("12h"))
        expected = naive_windows(noons.to_numpy(), 3)
        np.testing.assert_array_equal(window.transform(noons), expected)


def test_business_days_continue_over_the_week_end_but_days_do_not():
    frame = table(pd.date_range("2020-01-06", periods=20, freq="B"))
    whole = SlidingWindow(3).fit_transform(frame)
    window = SlidingWindow(3).fit(frame[:15])
    np.testing.assert_array_equal(window.transform(frame[15:]), whole[15:])
    window = SlidingWindow(3).fit(frame[:15].asfreq("D").ffill())
    with pytest.raises(ValueError, match=r"has the step B, .* fitted series is D"):
        window.transform(frame[12:])


def test_gaps_may_be_ignored():
    days = pd.date_range("2020", periods=30, freq="D").delete([3, 11, 12, 20])
    frame = table(days)
    with pytest.raises(ValueError, match="gaps='ignore'"):
        SlidingWindow(3).fit(frame)
    whole = naive_windows(frame.to_numpy(), 3)
    window = SlidingWindow(3, gaps="ignore").fit(frame[:18])
    np.testing.assert_array_equal(window.transform(frame[18:]), whole[18:])
    np.testing.assert_array_equal(window.transform(frame[16:]), whole[16:])


def trading_days(kind):
    """Business days of which every twentieth is a holiday; up to four days apart."""
    days = pd.bdate_range("2020-01-01", periods=120)
    days = days[np.arange(len(days)) % 20 != 3]
    numbers = {"numbers": days.dayofyear + 366 * (days.year - 2020)}
    kinds = {
        "dates": days,
        "seconds": days.as_unit("s"),
        "periods": days.to_period("D"),
    }
    return table((kinds | numbers | {"zoned": days.tz_localize("Europe/Berlin")})[kind])


@pytest.mark.parametrize("kind", ["dates", "seconds", "periods", "numbers", "zoned"])
def test_rows_long_after_the_fitted_ones_warn_although_gaps_are_ignored(kind, recwarn):
    frame = trading_days(kind)
    whole = naive_windows(frame.to_numpy(), 4)
    for cut in range(30, 100):  # every end, before weekends and holidays too
        window = SlidingWindow(4, gaps="ignore").fit(frame[:cut])
        for start in (cut - 2, cut):
            rows = frame[start : cut + 1]
            np.testing.assert_array_equal(
                window.transform(rows), whole[start : cut + 1]
            )
    assert not recwarn.list
    window = SlidingWindow(4, gaps="ignore").fit(frame[:30])
    message = "No row of X has its whole past: .* further from the end .*gaps='ignore'"
    for n_rows in (1, 3):
        with pytest.warns(UserWarning, match=message):
            windows = window.transform(frame[50 : 50 + n_rows])
        assert windows[0, :, 0].tolist() == [27, 28, 29, 50]
    window.transform(frame[50:54])  # whose last row has a whole past
    if kind == "seconds":
        with pytest.warns(UserWarning, match=message):
            window.transform(frame[50:51].set_axis(frame.index[50:51].as_unit("ns")))


def test_what_cannot_be_told_does_not_warn(recwarn):
    frame = trading_days("dates")
    SlidingWindow(1, gaps="ignore").fit(frame[:1]).transform(frame[50:51])
    window = SlidingWindow(4, gaps="ignore").fit(frame.to_numpy()[:30])
    window.transform(frame.to_numpy()[50:54])
    assert not recwarn.list


@pytest.mark.parametrize("fitted", ["daily", "utc", "range", "days as periods"])
@pytest.mark.parametrize(
    "other", ["daily", "utc", "range", "durations", "months as periods"]
)
def test_an_index_of_another_kind_is_an_error(fitted, other):
    window = SlidingWindow(3).fit(table(INDEXES[fitted]))
    if fitted == other:
        window.transform(table(INDEXES[other]))
        return
    message = (
        "index of X .* is of another kind than that of the fitted series .*tz_localize"
    )
    with pytest.raises(ValueError, match=message):
        window.transform(table(INDEXES[other]))


def test_another_time_zone_is_an_error():
    berlin = table(INDEXES["hourly, summer time begins"])
    window = SlidingWindow(3).fit(berlin[:20])
    with pytest.raises(ValueError, match=r"Berlin\].*tz_convert"):
        window.transform(berlin[20:].tz_convert("UTC"))
    window.transform(berlin[20:].tz_convert("UTC").tz_convert("Europe/Berlin"))


def test_local_hours_without_their_time_zone_are_an_error():
    berlin = table(INDEXES["hourly, summer time begins"]).tz_localize(None)
    with pytest.raises(ValueError, match=r"2020-03-29 03:00.*follows.*01:00.*asfreq"):
        SlidingWindow(3).fit(berlin)
    berlin = table(INDEXES["hourly, summer time ends"]).tz_localize(None)
    with pytest.raises(ValueError, match="2020-10-25 02:00:00 twice"):
        SlidingWindow(3).fit(berlin)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f[::-1], "not in time order"),
        (lambda f: pd.concat([f, f[-1:]]), "twice. If it holds several"),
        (lambda f: f.drop(f.index[10]), "rows are missing"),
        (lambda f: f.set_axis(f.index.insert(0, pd.NaT)[:-1]), "NaT"),
        (lambda f: f[::2], "has the step 2D, but that of the fitted series is D"),
    ],
)
def test_a_bad_index_is_an_error_in_fit_and_in_transform(change, message):
    frame = table(INDEXES["daily"])
    window = SlidingWindow(3).fit(frame)
    with pytest.raises(ValueError, match=message):
        window.transform(change(frame))
    if "step" not in message:
        with pytest.raises(ValueError, match=message):
            SlidingWindow(3).fit(change(frame))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            np.array([[1.0], [np.nan], [2.0], [3.0]]),
            "X contains NaN at row 1, column 0",
        ),
        (
            np.array([[1.0, 2.0], [3.0, np.inf]]),
            "X contains infinity at row 1, column 1",
        ),
        (np.array([[1.0, np.nan], [3.0, 1.0]]), "X contains NaN at row 0, column 1"),
        (
            pd.DataFrame(
                {"temp": [1.0, 2.0, 3.0], "flow": [1.0, np.nan, 3.0]},
                pd.date_range("2020", periods=3),
            ),
            r"X contains NaN at row 1, column 1 \('flow' at 2020-01-02",
        ),
        (np.zeros((1, 1)), "length=2 is longer than the series X, .*n_samples=1"),
        (np.zeros((0, 1)), "0 sample"),
        (np.zeros((3, 0)), "0 feature"),
        (np.zeros(3), "Expected 2D array, got 1D array instead"),
        (np.zeros((3, 2, 1)), "dim 3"),
        (np.full((3, 1), 1j), "Complex data not supported"),
        (np.full((3, 1), "a"), r"X holds text \(.*\): encode it first"),
        (
            pd.DataFrame({"day": list("abc")}),
            "X (column 'day' has dtype|holds text).*encode it",
        ),
        (
            pd.DataFrame({"at": pd.date_range("2020", periods=3)}),
            "X column 'at' has dtype datetime64.*not numeric",
        ),
        (
            pd.DataFrame({"state": [1, 2, 1]}, dtype="category"),
            "X column 'state' has dtype category, which is not numeric: encode it",
        ),
    ],
)
def test_a_bad_series_is_an_error(X, message):
    with pytest.raises(ValueError, match=message):
        SlidingWindow(2).fit(X)


@pytest.mark.parametrize("dtype", [bool, object, "boolean", "bool[pyarrow]"])
def test_true_and_false_are_numbers(dtype):
    if "pyarrow" in str(dtype):
        pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"rpm": [5.0, 6.0, 7.0], "on": [True, False, True]})
    windows = SlidingWindow(1).fit_transform(frame.astype({"on": dtype}))
    np.testing.assert_array_equal(windows[:, 0], frame.astype(float))


def test_another_number_of_variables_or_other_names_are_an_error():
    frame = pd.DataFrame(np.zeros((9, 2)), columns=["a", "b"])
    window = SlidingWindow(2).fit(frame)
    with pytest.raises(
        ValueError, match="X has 1 features, but SlidingWindow is expec"
    ):
        clone(window).fit(frame.to_numpy()).transform(np.zeros((3, 1)))
    with pytest.raises(ValueError, match="feature names"):
        window.transform(frame[["b", "a"]])
    assert list(window.feature_names_in_) == ["a", "b"]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"length": 0}, ValueError, "length == 0, must be >= 1"),
        ({"length": 2.0}, TypeError, "length must be an instance of"),
        ({"length": 10}, ValueError, "length=10 is longer than the series X"),
        ({"gaps": "fill", "length": 2}, ValueError, "gaps must be one of .*'fill'"),
    ],
)
def test_bad_parameters_are_errors_in_fit(parameters, error, message):
    window = SlidingWindow(**parameters)
    with pytest.raises(error, match=message):
        window.fit(np.zeros((9, 1)))


def test_y_of_another_index_is_an_error():
    frame = table(INDEXES["daily"])
    SlidingWindow(3).fit(frame, frame["x"])
    SlidingWindow(3).fit(frame, frame["x"].to_numpy())
    SlidingWindow(3).fit(frame.to_numpy().tolist(), frame["x"].tolist())
    with pytest.raises(ValueError, match=r"y is not aligned with X.*horizon_targets"):
        SlidingWindow(3).fit(frame[:-1], frame["x"][1:])


def test_rows_of_nan_at_the_start_are_padding():
    rows = np.arange(10.0)[:, None]
    rows[:3] = np.nan
    windows = SlidingWindow(4).fit_transform(rows)
    np.testing.assert_array_equal(windows, naive_windows(rows, 4))


@given(st.integers(0, 12), st.integers(0, 30), st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_rows_of_nan_are_taken_from_the_fitted_ones_where_these_overlap(n, start, rest):
    """As a step before leaves them, that remembers less."""
    frame = table(INDEXES["daily"])
    whole = naive_windows(frame.to_numpy(), LENGTH)
    window = SlidingWindow(LENGTH).fit(frame[:CUT])
    known = CUT - (2 * LENGTH - 1)
    start = known + LENGTH + start % (CUT - known - LENGTH)
    n = min(n, CUT - start)
    rows = frame[start : start + n + rest].copy()
    rows[:n] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        windows = window.transform(rows)
    np.testing.assert_array_equal(windows[n:], whole[start : start + n + rest][n:])


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_rows_of_nan_are_no_past(kind):
    frame = table(INDEXES["daily"])
    window = SlidingWindow(LENGTH).fit(kind(frame[:CUT]))
    rows = frame[CUT + 1 :].copy()
    rows[:5] = np.nan
    message = r"No row of X has its whole past \(rows of NaN at its start: 5\)"
    with pytest.warns(UserWarning, match=message):
        short = window.transform(kind(rows[: LENGTH + 4]))
    expected = naive_windows(rows.to_numpy(), LENGTH)
    np.testing.assert_array_equal(short, expected[: LENGTH + 4])
    windows = window.transform(kind(rows[: LENGTH + 5]))  # its last window is whole
    np.testing.assert_array_equal(windows, expected[: LENGTH + 5])
    with pytest.warns(UserWarning, match="its start: 5.: .*no"):
        assert np.isnan(window.transform(kind(rows[:5]))).all()


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_a_series_without_a_whole_window_is_fitted_and_predicted_in_peace(kind):
    frame = table(INDEXES["daily"])[:10]
    frame.iloc[:5] = np.nan
    window = SlidingWindow(LENGTH)
    windows = window.fit_transform(kind(frame))
    np.testing.assert_array_equal(windows, window.transform(kind(frame)))
    np.testing.assert_array_equal(windows, naive_windows(frame.to_numpy(), LENGTH))


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_windows_are_an_array_under_any_output(output):
    frame = table(INDEXES["daily"])
    with config_context(transform_output=output):
        windows = SlidingWindow(3).fit_transform(frame)
    chosen = SlidingWindow(3).set_output(transform=output).fit_transform(frame)
    for array in (windows, chosen):
        assert type(array) is np.ndarray
        np.testing.assert_array_equal(array, naive_windows(frame.to_numpy(), 3))


def test_it_has_a_picture():
    assert "SlidingWindow" in estimator_html_repr(SlidingWindow(3))


MEMORY = """
import numpy as np, pandas as pd
from skseq import SlidingWindow
from tests.benchmarks.memory import Peak, fit_peak

small = pd.DataFrame(np.zeros((600, 1)), index=pd.date_range("2000", periods=600))
SlidingWindow(512).fit_transform(small)
series = np.arange(2_000_000, dtype=np.float32)[:, None]
index = pd.date_range("2000", periods=len(series), freq="min")
for kind in (series, pd.DataFrame(series, index=index)):
    with Peak() as peak:
        windows = SlidingWindow(512).fit_transform(kind)
    assert windows.shape == (2_000_000, 512, 1)
    print(peak.megabytes)
series, _, fit = fit_peak(400_000, 5, length=4, batch_size=1024)
print(fit / series)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_two_million_windows_cost_the_series():
    """The windows of an array and of a table, in MB; an epoch, in times the series.

    The index of a table is compared with its step, at 16 bytes a row. The epoch is
    of short windows, for time; of long ones a batch costs more (see
    tests/benchmarks/memory.py), but not more of them.
    """
    command = [sys.executable, "-c", MEMORY]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    array, frame, epoch = map(float, result.stdout.split())
    assert array < 40  # measured: 8
    assert frame < 80  # measured: 21
    assert epoch < 3  # measured: 1.4


def test_two_million_rows_of_a_table():
    frame = table(pd.date_range("2000", periods=2_000_000, freq="min"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        window = SlidingWindow(512).fit(frame[:1_500_000])
        windows = window.transform(frame[1_500_000:])
    np.testing.assert_array_equal(windows[0, :, 0], np.arange(1_499_489.0, 1_500_001))
