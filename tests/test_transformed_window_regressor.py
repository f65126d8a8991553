"""TransformedWindowRegressor: exact, and without memory between rows."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import (
    DenseRegressor,
    Differencer,
    GRURegressor,
    KnownAhead,
    NaiveRegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from skseq.windows import series_of

VALUES = st.integers(-1000, 1000).map(float)
LOG = FunctionTransformer(np.log, np.exp)


class OnWindows(BaseEstimator):
    """What says that it takes windows."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


class Flat(RegressorMixin, OnWindows):
    """Linear regression on all values of a window, padding being zero."""

    def fit(self, X, y, sample_weight=None):
        self.windows_, self.y_, self.weight_ = X, y, sample_weight
        self.linear_ = LinearRegression().fit(_flatten(X), y, sample_weight)
        return self

    def predict(self, X):
        return self.linear_.predict(_flatten(X))


def _flatten(windows):
    return np.nan_to_num(windows).reshape(len(windows), -1)


def zero(n_outputs):
    """A regressor that predicts no change."""
    return DummyRegressor(strategy="constant", constant=np.zeros((n_outputs, 1)))


def series(n=80, n_features=1, seed=0):
    steps = np.random.default_rng(seed).normal(size=(n, n_features))
    return 50 + steps.cumsum(axis=0)


def windows_and_targets(horizon=3, length=10, **kwargs):
    X, y = horizon_targets(series(**kwargs), target=0, horizon=horizon)
    return SlidingWindow(length).fit_transform(X), y


@st.composite
def seasonal_cases(draw):
    season, horizon = draw(st.integers(1, 7)), draw(st.integers(1, 20))
    length = season + draw(st.integers(1, 5))
    n = length + horizon + draw(st.integers(1, 10))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = (n, draw(st.integers(1, 3)))
    rows = draw(hnp.arrays(np.float64, shape, elements=VALUES)).astype(dtype)
    n_targets = draw(st.integers(1, shape[1]))
    targets = draw(st.permutations(range(shape[1])))[:n_targets]
    return season, horizon, length, rows, targets


@given(seasonal_cases(), st.booleans(), st.booleans())
@settings(deadline=None)
def test_differences_of_zero_are_the_seasonal_naive_forecast(case, padded, view):
    season, horizon, length, rows, targets = case
    X, y = horizon_targets(rows, list(targets), horizon)
    windows = SlidingWindow(length).fit_transform(X)[0 if padded else length - 1 :]
    windows = windows if view else windows.copy()
    y = y[len(y) - len(windows) :]
    model = TransformedWindowRegressor(
        zero(np.size(y[0])), Differencer(season), target=targets
    )
    prediction = model.fit(windows, y).predict(windows)
    naive = NaiveRegressor(season, target=targets).fit(windows, y)
    np.testing.assert_array_equal(prediction, naive.predict(windows))
    assert prediction.dtype == rows.dtype
    assert prediction.shape == y.shape
    # And of a loop, where the past is long enough.
    prediction = prediction.reshape(len(windows), len(targets), horizon)
    for window, one in zip(windows, prediction, strict=True):
        if not np.isnan(window[-season:]).any():
            for k in range(horizon):
                expected = window[length - season + k % season, targets]
                np.testing.assert_array_equal(one[:, k], expected)


def test_two_differences_of_zero_continue_the_line():
    windows = np.array([[[1.0], [4], [6]]])
    model = TransformedWindowRegressor(zero(3), Differencer(order=2))
    prediction = model.fit(windows, np.zeros((1, 3))).predict(windows)
    np.testing.assert_array_equal(prediction, [[8.0, 10, 12]])


@pytest.mark.parametrize("view", [True, False])
@pytest.mark.parametrize("drifts", [True, False])
def test_differences_if_the_level_drifts(drifts, view):
    """Else the regressor gets just what it would get by itself."""
    steps = np.random.default_rng(0).normal(size=(200, 2))
    rows = steps.cumsum(axis=0) if drifts else steps
    X, y = horizon_targets(rows, target=1, horizon=3)
    windows = SlidingWindow(12).fit_transform(X)
    windows = windows if view else windows.copy()
    network = GRURegressor(hidden_size=4, target=1, max_epochs=2, random_state=0)
    auto = TransformedWindowRegressor(network, Differencer(4, "auto"), target=1)
    if drifts:
        other = TransformedWindowRegressor(network, Differencer(4), target=1)
    else:
        other = clone(network)
    forecasts = [one.fit(windows, y).predict(windows) for one in (auto, other)]
    np.testing.assert_array_equal(*forecasts)


