"""Error bars: Monte Carlo dropout, ensembles, quantiles, conformal."""

import pickle
from contextlib import nullcontext
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import DataConversionWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    EncoderDecoderRegressor,
    GRURegressor,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    TransformedWindowRegressor,
    pad_sequences,
)
from skseq.windows import sliding_windows
from skseq.wrapping import rank_of

DROPPED = {"hidden_layer_sizes": (16,), "dropout": 0.3, "random_state": 0}


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5, 1))
    spread = 0.2 + (X[:, 0, 0] > 0)
    y = X[:, -1, 0] + spread * rng.normal(size=600)
    return X, y


def test_std_is_that_of_the_samples_and_repeatable(noisy):
    X, y = noisy
    model = DenseRegressor(max_epochs=3, **DROPPED).fit(X, y)
    mean, std = model.predict(X[:7], return_std=True)
    samples = model.predict_samples(X[:7], n_samples=100)
    assert samples.shape == (7, 100)
    np.testing.assert_allclose(mean, samples.mean(axis=1))
    np.testing.assert_allclose(std, samples.std(axis=1))
    assert (std > 0).all()
    np.testing.assert_array_equal(samples, model.predict_samples(X[:7], 100))
    # The network is left in evaluation mode.
    np.testing.assert_array_equal(model.predict(X), model.predict(X))


@pytest.mark.parametrize("unit", [2.0**-80, 2.0**80])
def test_std_is_in_any_unit(noisy, unit):
    X, y = (values.astype(np.float32) for values in noisy)
    model = DenseRegressor(n_members=2, max_epochs=1, random_state=0)
    _, expected = model.fit(X, y).predict(X, return_std=True)
    _, std = model.fit(X, y * np.float32(unit)).predict(X, return_std=True)
    assert std.dtype == np.float32
    np.testing.assert_allclose(std / np.float32(unit), expected, atol=1e-5)


def test_dropout_does_not_live_in_the_forecasts_of_another_thread(noisy, monkeypatch):
    X, y = noisy
    model = DenseRegressor(max_epochs=1, **DROPPED).fit(X, y)
    point = model.predict(X)
    samples, run = model.predict_samples(X[:5]), model._run

    def run_beside_another(module, batch):
        monkeypatch.setattr(model, "_run", run)
        np.testing.assert_array_equal(model.predict(X), point)
        return run(module, batch)

    monkeypatch.setattr(model, "_run", run_beside_another)
    np.testing.assert_array_equal(model.predict_samples(X[:5]), samples)


