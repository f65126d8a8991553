"""What a CSV file may hold, and what is refused: all but dates."""

import os
import re
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from skseq.shell import read_table

DAYS = pd.date_range("2024-01-01", periods=60)
FEBRUARY = DAYS + pd.Timedelta(days=31)


@pytest.fixture
def csv(tmp_path):
    """Return a function that writes columns to a file, and returns its path."""

    def write(columns, **options):
        path = tmp_path / "data.csv"
        pd.DataFrame(columns).to_csv(path, index=False, **options)
        return path

    return write


def test_sorts_drops_twins_and_encodes():
    text = (
        "when,kind,x\n01/02/2024,a,2\n12/31/2023,b,0\n01/01/2024,a,1\n01/02/2024,a,2\n"
    )
    table, notes, encoded = read_table(StringIO(text))
    assert list(table.index) == list(pd.date_range("2023-12-31", periods=3))
    assert list(table.columns) == ["x", "kind_a", "kind_b"]
    np.testing.assert_array_equal(table, [[0, 0, 1], [1, 1, 0], [2, 1, 0]])
    assert notes[0] == "1 duplicate row was dropped."
    assert encoded == {"kind": ["kind_a", "kind_b"]}


def test_cells_that_are_empty_stay_empty():
    table, _, _ = read_table(StringIO("t,a,b,x\n2024-01-01,u,True,1\n2024-01-02,,,2\n"))
    assert table["x"].tolist() == [1, 2]
    assert table.drop(columns="x").iloc[0].tolist() == [1, 1]
    assert table.drop(columns="x").iloc[1].isna().all()


def test_takes_whole_numbers_as_time_where_named():
    table, _, _ = read_table(StringIO("year,x\n1950,1\n1949,2\n"), time="year")
    assert list(table.index) == [1949, 1950]


@pytest.mark.parametrize(
    ("text", "time", "message"),
    [
        ("a,b\n1,2\n", None, r"No column holds dates, among \['a', 'b'\]"),
        ("a,b\n2024-01-01,2024-01-02\n", None, "2 columns hold dates"),
        ("a,b\n2024-01-01,2\n", "c", "Time column 'c' is not among"),
        ("a,b\nx,2\n", "a", "Time column 'a' holds 'x', and does not hold dates"),
        ("a,b\n1990.25,2\n", "a", "Time column 'a' holds 1990.25, and does not"),
        ("a,b\n2024-01-01,1\n,2\n", "a", "Time column 'a' is empty in row 1"),
        (
            "a,b\n2024-01-01,1\n2024-01-01,2\n",
            None,
            "1 of the times in column 'a' occur again with different",
        ),
    ],
)
def test_refuses_times_that_are_none(text, time, message):
    with pytest.raises(ValueError, match=message):
        read_table(StringIO(text), time)


def test_refuses_text_that_is_no_category():
    rows = "".join(f"{d:%Y-%m-%d},t{d}\n" for d in pd.date_range("2024", periods=60))
    with pytest.raises(ValueError, match="'b' holds text with 60 different values"):
        read_table(StringIO("a,b\n" + rows), "a")


def test_points_may_stand_between_thousands(csv):
    sep = ";"
    numbers = [f"1.{300 + row}" for row in range(60)]
    path = csv({"day": DAYS.strftime("%d.%m.%Y"), "x": numbers}, sep=sep)
    with pytest.raises(ValueError, match="if the point separates thousands"):
        read_table(path, sep=sep)
    table, _, _ = read_table(path, sep=sep, decimal=",", thousands=".")
    assert table["x"].tolist() == list(range(1300, 1360))
    table, _, _ = read_table(path, sep=sep, thousands=",")
    assert table["x"].tolist() == [float(number) for number in numbers]
    below_one = path.read_text().replace(numbers[0], "0.123", 1)
    table, _, _ = read_table(StringIO(below_one), sep=sep)
    assert table["x"].tolist() == [0.123, *map(float, numbers[1:])]


@pytest.mark.parametrize("sep", ["\t", ",", "|"])
def test_a_sensor_may_have_three_decimals(csv, sep):
    """Only a semicolon tells that commas may be decimal, and points not."""
    numbers = [20.126 + row / 8 for row in range(60)]
    path = csv({"day": DAYS, "x": numbers}, sep=sep, float_format="%.3f")
    table, _, _ = read_table(path, sep=sep)
    assert table["x"].tolist() == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("columns", "time", "message"),
    [
        ({"day": DAYS, "x": 100.13, "z": 5}, None, "holds the date '2024-01-01', not"),
        ({"day": DAYS.strftime("%m/%d/%Y"), "x": 1}, None, "date '01/01/2024', not"),
        ({"day": FEBRUARY.strftime("%d/%m/%Y"), "x": 1}, None, "date '01/02/2024', no"),
        ({"day": DAYS.strftime("%Y%m%d"), "x": 1.5}, None, "holds only numbers, "),
        ({"day": DAYS, "x": 1.5}, "2024-01-01", "add a line with the names of"),
    ],
)
def test_refuses_a_file_without_a_header(csv, columns, time, message):
    path = csv({**columns, "y": np.arange(60)}, header=False)
    with pytest.raises(ValueError, match=message):
        read_table(path, time)