@pytest.mark.parametrize("length", [14, 56])
@pytest.mark.parametrize("view", [True, False])
def test_padding_is_no_level(length, view):
    """Continued backwards by a row of a season, it would seem a level far away."""
    days = np.arange(400)
    peaks = 20 * (days % 7 == 0) + np.random.default_rng(0).normal(size=400)
    X, y = horizon_targets(peaks[:, np.newaxis])
    windows = SlidingWindow(length).fit_transform(X)
    windows = windows if view else windows.copy()
    model = TransformedWindowRegressor(NaiveRegressor(7), Differencer(7, "auto"))
    assert model.fit(windows, y).transformer_.order_ == 0


@pytest.mark.parametrize("view", [True, False])
def test_rows_count_once_where_windows_overlap(view):
    """A search cuts windows out of the view of them; the series is as short."""
    series = np.random.default_rng(0).normal(size=(100, 1))
    X, y = horizon_targets(series)
    windows = SlidingWindow(20).fit_transform(X)
    windows = windows if view else windows[np.arange(len(windows))]
    model = TransformedWindowRegressor(NaiveRegressor(7), Differencer(7, "auto"))
    assert model.fit(windows, y).transformer_.order_ == 1


def test_a_transformer_that_cuts_nothing_off_sees_the_window():
    class LessTheLast(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X, past=None):
            return X - (X if past is None else past)[:, -1:]

        def inverse_transform(self, X, past):
            return X + past[:, -1:]

    X, y = np.array([[1.0, 2.0], [7.0, 5.0]]), np.array([3.0, 4.0])
    unchanged = DummyRegressor(strategy="constant", constant=0)
    model = TransformedWindowRegressor(unchanged, LessTheLast()).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), [2.0, 5.0])