def test_dropout_draws_scatter_as_one_loop_a_sample_does(noisy):
    X, y = noisy
    model = DenseRegressor(max_epochs=3, **DROPPED).fit(X, y)
    module = model.net_.module_
    module.train()
    with torch.no_grad():
        x = torch.from_numpy(X[:5])
        looped = torch.stack([module(x)[:, 0] for _ in range(3000)]).numpy()
    module.eval()
    scale, mean = model.y_scale_[0], model.y_mean_[0]
    samples = model.predict_samples(X[:5], n_samples=3000)
    looped = looped * scale + mean
    np.testing.assert_allclose(samples.mean(axis=1), looped.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(samples.std(axis=1), looped.std(axis=0), rtol=0.1)


@pytest.mark.parametrize(
    "model",
    [
        DenseRegressor(hidden_layer_sizes=(16,), dropout=0.3),
        GRURegressor(hidden_size=8, recurrent_dropout=0.3),
    ],
)
def test_an_iterated_draw_has_one_mask_for_all_steps(model):
    """Otherwise the errors of the steps would partly cancel."""
    rng = np.random.default_rng(0)
    series = np.cumsum(rng.normal(size=200)) / 10
    X = sliding_windows(series[:, np.newaxis], 6)[:-8]
    y = sliding_windows(series[6:, np.newaxis], 8)[: len(X), :, 0]
    settings = {"strategy": "iterated", "max_epochs": 5, "random_state": 0}
    model = model.set_params(**settings).fit(X, y)
    scale, level = model.y_scale_[0], model.y_mean_[0]
    module = model.net_.module_.train()
    batch = torch.from_numpy(X[100:101].repeat(1000, axis=0))
    for _ in range(8):
        torch.manual_seed(1)  # so that each row has the mask that it had before
        with torch.no_grad():
            step = module(batch)[:, :, None] * scale + level
        batch = torch.cat([batch[:, 1:], step], dim=1)
    draws = step[:, 0, 0].numpy()
    module.eval()
    samples = model.predict_samples(X[100:101], n_samples=1000)[0, -1]
    assert samples.std() == pytest.approx(draws.std(), rel=0.15)
    assert samples.mean() == pytest.approx(draws.mean(), abs=0.15 * draws.std())


def test_members_are_separate_fits(noisy):
    X, y = noisy
    ensemble = GRURegressor(
        hidden_size=4, n_members=3, max_epochs=2, random_state=0
    ).fit(X, y)
    alone = [
        GRURegressor(hidden_size=4, max_epochs=2, random_state=state).fit(X, y)
        for state in ensemble.member_random_states_
    ]
    predictions = np.stack([model.predict(X) for model in alone])
    mean, std = ensemble.predict(X, return_std=True)
    np.testing.assert_allclose(ensemble.predict(X), predictions.mean(axis=0))
    np.testing.assert_allclose(mean, predictions.mean(axis=0))
    np.testing.assert_allclose(std, predictions.std(axis=0))
    assert sorted(ensemble.history_["member"].unique()) == [0, 1, 2]


def test_several_outputs_with_dropout_and_members(noisy):
    X, _ = noisy
    model = DenseRegressor(max_epochs=1, n_members=2, **DROPPED).fit(X, X[:, :3, 0])
    mean, std = model.predict(X[:4], return_std=True)
    assert mean.shape == std.shape == (4, 3)
    assert model.predict_samples(X[:4], n_samples=9).shape == (4, 3, 9)
    quantiles = model.predict_quantiles(X[:4], [0.1, 0.9])
    assert quantiles.shape == (4, 3, 2)
    assert (quantiles[..., 0] < quantiles[..., 1]).all()


def test_quantile_loss_learns_quantiles(noisy):
    X, y = noisy
    model = DenseRegressor(
        hidden_layer_sizes=(32,),
        loss="quantile",
        quantiles=(0.05, 0.25, 0.5, 0.75, 0.95),
        max_epochs=60,
        random_state=0,
    ).fit(X, y)
    q = model.predict_quantiles(X, [0.05, 0.25, 0.6, 0.95])
    assert (np.diff(q, axis=1) >= 0).all()
    below = (y[:, np.newaxis] < q).mean(axis=0)
    np.testing.assert_allclose(below, [0.05, 0.25, 0.6, 0.95], atol=0.06)
    # Where the noise is larger the quantiles are further apart.
    width = q[:, -1] - q[:, 0]
    loud = X[:, 0, 0] > 0
    assert width[loud].mean() > 2 * width[~loud].mean()
    median = model.predict_quantiles(X, [0.5])[:, 0]
    np.testing.assert_allclose(model.predict(X), median)


@pytest.mark.parametrize("quantiles", [(0.1, 0.9), (0.05, 0.95), (0.2, 0.3, 0.8)])
@pytest.mark.parametrize(
    ("cls", "strategy"),
    [
        (DenseRegressor, "direct"),
        (GRURegressor, "iterated"),
        (EncoderDecoderRegressor, "direct"),
    ],
)
def test_the_forecast_is_the_median_though_it_was_not_learned(cls, strategy, quantiles):
    X = np.random.default_rng(0).normal(size=(60, 5))
    model = cls(
        strategy=strategy,
        loss="quantile",
        quantiles=quantiles,
        max_epochs=2,
        random_state=0,
    ).fit(X, X[:, :3])
    median = model.predict_quantiles(X, [0.5])[..., 0]
    np.testing.assert_allclose(model.predict(X), median)
    assert (median > model.predict_quantiles(X, [0.3])[..., 0]).all()
    if strategy == "iterated":  # it is what is fed back
        moved = np.column_stack([X[:, 1:], median[:, 0]])
        np.testing.assert_allclose(model.predict(moved)[:, :2], median[:, 1:])


def test_quantiles_are_checked(noisy):
    X, y = noisy
    with pytest.raises(ValueError, match="quantiles must be ascending"):
        DenseRegressor(loss="quantile", quantiles=(0.9, 0.1)).fit(X, y)
    model = DenseRegressor(loss="quantile", max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="reaches beyond the learned quantiles"):
        model.predict_quantiles(X, [0.01])
    for q in ([0, 0.5], [0.5, 1], [], [np.nan], "median", None):
        with pytest.raises(ValueError, match="q must hold levels"):
            model.predict_quantiles(X, q)


@pytest.mark.parametrize("n_samples", [0, -1, 2.5])
def test_number_of_samples_is_checked(noisy, n_samples):
    model = DenseRegressor(max_epochs=1, **DROPPED).fit(*noisy)
    with pytest.raises((TypeError, ValueError), match="n_samples"):
        model.predict_samples(noisy[0], n_samples)


@pytest.mark.parametrize(
    "model",
    [
        DenseRegressor(max_epochs=1),
        # Dropout is between layers, and there is nothing between.
        DenseRegressor(dropout=0.3, max_epochs=1),
        GRURegressor(dropout=0.3, hidden_size=4, max_epochs=1),
    ],
)
def test_without_a_source_of_uncertainty_the_error_names_them(noisy, model):
    X, y = noisy
    idle = pytest.warns(UserWarning, match="dropout=0.3 has no effect")
    with idle if model.dropout else nullcontext():
        model = clone(model).fit(X, y)
    with pytest.raises(ValueError, match=r"n_members above 1.* set loss='quantile'"):
        model.predict(X, return_std=True)


def test_learned_quantiles_are_pointed_to_where_there_is_nothing_to_draw_from(noisy):
    X, y = noisy
    model = DenseRegressor(loss="quantile", max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"learned quantiles \(predict_quantiles\)"):
        model.predict(X, return_std=True)


@pytest.mark.parametrize("coverage", [0.8, 0.95])
@pytest.mark.parametrize(
    ("regressor", "conformity_score"),
    [
        (NaiveRegressor(), "absolute"),
        (DenseRegressor(max_epochs=5, **DROPPED), "std"),
        (
            DenseRegressor(
                loss="quantile",
                quantiles=(0.02, 0.1, 0.5, 0.9, 0.98),
                max_epochs=10,
                random_state=0,
            ),
            "quantile",
        ),
    ],
)
def test_conformal_intervals_cover(regressor, conformity_score, coverage):
    covered = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(4000, 3, 1))
        y = X[:, -1, 0] + rng.standard_t(df=4, size=4000)
        model = ConformalRegressor(
            regressor, calibration_fraction=0.5, conformity_score=conformity_score
        ).fit(X[:2000], y[:2000])
        lower, upper = model.predict_interval(X[2000:], coverage).T
        covered.append(((lower <= y[2000:]) & (y[2000:] <= upper)).mean())
    # Three standard errors, of the rows that calibrate and those that are forecast.
    assert np.mean(covered) == pytest.approx(coverage, abs=0.021)


