"""compare with variables known ahead: of use to every kind of model, and no leak."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVR
from sktime.forecasting.compose import DirectReductionForecaster
from sktime.forecasting.naive import NaiveForecaster

from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    GRURegressor,
    NaiveRegressor,
    SARIMARegressor,
    TransformedWindowRegressor,
    compare,
)
from skseq.__main__ import main
from skseq.forecasting import SequenceForecaster

N_ROWS, WINDOW, HORIZON = 160, 6, 3
SETTING = {
    "target": "sales",
    "window": WINDOW,
    "horizon": HORIZON,
    "step": 5,
    "season": 1,
}
NETWORK = {"learning_rate": 0.1, "max_epochs": 25, "random_state": 0}

USES_IT = {
    "dense": DenseRegressor(**NETWORK),
    "gru": GRURegressor(hidden_size=4, **NETWORK),
    "scaled": TransformedWindowRegressor(DenseRegressor(**NETWORK), StandardScaler()),
    "conformal": ConformalRegressor(DenseRegressor(**NETWORK)),
    "searched": GridSearchCV(DenseRegressor(**NETWORK), {"batch_size": [16]}, cv=2),
    "ridge": Ridge(),
    "differenced": TransformedWindowRegressor(Ridge(), Differencer()),
    "one output": SVR(kernel="linear"),
    "sktime": DirectReductionForecaster(LinearRegression(), WINDOW),
    "sequence forecaster": SequenceForecaster(Ridge(), WINDOW, error_bars=None),
}


@pytest.fixture
def frame():
    """Sales that follow the price of the day, which nothing before it tells."""
    rng = np.random.default_rng(0)
    price = rng.integers(1, 6, size=N_ROWS)
    return pd.DataFrame(
        {
            "price": price,
            "rain": rng.normal(size=N_ROWS),
            "sales": 20 - 3 * price + 0.1 * rng.normal(size=N_ROWS),
        },
        index=pd.date_range("2024-01-01", periods=N_ROWS),
    )


@pytest.mark.parametrize("name", USES_IT)
def test_what_is_known_ahead_is_used_by(frame, name):
    models = {name: USES_IT[name]}
    setting = SETTING | {"step": 10}  # a forecaster of sktime is fitted at each origin
    without = compare(models, frame, **setting).table.at[name, "MAE"]
    known = compare(models, frame, known_ahead=["price"], **setting)
    assert known.table.at[name, "MAE"] < 0.2 * without


def test_what_is_known_ahead_is_used_by_sarima(frame):
    pytest.importorskip("statsmodels")
    model = SARIMARegressor(order=(1, 0, 0), seasonal_order=(0, 0, 0, 0), trend="c")
    without = compare({"sarima": model}, frame, **SETTING).table
    known = compare({"sarima": model}, frame, known_ahead=["price"], **SETTING).table
    assert known.at["sarima", "MAE"] < 0.2 * without.at["sarima", "MAE"]


@pytest.mark.parametrize("model", [NaiveRegressor(2), NaiveForecaster(sp=2)])
def test_what_takes_the_target_alone_is_not_changed(frame, model):
    without = compare({"a": model}, frame, **SETTING)
    known = compare({"a": model}, frame, known_ahead=["price", "rain"], **SETTING)
    pd.testing.assert_frame_equal(without.forecasts["a"], known.forecasts["a"])


RIDGE = Ridge(alpha=100)  # which repeated columns would change
CALIBRATED = ConformalRegressor(RIDGE, refit=True)
UNCHANGED = FunctionTransformer()


@pytest.mark.parametrize(
    "model",
    [
        RIDGE,
        CALIBRATED,
        TransformedWindowRegressor(RIDGE, UNCHANGED),
        TransformedWindowRegressor(CALIBRATED, UNCHANGED),
        ConformalRegressor(TransformedWindowRegressor(RIDGE, UNCHANGED), refit=True),
        GridSearchCV(CALIBRATED, {"calibration_fraction": [0.2]}, cv=2),
        SequenceForecaster(CALIBRATED, WINDOW, error_bars=None, past_only=["rain"]),
    ],
)
def test_a_regressor_of_scikit_learn_equals_a_loop(frame, model):
    result = compare({"a": model}, frame, known_ahead=["price"], **SETTING)
    sales, rain, price = frame[["sales", "rain", "price"]].to_numpy().T

    def row(origin):
        past = slice(origin - WINDOW + 1, origin + 1)
        # The first price that the window knows is that of its second step.
        prices = price[origin - WINDOW + 2 : origin + HORIZON + 1]
        return np.concatenate([sales[past], rain[past], prices])

    test_start = N_ROWS - N_ROWS // 5
    training = range(WINDOW - 1, test_start - HORIZON)
    y = [sales[i + 1 : i + 1 + HORIZON] for i in training]
    model = clone(RIDGE).fit([row(i) for i in training], y)
    origins = range(test_start - 1, N_ROWS - HORIZON, 5)
    expected = model.predict([row(i) for i in origins])
    np.testing.assert_allclose(result.forecasts["a"], expected)


@pytest.mark.parametrize(
    ("name", "refit"),
    [
        *product(["dense", "ridge", "sequence forecaster"], [False, 2]),
        ("sktime", 2),
    ],
)
def test_what_comes_after_the_horizon_or_is_not_known_changes_nothing(
    frame, name, refit
):
    frame = frame.head(80).copy()  # a forecaster of sktime is fitted at each origin
    setting = {**SETTING, "known_ahead": ["price"], "refit": refit}
    before = compare({"a": USES_IT[name]}, frame, **setting)
    origin = before.origins[1]
    last = frame.index.get_loc(origin) + HORIZON
    frame["price"] = frame["price"].where(np.arange(len(frame)) <= last, 100)
    frame.loc[frame.index > origin, ["rain", "sales"]] += 100
    after = compare({"a": USES_IT[name]}, frame, **setting)
    one, two = before.forecasts["a"], after.forecasts["a"]
    pd.testing.assert_frame_equal(one[:origin], two[:origin])
    assert (one[origin:][1:] != two[origin:][1:]).any(axis=None)


def test_intervals_and_arrays(frame):
    values = frame[["sales", "rain", "price"]].to_numpy()
    setting = {**SETTING, "target": 0, "known_ahead": [2], "coverage": 0.8}
    models = {
        "conformal": ConformalRegressor(DenseRegressor(**NETWORK)),
        "sequence forecaster": SequenceForecaster(Ridge(), WINDOW),
    }
    result = compare(models, values, **setting)
    assert (result.table["width"] < 2).all()
    assert (result.table["covers"] > 0.5).all()


def test_refusals(frame):
    models = {"ridge": Ridge()}
    columns = r"choose among \['price', 'rain'\]"
    for wrong in (["sun"], ["sales"], ["price", "price"]):
        with pytest.raises(ValueError, match=columns):
            compare(models, frame, known_ahead=wrong, **SETTING)
    with pytest.raises(TypeError, match=r"got 'price': give \['price'\]"):
        compare(models, frame, known_ahead="price", **SETTING)
    with pytest.raises(TypeError, match=r"got None: give \[\]\."):
        compare(models, frame, known_ahead=None, **SETTING)


def test_from_a_shell(frame, tmp_path, capsys):
    path = tmp_path / "sales.csv"
    frame.to_csv(path, index_label="date")
    options = ["--target", "sales", "--window", "6", "--horizon", "3", "--season", "1"]
    options += ["--models", "SARIMA", "--csv", str(tmp_path / "table.csv")]
    ratio = {}
    for known in ([], ["--known-ahead", "price", "rain"]):
        main(["compare", str(path), *options, *known])
        table = pd.read_csv(tmp_path / "table.csv", index_col="model")
        ratio[bool(known)] = table.at["SARIMA", "MAE / naive"]
    assert ratio[True] < 0.2 * ratio[False]
    with pytest.raises(SystemExit):
        main(["compare", str(path), *options, "--known-ahead", "sun"])
    assert "known_ahead=['sun'] must be columns" in capsys.readouterr().err


@pytest.mark.parametrize("known_ahead", [(), ["price"]])
def test_a_forecaster_told_of_past_columns_sees_what_a_regressor_does(
    frame, known_ahead
):
    past_only = ["rain"] if known_ahead else ["price", "rain"]
    forecaster = SequenceForecaster(
        Ridge(), WINDOW, past_only=past_only, scaling=None, error_bars=None
    )
    models = {"regressor": Ridge(), "forecaster": forecaster}
    result = compare(models, frame, known_ahead=known_ahead, **SETTING)
    np.testing.assert_allclose(
        result.forecasts["forecaster"], result.forecasts["regressor"], rtol=1e-6
    )
