"""The data sets that come inside packages."""

import sys

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import load_victoria_electricity


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