def test_conformal_absolute_equals_the_sorted_residual():
    X = np.zeros((99, 2, 1))
    y = np.arange(99.0)
    model = ConformalRegressor(NaiveRegressor(), calibration_fraction=0.5).fit(X, y)
    # Held out are y = 50 ... 98, forecast 0: 49 errors, of which the 45th is asked.
    lower, upper = model.predict_interval(X[:1], coverage=0.9)[0]
    assert (lower, upper) == (-94.0, 94.0)


@pytest.mark.parametrize(
    ("cls", "n_steps", "weights"),
    [
        (EncoderDecoderRegressor, 2, None),
        (EncoderDecoderRegressor, 7, np.arange(50)),
        (GRURegressor, 4, None),
        (GRURegressor, 4, np.arange(50)),
    ],
)
def test_conformal_around_a_sequence_of_targets(cls, n_steps, weights):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 4, 1)), rng.normal(size=(50, n_steps, 2))
    regressor = cls(hidden_size=4, max_epochs=1, random_state=0)
    model = ConformalRegressor(regressor, calibration_fraction=0.5).fit(X, y)
    alone = clone(regressor).fit(X[:25], y[:25])
    center = alone.predict(X)
    interval = model.predict_interval(X, coverage=0.5)
    for step, output in np.ndindex(n_steps, 2):
        errors = abs(y[25:, step, output] - center[25:, step, output])
        width = sorted(errors)[12]  # of 25, the 13th
        expected = center[:, step, output, np.newaxis] + [-width, width]
        np.testing.assert_allclose(interval[:, step, output], expected)
    assert model.score(X, y, weights) == alone.score(X, y, weights)


