"""compare on several series: as a loop over them, each from its own past."""

from io import StringIO

import matplotlib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import mean_absolute_scaled_error

from skseq import DenseRegressor, NaiveRegressor, SequenceForecaster, compare
from skseq.__main__ import main
from skseq.comparison.significance import diebold_mariano
from skseq.shell import read_table

WINDOW, HORIZON, SEASON = 6, 3, 4
SETTING = {"target": "y", "window": WINDOW, "horizon": HORIZON, "season": SEASON}
LENGTHS = {"b": 60, "a": 45, "c": 60}
N_TEST = 12  # a fifth of the longest; fewer where sktime fits anew at each origin


def make(key):
    n_rows = LENGTHS[key]
    rng = np.random.default_rng(ord(key))
    columns = {"x": rng.normal(size=n_rows), "y": ord(key) + rng.normal(size=n_rows)}
    days = pd.date_range(end="2024-03-01", periods=n_rows)
    return pd.DataFrame(columns, days)


@pytest.fixture
def panel():
    return pd.concat({key: make(key) for key in LENGTHS}, names=["shop", "day"])


def linear_loop():
    """Cut the windows of each series one by one; one model for all."""
    X, y, X_test = [], [], []
    for key in sorted(LENGTHS):
        rows = make(key)[["y", "x"]].to_numpy()
        for end in range(WINDOW, len(rows) - HORIZON + 1):
            window, coming = rows[end - WINDOW : end].ravel(), rows[end : end + HORIZON]
            if end + HORIZON <= len(rows) - N_TEST:
                X.append(window)
                y.append(coming[:, 0])
            elif end >= len(rows) - N_TEST:
                X_test.append(window)
    return LinearRegression().fit(X, y).predict(X_test)


def test_one_regressor_learns_from_all_series(panel):
    result = compare({"linear": LinearRegression()}, panel, **SETTING)
    assert_allclose(result.forecasts["linear"], linear_loop())
    index = result.truth.index
    assert index.names == ["shop", "day"]
    assert list(index.unique("shop")) == ["a", "b", "c"]
    assert len(result.origins) == N_TEST - HORIZON + 1
    for (shop, day), targets in result.truth.iterrows():
        coming = panel["y"].loc[shop].loc[day:].iloc[1 : HORIZON + 1]
        assert_array_equal(targets, coming)


@pytest.mark.parametrize("step", [1, 2])
def test_each_series_is_forecast_as_it_is_alone(panel, step):
    models = {
        "ours": NaiveRegressor(SEASON),
        "theirs": NaiveForecaster(sp=SEASON),
        "forecaster": SequenceForecaster(NaiveRegressor(SEASON), WINDOW),
    }
    n_test = 9
    setting = SETTING | {"coverage": 0.8, "step": step, "refit": 3}
    share = n_test / max(LENGTHS.values())
    result = compare(models, panel, **setting, test_fraction=share)
    for key in LENGTHS:
        share = n_test / LENGTHS[key]
        one = compare(
            {"theirs": models["theirs"]},
            panel.loc[key],
            **setting,
            test_fraction=share,
        )
        for name in models:
            found = result.forecasts[name].loc[key]
            pd.testing.assert_frame_equal(
                found, one.forecasts["theirs"], check_freq=False
            )
        ends = result.intervals["theirs"][result.truth.index.get_loc(key)]
        assert_allclose(ends, one.intervals["theirs"])


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        DenseRegressor(max_epochs=2, random_state=0),
        SequenceForecaster(LinearRegression(), WINDOW, scaling="standardize"),
    ],
)
@pytest.mark.parametrize("known_ahead", [[], ["x"]])
def test_what_comes_later_changes_nothing(panel, model, known_ahead):
    setting = SETTING | {"known_ahead": known_ahead}
    before = compare({"model": model}, panel, **setting)
    origin = before.origins[4]
    changed = panel.copy()
    changed.loc[changed.index.get_level_values("day") > origin, "y"] += 100
    horizon_end = origin + pd.Timedelta(days=HORIZON)
    changed.loc[changed.index.get_level_values("day") > horizon_end, "x"] += 100
    after = compare({"model": model}, changed, **setting)
    for key in LENGTHS:
        then = slice(None, origin)
        assert_array_equal(
            after.forecasts["model"].loc[key].loc[then],
            before.forecasts["model"].loc[key].loc[then],
        )


