"""The dates that a CSV file may hold."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest

from skseq.shell import read_table

DAYS = pd.date_range("2015-01-01", periods=400)
EARLY = DAYS[DAYS.day.isin([3, 8, 12])]
MONTHS = pd.date_range("2008-01-10", periods=60, freq=pd.DateOffset(months=1))


def read(texts, **options):
    """Read a file that holds these times, with the numbers of their rows."""
    lines = (f"{text},{row}\n" for row, text in enumerate(texts))
    return read_table(StringIO("t,x\n" + "".join(lines)), **options)[0]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["2024-01-31", "2024-02-01"], "2024-01-31"),
        (["30/01/2024", "31/01/2024"], "2024-01-30"),
        (["01/01/2024", "31/01/2024"], "2024-01-01"),
        (["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00"], "2024-03-31T00:00Z"),
        (["Jan 31 2024", "Feb 01 2024"], "2024-01-31"),
        # The day first, which only the step of the months tells.
        ([f"01.{month:02}.2024" for month in range(1, 13)], "2024-01-01"),
        (pd.date_range("2023-01", periods=24, freq="MS").strftime("%m/%d/%Y"), "2023"),
    ],
)
def test_finds_dates(dates, expected):
    index = read(dates).index
    assert index[0] == pd.Timestamp(expected)
    assert len(dates) < 12 or index[-1] == pd.Timestamp("2024-12-01")


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%d-%m-%Y"])
@pytest.mark.parametrize(
    "dates", [EARLY, MONTHS, MONTHS.delete(12), MONTHS - pd.Timedelta(days=9)]
)
def test_the_rows_tell_whether_the_day_comes_first(form, dates):
    table = read(dates.strftime(form))
    assert (table.index == dates).all()
    assert table["x"].is_monotonic_increasing
    latest_first = read(dates[::-1].strftime(form))
    assert (latest_first.index == dates).all()


def test_the_rows_of_each_series_tell_whether_the_day_comes_first():
    lines = [f"{day:%d/%m/%Y},{shop},1\n" for shop in "ab" for day in EARLY]
    table, _, _ = read_table(StringIO("t,shop,x\n" + "".join(lines)), series="shop")
    assert (table.loc["a"].index == EARLY).all()


def test_refuses_days_that_may_be_months():
    early = DAYS[DAYS.day <= 12]  # with day and month exchanged, the same dates
    shuffled = early[np.random.default_rng(0).permutation(len(early))]
    with pytest.raises(
        ValueError, match=r"may mean 2\S+ or 2\S+, .* write dates with the year"
    ):
        read(shuffled.strftime("%d/%m/%Y"))
    assert (read(shuffled.strftime("%Y-%m-%d")).index == early).all()
    assert (read(shuffled.strftime("%d.%m.%Y")).index == early).all()


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y"])
def test_refuses_months_that_may_be_days(form):
    year = pd.date_range("2024-01-01", periods=12, freq="MS")  # or 1 to 12 January
    with pytest.raises(ValueError, match="may mean 2024-0"):
        read(year.strftime(form))


@pytest.mark.parametrize(
    "form",
    [
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%Y %I:%M%p",
        "%d/%m/%Y %H:%M",
        "%d-%b-%y",
        "%y-%m-%d",
        "%m/%d/%y %H:%M",
        "%d.%m.%y %H:%M",
        "%b-%Y",
        "%m-%Y",
        "%Y/%m",
        "%B.%Y",
        "%b-%y",
    ],
)
def test_formats_of_spreadsheets_and_portals(form):
    months_only = "%d" not in form
    dates = pd.date_range("2015-01-01", periods=60, freq="MS" if months_only else "D")
    assert (read(dates.strftime(form)).index == dates).all()


def test_midnight_and_whole_seconds_may_be_shorter():
    times = pd.date_range("2024-01-31 22:00", periods=60, freq="h")
    bare = times.strftime("%Y-%m-%d %H:%M:%S").str.replace(" 00:00:00", "")
    assert (read(bare).index == times).all()
    quick = pd.date_range("2024-01-31 22:00", periods=60, freq="500ms")
    table = read([time.isoformat() for time in quick])  # without ".000000"
    assert (table.index == quick).all()


@pytest.mark.parametrize("seconds", ["", ":00"])
def test_hour_24_is_the_end_of_the_day(seconds):
    ends = pd.date_range("2024-01-31 01:00", periods=60, freq="h")
    days = (ends - pd.Timedelta(hours=1)).strftime("%Y-%m-%d")
    hours = [f"{end.hour or 24:02}:00{seconds}" for end in ends]
    assert (read(days + " " + hours).index == ends).all()


@pytest.mark.parametrize("form", ["%I:%M %p", "%I:%M:%S%p", "%H:%M:%S"])
def test_hours_of_either_half_of_the_day(form):
    times = pd.date_range("2024-01-30 11:30", periods=60, freq="30min")
    rows = (f"{time:%Y-%m-%d},{time:{form}},1\n" for time in times)
    table, _, _ = read_table(StringIO("day,time,x\n" + "".join(rows)), ["day", "time"])
    assert (table.index == times).all()


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y"])
@pytest.mark.parametrize("n_missing", [0, 5])
def test_hours_tell_whether_the_day_comes_first(form, n_missing):
    times = pd.date_range("2024-03-01", periods=240, freq="h")
    left_out = np.random.default_rng(0).choice(240, n_missing, replace=False)
    times = times.delete(left_out)
    rows = (f"{time:{form}},{time.hour},{x}\n" for x, time in enumerate(times))
    text = StringIO("Date,Hour,x\n" + "".join(rows))
    with pytest.raises(ValueError, match=r"name .* the hours \(--time DATE HOUR\)"):
        read_table(text)
    text.seek(0)
    table, _, _ = read_table(text, ["Date", "Hour"])
    assert (table.index == times).all()


PARTS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}


@pytest.mark.parametrize("month", ["%m", "%b", "%B"])
@pytest.mark.parametrize(("n_parts", "freq"), [(2, "MS"), (3, "D"), (4, "h")])
def test_parts_of_dates_in_columns_of_their_own(n_parts, freq, month):
    dates = pd.date_range("2023-12-30", periods=60, freq=freq)
    forms = {**PARTS, "month": month}
    columns = list(forms)[:n_parts]
    table = pd.DataFrame({name: dates.strftime(forms[name]) for name in columns})
    text = table.assign(x=range(60)).to_csv(index=False)
    table, _, _ = read_table(StringIO(text), time=columns)
    assert (table.index == dates).all()
    assert table.columns.tolist() == ["x"]


@pytest.mark.parametrize("form", ["{}.0", "Q{}"])
def test_quarters_beside_their_years(form):
    quarters = pd.period_range("1959Q1", periods=30, freq="Q")
    text = "".join(f"{q.year}.0,{form.format(q.quarter)},1\n" for q in quarters)
    table, _, _ = read_table(StringIO("year,quarter,x\n" + text), ["year", "quarter"])
    assert (table.index.to_period("Q") == quarters).all()


@pytest.mark.parametrize(
    "form", ["{y}H{n}", "{y}-H{n}", "{y}-S{n}", "H{n} {y}", "s{n}/{y}"]
)
def test_half_years(form):
    halves = pd.date_range("1990-01-01", periods=30, freq="2QS")
    texts = [form.format(y=day.year, n=day.month // 6 + 1) for day in halves]
    assert (read(texts).index == halves).all()
    with pytest.raises(ValueError, match="No column holds dates"):
        read([form.format(y=1990, n=n) for n in (1, 2, 3)])


@pytest.mark.parametrize(
    "form", ["{y}q{n}", "{y}-Q{n}", "Q{n}/{y}", "{y}:Q{n}", "{y}:{n}"]
)
def test_quarters(form):
    quarters = pd.date_range("1990-01-01", periods=30, freq="QS")
    texts = [form.format(y=day.year, n=day.quarter) for day in quarters]
    assert (read(texts).index == quarters).all()


@pytest.mark.parametrize("form", ["%Y-M%m", "M%m %Y", "%Ym%m", "%Y:%m"])
def test_months_with_their_letter(form):
    months = pd.date_range("1990-01-01", periods=30, freq="MS")
    assert (read(months.strftime(form)).index == months).all()


def test_codes_are_no_dates():
    codes = [f"Q{n}2345" for n in (1, 2, 3)]
    with pytest.raises(ValueError, match="No column holds dates"):
        read(codes)


@pytest.mark.parametrize("name", ["Week", "MMWR WEEK", "epiweek"])
@pytest.mark.parametrize("form", ["{}", "{}.0", "W{:02}", "w{}"])
def test_weeks_beside_their_years(form, name):
    mondays = pd.date_range("2018-06-04", periods=150, freq="W-MON")  # with a week 53
    weeks = mondays.isocalendar().itertuples(index=False)
    rows = [f"{year},{form.format(week)},1\n" for year, week, _ in weeks]
    text = f"year,{name},x\n" + "".join(rows)
    table, _, _ = read_table(StringIO(text), ["year", name])
    assert (table.index == mondays).all()
    first = f"year,{name},x\n" + "".join(rows[31:38])  # 1 to 7: no months
    table, _, _ = read_table(StringIO(first), ["year", name])
    assert (table.index == mondays[31:38]).all()


@pytest.mark.parametrize("with_hours", [False, True])
def test_days_of_the_year_beside_their_years(with_hours):
    times = pd.date_range("2023-12-25", periods=90, freq="h" if with_hours else "D")
    rows = [f"{t.year},{t.dayofyear},{t.hour},1\n" for t in times]
    columns = ["YEAR", "DOY", "HR"][: 2 + with_hours]
    table, _, _ = read_table(StringIO("YEAR,DOY,HR,x\n" + "".join(rows)), columns)
    assert (table.index == times).all()


@pytest.mark.parametrize("name", ["hour", "HR", "h"])
def test_refuses_hours_in_place_of_days(name):
    rows = "".join(f"2024,1,{hour},1\n" for hour in range(1, 25))
    text = StringIO(f"year,month,{name},x\n{rows}")
    with pytest.raises(ValueError, match=r"2024, 1, 1 in row 0 .* no date: name the"):
        read_table(text, ["year", "month", name])


def test_the_first_months_of_a_year_are_no_quarters():
    text = "year,month,x\n2024,1,3\n2024,2,4\n2024,3,5\n2024,4,6\n"
    table, _, _ = read_table(StringIO(text), ["year", "month"])
    assert table.index.month.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("option", ["time", "series"])
def test_refuses_a_column_named_twice(option):
    text = StringIO("year,month,x\n2024,1,3\n")
    with pytest.raises(ValueError, match=f"--{option} names a column twice: year year"):
        read_table(text, **{option: ["year", "year"]})


@pytest.mark.parametrize(
    "text",
    [
        "year,month,day,x\n2024,2,29,1\n2023,2,29,2\n",
        "year,week,x\n2020,53,1\n2021,53,2\n",
        "year,doy,x\n2024,366,1\n2023,366,2\n",
    ],
)
def test_names_the_row_whose_parts_make_no_date(text):
    *columns, _ = text.splitlines()[0].split(",")
    wrong = ", ".join(text.splitlines()[2].split(",")[:-1])
    with pytest.raises(ValueError, match=rf"hold {wrong} in row 1 .* no date"):
        read_table(StringIO(text), columns)


def test_weeks_are_whole_numbers_where_named():
    mondays = pd.date_range("2018-06-04", periods=150, freq="W-MON")  # with a week 53
    weeks = [f"{day:%G%V}" for day in mondays]
    assert (read(weeks, time="t").index == mondays).all()


@pytest.mark.parametrize(
    ("form", "freq"),
    [
        ("%Y%m", "MS"),
        ("%Y%m%d", "D"),
        ("%Y%m%d%H", "h"),
        ("%Y%m%d%H%M", "h"),
        ("%Y%m%d%H%M%S", "h"),
    ],
)
def test_times_are_whole_numbers_where_named(form, freq):
    times = pd.date_range("2023-12-01", periods=60, freq=freq)
    assert (read(times.strftime(form), time="t").index == times).all()


def test_hours_up_to_24_are_no_times_since_1970():
    ends = [f"20240101{hour:02}" for hour in range(1, 25)]
    assert read(ends, time="t").index.tolist() == list(map(int, ends))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("start", ["2001-09-10", "2023-12-30", "2060-01-01"])
def test_times_since_1970_where_named(unit, start):
    times = pd.date_range(start, periods=60, freq="h")
    numbers = (times - pd.Timestamp(0)) // pd.Timedelta(1, unit)
    assert (read(numbers, time="t").index == times).all()
    empty_line = [f"{number}.0" for number in numbers]
    if unit in ("s", "ms"):
        assert (read(empty_line, time="t").index == times).all()


def test_names_a_date_in_no_known_format():
    with pytest.raises(ValueError, match=r"'t' holds '1st May', .* as 2024-01-31 or"):
        read(["1st May", "2nd May"], time="t")
    with pytest.raises(ValueError, match="write dates as 2024-01-31 if"):
        read(["now", "today"])
    with pytest.raises(ValueError, match="'t' holds 'Mar 15'"):  # not March 2015
        read(["Mar 15", "Mar 16"], time="t")


def test_a_column_is_read_to_its_end():
    dates = pd.date_range("2024-01-01", periods=300).strftime("%Y-%m-%d")
    with pytest.raises(ValueError, match="'t' holds 'total 7' in row 300"):
        read([*dates, "total 7"])
    random = np.random.default_rng(0)
    early = random.permutation(DAYS[DAYS.day <= 12])  # the last row alone tells
    texts = [*pd.DatetimeIndex(early).strftime("%d/%m/%Y"), "31/12/2024"]
    assert read(texts).index[-1] == pd.Timestamp("2024-12-31")


@pytest.mark.parametrize("form", ["%d/%m/%y", "%m/%d/%y", "%m/%d/%Y %I:%M %p"])
def test_dates_headers_and_blank_lines_of_spreadsheets(form):
    days = pd.date_range("2024-01-01", periods=60)
    rows = [f"{day}, {i}" for i, day in enumerate(days.strftime(form))]
    table, _, _ = read_table(StringIO("\n".join(["day, x ", *rows, ",", ","])))
    assert (table.index == days).all()
    assert table["x"].tolist() == list(range(60))