def test_conformal_takes_windows_of_any_length_if_the_regressor_does():
    X, y = np.random.default_rng(0).normal(size=(2, 50, 6))
    model = ConformalRegressor(GRURegressor(max_epochs=1)).fit(X[..., None], y[:, 0])
    shorter = X[:, -4:, np.newaxis]
    middle = model.predict_interval(shorter, coverage=0.5).mean(axis=-1)
    np.testing.assert_allclose(middle, model.regressor_.predict(shorter))


@pytest.mark.parametrize(
    ("regressor", "conformity_score"),
    [
        (LinearRegression(), "absolute"),
        (DenseRegressor(max_epochs=5, **DROPPED), "std"),
        (DenseRegressor(loss="quantile", max_epochs=5, random_state=0), "quantile"),
    ],
)
def test_conformal_counts_no_windows_of_weight_zero(regressor, conformity_score):
    rng = np.random.default_rng(0)
    X = sliding_windows(rng.normal(size=(407, 1)), 8)
    y = X[:, -1, 0] + rng.normal(size=400)
    fault = rng.random(400) < 0.1
    y[fault] += 50
    model = ConformalRegressor(regressor, conformity_score=conformity_score)
    weighted = clone(model).fit(X, y, sample_weight=1.0 - fault)
    without = clone(model).fit(X[~fault], y[~fault])
    assert len(weighted.scores_) == len(without.scores_)
    np.testing.assert_allclose(
        weighted.predict_interval(X), without.predict_interval(X), rtol=1e-6, atol=1e-6
    )
    inside = clone(model).set_params(regressor=make_pipeline("passthrough", regressor))
    name = f"{type(regressor).__name__.lower()}__sample_weight"
    if conformity_score != "std":  # which a Pipeline does not pass on
        inside.fit(X, y, **{name: 1.0 - fault})
        np.testing.assert_array_equal(inside.scores_, weighted.scores_)
    one_for_all = clone(model).fit(X, y, sample_weight=1.0)
    np.testing.assert_array_equal(one_for_all.scores_, clone(model).fit(X, y).scores_)


def test_conformal_leaves_the_number_of_steps_to_the_regressor():
    X, y = np.zeros((20, 4, 1)), np.zeros((20, 2, 1))
    with pytest.raises(ValueError, match=r"expected .* \(n_samples, 4, n_outputs\)"):
        ConformalRegressor(GRURegressor()).fit(X, y)
    y[-1, -1] = np.nan  # held out, so the regressor does not see it
    with pytest.raises(ValueError, match="y contains NaN"):
        ConformalRegressor(EncoderDecoderRegressor()).fit(X, y)