def test_errors_are_means_over_series(panel):
    result = compare({"linear": LinearRegression()}, panel, **SETTING)
    errors = (result.forecasts["linear"] - result.truth).abs()
    assert result.table.at["linear", "MAE"] == pytest.approx(errors.to_numpy().mean())
    scaled = [
        mean_absolute_scaled_error(
            result.truth.loc[key].to_numpy().ravel(),
            result.forecasts["linear"].loc[key].to_numpy().ravel(),
            y_train=make(key)["y"].to_numpy()[:-N_TEST],
            sp=SEASON,
        )
        for key in LENGTHS
    ]
    assert result.table.at["linear", "MASE"] == pytest.approx(np.mean(scaled))


def test_chance_is_told_by_the_mean_error_of_each_origin(panel):
    setting = SETTING | {"test_fraction": 0.4}
    result = compare({"linear": LinearRegression()}, panel, **setting)
    loss = (result.forecasts["linear"] - result.truth).abs()
    loss -= (result.naive - result.truth).abs()
    by_origin = loss.mean(axis=1).groupby(level="day").mean()
    statistic, p_value, _ = diebold_mariano(by_origin, HORIZON)
    found = result.differences().loc["linear"]
    assert found["difference"] == pytest.approx(loss.to_numpy().mean())
    assert found["DM"] == pytest.approx(statistic)
    assert found["p"] == pytest.approx(p_value)


def test_labels_of_several_levels(panel):
    deep = pd.concat({1: panel, 2: panel}, names=["town"])
    result = compare({"linear": LinearRegression()}, deep, **SETTING)
    assert result.truth.index.names == ["town", "shop", "day"]
    alone = compare({"linear": LinearRegression()}, panel, **SETTING)
    assert_allclose(result.forecasts["linear"].loc[2], alone.forecasts["linear"])


TUPLES = pd.Index([("b", 1), ("c", 1), ("a", 1)], tupleize_cols=False)


@pytest.mark.parametrize(
    "labels", [pd.CategoricalIndex(["b", "c", "a"], ["c", "zz", "b", "a"]), TUPLES]
)
def test_forecasts_are_of_the_series_of_their_label(panel, labels):
    codes = "bca"
    shop = [codes.index(key) for key in panel.index.get_level_values("shop")]
    days = panel.index.get_level_values("day")
    panel.index = pd.MultiIndex(
        [labels, days.unique().sort_values()],
        [shop, days.unique().sort_values().get_indexer(days)],
        names=["shop", "day"],
    )
    models = {
        "theirs": NaiveForecaster(sp=SEASON),
        "ours": SequenceForecaster(NaiveRegressor(SEASON), WINDOW),
    }
    result = compare(models, panel, **SETTING, test_fraction=0.1)
    for model in models:
        for (shop, day), forecast in result.forecasts[model].iterrows():
            known = make(codes[list(labels).index(shop)])["y"].loc[:day]
            assert_allclose(forecast, known.iloc[-SEASON:][:HORIZON])
    for instance in labels:
        title = result.plot(instance=instance).axes[0].get_title()
        assert title.endswith(f", {', '.join(map(str, np.atleast_1d(instance)))}")


@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # in sktime
def test_sktime_learns_from_all_series(panel):
    panel = panel[["y"]]
    model = make_reduction(
        LinearRegression(), window_length=WINDOW, strategy="recursive", pooling="global"
    )
    result = compare({"model": model}, panel, **SETTING, test_fraction=0.1)
    assert len(result.origins) == 4
    for origin in result.origins[:2]:
        known = panel[panel.index.get_level_values("day") <= origin].sort_index()
        expected = model.clone().fit(known, fh=[1, 2, 3]).predict()
        found = result.forecasts["model"].xs(origin, level="day")
        assert_allclose(found.to_numpy().ravel(), expected["y"])


@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # in sktime
def test_series_fitted_one_by_one_are_those_of_a_panel_in_sktime(panel):
    setting = SETTING | {"test_fraction": 0.15, "step": 3, "refit": 2}
    models = {
        "naive": NaiveForecaster(),
        "known": make_reduction(LinearRegression(), window_length=WINDOW),
    }
    setting |= {"known_ahead": ["x"], "coverage": 0.8}
    one, two = (compare(models, panel, n_jobs=n, **setting) for n in (None, 2))
    panel = panel.sort_index()
    days = panel.index.get_level_values("day")
    for i, origin in enumerate(one.origins):
        known = panel[days <= origin]
        ahead = panel[(days > origin) & (days <= origin + pd.Timedelta(days=HORIZON))]
        for name, model in models.items():
            model = model.clone().fit(known[["y"]], X=known[["x"]], fh=[1, 2, 3])
            expected = model.predict(X=ahead[["x"]])["y"].to_numpy()
            for found in (one, two):
                forecast = found.forecasts[name].xs(origin, level="day")
                assert_array_equal(forecast.to_numpy().ravel(), expected)
        ends = models["naive"].clone().fit(known[["y"]], fh=[1, 2, 3])
        ends = ends.predict_interval(coverage=0.8).to_numpy().reshape(3, HORIZON, 2)
        for found in (one, two):
            interval = found.intervals["naive"].reshape(3, -1, HORIZON, 2)[:, i]
            assert_array_equal(interval, ends)


