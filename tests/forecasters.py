"""A SequenceForecaster, a regressor that records, and series to forecast."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression

from skseq.forecasting import SequenceForecaster

FH = [1, 2, 3]
TINY = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


class Recorder(RegressorMixin, BaseEstimator):
    """A regressor on windows that shows what it was given."""

    seen = {}

    def __init__(self, n_known_ahead=0, target=0):
        self.n_known_ahead = n_known_ahead
        self.target = target

    def fit(self, X, y):
        self.seen.update(fit=(np.array(X), np.array(y)), params=self.get_params())
        self.n_outputs_ = y[0].size
        return self

    def predict(self, X):
        self.seen["predict"] = np.array(X)
        return np.zeros((len(X), self.n_outputs_))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


def make_series(n_timesteps=60, n_columns=1, seed=0, start="2000-01"):
    rng = np.random.default_rng(seed)
    index = pd.period_range(start, periods=n_timesteps, freq="M")
    values = 10 + rng.normal(size=(n_timesteps, n_columns)).cumsum(axis=0)
    return pd.DataFrame(values, index, [f"y{i}" for i in range(n_columns)])


def make_panel(lengths=(30, 22, 41), n_columns=1):
    tables = {f"s{i}": make_series(n, n_columns, seed=i) for i, n in enumerate(lengths)}
    return pd.concat(tables, names=["series", "month"])


def index_like(kind, n):
    return {
        "range": lambda: pd.RangeIndex(7, 7 + n),
        "int": lambda: pd.Index(np.arange(7, 7 + n)),
        "weeks": lambda: pd.period_range("2020-01-01", periods=n, freq="W"),
        "days": lambda: pd.date_range("2020-01-01", periods=n, freq="D"),
        "days without freq": lambda: pd.DatetimeIndex(
            pd.date_range("2020-01-01", periods=n, freq="D").to_numpy()
        ),
        "month starts": lambda: pd.date_range("2020-01-01", periods=n, freq="MS"),
        "month ends": lambda: pd.date_range("2020-01-31", periods=n, freq="ME"),
        "half hours": lambda: pd.date_range("2020-01-01", periods=n, freq="30min"),
        "business days": lambda: pd.date_range("2020-01-01", periods=n, freq="B"),
        "time zone": lambda: pd.date_range(
            "2020-01-01", periods=n, freq="D", tz="Europe/Vienna"
        ),
    }[kind]()


def forecaster(regressor=None, window_length=5, **params):
    regressor = LinearRegression() if regressor is None else regressor
    return SequenceForecaster(regressor, window_length, **params)


def naive_windows(values, length, horizon):
    """Windows beside each other, and their targets, by a loop."""
    X, y = [], []
    for end in range(length, len(values) - horizon + 1):
        X.append(values[end - length : end].ravel())
        y.append(values[end : end + horizon].T.ravel())
    return np.array(X), np.array(y)
