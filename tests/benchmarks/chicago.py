"""The chapter's forecasts of Chicago's ridership: one table, five seeds.

Trained up to the end of 2018 and scored on the days of January to May 2019 that have
56 days of 2019 before them, as the textbook does; mean absolute error in boardings.
Nothing is chosen by the days of 2019. In the first rows networks train on the book's
years for the default number of epochs. In the others, which train from 2008 on and see
what the same days were like a year ago, all was chosen by the errors of January to May
2017 and 2018 (``--year``), each trained up to the year before, and of March to December
2018, trained up to February. Book's inputs are bus, rail and the type of tomorrow's
day. Run with
``python -m tests.benchmarks.chicago [--since 2006] [--year 2018] [a row's number ...]``
"""

import argparse
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries.holiday import GoodFriday, USFederalHolidayCalendar

from skseq import (
    DenseRegressor,
    EncoderDecoderRegressor,
    GRURegressor,
    KnownAhead,
    SlidingWindow,
    horizon_targets,
)
from skseq.datasets import fetch_chicago_ridership

LENGTH, SEEDS = 56, range(5)
YEAR, SINCE = 364, "2008"  # days to the same weekday a year ago; first year with them


class Inputs(NamedTuple):
    """What a network sees."""

    name: str
    bus: bool = True
    days: str | None = None  # of which days something is known: "tomorrow" or "ahead"
    calendar: bool = False  # whether more than the types of days
    last_year: bool = False  # the coming days of a year ago; all as shares of a year


RAIL = Inputs("rail", bus=False)
BOOK = Inputs("book's inputs", days="tomorrow")
AHEAD = Inputs("day types known", days="ahead")
RAIL_YEAR = Inputs("rail, a year ago", bus=False, last_year=True)
BOOK_YEAR = Inputs("book's inputs, a year ago", days="tomorrow", last_year=True)
DAYS_YEAR = Inputs("calendar, a year ago", days="ahead", calendar=True, last_year=True)
EVERY = {"supervise": "every"}
NEXT = {**EVERY, "max_epochs": 8, "weight_decay": 0.1}
FEW = {**NEXT, "max_epochs": 4}
FIVE = {**NEXT, "n_members": 5}
SHORT = {"max_epochs": 12}
LONG = {"max_epochs": 24, "weight_decay": 0.1}
STEPS = [("step 1", 0), ("step 14", 13)]
# Task, its goal, inputs, targets, horizon, what is scored, and how.
ROWS = [
    ("linear", "35,500", RAIL, 1, 1, DenseRegressor, {}),
    ("GRU", "25,000", RAIL, 1, 1, GRURegressor, EVERY),
    ("GRU, multivariate", "19,000", BOOK, 1, 1, GRURegressor, EVERY),
    ("GRU, multitask", "20,500, 22,500", BOOK, 2, 1, GRURegressor, EVERY),
    ("GRU, 14 steps", "26,500", RAIL, 1, 14, GRURegressor, {}),
    ("GRU, 14 steps", "25,000", BOOK, 1, 14, GRURegressor, {}),
    ("GRU, 14 steps", "21,000", AHEAD, 1, 14, GRURegressor, {}),
    ("encoder-decoder, 14 steps", "21,000", AHEAD, 1, 14, EncoderDecoderRegressor, {}),
    ("GRU, sequence to sequence", "25,000", BOOK, 1, 14, GRURegressor, EVERY),
    ("GRU, sequence to sequence", "21,000", AHEAD, 1, 14, GRURegressor, EVERY),
    ("GRU", "25,000", RAIL_YEAR, 1, 1, GRURegressor, NEXT),
    ("GRU, multivariate", "19,000", DAYS_YEAR, 1, 1, GRURegressor, NEXT),
    ("GRU, multitask", "20,500, 22,500", DAYS_YEAR, 2, 1, GRURegressor, NEXT),
    ("five GRUs, multitask", "20,500, 22,500", DAYS_YEAR, 2, 1, GRURegressor, FIVE),
    ("GRU, 14 steps", "26,500", RAIL_YEAR, 1, 14, GRURegressor, LONG),
    ("GRU, 14 steps", "25,000", BOOK_YEAR, 1, 14, GRURegressor, SHORT),
    ("GRU, 14 steps", "21,000", DAYS_YEAR, 1, 14, GRURegressor, SHORT),
    ("GRU, sequence to sequence", "21,000", DAYS_YEAR, 1, 14, GRURegressor, FEW),
]


def load(year):
    """Return rides, rail before bus, and the types of days, up to May."""
    frame = (
        fetch_chicago_ridership()
        .frame.loc[: f"{year}-05-31"]
        .astype({"rail": "float32", "bus": "float32"})
    )
    types = pd.get_dummies(frame["day_type"], dtype="float32")
    return frame[["rail", "bus"]], types


