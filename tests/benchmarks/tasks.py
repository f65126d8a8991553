"""Every network on every task, on real data: one table.

Victoria's daily electricity demand, with temperature and holidays: trained on the
first 70 %, then forecast from the days after. Cells are the mean absolute error over
that of the seasonal naive forecast, mean of three seeds; a classifier's are accuracies
at telling whether tomorrow's demand exceeds that of the same day last week. A dash is a
combination that the network refuses. Run with ``python -m tests.benchmarks.tasks``.
"""

import numpy as np
import pandas as pd

from skseq import KnownAhead, NaiveRegressor, SlidingWindow, horizon_targets
from skseq import estimators as skseq_estimators
from skseq.datasets import load_victoria_electricity

NETWORKS = ("Dense", "RNN", "LSTM", "GRU", "Conv1D", "WaveNet", "EncoderDecoder")
LENGTH, SEASON, WEEK = 28, 7, 7
REFUSALS = ("no output, for each", "output at each", "with a decoder")
SEEDS = range(3)


def load():
    """Return the series, its target first."""
    frame = load_victoria_electricity().frame.astype("float32")
    return frame[["demand", *frame.columns.drop("demand")]]


def forecast(series, horizon, targets="demand", known=None):
    """Return a function from an estimator to its error over the naive forecast's."""
    X, y = horizon_targets(series, target=targets, horizon=horizon)
    columns = [series.columns.get_loc(name) for name in np.atleast_1d(targets)]
    target = columns if len(columns) > 1 else columns[0]
    plain = SlidingWindow(LENGTH).fit_transform(X)
    windows = plain
    if known is not None:
        ahead = KnownAhead(known, horizon).set_output(transform="pandas")
        windows = SlidingWindow(LENGTH).fit_transform(ahead.fit_transform(X))
    y = y.to_numpy()
    first, last = LENGTH - 1, int(0.7 * len(X))
    train, test = slice(first, last - horizon), slice(last, None)
    naive = NaiveRegressor(SEASON, target=target).fit(plain[train], y[train])
    scale = np.abs(naive.predict(plain[test]) - y[test]).mean(axis=0)

    def score(cls, **params):
        model = cls(target=target, **params).fit(windows[train], y[train])
        error = np.abs(model.predict(windows[test]) - y[test]).mean(axis=0)
        return np.mean(error / scale)

    return score


def each_step(series):
    """Return a function to the error of tomorrow's demand, at every step."""
    windows = SlidingWindow(LENGTH).fit_transform(series)[LENGTH - 1 :]
    X, y = windows[:-1], windows[1:, :, :1]
    last = int(0.7 * len(X))
    scale = np.abs(windows[SEASON:, -1, 0] - windows[:-SEASON, -1, 0])[last:].mean()

    def score(cls, **params):
        model = cls(**params).fit(X[: last - 1], y[: last - 1])
        return np.abs(model.predict(X[last:]) - y[last:])[:, -1].mean() / scale

    return score


def from_a_vector(series):
    """Return a function to the error of the week after a single row."""
    X, y = horizon_targets(series, target="demand", horizon=WEEK)
    X, y = X.to_numpy()[:, None], y.to_numpy()
    last = int(0.7 * len(X))
    seasonal = np.abs(y[last:] - y[last - SEASON : -SEASON]).mean()

    def score(cls, **params):
        model = cls(**params).fit(X[: last - WEEK], y[: last - WEEK])
        return np.abs(model.predict(X[last:]) - y[last:]).mean() / seasonal

    return score


def classify(series):
    """Return a function to the accuracy of "more than the same day last week"."""
    X, y = horizon_targets(series, target="demand", horizon=1)
    y = (y - X["demand"].shift(SEASON - 1)).to_numpy() > 0
    windows = SlidingWindow(LENGTH).fit_transform(X)
    first, last = LENGTH - 1, int(0.7 * len(X))

    def score(cls, **params):
        model = cls(**params).fit(windows[first : last - 1], y[first : last - 1])
        return model.score(windows[last:], y[last:])

    return score


def calendar(series):
    """Weekdays and holidays, also of the days to come."""
    days = pd.DataFrame({"holiday": series["holiday"]}, index=series.index)
    for day in range(7):
        days[f"weekday {day}"] = (series.index.dayofweek == day).astype("float32")
    return days


def tasks():
    """Return the tasks: a name, how to score an estimator, and its parameters."""
    series = load()
    known = calendar(series)
    day, week = forecast(series, 1), forecast(series, WEEK)
    several = forecast(series, WEEK, targets=["demand", "temperature"])
    ahead = forecast(series, WEEK, known=known)
    all_columns = forecast(series, WEEK, targets=list(series.columns))
    return {
        "next day": (day, {}),
        "week, direct": (week, {}),
        "week, iterated": (all_columns, {"strategy": "iterated"}),
        "week, direct, all columns": (all_columns, {}),
        "week, every step supervised": (week, {"supervise": "every"}),
        "week, days known ahead": (ahead, {"n_known_ahead": known.shape[1]}),
        "week, multitask": (several, {"output_weights": (2, 1)}),
        "week, quantile loss": (week, {"loss": "quantile"}),
        "week, 3 members": (week, {"n_members": 3}),
        "sequence to sequence": (each_step(series), {}),
        "vector to sequence": (from_a_vector(series), {}),
    }


def cell(score, cls, params):
    """Return the mean score, or a dash where the network says that it can't."""
    try:
        scores = [score(cls, max_epochs=20, random_state=i, **params) for i in SEEDS]
    except ValueError as error:
        if not any(refusal in str(error) for refusal in REFUSALS):
            raise
        return "-"
    return f"{np.mean(scores):.3f}"


def main():
    """Print the table, a line as soon as it is done."""
    print("| task |", " | ".join(NETWORKS), "|")
    print("|---" * (1 + len(NETWORKS)) + "|")
    for name, (score, params) in tasks().items():
        faces = [getattr(skseq_estimators, f"{kind}Regressor") for kind in NETWORKS]
        cells = " | ".join(cell(score, face, params) for face in faces)
        print(f"| {name} |", cells, "|", flush=True)
    faces = [getattr(skseq_estimators, f"{kind}Classifier") for kind in NETWORKS]
    score = classify(load())
    print("| classify |", " | ".join(cell(score, f, {}) for f in faces), "|")


if __name__ == "__main__":
    main()