def test_rank_of_the_error_has_no_rounding():
    # 100 * 0.07 and 25 * (1 - 2 * 0.2) are a bit more than whole numbers.
    assert rank_of(0.07, n_errors=99) == 7
    assert rank_of(np.abs(1 - 2 * np.array([0.2, 0.8])), 24).tolist() == [15, 15]
    assert rank_of(0.9, n_errors=48) == 45


@pytest.mark.parametrize(("target", "n_between"), [(0, 3), ([0, 1], 1)])
def test_conformal_leaves_out_windows_whose_targets_overlap(target, n_between):
    """Of four outputs: four steps of one target, or two of two."""
    X = np.arange(100.0)[:, np.newaxis, np.newaxis].repeat(2, axis=1)
    X = X.repeat(2, axis=2)
    y = np.zeros((100, 4))

    class Spy(NaiveRegressor):
        def fit(self, X, y):
            self.last_ = X[-1, -1, 0]
            return super().fit(X, y)

    model = ConformalRegressor(Spy(target=target), calibration_fraction=0.2).fit(X, y)
    assert model.regressor_.last_ == 100 - 20 - n_between - 1
    assert model.scores_.shape == (20, 4)


def test_conformal_goes_beyond_the_quantiles_that_were_learned():
    X, noise = np.random.default_rng(0).normal(size=(2, 3000, 4))
    y = X[:, -1] + (0.2 + (X[:, 0] > 0)) * noise[:, 0]
    regressor = DenseRegressor(loss="quantile", max_epochs=5, random_state=0)
    model = ConformalRegressor(regressor, conformity_score="quantile")
    model.fit(X[:2000], y[:2000])
    for coverage in (0.7, 0.9, 0.95):  # of the levels .1, .5 and .9 were learned
        lower, upper = model.predict_interval(X[2000:], coverage).T
        covered = (lower <= y[2000:]) & (y[2000:] <= upper)
        assert abs(covered.mean() - coverage) < 0.04


def test_conformal_calibrates_by_the_score_of_fit(noisy):
    model = ConformalRegressor(
        DenseRegressor(max_epochs=1, random_state=0, n_members=2)
    )
    before = model.fit(*noisy).predict_interval(noisy[0])
    model.set_params(conformity_score="std")
    np.testing.assert_array_equal(model.predict_interval(noisy[0]), before)


def test_conformal_is_pickled_with_the_series_and_not_its_windows():
    series = np.random.default_rng(0).normal(size=(1000, 1))
    X = sliding_windows(series, 100)
    regressor = DenseRegressor(loss="quantile", max_epochs=1, random_state=0)
    model = ConformalRegressor(regressor, conformity_score="quantile")
    sent = pickle.dumps(model.fit(X, X[:, -1, 0]))
    assert len(sent) < len(pickle.dumps(model.regressor_)) + 3 * series.nbytes
    ends = model.predict_interval(X, 0.95)
    np.testing.assert_array_equal(pickle.loads(sent).predict_interval(X, 0.95), ends)
    copied = clone(model).fit(X.copy(), X[:, -1, 0])
    np.testing.assert_allclose(copied.predict_interval(X, 0.95), ends, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_conformal_bars_of_a_std_of_zero_are_those_of_absolute_errors(dtype):
    X = np.zeros((60, 2), dtype=dtype)
    y = 1e6 * np.random.default_rng(0).normal(size=60)
    absolute, scaled = (
        ConformalRegressor(DummyRegressor(), conformity_score=score).fit(X, y)
        for score in ("absolute", "std")
    )
    expected = absolute.predict_interval(X)
    np.testing.assert_allclose(scaled.predict_interval(X), expected, rtol=1e-5)


@pytest.mark.parametrize("conformity_score", ["std", "quantile"])
def test_conformal_finds_the_bars_in_a_pipeline_or_a_search(conformity_score):
    X = np.random.default_rng(0).normal(size=(60, 4))
    y = X.sum(axis=1)
    network = DenseRegressor(loss="quantile", max_epochs=1, **DROPPED)
    model = ConformalRegressor(network, conformity_score=conformity_score)
    expected = model.fit(X, y).predict_interval(X, 0.7)
    search = GridSearchCV(network, {"dropout": [0.3]}, cv=2)
    for inner in (network, search):
        for around in (inner, make_pipeline(FunctionTransformer(), inner)):
            fitted = clone(around).fit(X[:48], y[:48])  # the others are held out
            for regressor in (around, FrozenEstimator(fitted)):
                model.set_params(regressor=regressor).fit(X, y)
                assert_array_equal(model.predict_interval(X, 0.7), expected)


def test_conformal_refuses_a_frozen_pipeline_that_cuts_windows():
    X = np.random.default_rng(0).normal(size=(60, 4))
    pipe = make_pipeline(SlidingWindow(3), NaiveRegressor()).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="has a SlidingWindow, but is given windows"):
        ConformalRegressor(FrozenEstimator(pipe)).fit(X, X[:, 0])


