"""The chapter's forecasts of Chicago's ridership: one table, five seeds.

Trained up to the end of 2018 and scored on the days of January to May 2019 that have
56 days of 2019 before them, as the text book does; mean absolute error in boardings.
Nothing is chosen by the days of 2019: networks train for the default number of epochs;
in the rows that know the calendar and learn from 2008 on, network, first year, epochs
and calendar were chosen by their errors of March to December 2018, trained up to
February. Book's inputs are bus, rail and the type of tomorrow's day. Run with
``python -m tests.benchmarks.chicago [--since 2006] [a row's number ...]``.
"""

import argparse
from time import perf_counter

import numpy as np
import pandas as pd

from skseq import (
    DenseRegressor,
    EncoderDecoderRegressor,
    GRURegressor,
    KnownAhead,
    SlidingWindow,
    WaveNetRegressor,
    horizon_targets,
)
from skseq.datasets import fetch_chicago_ridership

LENGTH, SEEDS = 56, range(5)
TRAIN_END, TEST = "2018-12-31", slice("2019-01-01", "2019-05-31")
BOOK, AHEAD = "book's inputs", "day types known"
LONG = "rail, since 2008"
DAYS, YEAR = "calendar known, since 2008", "calendar and season known, since 2008"
EVERY = {"supervise": "every"}
SHORT = {**EVERY, "max_epochs": 8}
FIVE = {**SHORT, "n_members": 5}
STEPS = [("step 1", 0), ("step 14", 13)]
# Task, its goal, inputs, targets, horizon, what is scored, and how.
ROWS = [
    ("linear, rail alone", "35,500", None, 1, 1, DenseRegressor, {}),
    ("GRU, rail alone", "25,000", None, 1, 1, GRURegressor, EVERY),
    ("GRU, multivariate", "19,000", BOOK, 1, 1, GRURegressor, EVERY),
    ("GRU, multitask", "20,500, 22,500", BOOK, 2, 1, GRURegressor, EVERY),
    ("GRU, 14 steps, rail alone", "26,500", None, 1, 14, GRURegressor, {}),
    ("GRU, 14 steps", "25,000", BOOK, 1, 14, GRURegressor, {}),
    ("GRU, 14 steps", "21,000", AHEAD, 1, 14, GRURegressor, {}),
    ("encoder-decoder, 14 steps", "21,000", AHEAD, 1, 14, EncoderDecoderRegressor, {}),
    ("GRU, sequence to sequence", "25,000", BOOK, 1, 14, GRURegressor, EVERY),
    ("GRU, sequence to sequence", "21,000", AHEAD, 1, 14, GRURegressor, EVERY),
    ("WaveNet, rail alone", "25,000", LONG, 1, 1, WaveNetRegressor, {"max_epochs": 25}),
    ("GRU, multivariate", "19,000", DAYS, 1, 1, GRURegressor, SHORT),
    ("GRU, multitask", "20,500, 22,500", DAYS, 2, 1, GRURegressor, SHORT),
    ("five GRUs, multivariate", "19,000", DAYS, 1, 1, GRURegressor, FIVE),
    ("five GRUs, multitask", "20,500, 22,500", DAYS, 2, 1, GRURegressor, FIVE),
    ("GRU, 14 steps", "21,000", YEAR, 1, 14, GRURegressor, {"max_epochs": 25}),
]


def load(since):
    """Return rides, rail before bus, and the types of days."""
    frame = (
        fetch_chicago_ridership()
        .frame.loc[since : TEST.stop]
        .astype({"rail": "float32", "bus": "float32"})
    )
    types = pd.get_dummies(frame["day_type"], dtype="float32")
    return frame[["rail", "bus"]], types


def calendar(types, inputs):
    """Return what is known of days: types, weekdays, holidays, the time of the year."""
    if inputs not in (DAYS, YEAR):
        return types
    date = types.index
    weekday = pd.get_dummies(pd.Series(date.dayofweek, date), prefix="day")
    holiday = types["U"] * (date.dayofweek != 6)
    known = types.join(weekday).assign(
        holiday=holiday,
        eve=holiday.shift(-1, fill_value=0),
        after=holiday.shift(1, fill_value=0),
    )
    if inputs == YEAR:
        angle = 2 * np.pi * date.dayofyear / 365.25
        for k in (1, 2):
            known[f"sin {k}"], known[f"cos {k}"] = np.sin(k * angle), np.cos(k * angle)
    return known.astype("float32")


def lays_ahead(inputs, horizon):
    """Whether KnownAhead gives what is known; for one step the type is tomorrow's."""
    return inputs in (AHEAD, DAYS, YEAR) or (inputs == BOOK and horizon == 1)


def split(since, inputs, n_targets, horizon):
    """Return training windows and targets, those of the test, and what is known."""
    rides, types = load("2008" if inputs in (LONG, DAYS, YEAR) else since)
    series = rides[["rail"]] if inputs in (None, LONG) else rides
    n_known = 0
    if inputs == BOOK and horizon > 1:
        series = series.join(types.shift(-1).add_prefix("tomorrow ")).iloc[:-1]
        # The last day's is not in the table, and none of our forecasts starts there.
        rides = rides.loc[series.index.union(rides.index[-1:])]
    table = series.reindex(rides.index)
    X, y = horizon_targets(
        table.ffill(), target=list(rides.columns[:n_targets]), horizon=horizon
    )
    if lays_ahead(inputs, horizon):
        known = calendar(types, inputs)
        n_known = known.shape[1]
        X = KnownAhead(known, horizon).fit_transform(X)
    windows = SlidingWindow(LENGTH).fit_transform(X)
    y = np.asarray(y)
    end = X.index.get_loc(TRAIN_END) - horizon + 1
    first = X.index.get_loc(TEST.start) + LENGTH - 1
    train, test = slice(LENGTH - 1, end), slice(first, None)
    return (windows[train], y[train], windows[test], y[test]), n_known


def score(data, n_known, row, seed):
    """Return the errors (n_outputs,) of one fit."""
    _, _, _, n_targets, _, cls, params = row
    X, y, X_test, y_test = data
    model = cls(
        target=0 if n_targets == 1 else list(range(n_targets)),
        n_known_ahead=n_known,
        random_state=seed,
        **params,
    )
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    error = np.abs(np.reshape(model.fit(X, y).predict(X_test), y_test.shape) - y_test)
    return np.atleast_1d(error.mean(axis=0))


def say(values):
    """Mean, and the range of the seeds."""
    return f"{values.mean():,.0f} ({values.min():,.0f} to {values.max():,.0f})"


def main():
    """Print the table, a line as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", default="2016", help="first year of training")
    parser.add_argument("rows", nargs="*", type=int, help="from 1; default all")
    arguments = parser.parse_args()
    print("| task | inputs | goal | MAE, mean (range) of 5 seeds | s a seed |")
    print("|---" * 5 + "|")
    for number in arguments.rows or range(1, len(ROWS) + 1):
        row = ROWS[number - 1]
        name, goal, inputs, n_targets, horizon, *_ = row
        data, n_known = split(arguments.since, inputs, n_targets, horizon)
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
        columns = name, inputs or "rail", goal, told, f"{seconds:.0f}"
        print("|", " | ".join(columns), "|", flush=True)


if __name__ == "__main__":
    main()