def test_each_series_of_a_forecaster_of_one_is_a_fit_of_its_own(panel, tmp_path):
    models = {
        "theirs": NaiveForecaster(sp=SEASON),
        "ours": SequenceForecaster(NaiveRegressor(SEASON), WINDOW),
    }
    setting = SETTING | {"test_fraction": 0.1, "cache": tmp_path}
    compare(models, panel, **setting)
    kept = set(tmp_path.iterdir())
    assert len(kept) == 3 + 1
    compare(models, panel, n_jobs=2, **setting)
    assert set(tmp_path.iterdir()) == kept


def test_what_fails_names_its_series(panel):
    model = {"drift": NaiveForecaster("drift", window_length=50)}
    with pytest.raises(ValueError, match="window_length") as caught:
        compare(model, panel, **SETTING, test_fraction=0.1, n_jobs=2)
    assert caught.value.__notes__ == [
        "This error comes from the series a.",
        "This error comes from the model 'drift'.",
    ]


@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # in sktime
def test_series_stay_at_the_same_times_where_a_clock_changes_in_some():
    zone = "Europe/Berlin"
    ends = pd.Timestamp("2024-04-01 12:00", tz=zone)  # summer time began a day earlier
    hours = [pd.date_range(end=ends, periods=n, freq="h") for n in (70, 30)]
    panel = pd.concat(
        [
            pd.DataFrame({"y": make("b")["y"].to_numpy()[np.arange(len(index)) % 60]})
            .set_index(index)
            .rename_axis("hour")
            for index in hours
        ],
        keys=["long", "short"],
        names=["shop"],
    )
    setting = SETTING | {"test_fraction": 0.1, "step": 2}
    model = make_reduction(LinearRegression(), window_length=WINDOW, pooling="global")
    found = compare({"model": model}, panel, **setting).forecasts["model"]
    without = panel.set_index(
        [
            panel.index.get_level_values("shop"),
            panel.index.get_level_values("hour").tz_convert("UTC").tz_localize(None),
        ]
    )
    expected = compare({"model": model}, without, **setting).forecasts["model"]
    assert_allclose(found, expected)


def test_series_without_some_days(panel):
    panel = panel.drop(("b", make("b").index[5]))
    models = {
        "theirs": NaiveForecaster(sp=SEASON),
        "ours": SequenceForecaster(NaiveRegressor(SEASON), WINDOW),
    }
    result = compare(models, panel, **SETTING, gaps="ignore", test_fraction=0.1)
    for model in models:
        for (shop, day), forecast in result.forecasts[model].iterrows():
            known = make(shop)["y"].loc[:day]
            assert_allclose(forecast, known.iloc[-SEASON:][:HORIZON])


def test_a_plain_index_of_several_series_is_told_how(panel):
    plain = panel.droplevel("shop")
    for data in (plain, plain.mask(plain > plain.median())):
        with pytest.raises(ValueError, match=r"twice.*set_index"):
            compare({"naive": NaiveRegressor()}, data, **SETTING)


@pytest.mark.parametrize("seed", range(5))
def test_rounding_is_no_skill(seed):
    wave = 1000 + np.random.default_rng(seed).normal(size=100)
    rounded = SequenceForecaster(NaiveRegressor(SEASON), WINDOW, scaling="divide")
    setting = SETTING | {"target": 0, "test_fraction": 0.5}
    result = compare({"rounded": rounded}, wave, **setting)
    assert_allclose(result.forecasts["rounded"], result.naive, rtol=1e-12)
    found = result.differences().loc["rounded"]
    assert found["difference"] == 0
    assert np.isnan(found["p"])
    assert result.conclusion() == "No model is better than the naive forecast."


