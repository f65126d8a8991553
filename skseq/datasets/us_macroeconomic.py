"""Quarterly macroeconomic data of the United States."""

import pandas as pd

from ..extras import import_extra
from .bunch import series_bunch

DESCR = """\
Macroeconomic data of the United States
---------------------------------------
One row a quarter from 1959Q1 to 2009Q3, without missing values; the index holds the
first day of the quarter.

unemp
    Unemployment rate in percent.
realgdp, realcons, realinv, realgovt, realdpi
    Gross domestic product, consumption, private investment, government expenditure
    and disposable income, in billions of dollars of 2005, annual rates, seasonally
    adjusted.
cpi, infl
    Consumer price index (1982 to 1984 is 100), and inflation in percent a year.
m1, tbilrate, realint
    Money stock, rate of three-month treasury bills, and real rate of interest.
pop
    Population in millions.

From statsmodels (``statsmodels.datasets.macrodata``); compiled from the Federal Reserve
Bank of St. Louis and the Bureau of Labor Statistics. Public domain.
"""


def load_us_macroeconomic(*, return_X_y=False, as_frame=True):
    """Load quarterly macroeconomic data of the United States, 1959 to 2009.

    The data are part of statsmodels; nothing is downloaded.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Whether ``data`` and ``target`` are a DataFrame and a Series with the dates as
        index, by which windows find their past.

    Returns
    -------
    data : Bunch
        With

        - data : DataFrame or ndarray of shape (203, 11): eleven other variables.
        - target : Series or ndarray of shape (203,): unemployment rate in percent.
        - frame : DataFrame of shape (203, 12): both, only with ``as_frame=True``.
        - feature_names, target_names : list of str
        - DESCR : str: what the data are, and where they come from.

    (data, target) : tuple if ``return_X_y=True``

    Raises
    ------
    ImportError
        If statsmodels is not installed: it comes with the extra ``skseq[sarima]``.

    Examples
    --------
    >>> from skseq.datasets import load_us_macroeconomic
    >>> load_us_macroeconomic().frame[["unemp", "realgdp", "infl"]].tail(2)
                unemp    realgdp  infl
    date...
    2009-04-01    9.2  12901.504  3.37
    2009-07-01    9.6  12990.341  3.56
    """
    needs = "This data set comes with statsmodels"
    datasets = import_extra("statsmodels.datasets", "sarima", needs)
    frame = datasets.macrodata.load_pandas().data.drop(columns=["year", "quarter"])
    frame.index = pd.date_range("1959-01-01", periods=len(frame), freq="QS")
    frame = frame.rename_axis("date")
    return series_bunch(frame, "unemp", DESCR, return_X_y=return_X_y, as_frame=as_frame)
