"""Warnings point at the line that called skseq, whatever package is between."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.transformations.series.boxcox import LogTransformer

from skseq import (
    GRUClassifier,
    GRURegressor,
    KnownAhead,
    NaiveRegressor,
    SARIMARegressor,
    SequenceForecaster,
    SlidingWindow,
    TransformedWindowRegressor,
    WaveNetRegressor,
)

LEVELS = 10 + np.random.default_rng(0).normal(size=60)
X = np.lib.stride_tricks.sliding_window_view(LEVELS, 8)[:-1, :, None]
Y = LEVELS[8:]
DATED = pd.DataFrame({"y": LEVELS}, pd.date_range("2024", periods=60))
TEXT = DATED.set_index(DATED.index.astype(str))
SMALL = {"hidden_size": 2, "max_epochs": 1}


CALLS = {
    "dropout=0.3 has no effect": lambda: cross_val_score(idle(), X, Y, cv=2),
    "A column-vector y": lambda: GRUClassifier(**SMALL).fit(X, Y[:, None] > 10),
    "shorter than the window": lambda: WaveNetRegressor(n_layers=1, max_epochs=1).fit(
        X, Y
    ),
    "dates as text": lambda: make_pipeline(SlidingWindow(8)).fit_transform(TEXT),
    "does not fit y": lambda: KnownAhead(DATED, horizon=4).fit(DATED[:50], Y[:50]),
    "does not continue": lambda: TransformedWindowRegressor(
        NaiveRegressor(), StandardScaler()
    ).fit(X / 2, Y),
    "did not reach its maximum": lambda: SARIMARegressor(max_iter=1).fit(X, Y),
    "dropout=0.3": lambda: in_sktime(idle()),
    "held-out errors": lambda: in_sktime(Ridge()).predict_interval(coverage=0.99),
}


def idle():
    return GRURegressor(dropout=0.3, **SMALL)


def in_sktime(regressor):
    steps = [LogTransformer(), SequenceForecaster(regressor, 8)]
    return TransformedTargetForecaster(steps).fit(pd.Series(LEVELS), fh=[1])


@pytest.mark.parametrize("message", CALLS)
def test_it_points_at_the_line_of_the_user(message):
    with pytest.warns(UserWarning, match=message) as caught:
        CALLS[message]()
    ours = [one for one in caught if message in str(one.message)]
    assert {one.filename for one in ours} == {__file__}


@pytest.fixture
def threads():
    """Threads that often take turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    with ThreadPoolExecutor(4) as pool:
        yield pool
    sys.setswitchinterval(before)


@pytest.mark.parametrize("what", ["SARIMA", "panel"])
def test_what_runs_in_threads_does_not_hide_later_warnings(what, threads):
    """Nor keep them in a list that grows."""
    if what == "SARIMA":
        model = SARIMARegressor(order=(1, 0, 0)).fit(X, Y)
        run = model.fit, X, Y
    else:
        panel = pd.concat(dict.fromkeys(range(20), DATED))
        run = SlidingWindow(8).fit(panel).transform, panel
    for done in [threads.submit(*run) for _ in range(12)]:
        done.result()
    with pytest.raises(UserWarning, match="later"):  # which it is in these tests
        warnings.warn("later", stacklevel=1)