def test_draws_one_series(panel):
    matplotlib.use("agg")
    result = compare({"naive": NaiveRegressor(SEASON)}, panel, **SETTING)
    for instance, shop in ((None, "a"), ("c", "c")):
        above = result.plot(instance=instance, n_origins=1).axes[0]
        assert above.get_title().endswith(f", {shop}")
        [forecast] = [line for line in above.lines if line.get_label() == "naive"]
        last = result.forecasts["naive"].loc[shop].iloc[-1]
        assert_array_equal(forecast.get_ydata(), last)
    with pytest.raises(ValueError, match=r"instance 'd' is not among the series \['a'"):
        result.plot(instance="d")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p[:0], "data has no rows"),
        (
            lambda p: p.drop(("a", p.index[-1][1])),
            "Series a ends at 2024-02-29 .*, but b ends at .* 1 end early: a. ",
        ),
        (
            lambda p: p.groupby("shop").tail(60).drop("a").pipe(_with_short),
            "d has 20 .*Of 3 series, 1 begin too late: d. ",
        ),
        (lambda p: p.drop(("b", p.index[5][1])), "no regular step"),
        (
            lambda p: p.rename(index={"a": 1, "b": 2, "c": 3}, level=0).swaplevel(),
            "'shop', holds no dates, .* make time the last",
        ),
        (
            lambda p: p.rename(index={"b": np.nan}, level=0),
            "Row 0 of data has no label",
        ),
        (
            lambda p: pd.concat({"d": make("b"), "e": _every_other_day(make("b"))}),
            "Series d and e have rows at different times .* example at 2024-02-29",
        ),
    ],
)
def test_wrong_series_are_named(panel, change, message):
    with pytest.raises(ValueError, match=message) as caught:
        compare({"naive": NaiveRegressor(SEASON)}, change(panel), **SETTING)
    if message == "no regular step":
        assert caught.value.__notes__ == ["This error comes from the series b."]


def _every_other_day(table):
    days = pd.date_range(end=table.index[-1], periods=len(table), freq="2D")
    return table.set_axis(days)


def _with_short(panel):
    short = panel.loc[["c"]].tail(20).rename(index={"c": "d"}, level=0)
    return pd.concat([panel, short])


def test_messages_name_the_series_to_leave_out(panel):
    """All but the first of 13 series end a day early, or begin too late."""
    keys = [("north", f"item {number:02}") for number in range(13)]
    whole = panel.xs("a")
    for cut, verb in ((whole[:-1], "end early"), (whole[-10:], "begin too late")):
        parts = dict.fromkeys(keys, cut) | {keys[0]: whole}
        data = pd.concat(parts, names=["town", "item"])
        with pytest.raises(ValueError, match=f"Of 13 series, 12 {verb}: ") as caught:
            compare({"naive": NaiveRegressor(SEASON)}, data, **SETTING)
        named = str(caught.value).split(f"{verb}: ")[1]
        assert named.startswith("north, item 01; north, item 02; ")
        assert "; north, item 10; and 2 more. Leave these out, " in named


def test_reads_several_series():
    text = "day,shop,y\n" + "".join(
        f"2024-01-0{day},{shop},{day}\n" for day in (2, 1) for shop in "ba"
    )
    with pytest.raises(ValueError, match="--series"):
        read_table(StringIO(text))
    table, notes, encoded = read_table(StringIO(text), series="shop")
    assert table.index.names == ["shop", "day"]
    assert table["y"].tolist() == [1, 2, 1, 2]
    assert list(table.index.get_level_values(0)) == ["a", "a", "b", "b"]
    assert not notes
    assert not encoded
    with pytest.raises(ValueError, match="Series column 'store' is not among"):
        read_table(StringIO(text), series="store")
    with pytest.raises(
        ValueError, match="Series column 'shop' is empty in row 0: name"
    ):
        read_table(StringIO(text.replace("02,b", "02,")), series="shop")


def test_shell_forecasts_each_series(panel, tmp_path, capsys):
    panel["x"] = panel.index.get_level_values("day").dayofweek
    coming = panel.groupby("shop").tail(HORIZON)
    table = panel.copy()
    table.loc[coming.index, "y"] = np.nan
    path, written = tmp_path / "data.csv", tmp_path / "next.csv"
    table.to_csv(path)
    sizes = ["--horizon", str(HORIZON), "--window", str(WINDOW), "--season", "4"]
    options = ["--series", "shop", "--known-ahead", "x", "--forecast", str(written)]
    models = ["--models", "naive", "linear", "--epochs", "2", "--coverage", "0.5"]
    command = ["compare", str(path), "--target", "y", *sizes, *options, *models]
    assert main(command) == 0
    assert "of 3 series" in capsys.readouterr().out
    found = pd.read_csv(written, index_col=["shop", "day"], parse_dates=["day"])
    assert found.index.equals(coming.sort_index().index)
    assert np.isfinite(found["y"]).all()
    assert main([*command, "--models", "naive"]) == 0
    found = pd.read_csv(written, index_col=["shop", "day"], parse_dates=["day"])
    for shop, forecast in found["y"].groupby("shop"):
        known = panel["y"].loc[shop].iloc[:-HORIZON]
        assert_allclose(forecast, known.iloc[-SEASON:][:HORIZON])


