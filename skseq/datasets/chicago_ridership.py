"""Daily ridership of Chicago's buses and trains."""

import hashlib
import os
from pathlib import Path
from urllib.request import urlopen

import pandas as pd

from ..warning import warn
from .bunch import series_bunch

URL = "https://data.cityofchicago.org/api/views/6iiy-9s97/rows.csv?accessType=DOWNLOAD"
FILE = "chicago_ridership.csv"
PATH_VARIABLE = "SKSEQ_CHICAGO_RIDERSHIP"
HOME_VARIABLE = "SKSEQ_DATA"
AGAIN = f"unset {PATH_VARIABLE}, or else remove the file, to download it again"

# The city adds months and may revise others, so the file has no fixed checksum. These
# days have one, and all published figures were measured on them.
FIRST, LAST = "2001-01-01", "2019-05-31"
SHA256 = "474239f6cadf747d8128a3ef34a38326d511533f9afd0031fb9c116be257bb10"

DESCR = """\
Daily ridership of the Chicago Transit Authority
------------------------------------------------
One row a day from 2001-01-01 on, without missing values; by default up to the last day
that the file has.

rail, bus
    Boardings of all trains, and of all buses.
day_type
    W on weekdays, A on Saturdays, U on Sundays and public holidays.

From the data portal of the City of Chicago, "CTA - Ridership - Daily Boarding Totals"
(6iiy-9s97). Some months stand twice in it: these rows are dropped. A. Géron,
"Hands-On Machine Learning with Scikit-Learn and PyTorch", O'Reilly 2025, trains on
2016 to 2018 and validates on January to May 2019.
"""


def fetch_chicago_ridership(
    *, data_home=None, download_if_missing=True, return_X_y=False, as_frame=True
):
    """Load the daily boardings of Chicago's trains and buses; download them once.

    The file that the environment variable ``SKSEQ_CHICAGO_RIDERSHIP`` names, or else
    ``chicago_ridership.csv`` in the cache directory, is read without download. Remove
    the latter to download later months.

    Parameters
    ----------
    data_home : path-like, default=None
        Cache directory; None takes the environment variable ``SKSEQ_DATA``, or else
        ``skseq_data`` in the user's home.
    download_if_missing : bool, default=True
        Whether to download an absent file from the city's data portal.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Whether ``data`` and ``target`` are a DataFrame and a Series with the dates as
        index, by which windows find their past.

    Returns
    -------
    data : Bunch
        With

        - data : DataFrame or ndarray of shape (n_days, 2): Bus boardings, and
          type of day ("W", "A" or "U").
        - target : Series or ndarray of shape (n_days,): Rail boardings.
        - frame : DataFrame of shape (n_days, 3): Both, only with ``as_frame=True``.
        - feature_names, target_names : list of str
        - DESCR : str: What the data are, and where they come from.

    (data, target) : tuple if ``return_X_y=True``

    Raises
    ------
    OSError
        If the file is absent, and downloading is switched off or fails.
    ValueError
        If it lacks a column or a day.

    Warns
    -----
    UserWarning
        If the days up to 2019-05-31 differ from those of the published figures.

    Examples
    --------
    Not run with the other examples, since it takes the network:

    >>> from skseq.datasets import fetch_chicago_ridership  # doctest: +SKIP
    >>> frame = fetch_chicago_ridership().frame  # doctest: +SKIP
    >>> frame.loc["2019-05-30":"2019-05-31"]  # doctest: +SKIP
                    rail       bus day_type
    date
    2019-05-30  735508.0  792091.0        W
    2019-05-31  738322.0  817633.0        W
    """
    path = os.environ.get(PATH_VARIABLE) or _cached(data_home, download_if_missing)
    frame = _read(path)
    return series_bunch(frame, "rail", DESCR, return_X_y=return_X_y, as_frame=as_frame)


def _cached(data_home, download_if_missing):
    home = data_home or os.environ.get(HOME_VARIABLE) or Path.home() / "skseq_data"
    path = Path(home).expanduser() / FILE
    if path.exists():
        return path
    if not download_if_missing:
        raise OSError(
            f"{path} does not exist: set download_if_missing=True, or give the path "
            f"of the file in the environment variable {PATH_VARIABLE}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")  # half a file must not look complete
    try:
        with urlopen(URL) as source:
            part.write_bytes(source.read())
        part.replace(path)
    except OSError as error:
        raise OSError(
            f"{URL} could not be downloaded: {error}. Download it in another way, and "
            f"give the path of the file in the environment variable {PATH_VARIABLE}."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _read(path):
    table = pd.read_csv(path)
    absent = {"service_date", "day_type", "bus", "rail_boardings"} - set(table)
    if absent:
        raise ValueError(
            f"{path} lacks the columns {sorted(absent)}: it is not the city's table "
            f"of daily boarding totals. To have that, {AGAIN}."
        )
    date = pd.to_datetime(table["service_date"], format="%m/%d/%Y").rename("date")
    frame = pd.DataFrame(
        {
            "rail": table["rail_boardings"].astype(float),
            "bus": table["bus"].astype(float),
            "day_type": table["day_type"],
        }
    ).set_index(date)
    frame = frame[~frame.index.duplicated()].sort_index()
    days = pd.date_range(FIRST, max(frame.index[-1], pd.Timestamp(LAST)), name="date")
    if len(missing := days.difference(frame.index)):
        raise ValueError(
            f"{path} lacks {len(missing)} days, the first is {missing[0].date()}: "
            f"{AGAIN}."
        )
    frame = frame.reindex(days)
    if checksum(frame.loc[:LAST]) != SHA256:
        warn(
            f"{path}: the values up to {LAST} are not those that the published "
            "figures were measured on. The city may have revised them."
        )
    return frame


def checksum(frame):
    """SHA-256 of a table's values, independent of the format of their file."""
    text = frame.to_csv(
        date_format="%Y-%m-%d", float_format="%.0f", lineterminator="\n"
    )
    return hashlib.sha256(text.encode()).hexdigest()