@pytest.mark.parametrize("conformity_score", ["std", "quantile"])
def test_conformal_says_what_a_regressor_lacks(noisy, conformity_score):
    naive = NaiveRegressor()
    pipeline = make_pipeline(FunctionTransformer(), naive)
    search = GridSearchCV(naive, {"season": [1, 2]})
    for regressor in (naive, pipeline, search):
        model = ConformalRegressor(regressor, conformity_score=conformity_score)
        match = f"conformity_score='{conformity_score}' .* NaiveRegressor does not have"
        with pytest.raises(ValueError, match=match):
            model.fit(*noisy)


def test_conformal_says_in_fit_that_a_network_has_no_quantiles(noisy):
    network = DenseRegressor(max_epochs=1)
    model = ConformalRegressor(network, conformity_score="quantile")
    with pytest.raises(ValueError, match=r"set loss='quantile'.*score='absolute'"):
        model.fit(*noisy)


@pytest.mark.parametrize(
    "wrapper",
    [
        ConformalRegressor,
        partial(TransformedWindowRegressor, transformer=Differencer()),
    ],
)
def test_a_wrapper_says_what_is_no_regressor(wrapper):
    X, y = np.zeros((20, 3)), np.arange(20) % 2
    for regressor, match in [
        (None, "an estimator that predicts, got None"),
        (NaiveRegressor, "give an instance, not a class"),
        (Differencer(), r"that predicts, got Differencer\(\)"),
        (LogisticRegression(), "got the classifier LogisticRegression"),
    ]:
        with pytest.raises(TypeError, match=f"regressor must .*{match}"):
            wrapper(regressor).fit(X, y)


def test_conformal_says_that_windows_are_cut_before_it():
    model = ConformalRegressor(make_pipeline(SlidingWindow(3), NaiveRegressor()))
    with pytest.raises(ValueError, match="put ConformalRegressor after it"):
        model.fit(np.zeros((50, 1)), np.zeros(50))
    make_pipeline(SlidingWindow(3), ConformalRegressor(NaiveRegressor())).fit(
        np.zeros((50, 1)), np.zeros(50)
    )


def test_conformal_gives_the_steps_of_windows_to_a_regressor_that_takes_none():
    X = np.random.default_rng(0).normal(size=(60, 4, 2))
    X[:5, :2] = np.nan  # padding, for which the first row stands
    y = X[:, -1] @ [1, 2] + 0.1 * X[:, -2, 0] ** 2
    model = ConformalRegressor(LinearRegression(), calibration_fraction=0.5).fit(X, y)
    filled = X.copy()
    filled[:5, :2] = X[:5, 2:3]
    table = filled.reshape(60, -1)
    expected = LinearRegression().fit(table[:30], y[:30]).predict(table)
    np.testing.assert_allclose(model.predict(X), expected)
    lower, upper = model.predict_interval(X, coverage=0.5).T
    np.testing.assert_allclose((lower + upper) / 2, expected)


