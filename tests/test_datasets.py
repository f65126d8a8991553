"""The data sets: those inside packages, and those that are fetched."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import (
    chicago_ridership,
    fetch_chicago_ridership,
    load_japanese_vowels,
    load_us_macroeconomic,
    load_victoria_electricity,
    make_adding_problem,
    make_arma,
    make_seasonal,
)

CHICAGO = Path(__file__).parents[2] / "shared" / "data" / "cta_ridership.csv"


@pytest.fixture
def portal(tmp_path, monkeypatch):
    """A file as the city publishes it, in the place of the city's."""
    dates = pd.date_range("2001-01-01", "2019-06-02")
    table = pd.DataFrame(
        {
            "service_date": dates.strftime("%m/%d/%Y"),
            "day_type": np.where(dates.dayofweek < 5, "W", "A"),
            "bus": np.arange(len(dates)),
            "rail_boardings": np.arange(len(dates)) * 2,
            "total_rides": np.arange(len(dates)) * 3,
        }
    )
    table = pd.concat([table, table[100:131]])  # a month that stands twice
    path = tmp_path / "portal.csv"
    table.to_csv(path, index=False)
    monkeypatch.setattr(chicago_ridership, "URL", path.as_uri())
    monkeypatch.delenv("SKSEQ_CHICAGO_RIDERSHIP", raising=False)
    return path


@pytest.fixture
def any_days(monkeypatch):
    """Take the values of the portal's days to be those that are published."""
    monkeypatch.setattr(chicago_ridership, "checksum", lambda _: SHA256)


SHA256 = chicago_ridership.SHA256


def test_days_are_those_of_the_half_hours():
    from tsdata.fpp3 import raw

    bunch = load_victoria_electricity()
    frame = bunch.frame
    assert frame.shape == (1096, 3)
    assert frame.index.freqstr == "D"
    assert not frame.isna().any(axis=None)
    assert "GWh" in bunch.DESCR
    half_hours = raw["vic_elec"]
    for day in ("2012-01-01", "2013-04-07", "2013-10-06", "2014-12-31"):  # DST ends
        rows = half_hours[half_hours["Date"] == day]
        expected = [
            sum(rows["Demand"]) / 1000,
            max(rows["Temperature"]),
            float(any(rows["Holiday"])),
        ]
        np.testing.assert_allclose(frame.loc[day], expected)
    assert frame["holiday"].sum() == half_hours[half_hours["Holiday"]]["Date"].nunique()


@pytest.mark.parametrize("load", [load_victoria_electricity, load_us_macroeconomic])
def test_forms(load):
    bunch = load()
    X, y = load(return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)
    assert list(X.columns) == bunch.feature_names
    arrays = load(as_frame=False)
    assert arrays.frame is None
    np.testing.assert_array_equal(arrays.data, X)
    np.testing.assert_array_equal(arrays.target, y)


ABSENT = [
    (load_victoria_electricity, "tsdata.fpp3", "data"),
    (load_us_macroeconomic, "statsmodels.datasets", "sarima"),
    (load_japanese_vowels, "sktime.datasets", "sktime"),
]


@pytest.mark.parametrize(("load", "module", "extra"), ABSENT)
def test_absent_package_names_the_extra(load, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"skseq\[{extra}\]"):
        load()


def test_quarters_are_those_of_statsmodels():
    from statsmodels.datasets import macrodata

    frame = load_us_macroeconomic().frame
    table = macrodata.load_pandas().data
    np.testing.assert_array_equal(frame.index.year, table["year"])
    np.testing.assert_array_equal(frame.index.quarter, table["quarter"])
    np.testing.assert_array_equal(frame["unemp"], table["unemp"])


def test_utterances_of_nine_speakers():
    pytest.importorskip("sktime", reason="the data come inside sktime")
    train, test = load_japanese_vowels(), load_japanese_vowels(split="test")
    assert len(train.data) == 270
    assert len(test.data) == 370
    assert set(train.target) == set(test.target) == set("123456789")
    lengths = np.isfinite(train.data[:, :, 0]).sum(axis=1)
    assert lengths.min() == 7  # as the archive says
    assert len(train.feature_names) == train.data.shape[2]
    with pytest.raises(ValueError, match=r"split must be one of .*, got 'all'"):
        load_japanese_vowels(split="all")


def test_season_and_trend_are_in_the_signal():
    series, signal = make_seasonal(
        n_steps=420, periods=(7, 12), trend=0.5, noise=0.2, random_state=1
    )
    np.testing.assert_allclose(signal[84:] - signal[:-84], 42)  # a multiple of both
    residual = series - signal
    assert abs(residual.mean()) < 0.03
    np.testing.assert_allclose(residual.std(), 0.2, rtol=0.1)
    with pytest.raises(ValueError, match="each of periods == 1"):
        make_seasonal(periods=[1])