def test_numbers_may_name_columns_of_values(csv):
    table, _, _ = read_table(csv({"day": DAYS, "2023": 1, "2024-01": 2}))
    assert table.columns.tolist() == ["2023", "2024-01"]


def test_a_column_may_have_any_name_if_thousands_are_separated(csv):
    path = csv({"day": DAYS, "self": "1,300"})
    assert (read_table(path, thousands=",")[0]["self"] == 1300).all()


@pytest.mark.parametrize("thousands", [None, ","])
def test_labels_of_series_are_text(csv, thousands):
    columns = {"shop": ["007", "010"] * 30, "day": DAYS.repeat(2)[:60], "x": 1}
    table, _, _ = read_table(csv(columns), series="shop", thousands=thousands)
    assert table.index.levels[0].tolist() == ["007", "010"]


def test_labels_of_series_may_look_like_other_things(tmp_path):
    path = tmp_path / "data.csv"
    labels = ["007", "NA", "None", "1e3"]
    rows = [f"{day}, {label}, 1\n" for label in labels for day in DAYS[:3]]
    path.write_text("day, shop, x\n" + "".join(rows) + ",,\n")
    table, _, _ = read_table(path, series="shop")
    assert table.index.levels[0].tolist() == sorted(labels)
    path.write_text(path.read_text().replace("NA", ""))
    with pytest.raises(ValueError, match="Series column 'shop' is empty in row 3"):
        read_table(path, series="shop")


@pytest.mark.parametrize("sep", [",", ";", "\t"])
@pytest.mark.parametrize("spaces", [" ", "    "])
def test_a_cell_of_spaces_is_empty(tmp_path, sep, spaces):
    path = tmp_path / "data.csv"
    rows = ["day,x,sky", "2024-01-01, 5,sun", f"2024-01-02,{spaces},{spaces}"]
    path.write_text("\n".join([*rows, "2024-01-03,7,rain\n"]).replace(",", sep))
    table, _, _ = read_table(path, sep=sep)
    np.testing.assert_array_equal(table["x"], [5, np.nan, 7])
    assert table["sky_sun"].isna().tolist() == [False, True, False]


UNITS = ["{} kWh", "{}kWh", "{} km/h", "{}°C", "{} m2", "{:,} MW", "+{} °F"]
SIGNS = ["{},5", "${}", "{} %", "1,{:03}", "{} EUR"]


@pytest.mark.parametrize("form", UNITS + SIGNS)
def test_numbers_written_as_text_are_no_categories(csv, form):
    path = csv({"day": DAYS, "x": [form.format(100 + i % 9) for i in range(60)]})
    with pytest.raises(ValueError, match="'x' holds numbers written as text, such as"):
        read_table(path)


@pytest.mark.parametrize("thousands", [None, "."])
@pytest.mark.parametrize("strange", ["-", ":", "(3,5)", "3,5 p", "1 234,5"])
def test_the_cell_that_is_no_number_is_named(csv, thousands, strange):
    numbers = [f"{i},25" if thousands is None else f"1.{i:03},25" for i in range(60)]
    path = csv({"day": DAYS, "x": [*numbers[:59], strange]}, sep=";")
    with pytest.raises(
        ValueError, match=re.escape(f"numbers and text, such as {strange!r}:")
    ):
        read_table(path, sep=";", decimal=",", thousands=thousands)


@pytest.mark.parametrize(
    "values", [["1A", "1B", "2A"], ["1st", "2nd", "3rd"], ["0-17", "18-65", "66+"]]
)
def test_categories_may_hold_digits(csv, values):
    _, _, encoded = read_table(csv({"day": DAYS, "x": values * 20}))
    assert encoded["x"] == [f"x_{value}" for value in values]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
def test_encodings_of_spreadsheets(csv, encoding):
    name = "\ufeffTag" if encoding == "utf-16-le" else "Tag"  # Python adds no mark
    path = csv({name: DAYS, "Erlös in €": range(60)}, sep="\t", encoding=encoding)
    table, _, _ = read_table(path, sep="\t")
    assert table.index.equals(DAYS.rename("Tag"))
    assert table["Erlös in €"].tolist() == list(range(60))