@pytest.mark.parametrize("as_column", [np.ndarray, pd.DataFrame])
def test_conformal_around_a_regressor_that_ravels_targets(as_column):
    """scikit-learn's return one dimension for a column of targets, and warn."""
    X = np.random.default_rng(0).normal(size=(80, 4))
    y = X.sum(axis=1)
    model = ConformalRegressor(RandomForestRegressor(5, random_state=0))
    expected = clone(model).fit(X, y)
    column = y[:, None] if as_column is np.ndarray else pd.DataFrame({"y": y})
    with pytest.warns(DataConversionWarning):
        model.fit(X, column)
    assert_array_equal(model.scores_, expected.scores_)
    for rows in (X, X[:1], X[: len(model.scores_)]):
        assert_array_equal(
            model.predict_interval(rows), expected.predict_interval(rows)
        )


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_conformal_counts_no_padded_steps(coverage):
    rng = np.random.default_rng(0)
    X = pad_sequences([rng.normal(size=8 if i % 8 else 5) for i in range(600)])
    y = X + rng.normal(size=X.shape)
    model = ConformalRegressor(GRURegressor(hidden_size=4, max_epochs=2))
    ends = model.fit(X, y).predict_interval(X, coverage)
    center = model.predict(X)
    held_out = X[-len(model.scores_) :, :, 0]
    for step in range(8):
        scores = np.abs(model.scores_[:, step, 0])
        there = sorted(scores[~np.isnan(held_out[:, step])])
        width = there[int(np.ceil((len(there) + 1) * coverage)) - 1]
        observed = ~np.isnan(X[:, step, 0])
        for end, sign in zip(ends[observed, step, 0].T, (-1, 1), strict=True):
            expected = center[observed, step, 0] + sign * width
            np.testing.assert_allclose(end, expected)
    with pytest.raises(ValueError, match="in which step 0 is not padding"):
        model.predict_interval(X, 1 - 1 / len(model.scores_))


def test_conformal_quantiles_that_would_cross_become_one():
    random = np.random.default_rng(0)
    X = random.uniform(1, 3, size=(400, 1))
    y = X[:, 0] * random.normal(size=400)
    X[300:], y[300:] = 3, 0  # where learned quantiles are much too wide
    regressor = DenseRegressor(loss="quantile", random_state=0)
    model = ConformalRegressor(
        regressor, calibration_fraction=0.25, conformity_score="quantile"
    ).fit(X, y)
    rows = np.linspace(1, 3, 9)[:, np.newaxis]
    lower, upper = model.predict_interval(rows, 0.8).T
    low, high = model.regressor_.predict_quantiles(rows, [0.1, 0.9]).T
    crossed = (high - low) < (high - low)[-1] / 2
    assert crossed.any()
    assert not crossed.all()
    assert_array_equal(lower[crossed], upper[crossed])
    np.testing.assert_allclose(lower[crossed], (low + high)[crossed] / 2)
    assert (lower <= upper).all()


@pytest.mark.parametrize("conformity_score", ["absolute", "std", "quantile"])
def test_conformal_widths_are_those_of_the_last_fit(conformity_score):
    X = np.random.default_rng(0).normal(size=(300, 4))
    loss = "quantile" if conformity_score == "quantile" else "squared_error"
    regressor = DenseRegressor(loss=loss, n_members=2, max_epochs=2, random_state=0)
    model = ConformalRegressor(regressor, conformity_score=conformity_score)
    for factor in (1, 10):
        y = factor * np.random.default_rng(factor).normal(size=300)
        model.fit(X, y)
        for coverage in (0.5, 0.9, 0.5):
            expected = clone(model).fit(X, y).predict_interval(X, coverage)
            assert_array_equal(model.predict_interval(X, coverage), expected)


@pytest.mark.parametrize("share", [0, 1, np.nan, "most"])
def test_shares_are_between_0_and_1(share):
    X, y = np.zeros((20, 2, 1)), np.zeros(20)
    model = ConformalRegressor(NaiveRegressor())
    with pytest.raises((TypeError, ValueError), match="coverage"):
        model.fit(X, y).predict_interval(X, coverage=share)
    with pytest.raises((TypeError, ValueError), match="calibration_fraction"):
        model.set_params(calibration_fraction=share).fit(X, y)


