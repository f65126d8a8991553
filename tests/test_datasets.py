"""The data sets: those inside packages, and those that are fetched."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import (
    chicago_ridership,
    fetch_chicago_ridership,
    load_victoria_electricity,
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


def test_forms():
    bunch = load_victoria_electricity()
    X, y = load_victoria_electricity(return_X_y=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)
    assert list(X.columns) == bunch.feature_names
    arrays = load_victoria_electricity(as_frame=False)
    assert arrays.frame is None
    np.testing.assert_array_equal(arrays.data, X)
    np.testing.assert_array_equal(arrays.target, y)


def test_absent_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tsdata.fpp3", None)
    with pytest.raises(ImportError, match=r"skseq\[data\]"):
        load_victoria_electricity()


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
    with pytest.raises(OSError, match="is absent: give download_if_missing"):
        fetch_chicago_ridership(data_home=home, download_if_missing=False)
    portal.unlink()
    with pytest.raises(OSError, match="could not be fetched"):
        fetch_chicago_ridership(data_home=home)
    assert not list(home.iterdir())


def test_ridership_that_is_not_what_it_should_be(portal, monkeypatch):
    monkeypatch.setenv("SKSEQ_CHICAGO_RIDERSHIP", str(portal))
    with pytest.warns(UserWarning, match="days up to 2019-05-31 are not those"):
        fetch_chicago_ridership()
    table = pd.read_csv(portal)
    table.drop(index=2000).to_csv(portal, index=False)
    with pytest.raises(ValueError, match="lacks 1 days, the first 2006-06-24"):
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