def test_a_pipe_is_read_once():
    end, start = os.pipe()
    text = pd.DataFrame({"Tag": DAYS, "Größe": range(60)}).to_csv(index=False)
    with os.fdopen(start, "wb") as pipe:
        pipe.write(text.encode("utf-16"))
    table, _, _ = read_table(f"/dev/fd/{end}")
    os.close(end)
    assert table["Größe"].tolist() == list(range(60))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "There is nothing in the file"),
        ("day,x\n2024-01-01,1".encode("utf-32"), "holds no text in UTF-8, UTF-16 or"),
        (b"day,x\n,\n,\n", "No row holds a value"),
        (b"day,x, x\n2024-01-01,1,2", "The header names 'x' twice"),
        ("day,x\n2024-01-01,1".encode("utf-16-be"), "save it as CSV in UTF-8"),
        (bytes(range(128, 256)), "save it as CSV in UTF-8"),
        (b'day,x\n1,"2\n3', "or save a spreadsheet as CSV"),
    ],
)
def test_refuses_what_is_no_text(tmp_path, content, message):
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_table(path)


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%m/%d/%y", "%b %Y", "%Y", "X%Y", "%Y [YR%Y]"]
)
def test_refuses_dates_as_names_of_columns(tmp_path, form):
    freq = "D" if "%d" in form else "MS" if "%b" in form else "YS"
    dates = pd.date_range("1990-01-01", periods=30, freq=freq)
    table = pd.DataFrame(1, ["a", "b"], dates.strftime(form))
    table.to_csv(tmp_path / "data.csv", index_label="shop")
    for series in (None, "shop"):
        with pytest.raises(ValueError, match=r"named by dates, .* \(pandas.melt\)"):
            read_table(tmp_path / "data.csv", series=series)


@pytest.mark.parametrize("form", ["%b", "%B"])
def test_refuses_months_as_names_of_columns(csv, form):
    months = pd.date_range("1990-01-01", periods=12, freq="MS").strftime(form)
    for names in (months, months.str.upper()):
        path = csv({"year": range(1950, 2011), **dict.fromkeys(names, 1.5)})
        with pytest.raises(ValueError, match=r"named by dates, '(?i:Jan.* to 'Dec)"):
            read_table(path)


def test_words_that_begin_as_months_are_no_dates(csv):
    path = csv({"market": [1.5] * 60, "decline": 2.5, "mayors": 3.5})
    with pytest.raises(ValueError, match="No column holds dates"):
        read_table(path)


def test_text_becomes_no_column_that_exists(csv):
    path = csv({"day": DAYS, "kind": ["a", "b"] * 30, "kind_b": 1})
    with pytest.raises(ValueError, match="'kind' would become kind_a, kind_b, but"):
        read_table(path)


def test_row_numbers_are_no_variable(tmp_path):
    table = pd.DataFrame({"day": [*DAYS, DAYS[-1]], "x": [*range(60), 59]})
    table.to_csv(tmp_path / "data.csv")
    found, notes, _ = read_table(tmp_path / "data.csv")
    assert found.columns.tolist() == ["x"]
    assert found.index.equals(pd.DatetimeIndex(DAYS, name="day"))
    assert notes[0] == "Row numbers in the first column were dropped."
    assert notes[1] == "1 duplicate row was dropped."
    pd.DataFrame({"x": [3, 4], "z": 5}).to_csv(tmp_path / "data.csv")
    found, _, _ = read_table(tmp_path / "data.csv", "Unnamed: 0")
    assert found.index.tolist() == [0, 1]


def test_row_numbers_may_begin_again(tmp_path):
    table = pd.DataFrame({"day": DAYS, "x": 1})
    both = pd.concat([table.assign(shop=shop) for shop in "ab"])
    both.to_csv(tmp_path / "data.csv")
    found, _, _ = read_table(tmp_path / "data.csv", series="shop")
    assert found.columns.tolist() == ["x"]


def test_other_unnamed_numbers_stay(tmp_path):
    years = pd.DataFrame({"x": [3, 4], "z": 5}, index=[1990, 1991])
    years.to_csv(tmp_path / "data.csv")
    with pytest.raises(ValueError, match=r"'Unnamed: 0', .* name the time column"):
        read_table(tmp_path / "data.csv")
    found, _, _ = read_table(tmp_path / "data.csv", "Unnamed: 0")
    assert found.index.tolist() == [1990, 1991]


def test_unnamed_numbers_of_series_stay(tmp_path):
    table = pd.DataFrame({"day": DAYS, "x": 1})
    pd.concat({0: table, 1: table}).droplevel(1).to_csv(tmp_path / "data.csv")
    with pytest.raises(ValueError, match="occur again with different values"):
        read_table(tmp_path / "data.csv")
    found, _, _ = read_table(tmp_path / "data.csv", series="Unnamed: 0")
    assert len(found) == 120


def test_series_that_two_columns_tell_apart(csv):
    columns = {"shop": "A", "item": [1, 2] * 30, "day": DAYS.repeat(2)[:60], "x": 1}
    with pytest.raises(ValueError, match="2024-01-01 00:00:00 of series A: "):
        read_table(csv(columns), series="shop")
    found, _, _ = read_table(csv(columns), series=["shop", "item"])
    assert found.index.names == ["shop", "item", "day"]
    assert (found.loc[("A", "2")].index == DAYS[:30]).all()


def test_notes_that_days_of_a_spreadsheet_are_no_dates(csv):
    numbers = (DAYS - pd.Timestamp("1899-12-30")).days
    table, notes, _ = read_table(csv({"date": numbers, "x": range(60)}), "date")
    assert table.index.tolist() == list(range(45292, 45352))
    assert "If they are a spreadsheet's days, counted from 1899-12-30" in notes[0]
    _, notes, _ = read_table(csv({"year": range(1900, 1960), "x": range(60)}), "year")
    assert not notes