def calendar(types):
    """Return what a calendar tells of days: types, weekdays, and days with names."""
    date = types.index
    day = 100 * date.month + date.day
    holiday = types["U"] * (date.dayofweek != 6)
    federal = date.isin(USFederalHolidayCalendar().holidays(date[0], date[-1]))
    good_friday = date.isin(GoodFriday.dates(date[0], date[-1]))
    weekday = pd.get_dummies(pd.Series(date.dayofweek, date), prefix="day")
    return types.join(weekday).assign(
        holiday=holiday,
        eve=holiday.shift(-1, fill_value=0),
        after=holiday.shift(1, fill_value=0),
        federal=federal * (1 - holiday),  # no holiday of the trains
        good_friday=good_friday,
        easter=np.roll(good_friday, 2),
        # Saint Patrick's day, on the Saturday before
        parade=(date.dayofweek == 5) & (day >= 311) & (day <= 317),
        christmas=(day >= 1224) | (day <= 102),
    )


def known_ahead(shares, types, inputs, horizon):
    """Return what is known of the days ahead, a list of tables."""
    known = []
    if inputs.calendar:
        known.append(calendar(types))
    elif inputs.days == "ahead" or (inputs.days == "tomorrow" and horizon == 1):
        known.append(types)
    if inputs.last_year:
        past = shares.join(types) if inputs.days == "tomorrow" else shares
        known.append(past.shift(YEAR).add_prefix("last year's "))
    return known


def split(year, since, inputs, n_targets, horizon):
    """Return training windows and targets, those of the test, and what is known.

    The test's targets come with the boardings that one of their units stands for.
    """
    rides, types = load(year)
    units = rides / rides
    if inputs.last_year:
        # Buses lose passengers every year: rides are shares of the mean of a year,
        # the last one known wherever the day lies within the horizon.
        since = SINCE
        units = rides.rolling(YEAR).mean().shift(horizon).astype("float32")
    shares = rides / units if inputs.bus else (rides / units)[["rail"]]
    known = known_ahead(shares, types, inputs, horizon)
    targets = {"target": list(rides.columns[:n_targets]), "horizon": horizon}
    if inputs.days == "tomorrow" and horizon > 1:
        # What follows the last day is not in the table; no forecast starts there.
        shares = shares.join(types.shift(-1).ffill().add_prefix("tomorrow "))
    X, y = horizon_targets(shares.loc[since:], **targets)
    units = np.asarray(horizon_targets(units.loc[since:], **targets)[1])
    n_known = 0
    if known:
        known = pd.concat(known, axis=1).loc[since:].astype("float32")
        n_known = known.shape[1]
        X = KnownAhead(known, horizon).fit_transform(X)
    windows = SlidingWindow(LENGTH).fit_transform(X)
    y = np.asarray(y)
    end = X.index.get_loc(f"{year - 1}-12-31") - horizon + 1
    first = X.index.get_loc(f"{year}-01-01") + LENGTH - 1
    train, test = slice(LENGTH - 1, end), slice(first, None)
    return (windows[train], y[train], windows[test], y[test], units[test]), n_known


def score(data, n_known, row, seed):
    """Return the errors (n_outputs,) of one fit."""
    _, _, _, n_targets, _, cls, params = row
    X, y, X_test, y_test, units = data
    model = cls(
        target=0 if n_targets == 1 else list(range(n_targets)),
        n_known_ahead=n_known,
        random_state=seed,
        **params,
    )
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    forecast = np.reshape(model.fit(X, y).predict(X_test), y_test.shape)
    return np.atleast_1d((np.abs(forecast - y_test) * units).mean(axis=0))


def say(values):
    """Mean, and the range of the seeds."""
    return f"{values.mean():,.0f} ({values.min():,.0f} to {values.max():,.0f})"


def main():
    """Print the table, a line as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", default="2016", help="first year of training")
    parser.add_argument("--year", type=int, default=2019, help="of the test")
    parser.add_argument("rows", nargs="*", type=int, help="from 1; default all")
    arguments = parser.parse_args()
    print("| task | inputs | goal | MAE, mean (range) of 5 seeds | s a seed |")
    print("|---" * 5 + "|")
    for number in arguments.rows or range(1, len(ROWS) + 1):
        row = ROWS[number - 1]
        name, goal, inputs, n_targets, horizon, *_ = row
        data, n_known = split(
            arguments.year, arguments.since, inputs, n_targets, horizon
        )
        start = perf_counter()
        errors = np.array([score(data, n_known, row, seed) for seed in SEEDS])
        seconds = (perf_counter() - start) / len(SEEDS)
        if n_targets > 1:
            told = ", ".join(say(column) for column in errors.T)
        else:
            told = say(errors.mean(axis=1))
        if horizon > 1:
            told += "; " + ", ".join(
                f"{step} {errors[:, at].mean():,.0f}" for step, at in STEPS
            )
        columns = name, inputs.name, goal, told, f"{seconds:.0f}"
        print("|", " | ".join(columns), "|", flush=True)


if __name__ == "__main__":
    main()
