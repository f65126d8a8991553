"""Every kind of index: its step is found, and what does not fit is said."""

import re

import numpy as np
import pandas as pd
import pytest

from skseq import SlidingWindow
from skseq.index.time_index import check_step, find_step, has_step, time_index

INDEXES = {
    "daily": pd.date_range("2020-01-01", periods=60, freq="D"),
    "seconds unit": pd.date_range("2020-01-01", periods=60, freq="D").as_unit("s"),
    "hourly": pd.date_range("2020-01-01", periods=60, freq="h"),
    "90 minutes": pd.date_range("2020-01-01", periods=60, freq="90min"),
    "business": pd.date_range("2020-01-06", periods=60, freq="B"),
    "weekly": pd.date_range("2020-01-06", periods=60, freq="W-WED"),
    "month start": pd.date_range(
        "2020-01-01", periods=60, freq=pd.offsets.MonthBegin()
    ),
    "month end": pd.date_range("2020-01-31", periods=60, freq=pd.offsets.MonthEnd()),
    "the 15th": pd.date_range(
        "2020-01-15 12:00", periods=60, freq=pd.DateOffset(months=1), tz="Europe/Berlin"
    ),
    "quarterly": pd.date_range(
        "2020-01-31", periods=60, freq=pd.offsets.QuarterEnd(startingMonth=2)
    ),
    "yearly": pd.date_range("2020-01-01", periods=60, freq=pd.offsets.YearBegin()),
    "daily, summer time begins": pd.date_range(
        "2020-03-01", periods=60, freq="D", tz="Europe/Berlin"
    ),
    "hourly, summer time begins": pd.date_range(
        "2020-03-28", periods=60, freq="h", tz="Europe/Berlin"
    ),
    "hourly, summer time ends": pd.date_range(
        "2020-10-24", periods=60, freq="h", tz="Europe/Berlin"
    ),
    "utc": pd.date_range("2020-01-01", periods=60, freq="h", tz="UTC"),
    "days as periods": pd.period_range("2020-01-01", periods=60, freq="D"),
    "months as periods": pd.period_range("2020-01", periods=60, freq="M"),
    "durations": pd.timedelta_range("1h", periods=60, freq="90s"),
    "days as durations": pd.timedelta_range("0D", periods=60, freq="D"),
    "range": pd.RangeIndex(60),
    "range with step": pd.RangeIndex(5, 5 + 60 * 3, 3),
    "integers": pd.Index(np.arange(100, 100 + 60 * 7, 7)),
    "small unsigned integers": pd.Index(np.arange(60, dtype=np.uint8)),
    "nullable integers": pd.Index(np.arange(60), dtype="Int64"),
    "seconds": pd.Index(np.arange(60) / 50),
    "seconds, rounded": pd.Index((np.arange(60) / 30).round(2)),
    "seconds of a clock that is not exact": pd.Index(
        100 + np.arange(60) / 50 + np.random.default_rng(0).uniform(0, 0.009, 60)
    ),
    "small floats": pd.Index(np.arange(60) / 4, dtype="float32"),
    "nullable floats": pd.Index(np.arange(60) / 50, dtype="Float64"),
}


def table(index):
    return pd.DataFrame({"x": np.arange(len(index), dtype=float)}, index=index)


def shuffled(index):
    return index[np.r_[1, 0, 2 : len(index)]]


@pytest.fixture(params=INDEXES, ids=lambda name: name.replace(" ", "_"))
def index(request):
    return INDEXES[request.param]


@pytest.fixture
def bare(index):
    """The index as it comes from a file: without its ``freq``."""
    return index[np.arange(len(index))]


def test_the_rows_after_any_part_continue_it(index, bare):
    for whole in (index, bare):
        for cut in range(10, len(whole) - 1):
            step = find_step(whole[:cut])
            assert has_step(whole[:cut], step)
            assert has_step(whole[cut:], step)
            assert has_step(whole[cut : cut + 1].insert(0, whole[cut - 1]), step)
            after_a_gap = whole[cut + 1 : cut + 2].insert(0, whole[cut - 1])
            assert not has_step(after_a_gap, step)


def test_a_step_is_found_in_two_rows(bare):
    two = bare[:2]
    assert has_step(two, find_step(two))


def test_one_row_has_no_step_unless_its_index_says_so(bare):
    assert find_step(bare[:1]) is None
    assert has_step(bare[:1], None)
    assert not has_step(bare[:2], None)
    assert find_step(INDEXES["daily"][:1]) == pd.offsets.Day()


def test_a_missing_row_is_named(bare):
    holed = bare.delete(30)
    message = r"row 30 \(.*\) follows row 29 \(.*\) at an unusual distance.*asfreq"
    with pytest.raises(ValueError, match=message):
        find_step(time_index(table(holed)))


@pytest.mark.parametrize("tz", [None, "UTC"])
def test_one_date_in_each_month_tells_months(tz):
    """The last trading days; 29 March 2018 was the one before Good Friday."""
    index = pd.bdate_range("2017-11-01", "2018-12-31", freq="BME", tz=tz)
    index = index.where(
        index != pd.Timestamp("2018-03-30", tz=tz), index - pd.offsets.Day()
    )
    with pytest.raises(ValueError, match=r"X.index.to_period\('M'\)"):
        find_step(index)
    assert find_step(index.tz_localize(None).to_period("M")) == 1
    with pytest.raises(ValueError, match="or rows are missing"):
        find_step(index.delete(3))