def test_arma_is_that_of_statsmodels():
    """Autocovariances are those in theory; the forecast's errors are white noise."""
    arima_process = pytest.importorskip(
        "statsmodels.tsa.arima_process", reason="its autocovariances are the reference"
    )
    ar, ma = [1.2, -0.5], [0.4]
    series, forecast = make_arma(n_steps=200_000, ar=ar, ma=ma, scale=2, random_state=0)
    expected = arima_process.ArmaProcess.from_coeffs(ar, ma).acovf(5) * 4
    acovf = [np.mean(series[k:] * series[: len(series) - k]) for k in range(5)]
    np.testing.assert_allclose(acovf, expected, rtol=0.1, atol=0.3)
    errors = series - forecast
    np.testing.assert_allclose(errors.std(), 2, rtol=0.01)
    assert abs(np.corrcoef(errors[1:], series[:-1])[0, 1]) < 0.01
    with pytest.raises(ValueError, match="is not stationary"):
        make_arma(ar=[1.0])
    # Its past tells no more than that of ma=[0.5] with twice the innovations.
    with pytest.raises(ValueError, match="is not invertible"):
        make_arma(ar=[], ma=[2.0])
    assert len(make_arma(ar=[], ma=[-1.0])[0]) == 365


def test_arma_is_stationary_from_its_first_step_next_to_a_unit_root():
    first = [make_arma(1, ar=[0.9996], random_state=i)[0][0] for i in range(1500)]
    # The variance of an estimate from so many is 2 / 1500 of its square.
    assert np.var(first) * (1 - 0.9996**2) == pytest.approx(
        1, abs=4 * (2 / 1500) ** 0.5
    )
    with pytest.raises(ValueError, match="is not stationary"):
        make_arma(1, ar=[1 - 1e-9])


def test_adding_problem():
    X, y = make_adding_problem(n_samples=500, length=7, random_state=0)
    for sequence, target in zip(X, y, strict=True):
        first, second = np.flatnonzero(sequence[:, 1])
        assert first < 3 <= second
        np.testing.assert_allclose(sequence[first, 0] + sequence[second, 0], target)
    np.testing.assert_allclose(np.mean((y - 1) ** 2), 1 / 6, rtol=0.1)


@pytest.mark.usefixtures("any_days")
def test_ridership_is_fetched_once(portal, tmp_path):
    frame = fetch_chicago_ridership(data_home=tmp_path / "home").frame
    assert frame.index.equals(pd.date_range("2001-01-01", "2019-06-02", name="date"))
    np.testing.assert_array_equal(frame["bus"], np.arange(len(frame)))
    np.testing.assert_array_equal(frame["rail"], 2 * np.arange(len(frame)))
    portal.unlink()
    again = fetch_chicago_ridership(data_home=tmp_path / "home")
    pd.testing.assert_frame_equal(again.frame, frame)
    assert [path.name for path in (tmp_path / "home").iterdir()] == [
        "chicago_ridership.csv"
    ]
    X, y = fetch_chicago_ridership(
        data_home=tmp_path / "home", return_X_y=True, as_frame=False
    )
    np.testing.assert_array_equal(X, frame[["bus", "day_type"]])
    np.testing.assert_array_equal(y, frame["rail"])


def test_ridership_that_cannot_be_had(portal, tmp_path):
    home = tmp_path / "home"
    with pytest.raises(OSError, match="does not exist: set download_if_missing"):
        fetch_chicago_ridership(data_home=home, download_if_missing=False)
    portal.unlink()
    with pytest.raises(OSError, match="could not be downloaded"):
        fetch_chicago_ridership(data_home=home)
    assert not list(home.iterdir())


def test_ridership_that_is_not_what_it_should_be(portal, monkeypatch):
    monkeypatch.setenv("SKSEQ_CHICAGO_RIDERSHIP", str(portal))
    with pytest.warns(UserWarning, match="values up to 2019-05-31 are not those"):
        fetch_chicago_ridership()
    table = pd.read_csv(portal)
    table.drop(index=2000).to_csv(portal, index=False)
    with pytest.raises(ValueError, match=r"lacks 1 days, .* 2006-06-24: unset SKSEQ_"):
        fetch_chicago_ridership()
    table.drop(columns="bus").to_csv(portal, index=False)
    with pytest.raises(ValueError, match=r"lacks the columns \['bus'\]"):
        fetch_chicago_ridership()


@pytest.mark.skipif(not CHICAGO.exists(), reason="the city's file is not beside us")
def test_ridership_of_chicago(monkeypatch):
    """The naive forecasts' errors are those of the text book, and nothing warns."""
    monkeypatch.setenv("SKSEQ_CHICAGO_RIDERSHIP", str(CHICAGO))
    frame = fetch_chicago_ridership().frame
    assert frame.shape == (6725, 3)
    assert set(frame["day_type"]) == {"W", "A", "U"}
    rides = frame[["rail", "bus"]]
    errors = (rides - rides.shift(7))["2019-03":"2019-05"].abs()
    np.testing.assert_allclose(errors.mean(), [42_143, 43_916], atol=0.5)
    percent = 100 * (errors / rides["2019-03":"2019-05"]).mean()
    np.testing.assert_allclose(percent, [9.0, 8.3], atol=0.05)