@pytest.mark.parametrize(("coverage", "n_needed"), [(0.9, 9), (0.95, 19)])
def test_conformal_says_when_it_has_too_few_windows(coverage, n_needed):
    X, y = np.zeros((20, 2, 1)), np.zeros(20)
    model = ConformalRegressor(NaiveRegressor()).fit(X, y)
    with pytest.raises(ValueError, match=f"needs at least {n_needed} held-out windows"):
        model.predict_interval(X, coverage=coverage)


@pytest.mark.parametrize("conformity_score", ["absolute", "quantile"])
def test_conformal_refitted_predicts_as_the_regressor_of_all_windows(conformity_score):
    X = np.random.default_rng(0).normal(size=(300, 4))
    y = X[:, -1] + np.random.default_rng(1).normal(size=300)
    loss = "quantile" if conformity_score == "quantile" else "squared_error"
    regressor = DenseRegressor(loss=loss, max_epochs=2, random_state=0)
    options = {"conformity_score": conformity_score}
    once = ConformalRegressor(regressor, **options).fit(X, y)
    again = ConformalRegressor(regressor, refit=True, **options).fit(X, y)
    expected = clone(regressor).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), expected.predict(X))
    np.testing.assert_array_equal(again.scores_, once.scores_)
    width = [
        np.diff(m.predict_interval(X, 0.8), axis=-1).ravel() for m in (once, again)
    ]
    if conformity_score == "quantile":
        spread = [
            np.diff(m.predict_quantiles(X, [0.1, 0.9]))[:, 0]
            for m in (once.regressor_, expected)
        ]
        width = [w - s for w, s in zip(width, spread, strict=True)]
    np.testing.assert_allclose(*width, atol=1e-5)


def test_conformal_holds_out_no_step_that_was_trained_on():
    series = np.random.default_rng(0).normal(size=(102, 1))
    X = sliding_windows(series[:-2], 6)  # y has the next two values of each step
    y = np.stack([series[1:-1], series[2:]], axis=-1)[:, 0]
    y = sliding_windows(y, 6)

    class Spy(NaiveRegressor):
        def fit(self, X, y):
            self.last_ = len(X) - 1
            self.n_outputs_ = y.shape[1:]
            return self

        def predict(self, X):
            return np.zeros((len(X), *self.n_outputs_))

    model = ConformalRegressor(Spy(), calibration_fraction=0.2).fit(X, y)
    last_target = model.regressor_.last_ + 5 + 2
    first_held_out = len(X) - 19 + 1
    assert last_target == first_held_out - 1


def test_conformal_takes_missing_values_where_its_regressor_does():
    y = np.sin(np.arange(80.0)) + np.random.default_rng(0).normal(size=80)
    windows = sliding_windows(y[:-1, np.newaxis], 20).copy()
    windows[40, 12] = np.nan
    model = ConformalRegressor(SARIMARegressor())
    model.fit(windows, y[20:])
    assert np.isfinite(model.predict_interval(windows[40:41], 0.8)).all()
    with pytest.raises(ValueError, match="contains NaN at window 40"):
        ConformalRegressor(NaiveRegressor()).fit(windows, y[20:])


@pytest.mark.parametrize("n_samples", [5, 6, 7])
def test_draws_are_of_all_members(n_samples):
    X = np.random.default_rng(0).normal(size=(100, 8))
    model = GRURegressor(
        hidden_size=4, recurrent_dropout=1e-3, n_members=5, max_epochs=2, random_state=0
    )
    model.fit(X, X.mean(axis=1))
    draws = model.predict_samples(X[:1], n_samples)[0]
    members = model.predict_samples(X[:1], 5)[0]
    nearest = np.abs(draws[:, np.newaxis] - members).argmin(axis=1)
    assert nearest.tolist() == [i % 5 for i in range(n_samples)]