def test_duplicates_are_named(bare):
    twice = bare[np.r_[:6, 5:20]]
    with pytest.raises(ValueError, match=r"twice. If it holds several series") as error:
        time_index(table(twice))
    assert f"index of X holds {bare[5]} twice" in str(error.value)


def test_disorder_is_named(bare):
    with pytest.raises(
        ValueError, match=r"row 1 .* earlier than row 0 .*X.sort_index\(\)"
    ):
        time_index(table(shuffled(bare)))
    with pytest.raises(ValueError, match="not in time order"):
        time_index(table(bare[::-1]))


@pytest.mark.parametrize(
    "name", ["daily", "utc", "months as periods", "durations", "seconds"]
)
def test_a_missing_time_is_named(name):
    index = INDEXES[name]
    holed = index.insert(3, np.nan if name == "seconds" else pd.NaT)
    with pytest.raises(ValueError, match=r"missing time \((NaT|nan)\) at row 3: drop"):
        time_index(table(holed))


def test_several_series_in_one_table_are_refused():
    panel = pd.MultiIndex.from_product([["a", "b"], INDEXES["daily"]])
    with pytest.raises(
        ValueError, match=r"2 levels: it holds several.*groupby.*cut windows first"
    ):
        time_index(table(panel))
    single = pd.MultiIndex.from_arrays([INDEXES["daily"]])
    with pytest.raises(ValueError, match=r"X.index = X.index.get_level_values\(0\)"):
        time_index(table(single))


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(list("cab")),
        pd.CategoricalIndex(list("cab")),
        pd.Index([True, False, True]),
    ],
)
def test_what_does_not_tell_time_is_no_time_index(index):
    assert time_index(table(index)) is None
    assert time_index(np.zeros((3, 1))) is None
    assert time_index([1.0, 2.0]) is None  # list.index is a method


@pytest.mark.parametrize(
    "kind", ["date", "datetime", "Timestamp", "timestamp[us][pyarrow]"]
)
def test_dates_of_python_and_pyarrow_tell_time(kind):
    """As DataFrame.groupby(times.date) and read_parquet give them."""
    days = INDEXES["daily"]
    if "pyarrow" in kind:
        pytest.importorskip("pyarrow")
        dates = pd.Index(days.astype(kind))
    else:
        made = {"date": days.date, "datetime": days.to_pydatetime(), "Timestamp": days}
        dates = pd.Index(list(made[kind]), dtype=object)
    series = table(dates)
    windows = SlidingWindow(3).fit(series[:50]).transform(series[50:51])
    assert windows.ravel().tolist() == [48, 49, 50]
    with pytest.raises(ValueError, match=r"not in time order"):
        time_index(table(shuffled(dates)))


def test_another_step_than_the_fitted_is_an_error():
    weekly = INDEXES["daily"][::7]
    with pytest.raises(ValueError, match=r"step 7D|step W.*that of the fitted.* D: "):
        check_step(weekly, pd.offsets.Day())
    with pytest.raises(
        ValueError, match=r"X has the step 2, .* series is 1: give rows"
    ):
        check_step(pd.RangeIndex(0, 10, 2), 1)


@pytest.mark.parametrize("hole", [False, True])
@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2000", periods=2_000_000, freq="min"),
        pd.date_range("2000", periods=2_000_000, freq="min", tz="Europe/Berlin"),
        pd.period_range("2000", periods=2_000_000, freq="min"),
        pd.RangeIndex(2_000_000),
    ],
    ids=["dates", "zoned", "periods", "range"],
)
def test_two_million_rows(index, hole):
    index = index[np.arange(len(index))]
    if hole:
        index = index.delete(1_234_567)
    if hole:
        with pytest.raises(ValueError, match="row 1234567 "):
            find_step(time_index(pd.DataFrame(index=index)))
    else:
        has_step(index, find_step(time_index(pd.DataFrame(index=index))))


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%d %H:%M", "%b %Y", "%B %Y", "%YQ%q", "%Y-Q%q"],
)
def test_warns_of_dates_that_are_text(form):
    freq = "D" if "%d" in form else "Q"
    dates = pd.period_range("2020-01-01", periods=30, freq=freq)
    with pytest.warns(UserWarning, match="The index of X holds dates as text"):
        SlidingWindow(3).fit(table(dates.strftime(form)))


@pytest.mark.parametrize("label", ["day {}", "{}", "a{}", "row-{}", "Q{}", "Janet {}"])
def test_other_text_is_just_text(label, recwarn):
    SlidingWindow(3).fit(table(pd.Index([label.format(i) for i in range(30)])))
    assert not recwarn.list


def test_python_s_dates_whose_offset_changes():
    index = pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin")
    fixed = [pd.Timestamp(str(time)).to_pydatetime() for time in index]
    found = time_index(table(pd.Index(fixed, dtype=object)))
    assert (found == index).all()


def test_a_clock_set_forward_is_told_from_missing_rows():
    """Its remedy works: with the time zone, no hour is missing."""
    hours = pd.date_range("2024-03-30", periods=72, freq="h", tz="Europe/Berlin")
    local = hours.tz_localize(None)
    remedy = "if a clock was set forward, give the time zone (index.tz_localize(zone"
    with pytest.raises(ValueError, match=re.escape(remedy)):
        find_step(local)
    zoned = local.tz_localize("Europe/Berlin", ambiguous="infer")
    assert find_step(zoned) == pd.Timedelta(hours=1)
    days = pd.date_range("2024-03-30", periods=9).delete(5)
    for other in (hours.delete(5), days):
        with pytest.raises(ValueError, match="no regular step") as error:
            find_step(other)
        assert "clock" not in str(error.value)