@pytest.mark.parametrize("length", [13, 18, 56])
@pytest.mark.parametrize("seed", range(5))
def test_the_whole_series_tells_whether_its_level_drifts(length, seed):
    """Also if no window holds two levels."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=480).cumsum()[:, None] / 4 + 3 * rng.normal(size=(480, 1))
    order = Differencer(12, "auto").fit(rows[:-1]).order_
    windows = SlidingWindow(length).fit_transform(rows)[:-1]
    model = TransformedWindowRegressor(zero(1), Differencer(12, "auto"))
    assert model.fit(windows, rows[1:]).transformer_.order_ == order


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("lag", [1, 3])
def test_the_regressor_sees_differences(lag, order):
    rows = series(60, 2)
    X, y = horizon_targets(rows, target=1, horizon=4)
    windows = SlidingWindow(12).fit_transform(X)[11:]
    model = TransformedWindowRegressor(Flat(), Differencer(lag, order), target=1)
    inner = model.fit(windows, y[11:]).regressor_
    n_cut = lag * order
    changes = pd.DataFrame(rows)
    for _ in range(order):
        changes = changes.diff(lag)
    for i in range(len(windows)):
        origin = i + 11
        seen = rows[origin - 11 + n_cut : origin + 1].copy()
        seen[:, 1] = changes[1][origin - 11 + n_cut : origin + 1]
        np.testing.assert_allclose(inner.windows_[i], seen, atol=1e-12)
        # Targets are the differences that follow those of the window.
        np.testing.assert_allclose(inner.y_[i], changes[1][origin + 1 : origin + 5])


@pytest.mark.parametrize("transformer", [Differencer(2), LOG, StandardScaler()])
def test_what_the_regressor_is_right_about_comes_back_right(transformer):
    """One that knows the transformed targets gives the targets."""
    windows, y = windows_and_targets(horizon=6)

    class Oracle(Flat):
        def predict(self, X):
            return self.y_

    model = TransformedWindowRegressor(Oracle(), transformer).fit(windows, y)
    np.testing.assert_allclose(model.predict(windows), y)


@pytest.mark.parametrize(
    "transformer", [Differencer(2), LOG, StandardScaler(), MinMaxScaler()]
)
def test_a_view_gives_what_its_copy_gives(transformer):
    windows, y = windows_and_targets(n_features=2)
    windows, y = windows[9:], y[9:]
    model = TransformedWindowRegressor(Flat(), transformer)
    from_view = model.fit(windows, y).predict(windows)
    assert series_of(model.regressor_.windows_) is not None
    from_copy = model.fit(windows.copy(), y).predict(windows.copy())
    np.testing.assert_allclose(from_view, from_copy)


def test_of_a_view_only_the_series_is_copied():
    windows, y = windows_and_targets(n=200_000, length=500, n_features=2)
    options = {"strategy": "constant", "constant": np.zeros((3, 1))}

    class Look(OnWindows, DummyRegressor):
        def fit(self, X, y, sample_weight=None):
            assert series_of(X).shape[0] == len(X) + X.shape[1] - 1
            assert not X.flags.owndata
            return super().fit(X, y)

        def predict(self, X):
            assert series_of(X) is not None
            return super().predict(X)

    for transformer in (Differencer(7), StandardScaler()):
        model = TransformedWindowRegressor(Look(**options), transformer)
        model.fit(windows, y)  # 1.6 GB, were they copied
        assert model.predict(windows).shape == y.shape


def test_nothing_is_remembered_between_rows():
    windows, y = windows_and_targets()
    model = TransformedWindowRegressor(Flat(), Differencer(2)).fit(windows, y)
    together = model.predict(windows)
    order = np.random.default_rng(0).permutation(len(windows))
    np.testing.assert_allclose(model.predict(windows[order]), together[order])
    for i in (0, 5, 40):
        np.testing.assert_allclose(model.predict(windows[i : i + 1])[0], together[i])


def test_elementwise_transformers_see_rows_without_padding():
    windows, y = windows_and_targets()
    model = TransformedWindowRegressor(Flat(), LOG).fit(windows, y)
    np.testing.assert_allclose(model.regressor_.windows_, np.log(windows))
    np.testing.assert_allclose(model.regressor_.y_, np.log(y))
    by_hand = np.exp(Flat().fit(np.log(windows), np.log(y)).predict(np.log(windows)))
    np.testing.assert_allclose(model.predict(windows), by_hand)
    model = TransformedWindowRegressor(Flat(), StandardScaler()).fit(windows, y)
    np.testing.assert_allclose(model.transformer_.mean_, series()[:-3].mean())


def test_a_regressor_that_takes_no_windows_gets_their_steps_beside_each_other():
    windows, y = windows_and_targets(n_features=2)
    windows, y = windows[9:], y[9:]  # without padding
    one, two = (
        TransformedWindowRegressor(regressor, Differencer(2)).fit(windows, y)
        for regressor in (LinearRegression(), Flat())
    )
    np.testing.assert_allclose(one.predict(windows), two.predict(windows))


def test_each_target_is_scaled_by_itself():
    rows = series(80, 3) * [1, 100, 10_000]
    X, y = horizon_targets(rows, target=[2, 0], horizon=2)
    windows = SlidingWindow(5).fit_transform(X)
    model = TransformedWindowRegressor(Flat(), StandardScaler(), target=[2, 0])
    model.fit(windows, y)
    mean = X[:, [2, 0]].mean(axis=0)
    std = X[:, [2, 0]].std(axis=0)
    expected = (y - np.repeat(mean, 2)) / np.repeat(std, 2)
    np.testing.assert_allclose(model.regressor_.y_, expected)
    inner = model.regressor_.windows_
    np.testing.assert_allclose(inner[20, :, 0], (windows[20, :, 0] - mean[1]) / std[1])
    np.testing.assert_array_equal(inner[20, :, 1], windows[20, :, 1])


def test_one_within_another_is_logs_then_differences():
    windows, y = windows_and_targets()
    inner = TransformedWindowRegressor(zero(3), Differencer())
    model = TransformedWindowRegressor(inner, LOG).fit(windows, y)
    last = np.repeat(windows[:, -1], 3, axis=1)
    np.testing.assert_allclose(model.predict(windows), last)
    inner = model.regressor_.transformer_
    assert isinstance(inner, Differencer)


@pytest.mark.parametrize("n_outputs", [None, 1, 3])
def test_shapes(n_outputs):
    windows, y = windows_and_targets()
    y = y[:, 0] if n_outputs is None else y[:, :n_outputs]
    for transformer in (Differencer(), StandardScaler()):
        model = TransformedWindowRegressor(Flat(), transformer).fit(windows, y)
        assert model.predict(windows).shape == y.shape
        assert model.score(windows, y) > 0.5


def test_a_table_of_windows_is_one_variable():
    windows, y = windows_and_targets()
    windows, y = windows[9:], y[9:]
    frame = pd.DataFrame(windows[:, :, 0]).add_prefix("t")
    deep = TransformedWindowRegressor(Flat(), Differencer()).fit(windows, y)
    flat = TransformedWindowRegressor(Flat(), Differencer()).fit(frame, y)
    np.testing.assert_allclose(flat.predict(frame), deep.predict(windows))
    assert flat.n_features_in_ == 10
    assert flat.feature_names_in_[0] == "t0"
    assert flat.window_shape_in_ == (10, 1)
    assert deep.n_features_in_ == 1


@pytest.mark.parametrize("regressor", [GRURegressor, DenseRegressor])
def test_networks_take_the_padding_that_remains(regressor):
    windows, y = windows_and_targets()
    assert np.isnan(windows[0, :9]).all()  # of which nothing is left, differenced
    network = regressor(max_epochs=2, random_state=0)
    model = TransformedWindowRegressor(network, Differencer(2)).fit(windows, y)
    assert np.isfinite(model.predict(windows)).all()


@pytest.mark.parametrize("output", ["default", "pandas"])
@pytest.mark.parametrize("transformer", [Differencer(2), StandardScaler(), LOG])
def test_the_output_container_does_not_matter(output, transformer):
    windows, y = windows_and_targets()
    model = TransformedWindowRegressor(Flat(), transformer)
    expected = model.fit(windows, y).predict(windows)
    with config_context(transform_output=output):
        np.testing.assert_array_equal(model.fit(windows, y).predict(windows), expected)


def test_weights_reach_the_regressor():
    windows, y = windows_and_targets()
    weight = np.linspace(0, 1, len(y))
    model = TransformedWindowRegressor(Flat(), Differencer())
    plain = model.fit(windows, y, sample_weight=weight)
    np.testing.assert_array_equal(plain.regressor_.weight_, weight)
    with pytest.raises(TypeError, match="sample_weight"):
        clone(model).set_params(regressor=NoWeight()).fit(windows, y, sample_weight=y)


class NoWeight(Flat):
    def fit(self, X, y):
        return super().fit(X, y)


def test_weights_are_routed():
    windows, y = windows_and_targets()
    weight = np.linspace(0, 1, len(y))
    with config_context(enable_metadata_routing=True):
        model = TransformedWindowRegressor(Flat(), Differencer())
        with pytest.raises(ValueError, match="not explicitly set as requested or not"):
            model.fit(windows, y, sample_weight=weight)
        wanted = Flat().set_fit_request(sample_weight=True)
        model = TransformedWindowRegressor(wanted, Differencer())
        model.fit(windows, y, sample_weight=weight)
        np.testing.assert_array_equal(model.regressor_.weight_, weight)
        # Through a search and a pipeline around it.
        rows, y = horizon_targets(series(), horizon=2)
        weight = np.linspace(0, 1, len(y))
        search = GridSearchCV(
            make_pipeline(SlidingWindow(8), model),
            {"transformedwindowregressor__transformer__lag": [1, 2]},
            cv=TimeSeriesSplit(2),
            scoring=make_scorer(
                mean_absolute_error, greater_is_better=False
            ).set_score_request(sample_weight=False),
        )
        search.fit(rows, y, sample_weight=weight)
        inner = search.best_estimator_[-1].regressor_
        np.testing.assert_array_equal(inner.weight_, weight)
        unwanted = Flat().set_fit_request(sample_weight=False)
        model = TransformedWindowRegressor(unwanted, Differencer())
        with pytest.raises(TypeError, match="sample_weight"):
            model.fit(SlidingWindow(8).fit_transform(rows), y, sample_weight=weight)


def test_a_network_takes_routed_weights():
    windows, y = windows_and_targets()
    with config_context(enable_metadata_routing=True):
        network = DenseRegressor(max_epochs=1).set_fit_request(sample_weight=True)
        model = TransformedWindowRegressor(network, Differencer())
        model.fit(windows, y, sample_weight=np.ones(len(y)))
        assert model.predict(windows).shape == y.shape


def test_copies():
    windows, y = windows_and_targets()
    model = TransformedWindowRegressor(Flat(), Differencer(2), target=[0])
    expected = model.fit(windows, y).predict(windows)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(windows), expected)
    fresh = clone(model)
    assert not hasattr(fresh, "regressor_")
    assert fresh.get_params()["transformer__lag"] == 2
    assert "Differencer" in estimator_html_repr(model)
    # The parts that were given stay as they were.
    assert not hasattr(model.transformer, "head_")
    assert not hasattr(model.regressor, "linear_")


def test_in_a_search_over_the_parameters_of_its_parts():
    rows, y = horizon_targets(series(100), horizon=2)
    model = TransformedWindowRegressor(Flat(), Differencer())
    pipe = make_pipeline(SlidingWindow(8), model)
    name = "transformedwindowregressor"
    search = GridSearchCV(
        pipe,
        {
            f"{name}__transformer": [Differencer(), Differencer(3), StandardScaler()],
            f"{name}__regressor": [Flat(), zero(2)],
        },
        cv=TimeSeriesSplit(2, gap=1),
        error_score="raise",
    )
    search.fit(rows, y)
    assert search.predict(rows).shape == y.shape
    scores = cross_validate(pipe, rows, y, cv=TimeSeriesSplit(2), error_score="raise")
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:The provided functions")
@pytest.mark.parametrize("lowest", [0, -1])
def test_a_transformer_that_does_not_take_all_values_is_an_error(lowest):
    windows, y = windows_and_targets()
    lift = lowest - np.nanmin(windows)
    windows, y = windows + lift, y + lift
    log = FunctionTransformer(np.log, np.exp)
    message = "turns some values between .* into NaN or infinity"
    with pytest.raises(ValueError, match=message):
        TransformedWindowRegressor(Flat(), log).fit(windows, y)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("lowest", [0.0, -1.0])
def test_later_values_that_a_transformer_does_not_take_are_an_error(lowest):
    windows, y = windows_and_targets()
    lift = 1 - min(np.nanmin(windows), y.min())
    windows, y = windows + lift, y + lift
    model = TransformedWindowRegressor(Flat(), LOG).fit(windows, y)
    later = np.array(windows[-1:])
    later[0, -1, 0] = lowest
    message = f"turns {lowest:.4g}, a value of the target, into -?(inf|nan): choose"
    with pytest.raises(ValueError, match=message):
        model.predict(later)
    with pytest.raises(ValueError, match=message):
        model.fit(windows, np.where(np.arange(len(y)) < len(y) - 1, y.T, lowest).T)


@pytest.mark.parametrize(
    "transformer",
    [
        make_pipeline(LOG, Differencer()),  # mixes rows, and takes no past
        FunctionTransformer(np.log),  # no inverse
        FunctionTransformer(np.cumsum, kw_args={"axis": 0}),
        FunctionTransformer(lambda rows: rows.mean(axis=1, keepdims=True) * 0),
        FunctionTransformer(lambda rows: np.hstack([rows, rows])),
    ],
)
def test_a_transformer_that_can_not_be_undone_is_an_error(transformer):
    windows, y = windows_and_targets()
    model = TransformedWindowRegressor(Flat(), transformer)
    message = r"must transform each row by itself.*one TransformedWindowRegressor into"
    with pytest.raises(ValueError, match=message):
        model.fit(windows, y)


def test_a_transformer_without_inverse_is_an_error():
    class NoInverse(StandardScaler):
        inverse_transform = property()

    windows, y = windows_and_targets()
    with pytest.raises(ValueError, match="have an inverse_transform"):
        TransformedWindowRegressor(Flat(), NoInverse()).fit(windows, y)


@pytest.mark.parametrize(
    ("transformer", "reason"),
    [
        (Differencer(), r"Differencer\(\) .* differences are not .*'absolute'\.$"),
        (LOG, r"=FunctionTransformer.* a logarithm.*error_bars='held_out'.*LogTrans"),
    ],
)
def test_error_bars_can_not_be_transformed_back(transformer, reason):
    windows, y = windows_and_targets()

    class WithBars(Flat):
        def predict(self, X, return_std=False):
            y = super().predict(X)
            return (y, abs(y)) if return_std else y

    model = TransformedWindowRegressor(WithBars(), transformer).fit(windows, y)
    model.predict(windows)
    with pytest.raises(ValueError, match=reason):
        model.predict(windows, return_std=True)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"transformer": Differencer(10)}, "lag=10 and order=1 need more than 10 time"),
        ({"target": 1}, "target=1 is not a column of X"),
        ({"target": [0, -1]}, "is not a column of X"),
        ({"n_known_ahead": -1}, "n_known_ahead == -1"),
        ({"n_known_ahead": 1}, "take the last 3 columns of X, but X has 1"),
    ],
)
def test_bad_parameters(parameters, message):
    windows, y = windows_and_targets()
    model = TransformedWindowRegressor(Flat(), Differencer()).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(windows, y)


def test_bad_input():
    windows, y = windows_and_targets(n_features=2)
    model = TransformedWindowRegressor(Flat(), Differencer(), target=[0, 1])
    with pytest.raises(
        ValueError, match=r"3 columns, which can't be divided .* 2 targe"
    ):
        model.fit(windows, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(windows, y[:-1])
    with pytest.raises(ValueError, match="y to be passed"):
        model.fit(windows, None)
    model.set_params(target=0).fit(windows, y[:, :2])
    with pytest.raises(ValueError, match="X has 1 features"):
        model.predict(windows[:, :, :1])
    with pytest.raises(
        ValueError, match=r"windows of 9 time steps, but .* fitted on 10"
    ):
        model.predict(windows[:, 1:])


def test_around_a_pipeline_that_cuts_windows():
    X, y = horizon_targets(series(n_features=2), target=0, horizon=3)
    pipe = make_pipeline(SlidingWindow(10), NaiveRegressor())
    with pytest.raises(ValueError, match="put that step before TransformedWindow"):
        TransformedWindowRegressor(pipe, Differencer(7)).fit(X, y)


def test_changes_of_two_targets_that_are_known_ahead():
    event = np.random.default_rng(0).integers(0, 2, size=200)
    levels = (1 + np.outer(event, [3.0, -2.0])).cumsum(axis=0)
    table = pd.DataFrame(levels, columns=["up", "down"]).assign(event=event)
    X, y = horizon_targets(table, target=["up", "down"], horizon=4)
    ahead = KnownAhead(table["event"], horizon=4).fit_transform(X[["up", "down"]])
    windows = SlidingWindow(5).fit_transform(ahead)
    model = TransformedWindowRegressor(
        LinearRegression(), Differencer(), target=[0, 1], n_known_ahead=1
    )
    model.fit(windows[4:100], y[4:100])
    np.testing.assert_allclose(model.predict(windows[100:]), y[100:])


def test_to_transform_or_not_is_searched():
    windows, y = (rows[9:] for rows in windows_and_targets())
    grid = {"transformer": [FunctionTransformer(), Differencer()]}
    model = TransformedWindowRegressor(LinearRegression(), None)
    search = GridSearchCV(model, grid, cv=2).fit(windows, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    same = model.set_params(transformer=FunctionTransformer()).fit(windows, y)
    flat = windows.reshape(len(windows), -1)
    np.testing.assert_allclose(
        same.predict(windows), LinearRegression().fit(flat, y).predict(flat)
    )
    for nothing in (None, "passthrough"):
        with pytest.raises(
            TypeError, match=f"got {nothing!r}: use FunctionTransformer"
        ):
            model.set_params(transformer=nothing).fit(windows, y)


NETWORK = DenseRegressor(
    max_epochs=60, batch_size=512, learning_rate=0.03, random_state=0
)
LEVEL_IS_LOST = {
    "check_regressors_train": "y does not continue X there, but depends on its level, "
    "which differences don't have: a low score is right"
}


@parametrize_with_checks(
    [TransformedWindowRegressor(NETWORK, Differencer())],
    expected_failed_checks=lambda _: LEVEL_IS_LOST,
)
def test_sklearn_checks(estimator, check):
    check(estimator)