def test_shell_takes_two_columns_as_it_does_their_union(panel, tmp_path):
    table = panel.reset_index()
    table["item"], table["shop"] = table["shop"], table["shop"].replace("c", "b")
    table["union"] = table["shop"] + table["item"]
    options = ["--target", "y", "--models", "linear", "--epochs", "2"]
    found, expected = (
        _shell(table.set_index([*names, "day"])["y"], tmp_path, *options, series=names)
        for names in (["shop", "item"], ["union"])
    )
    assert found["shop"].tolist() == [*"aaabbbbbb"]
    assert found["item"].tolist() == [*"aaabbbccc"]
    assert_allclose(found["y"], expected["y"])


def _shell(panel, tmp_path, *options, series=("shop",)):
    path, written = tmp_path / "data.csv", tmp_path / "next.csv"
    panel.to_csv(path)
    sizes = ["--horizon", str(HORIZON), "--window", str(WINDOW), "--season", "4"]
    command = ["compare", str(path), "--series", *series, *sizes]
    assert main([*command, "--forecast", str(written), *options]) == 0
    return pd.read_csv(written)


def test_shell_gives_the_naive_forecast_intervals_at_each_level(panel, tmp_path):
    panel["y"] *= 1 + 99 * (panel.index.get_level_values("shop") == "b")
    options = ["--target", "y", "--models", "naive", "--coverage", "0.8"]
    found = _shell(panel, tmp_path, *options).groupby("shop")
    for shop, forecast in found:
        known = panel["y"].loc[shop].to_numpy()
        assert_allclose(forecast["y"], known[-SEASON:][:HORIZON])
        errors = np.abs(known[SEASON:] - known[:-SEASON])
        half = (forecast["high"] - forecast["low"]) / 2
        assert (np.quantile(errors, 0.5) < half).all()
        assert (half < 2 * np.quantile(errors, 0.95)).all()


def test_shell_numbers_the_steps_of_all_where_one_has_gaps(panel, tmp_path):
    panel = panel.drop(("b", make("b").index[5]))
    options = ["--target", "y", "--models", "naive", "--gaps", "ignore"]
    found = _shell(panel, tmp_path, *options)
    assert found["step"].tolist() == [1, 2, 3] * 3
    for shop, forecast in found["y"].groupby(found["shop"]):
        assert_allclose(forecast, make(shop)["y"].iloc[-SEASON:][:HORIZON])


def test_shell_says_which_series_lacks_coming_values(panel, tmp_path, capsys):
    coming = panel.groupby("shop").tail(HORIZON).index
    panel.loc[coming, "y"] = np.nan
    options = ["--target", "y", "--models", "naive", "--known-ahead", "x"]
    with pytest.raises(SystemExit):
        _shell(panel.drop(("b", coming[-1][1])), tmp_path, *options)
    message = capsys.readouterr().err
    assert "values known ahead (x) of each of the 3 steps, 2024-02-28" in message
    assert message.endswith("This error comes from the series b.\n")


def test_shell_says_which_series_ends_early(panel, tmp_path, capsys):
    """Before it asks for the coming values of a series that is no longer sold."""
    panel.loc[panel.groupby("shop").tail(HORIZON).index, "y"] = np.nan
    shop = panel.index.get_level_values("shop")
    early = (shop == "b") & (panel.index.get_level_values("day") > "2024-02-01")
    options = ["--target", "y", "--models", "naive", "--known-ahead", "x"]
    with pytest.raises(SystemExit):
        _shell(panel[~early], tmp_path, *options)
    message = capsys.readouterr().err
    assert "Of 3 series, 1 end early: b. Leave these out, add their miss" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "z"], "target 'z' is not among the columns"),
        (["--target", "shop"], "target 'shop' is not among the columns"),
        (["--target", "y", "--known-ahead", "z"], "choose among ['x']"),
        (["--target", "y", "--time", "shop"], "be both the time column and the ser"),
    ],
)
def test_shell_says_which_column_is_wrong(panel, tmp_path, capsys, options, message):
    with pytest.raises(SystemExit):
        _shell(panel, tmp_path, *options, "--models", "naive")
    assert message in capsys.readouterr().err
