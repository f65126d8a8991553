"""python -m skseq compare: what it prints, writes and refuses."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from skseq import NaiveRegressor, compare
from skseq.__main__ import main
from skseq.shell import read_table
from skseq.wrapping import IntervalWarning

SMALL = ["--window", "14", "--horizon", "3", "--epochs", "1"]
RAIL = ["--target", "rail", *SMALL]


@pytest.fixture
def data(tmp_path):
    """Write a small CSV with a text column; return it and its path."""
    dates = pd.date_range("2024-01-01", periods=80)
    table = pd.DataFrame(
        {
            "date": dates.strftime("%m/%d/%Y"),
            "day_type": np.where(dates.dayofweek > 4, "U", "W"),
            "rail": 10.0 * (dates.dayofweek < 5) + np.sin(np.arange(80)) + 20,
        }
    )
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    return table, path


def refusal(capsys, *argv):
    """Run in vain; return the one line on standard error."""
    with pytest.raises(SystemExit) as stop:
        main(["compare", *map(str, argv)])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    return line.removeprefix("skseq compare: ")


def test_prints_a_table_and_writes_it(data, tmp_path, capsys):
    table, path = data
    files = [
        "--csv",
        str(tmp_path / "new" / "t.csv"),
        "--plot",
        str(tmp_path / "p.png"),
    ]
    assert main(["compare", str(path), *RAIL, *files]) == 0
    output = capsys.readouterr()
    assert "14 origins, 2024-03-04 to 2024-03-17" in output.out
    _, errors, beside, conclusion = output.out.split("\n\n")
    assert conclusion.startswith(("The best is ", "No model is better than "))
    assert beside.startswith("Relative to the naive forecast: ")
    lines = errors.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [
        "naive",
        "last",
        "SARIMA",
        "linear",
        "RNN",
        "LSTM",
        "GRU",
    ]
    assert "7/7" in output.err
    assert "Text column 'day_type' became day_type_U, day_type_W." in output.err
    assert (tmp_path / "p.png").stat().st_size > 1000
    written = pd.read_csv(tmp_path / "new" / "t.csv", index_col="model")
    series = table["rail"].set_axis(pd.date_range("2024-01-01", periods=80))
    expected = compare(
        {"naive": NaiveRegressor(7)},
        series,
        target="rail",
        horizon=3,
        window=14,
        season=7,
    )
    assert written.at["naive", "MAE"] == pytest.approx(
        expected.table.at["naive", "MAE"]
    )


def test_writes_the_forecast_of_the_steps_to_come(data, tmp_path, capsys):
    table, path = data
    path_out = tmp_path / "new" / "f.csv"
    argv = ["compare", str(path), *RAIL, "--forecast", str(path_out)]
    main([*argv, "--models", "naive", "--coverage", "0.8"])
    assert "The forecast of naive from the last row is in " in capsys.readouterr().out
    written = pd.read_csv(path_out, index_col="date", parse_dates=True)
    assert (written.index == pd.date_range("2024-03-21", periods=3)).all()
    assert written["rail"].tolist() == pytest.approx(table["rail"][-7:-4].tolist())
    assert (written["low"] < written["rail"]).all()
    assert (written["rail"] < written["high"]).all()
    years = table.drop(columns="day_type").assign(date=np.arange(1900, 1980))
    years.drop(index=years.index[-2]).to_csv(path, index=False)
    main([*argv, "--time", "date", "--gaps", "ignore", "--models", "naive"])
    assert pd.read_csv(path_out)["step"].tolist() == [1, 2, 3]
    years.to_csv(path, index=False)
    main([*argv, "--time", "date", "--models", "naive"])
    assert pd.read_csv(path_out)["date"].tolist() == [1980, 1981, 1982]


@pytest.mark.parametrize("target", ["low", "high"])
def test_intervals_leave_the_forecast_of_a_price_as_it_is(data, tmp_path, target):
    table, path = data
    table.rename(columns={"rail": target}).to_csv(path, index=False)
    argv = ["compare", str(path), "--target", target, *RAIL[2:], "--models", "naive"]
    main([*argv, "--coverage", "0.8", "--forecast", str(tmp_path / "f.csv")])
    written = pd.read_csv(tmp_path / "f.csv")
    assert written[target].tolist() == pytest.approx(table["rail"][-7:-4].tolist())
    assert written.columns.tolist()[2:] == [f"{target} low", f"{target} high"]
    assert (written[f"{target} low"] < written[target]).all()


def test_error_bars_leave_the_forecast_as_it_is(data, tmp_path):
    argv = ["compare", str(data[1]), *RAIL, "--models", "linear", "--epochs", "3"]
    written = []
    for options in [], ["--coverage", "0.8"]:
        main([*argv, *options, "--forecast", str(tmp_path / "f.csv")])
        written.append(pd.read_csv(tmp_path / "f.csv")["rail"].tolist())
    assert written[1] == pytest.approx(written[0])


@pytest.mark.parametrize("coverage", [[], ["--coverage", "0.8"]])
def test_the_forecast_follows_what_is_known_ahead(tmp_path, coverage):
    rng = np.random.default_rng(0)
    day_type = np.where(rng.random(203) < 0.3, "U", "W")
    day_type[200:] = "U", "W", "U"  # of the steps to come
    rides = np.where(day_type == "U", 10.0, 20.0) + 0.1 * rng.normal(size=203)
    rides[200:] = np.nan
    dates = pd.date_range("2024-01-01", periods=203)
    table = pd.DataFrame({"date": dates, "day_type": day_type, "rides": rides})
    table.to_csv(tmp_path / "data.csv", index=False)
    argv = ["compare", str(tmp_path / "data.csv"), "--target", "rides", *SMALL]
    argv += ["--models", "linear", "--epochs", "60", "--known-ahead", "day_type"]
    main([*argv, *coverage, "--forecast", str(tmp_path / "next.csv")])
    written = pd.read_csv(tmp_path / "next.csv", index_col="date", parse_dates=True)
    assert (written.index == dates[200:]).all()
    assert written["rides"].tolist() == pytest.approx([10, 20, 10], abs=2)
    assert set(written.columns) == {"rides", *(["low", "high"] if coverage else [])}


@pytest.mark.parametrize("change", ["fewer", "empty", "elsewhere"])
def test_the_forecast_wants_all_that_is_known_ahead(data, tmp_path, capsys, change):
    table, path = data
    coming = pd.DataFrame(
        {"date": ["03/21/2024", "03/22/2024", "03/23/2024"], "holiday": 0.0}
    )
    if change == "fewer":
        coming = coming[:2]
    elif change == "empty":
        coming.loc[1, "holiday"] = np.nan
    else:
        coming.loc[2, "date"] = "03/24/2024"
    table = table.drop(columns="day_type").assign(holiday=0.0)
    pd.concat([table, coming]).to_csv(path, index=False)
    argv = [path, *RAIL, "--known-ahead", "holiday", "--forecast", tmp_path / "f.csv"]
    line = refusal(capsys, *argv)
    assert "known ahead (holiday) of each of the 3 steps, 2024-03-21" in line
    assert not (tmp_path / "f.csv").exists()


def test_reads_what_is_separated_otherwise(data, capsys):
    table, path = data
    main(["compare", str(path), *RAIL, "--models", "naive"])
    expected = capsys.readouterr().out
    table.to_csv(path, index=False, sep=";", decimal=",")
    assert "give the right separator (--sep)" in refusal(capsys, path, *RAIL)
    separated = ["--sep", ";", "--decimal", ","]
    main(["compare", str(path), *RAIL, "--models", "naive", *separated])
    assert capsys.readouterr().out.splitlines()[0] == expected.splitlines()[0]


def test_goes_on_where_a_run_stopped(data, tmp_path, capsys):
    _, path = data
    options = ["--models", "naive", "linear", "--epochs", "2", "--refit", "5"]
    options += ["--step", "2", "--coverage", "0.5", "--cache", str(tmp_path / "kept")]
    outputs = []
    for _ in range(2):
        assert main(["compare", str(path), *RAIL, *options]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]  # with the seconds of the first
    assert "7 origins" in outputs[0]
    assert "covers" in outputs[0]
    assert len(list((tmp_path / "kept").iterdir())) == 2 * 2  # models, fits


def test_rows_that_stand_twice_are_dropped_and_told(data, capsys):
    table, path = data
    pd.concat([table, table.iloc[10:40]]).to_csv(path, index=False)
    main(["compare", str(path), *RAIL, "--models", "naive"])
    output = capsys.readouterr()
    assert "30 duplicate rows were dropped." in output.err
    assert "naive" in output.out
    assert "linear" not in output.out


@pytest.mark.parametrize(
    ("freq", "n_rows", "steps", "window"),
    [
        ("D", 400, 14, 56),
        ("h", 400, 24, 72),
        ("MS", 400, 12, 36),
        ("MS", 84, 8, 21),
        ("MS", 36, 3, 13),
        ("YS", 58, 5, 14),
    ],
)
def test_horizon_and_window_suit_the_season(
    tmp_path, capsys, freq, n_rows, steps, window
):
    path = tmp_path / "data.csv"
    dates = pd.date_range("1950-01-01", periods=n_rows, freq=freq)
    values = np.random.default_rng(0).normal(size=n_rows)
    pd.DataFrame({"date": dates, "x": values}).to_csv(path, index=False)
    assert main(["compare", str(path), "--models", "naive", "SARIMA", "linear"]) == 0
    output = capsys.readouterr().out
    assert f" {steps} steps ahead, " in output
    assert f"a window has {window} steps, " in output


@pytest.mark.parametrize(
    ("freq", "season"),
    [("h", 24), ("D", 7), ("B", 5), ("MS", 12), ("QS", 4), ("2QS", 2), ("YS", 1)],
)
def test_the_dates_tell_the_season(data, capsys, freq, season):
    table, path = data
    dates = pd.date_range("1950-01-31", periods=len(table), freq=freq)
    table.drop(columns="day_type").assign(date=dates).to_csv(path, index=False)
    argv = ["compare", str(path), *RAIL, "--window", "30", "--models", "naive"]
    assert main(argv) == 0
    assert f"a season has {season} step" in capsys.readouterr().out
    assert main([*argv, "--season", "3"]) == 0
    assert "a season has 3 steps:" in capsys.readouterr().out
    if season == 24:
        argv[argv.index("30")] = "14"
        assert "longer than a window of 14" in refusal(capsys, *argv[1:])


@pytest.mark.parametrize(
    ("freq", "step"), [("2D", "2 days 00:00:00"), ("5h", "0 days 05:00:00")]
)
def test_dates_that_tell_no_season_need_one(data, capsys, freq, step):
    table, path = data
    dates = pd.date_range("2024-01-01", periods=len(table), freq=freq)
    table.drop(columns="day_type").assign(date=dates).to_csv(path, index=False)
    argv = [path, *RAIL, "--models", "naive"]
    assert f"{step} apart tell no season: give the season" in refusal(capsys, *argv)
    assert main(["compare", *map(str, argv), "--season", "4"]) == 0


def test_embedded_data_are_the_default(capsys):
    main(["compare", *SMALL, "--models", "naive"])
    assert "Forecasts of demand, 3 steps ahead" in capsys.readouterr().out


def test_refuses_in_one_line(data, tmp_path, capsys):
    table, path = data

    def changed(new):
        other = tmp_path / "changed.csv"
        new.to_csv(other, index=False)
        return other

    assert "No such file" in refusal(capsys, tmp_path / "none.csv", *RAIL)
    assert "--target, one of ['rail', 'day_type_U'" in refusal(capsys, path)
    assert "target 'bus' is not among" in refusal(
        capsys, changed(table.drop(columns="day_type")), "--target", "bus"
    )
    numbers = table.drop(columns="day_type")
    short = changed(numbers.iloc[10:20])
    assert "10 rows are too few" in refusal(capsys, short, *RAIL)
    gap = changed(numbers.drop(index=30))
    assert "or give --gaps ignore if" in refusal(capsys, gap, *RAIL)
    assert (
        main(["compare", str(gap), *RAIL, "--models", "naive", "--gaps", "ignore"]) == 0
    )
    capsys.readouterr()
    missing = changed(numbers.assign(rail=numbers["rail"].where(table.index != 5)))
    assert "Column 'rail' is empty at 2024-01-06" in refusal(capsys, missing, *RAIL)
    late = changed(numbers.assign(cpi=numbers["rail"].where(table.index < 70)))
    line = refusal(capsys, late, *RAIL)
    assert "'cpi' is empty from 2024-03-11" in line
    assert f"move all of them down by {len(table) - 70} in the file" in line
    coming = changed(numbers.assign(rail=numbers["rail"].where(table.index < 70), z=1))
    line = refusal(capsys, coming, *RAIL)
    assert "'rail' is empty after 2024-03-10" in line
    assert "--known-ahead" in line
    assert "Time column 'x' is not among" in refusal(capsys, path, *RAIL, "--time", "x")
    assert "is a folder" in refusal(capsys, path, *RAIL, "--csv", tmp_path)
    assert "names no file" in refusal(capsys, path, *RAIL, "--forecast", "-")
    assert "got 'week'" in refusal(capsys, path, *RAIL, "--season", "week")
    for option, least in (("seed", 0), ("refit", 0), ("epochs", 1), ("horizon", 1)):
        line = refusal(capsys, path, *RAIL, f"--{option}", least - 1)
        assert f"argument --{option}: must be a whole number, at least {least}" in line
    for option in ("coverage", "test-fraction"):
        line = refusal(capsys, path, *RAIL, f"--{option}", 80)
        assert f"argument --{option}: must be between 0 and 1" in line
    line = refusal(capsys, path, *RAIL, "--jobs", 0)
    assert "argument --jobs: must be a whole number other than 0, got '0'" in line
    assert "invalid choice: 'tree'" in refusal(capsys, path, *RAIL, "--models", "tree")


@pytest.mark.parametrize("name", ["p.xyz", "p"])
def test_refuses_a_plot_that_it_cannot_write_before_the_work(
    data, tmp_path, capsys, name
):
    _, path = data
    files = ["--plot", tmp_path / "new" / name, "--csv", tmp_path / "table.csv"]
    line = refusal(capsys, path, *RAIL, *files)
    assert f"{name} must end in one of " in line
    assert f"such as {tmp_path / 'new' / 'p.png'}" in line
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "table.csv").exists()


def test_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "skseq", "compare", "nowhere.csv", "--target", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("skseq compare: ")
    assert "nowhere.csv" in line


def test_a_pipe_may_be_in_any_encoding(data):
    table, _ = data
    text = table.rename(columns={"rail": "Züge"}).to_csv(index=False).encode("cp1252")
    argv = [sys.executable, "-m", "skseq", "compare", "-", "--target", "Züge"]
    done = subprocess.run(
        [*argv, *SMALL, "--models", "naive"], input=text, capture_output=True
    )
    assert done.stdout.decode().startswith("Forecasts of Züge, 3 steps ahead")


def test_known_ahead_is_no_prefix(tmp_path, capsys):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=120),
            "holiday": rng.choice(["yes", "no"], 120),
            "x": rng.normal(size=120),
        }
    )
    outputs = []
    for name in ("holiday_x", "other"):  # what is not known ahead
        path = tmp_path / "data.csv"
        table.assign(**{name: table["x"]}).to_csv(path, index=False)
        argv = ["--target", "x", *SMALL, "--known-ahead", "holiday"]
        main(["compare", str(path), *argv, "--models", "linear"])
        line = capsys.readouterr().out.splitlines()[3]
        outputs.append(line.split()[:7])  # not the seconds
    assert outputs[0] == outputs[1]


YEAR = pd.date_range("2024-01-01", periods=366)
HOURS = pd.date_range("2024-01-01", periods=80 * 24, freq="h")
OPEN = {
    "but Sundays": (YEAR[YEAR.dayofweek < 6], "6 steps (a week)"),
    "but Sundays and holidays": (
        YEAR[(YEAR.dayofweek < 6) & (YEAR.dayofyear % 28 != 1)],
        "6 steps (a week)",
    ),
    "9 to 17 on weekdays": (
        HOURS[HOURS.hour.isin(range(9, 18)) & (HOURS.dayofweek < 5)],
        "9 steps (a day)",
    ),
    "but a day": (YEAR.delete(30), "7 steps (a week)"),
    "but an hour": (HOURS.delete(300).tz_localize("UTC"), "24 steps (a day)"),
}


@pytest.mark.parametrize("name", OPEN)
def test_the_season_counts_only_rows(tmp_path, capsys, name):
    dates, season = OPEN[name]
    steps = int(season.split()[0])
    path = tmp_path / "data.csv"
    pd.DataFrame({"date": dates, "x": range(len(dates))}).to_csv(path, index=False)
    argv = ["--models", "naive", "--window", "30", "--horizon", "2"]
    main(["compare", str(path), *argv, "--gaps", "ignore"])
    assert f"a season has {season}:" in capsys.readouterr().out
    table = pd.Series(range(len(dates)), dates, name="x", dtype=float)
    models = {"naive": NaiveRegressor(steps)}
    options = {"target": "x", "horizon": 2, "window": 30, "gaps": "ignore"}
    assert compare(models, table, **options).table.at["naive", "MAE / naive"] == 1


def test_the_only_column_is_the_target_and_files_are_alike(data, tmp_path, capsys):
    table, path = data
    table[["date", "rail"]].to_csv(path, index=False, sep=";", decimal=",")
    argv = [*SMALL, "--models", "naive", "--sep", ";", "--decimal", ","]
    main(["compare", str(path), *argv, "--forecast", str(tmp_path / "next.csv")])
    assert "Forecasts of rail" in capsys.readouterr().out
    written = pd.read_csv(tmp_path / "next.csv", sep=";", decimal=",")
    assert written["rail"].tolist() == pytest.approx(table["rail"][-7:-4].tolist())


@pytest.mark.parametrize(
    ("sep", "given", "written"),
    [
        ("\t", r"\t", "\t"),
        (" ", r"\s+", "\t"),
        (" | ", r" \| ", "\t"),
        (";", ";", ";"),
    ],
)
def test_both_files_are_separated_like_the_data(data, tmp_path, sep, given, written):
    table, path = data
    text = table[["date", "rail"]].to_csv(index=False, sep="@", decimal=",")
    path.write_text(text.replace("@", sep))
    errors, forecast = tmp_path / "errors.csv", tmp_path / "next.csv"
    argv = ["compare", str(path), *SMALL, "--sep", given, "--decimal", ","]
    argv += ["--csv", str(errors), "--forecast", str(forecast), "--models", "naive"]
    main(argv)
    found = pd.read_csv(forecast, sep=written, decimal=",")
    assert found["rail"].tolist() == pytest.approx(table["rail"][-7:-4].tolist())
    assert pd.read_csv(errors, sep=written, decimal=",").at[0, "MAE"] > 0


def test_a_separator_is_text_or_a_pattern(data, capsys):
    _, path = data
    assert "'(;' is no pattern (missing )" in refusal(capsys, path, "--sep", "(;")
    assert "argument --sep: must not be empty" in refusal(capsys, path, "--sep", "")


@pytest.mark.parametrize("models", [[], ["--models", "naive", "SARIMA", "linear"]])
def test_the_others_are_named_if_a_model_cannot_be_fitted(tmp_path, capsys, models):
    path = tmp_path / "data.csv"
    pd.DataFrame({"date": YEAR[:100], "x": 5}).to_csv(path, index=False)
    argv = ["compare", str(path), *SMALL]
    with pytest.raises(SystemExit):
        main([*argv, *models])
    line = capsys.readouterr().err.splitlines()[-1]  # below the progress
    assert "comes from the model 'SARIMA'. Compare the others: --models naive" in line
    others = line.rpartition("--models ")[2].rstrip(".").split()
    assert "linear" in others
    assert main([*argv, "--models", *others]) == 0


def test_intervals_that_are_missing_end_no_comparison(tmp_path, recwarn):
    path, names = tmp_path / "data.csv", ["naive", "linear"]
    y = np.random.default_rng(0).normal(size=80)
    pd.DataFrame({"date": YEAR[:80], "y": y}).to_csv(path, index=False)
    csv = tmp_path / "table.csv"
    argv = ["compare", str(path), "--models", *names, *SMALL, "--csv", str(csv)]
    main([*argv, "--coverage", "0.95", "--forecast", str(tmp_path / "next.csv")])
    texts = [str(w.message) for w in recwarn if w.category is IntervalWarning]
    best = pd.read_csv(csv, index_col="model")["MAE"].idxmin()
    for name, text in zip([*names, best], texts, strict=True):
        assert text.startswith(f"Model '{name}': No intervals: coverage=0.95 needs")
        assert text.endswith("give more rows, or ask for less coverage.")
    table = pd.read_csv(csv)
    assert table["MAE"].notna().all()
    assert table["covers"].isna().all()


def test_a_file_is_no_column(data, capsys):
    _, path = data
    line = refusal(capsys, "--known-ahead", "day_type", path, "--target", "rail")
    assert "put the file before the options" in line


def test_series_are_those_of_a_file(capsys):
    assert "also give the file" in refusal(capsys, "--series", "shop")


def forecast_of(tmp_path, text, *options):
    """Write a file and let the naive model go on from it: one season, then again."""
    path, written = tmp_path / "data.csv", tmp_path / "next.csv"
    path.write_text(text)
    argv = ["compare", str(path), "--target", "x", "--models", "naive"]
    argv += ["--window", "60", "--horizon", "24", "--forecast", str(written)]
    assert main([*argv, *options]) == 0
    sep = options[options.index("--sep") + 1] if "--sep" in options else ","
    decimal = options[options.index("--decimal") + 1] if "--decimal" in options else "."
    dates = {"index_col": 0, "parse_dates": True}
    return pd.read_csv(written, sep=sep, decimal=decimal, **dates)["x"]


@pytest.mark.parametrize("series", [[], ["shop"]])
def test_dates_without_a_name_have_none_in_the_forecast(tmp_path, series):
    path, written = tmp_path / "data.csv", tmp_path / "next.csv"
    index = pd.date_range("2024-01-01", periods=200)
    table = pd.DataFrame({"x": np.arange(200.0) % 7}, index)
    if series:
        table = pd.concat([table.assign(shop=name) for name in "ab"])
    table.to_csv(path)
    argv = ["compare", str(path), "--target", "x", *SMALL, "--models", "naive"]
    argv += ["--forecast", str(written), *(f"--series={name}" for name in series)]
    assert main(argv) == 0
    header = written.read_text().splitlines()[0]
    assert header == ",".join([*series, "", "x"])


@pytest.mark.parametrize(
    ("first", "form"),
    [(0, "{h}"), (1, "{h}"), (0, "{h:02}:00"), (1, "{h}:00"), (0, "{h}:30:00")],
)
def test_dates_and_hours_stand_in_two_columns(tmp_path, first, form):
    days = pd.date_range("2024-01-30", periods=10)
    hours = range(first, first + 24)  # 1 to 24 are the ends of hours
    text = "Date,x,Hour\n" + "".join(
        f"{day:%d.%m.%Y},{day.day * 100 + h},{form.format(h=h)}\n"
        for day in days
        for h in hours
    )
    found = forecast_of(tmp_path, text, "--time", "Date", "Hour")
    assert found.tolist() == [days[-1].day * 100 + h for h in hours]
    start = days[-1] + pd.Timedelta(days=1, hours=first, minutes=30 * ("30" in form))
    assert (found.index == pd.date_range(start, periods=24, freq="h")).all()


@pytest.mark.parametrize(
    ("hours", "options", "message"),
    [
        (range(24), [], "--time DATE HOUR"),
        (["0:00", "1:00"], [], "--time DATE HOUR"),
        (range(25), ["Date", "Hour"], "'Hour' holds both 0 and 24"),
        (
            range(1, 26),
            ["Date", "Hour"],
            "'Hour' holds 25 in row 24, which is not an hour",
        ),
        ([0, 1.5], ["Date", "Hour"], "'Hour' holds 1.5 in row 1, which is not an hour"),
        (["0:00", "1:75"], ["Date", "Hour"], "'Hour' holds 1:75 in row 1"),
        (range(24), ["Date", "Hour", "x"], "'Hour', 'x' holds 12, 60 in row 60, which"),
        (range(24), ["Date", "Hour", "x", "z"], "dates, alone or with one of hours"),
        (range(1, 25), ["Date", "Hour", "z"], "'Hour', 'z' holds 24, 30 in row 23, "),
        (range(24), ["Hour", "Date"], "no date: name the columns of year and"),
        (range(24), ["Date", "hour"], "Time column 'hour' is not among"),
    ],
)
def test_refuses_hours_that_leave_the_time_open(
    tmp_path, capsys, hours, options, message
):
    path = tmp_path / "data.csv"
    days = pd.date_range("2024-01-01", periods=10)
    index = pd.MultiIndex.from_product([days, hours], names=["Date", "Hour"])
    pd.DataFrame({"x": range(len(index)), "z": 30}, index).to_csv(path)
    time = ["--time", *options] if options else []
    assert message in refusal(capsys, path, "--target", "x", *time)


@pytest.mark.parametrize("parts", [["Date"], ["Year", "Month", "Day"]])
def test_minutes_stand_in_a_column_of_their_own(tmp_path, parts):
    times = pd.date_range("2024-01-30", periods=480, freq="30min", name="Time")
    table = pd.DataFrame({"x": np.arange(480) % 48}, times).reset_index()
    table["Date"] = times.strftime("%d/%m/%Y")
    for part in ("Year", "Month", "Day", "Hour", "Minute"):
        table[part] = getattr(times, part.lower())
    text = table.drop(columns="Time").to_csv(index=False)
    options = ["--time", *parts, "Hour", "Minute"]
    found = forecast_of(tmp_path, text, *options)
    assert found.tolist() == list(range(24))
    ahead = pd.date_range(times[-1], periods=25, freq="30min")[1:]
    assert (found.index == ahead).all()


def test_no_hours_are_added_to_times(tmp_path, capsys):
    path = tmp_path / "data.csv"
    path.write_text("t,Hour,x\n2024-01-01 00:00,0,1\n2024-01-01 01:00,1,2\n")
    line = refusal(capsys, path, "--target", "x", "--time", "t", "Hour")
    assert "'t' already holds times of day: leave 'Hour' out of --time" in line


def test_a_file_is_no_column_of_time(data, capsys):
    _, path = data
    line = refusal(capsys, "--time", "date", path, "--target", "rail")
    assert "columns of --time: put the file before the options" in line


@pytest.mark.parametrize("months", [1, 3])
def test_months_may_begin_on_any_day(tmp_path, months):
    step = pd.DateOffset(months=months)
    dates = pd.date_range("2000-01-15", periods=174, freq=step)
    text = "day,x\n" + "".join(f"{day:%Y-%m-%d},{day.month}\n" for day in dates[:150])
    found = forecast_of(tmp_path, text)
    assert (found.index == dates[150:]).all()
    assert (found == found.index.month).all()


@pytest.mark.parametrize(
    "days",
    [
        pd.date_range("2024-02-01", periods=80, tz="Europe/Paris").tz_convert("UTC"),
        pd.date_range("2024-01-01", periods=80, freq="SMS"),
    ],
)
def test_rows_without_a_step_need_not_be_incomplete(tmp_path, capsys, days):
    path = tmp_path / "data.csv"
    pd.DataFrame({"x": range(80)}, pd.Index(days, name="day")).to_csv(path)
    line = refusal(capsys, path, *SMALL)
    assert "no regular step, but none seems to be missing: row" in line


def test_one_date_in_each_month_tells_months(tmp_path, capsys):
    path = tmp_path / "data.csv"
    days = pd.date_range("2018-01-01", periods=80, freq="BME", name="day")
    days = days.where(days != "2018-03-30", days - pd.offsets.Day())  # Good Friday
    pd.DataFrame({"x": range(80)}, days).to_csv(path)
    assert "Write months, such as 2018-01, or give" in refusal(capsys, path, *SMALL)


@pytest.mark.parametrize("freq", ["h", "D"])
def test_a_clock_that_was_set_forward_leaves_no_hour_to_fill_in(tmp_path, capsys, freq):
    times = pd.date_range("2024-03-30", periods=80, freq=freq)
    times = times.drop(times[26])  # 02:00 on the day on which the clock changes
    pd.DataFrame({"x": range(79)}, times.rename("t")).to_csv(tmp_path / "data.csv")
    line = refusal(capsys, tmp_path / "data.csv", *SMALL)
    assert "Add the missing rows to the file, with values (0, if a shop" in line
    assert ("write the offset from UTC" in line) == (freq == "h")


@pytest.mark.parametrize("form", ["{}-W{:02}", "{}W{:02}", "{}-W{}"])
def test_weeks_begin_on_their_monday(tmp_path, form):
    mondays = pd.date_range("2018-01-01", periods=250, freq="W-MON")  # with a week 53
    weeks = [form.format(*day.isocalendar()[:2]) for day in mondays]
    text = "week,x\n" + "".join(f"{week},{i}\n" for i, week in enumerate(weeks))
    found = forecast_of(tmp_path, text)
    assert found.tolist() == list(range(198, 222))  # 52 weeks before
    ahead = pd.date_range(mondays[-1], periods=25, freq="W-MON")[1:]
    assert (found.index == ahead).all()


def test_refuses_a_week_that_a_year_lacks(tmp_path, capsys):
    (tmp_path / "data.csv").write_text("week,x\n2021-W52,1\n2021-W53,2\n")
    line = refusal(capsys, tmp_path / "data.csv", "--time", "week")
    assert "'week' holds '2021-W52', and does not hold dates in one of" in line


@pytest.mark.parametrize(
    ("thousands", "decimal", "sep"),
    [
        (",", ".", ","),
        (".", ",", ";"),
        ("'", ".", ","),
        (" ", ",", ";"),
    ],
)
def test_numbers_with_thousands_apart(tmp_path, thousands, decimal, sep):
    values = 10.0 ** (np.arange(150) % 9) + 0.25
    signs = str.maketrans({",": thousands, ".": decimal})
    days = pd.date_range("2024-01-01", periods=150).strftime("%d.%m.%Y")
    numbers = [f"{value:,}".translate(signs) for value in values]
    text = pd.DataFrame({"day": days, "x": numbers}).to_csv(index=False, sep=sep)
    options = ["--thousands", thousands, "--decimal", decimal, "--sep", sep]
    found = forecast_of(tmp_path, text, *options)
    assert found.index[0] == pd.Timestamp("2024-05-30")
    assert found[:7].tolist() == values[-7:].tolist()


def test_refuses_thousands_that_are_decimals_or_stand_elsewhere(tmp_path, capsys):
    path = tmp_path / "data.csv"
    days = pd.date_range("2024-01-01", periods=10)
    path.write_text("day;x\n" + "".join(f"{day:%d.%m.%Y};1.234\n" for day in days))
    separated = [path, "--sep", ";", "--thousands"]
    assert "also give the decimal separator (--decimal)" in refusal(
        capsys, *separated, "."
    )
    path.write_text("day;x\n" + "".join(f"{day:%d.%m.%Y};1,5\n" for day in days))
    assert "holds numbers written as text" in refusal(capsys, *separated, ",")


DAYS = pd.date_range("2024-01-01", periods=150)


@pytest.mark.parametrize(
    ("lines", "options", "message"),
    [
        (["Total,9"], [], "'day' holds 'Total' in row 150"),
        (["Total 2024,9"], ["--time", "day"], "'day' holds 'Total 2024' in row 150"),
        ([",9"], [], "'day' is empty in row 150"),
        (["2024-01-09,8", "2024-01-09,8", "Sum,9"], [], "'Sum' in row 152"),
    ],
)
def test_tells_the_row_that_is_none(tmp_path, capsys, lines, options, message):
    path = tmp_path / "data.csv"
    rows = [f"{day:%Y-%m-%d},{i}" for i, day in enumerate(DAYS)]
    path.write_text("\n".join(["day,x", *rows, *lines]))
    assert message in refusal(capsys, path, *options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Sales\nday,x\n2024-01-01,1\n", "Remove any lines above the header"),
        ("Sales\n2024\n\nday,x\n2024-01-01,1\n", "remove any lines above the header"),
        ("day,x\n", "a header line, but no rows"),
        ("day,x\n2024-01-01,1,\n2024-01-02,2,\n", "Rows have more columns than"),
        ("id,day,x\n1,2024-01-01,1,3\n", "Rows have more columns than the header"),
    ],
)
def test_refuses_a_header_that_is_not_that_of_the_rows(tmp_path, capsys, text, message):
    path = tmp_path / "data.csv"
    path.write_text(text)
    assert message in refusal(capsys, path, "--target", "x")


def test_rows_in_any_order_between_empty_cells_give_the_same_forecast(tmp_path):
    values = np.arange(150.0) ** 2
    rows = [f"{day:%Y-%m-%d},{x}," for day, x in zip(DAYS, values, strict=True)]
    np.random.default_rng(0).shuffle(rows)
    found = forecast_of(tmp_path, "\n".join(["day,x,", *rows, ",,", ",,"]))
    assert (found.index == DAYS[-1] + pd.to_timedelta(np.arange(1, 25), "D")).all()
    assert found[:7].tolist() == values[-7:].tolist()


def test_narrow_spaces_stand_between_thousands(tmp_path, capsys):
    rows = [f"{day:%Y-%m-%d},1\u202f{i:03}\n" for i, day in enumerate(DAYS)]
    (tmp_path / "data.csv").write_text("day,x\n" + "".join(rows), encoding="utf-8")
    line = refusal(capsys, tmp_path / "data.csv")
    assert "holds numbers written as text" in line
    table, _, _ = read_table(tmp_path / "data.csv", thousands=" ")
    assert table["x"].tolist() == list(range(1000, 1150))


def test_the_target_is_no_text(data, capsys):
    _, path = data
    line = refusal(capsys, path, "--target", "day_type")
    assert "Target 'day_type' holds text, such as 'U': name a column of" in line
