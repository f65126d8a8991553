"""SARIMARegressor against statsmodels, window by window, and what it refuses."""

import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_info, threadpool_limits

from skseq import (
    KnownAhead,
    NaiveRegressor,
    SARIMARegressor,
    SlidingWindow,
    default_models,
    horizon_targets,
    pad_sequences,
)
from skseq.displays import ResidualsDisplay
from skseq.estimators.sarima import stitching
from skseq.estimators.sarima.likelihood import one_thread
from skseq.windows import sliding_windows, views
from tests.benchmarks.sarima import PUBLISHED, every_day, every_day_warm, load, once

sarimax = pytest.importorskip("statsmodels.tsa.statespace.sarimax")
sunspots = pytest.importorskip("statsmodels.datasets.sunspots")

NO_SEASON = (0, 0, 0, 0)
WEEKLY = (1, 0, 0), (0, 1, 1, 7)
LENGTH, HORIZON = 20, 9
ORDERS = [
    (*WEEKLY, None),
    ((2, 1, 1), (1, 0, 1, 4), "c"),
    ((1, 0, 1), NO_SEASON, "c"),
    ((0, 1, 1), NO_SEASON, None),
    ((1, 1, 0), (0, 1, 1, 3), None),
    ((0, 2, 2), NO_SEASON, None),
]
every_order = pytest.mark.parametrize("orders", ORDERS, ids=str)
CTA = Path(__file__).parents[2] / "shared" / "data" / "cta_ridership.csv"


def make_series(n_timesteps=300, seed=0):
    """A wandering level with a week in it."""
    rng = np.random.default_rng(seed)
    week = 50 * np.sin(np.arange(n_timesteps) * 2 * np.pi / 7)
    return 1000 + week + rng.normal(size=n_timesteps).cumsum()


def simulate(n_timesteps, order, seasonal_order=NO_SEASON, params=(), seed=0):
    model = sarimax.SARIMAX(
        np.zeros(n_timesteps), order=order, seasonal_order=seasonal_order
    )
    return model.simulate([*params, 1.0], n_timesteps, rng=np.random.default_rng(seed))


def cut(series, length=LENGTH, horizon=HORIZON):
    X, y = horizon_targets(series[:, np.newaxis], target=0, horizon=horizon)
    return SlidingWindow(length).fit_transform(X), y


def make(orders, **params):
    order, seasonal_order, trend = orders
    return SARIMARegressor(order, seasonal_order, trend=trend, **params)


@cache
def fitted(orders):
    """A model fitted on all of ``make_series``, which the tests share."""
    return make(orders).fit(*cut(make_series()))


def statsmodels_forecast(model, window, horizon=HORIZON, exog=None, ahead=None):
    """Filter one window, with the parameters of a fitted model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = sarimax.SARIMAX(
            window,
            exog=exog,
            order=model.order,
            seasonal_order=model.seasonal_order,
            trend=model.trend,
            use_exact_diffuse=True,
        )
        result = reference.filter(list(model.params_.values()))
        forecast = result.get_forecast(horizon, exog=ahead)
    return forecast.predicted_mean, forecast.se_mean


@pytest.fixture(scope="module")
def holidays():
    """A series that falls by 300 on holidays; returns it, and the calendar."""
    index = pd.date_range("2024-01-01", periods=320, name="day")
    calendar = pd.DataFrame(
        {"holiday": np.random.default_rng(1).random(320) < 0.05, "price": 0.0},
        index=index,
    ).astype(float)
    calendar["price"] = np.random.default_rng(2).normal(size=320)
    level = make_series(320) - 300 * calendar["holiday"] + 20 * calendar["price"]
    return pd.DataFrame({"sales": level}, index=index), calendar


# --- predict ---------------------------------------------------------------------


@every_order
def test_equals_statsmodels_on_every_window(orders):
    X, _ = cut(make_series())
    model = fitted(orders)
    forecast, std = model.predict(X, return_std=True)
    full = [LENGTH - 1, 50, 51, 200]
    padded = [row for row in range(LENGTH) if np.isfinite(std[row]).all()]
    for row in full + padded:
        mean, se = statsmodels_forecast(model, X[row, :, 0])
        np.testing.assert_allclose(forecast[row], mean, rtol=1e-10)
        np.testing.assert_allclose(std[row], se, rtol=1e-10)


@every_order
def test_one_matrix_product(orders):
    X, _ = cut(make_series())
    model = fitted(orders)
    full = X[LENGTH - 1 :]
    np.testing.assert_allclose(
        model.predict(full), full[:, :, 0] @ model.coef_.T + model.intercept_
    )
    _, std = model.predict(full, return_std=True)
    np.testing.assert_array_equal(std, np.broadcast_to(model.std_, std.shape))


@every_order
@settings(deadline=None, max_examples=10, database=None)
@given(n=st.integers(0, LENGTH), chunk=st.sampled_from([1, 64, 2**17]))
def test_padding_gives_what_the_short_window_gives(orders, n, chunk):
    """Another model, fitted on windows of n rows, has the same map."""
    series, model = make_series(80), fitted(orders)
    windows = pad_sequences([series[20 - n : 20], series[50 - n : 50]], LENGTH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK_ELEMENTS", chunk)
        forecast, std = model.predict(windows, return_std=True)
    assert np.isfinite(forecast).all()
    coef, intercept, spread = model._map(np.ones(n, dtype=bool))
    np.testing.assert_allclose(forecast[0], coef @ series[20 - n : 20] + intercept)
    np.testing.assert_allclose(forecast[1], coef @ series[50 - n : 50] + intercept)
    np.testing.assert_array_equal(std, [spread, spread])


def with_holes(series):
    series = series.copy()
    series[np.random.default_rng(0).random(len(series)) < 0.07] = np.nan
    return series


def cut_holes(series):
    """Windows and targets of a series that has missing values."""
    columns = series[:, np.newaxis]
    X = sliding_windows(columns, LENGTH)[:-HORIZON]
    return X, sliding_windows(columns[LENGTH:], HORIZON)[:, :, 0]


@every_order
def test_missing_values_equal_statsmodels(orders):
    model = fitted(orders)
    holes, _ = cut_holes(with_holes(make_series(120)))
    assert np.isnan(holes[:, 1:]).any(axis=(1, 2)).mean() > 0.5
    forecast, std = model.predict(holes, return_std=True)
    np.testing.assert_array_equal(model.predict(holes[:, :, 0]), forecast)
    compared = 0
    for row in range(0, len(holes), 9):
        mean, se = statsmodels_forecast(model, holes[row, :, 0])
        finite = np.isfinite(std[row])  # statsmodels has numbers for the others too
        np.testing.assert_allclose(forecast[row, finite], mean[finite], rtol=1e-8)
        np.testing.assert_allclose(std[row, finite], se[finite], rtol=1e-8)
        compared += finite.sum()
    assert compared > 50


def test_a_past_too_short_for_the_differences():
    """Days of the week that were not seen have the mean of those that were."""
    series = make_series()
    model = fitted(ORDERS[0])
    forecast, std = model.predict(pad_sequences([series[:3], []], 20), True)
    assert np.isfinite(std[0, [4, 5, 6]]).all()
    unseen = [0, 1, 2, 3, 7, 8]
    assert np.isinf(std[0, unseen]).all()
    np.testing.assert_allclose(forecast[0, unseen], series[:3].mean())
    assert np.ptp(forecast[1]) == 0
    assert forecast[1, 0] == pytest.approx(series.mean(), rel=0.01)


@pytest.mark.parametrize("orders", [ORDERS[0], ORDERS[4]], ids=str)
def test_a_level_that_is_differenced_out_is_carried_on(orders):
    X, _ = cut(make_series())
    model = fitted(orders)
    np.testing.assert_allclose(
        model.predict(X + 5e4), model.predict(X) + 5e4, rtol=1e-9
    )


def test_error_bars_cover():
    """Of a series that is what the model takes it to be."""
    rng = np.random.default_rng(0)
    series = np.zeros(3000)
    for t in range(7, 3000):
        series[t] = series[t - 7] + 0.7 * (series[t - 1] - series[t - 8])
        series[t] += rng.normal()
    X, y = cut(series, length=30, horizon=5)
    model = SARIMARegressor((1, 0, 0), (0, 1, 0, 7)).fit(X[:1500], y[:1500])
    forecast, std = model.predict(X[1600:], return_std=True)
    covered = np.abs(y[1600:] - forecast) < 1.96 * std
    np.testing.assert_allclose(covered.mean(axis=0), 0.95, atol=0.025)
    assert model.params_["ar.L1"] == pytest.approx(0.7, abs=0.05)
    assert model.params_["sigma2"] == pytest.approx(1, abs=0.1)


def test_a_walk_has_nothing_to_estimate_but_its_variance():
    X, y = cut(make_series())
    model = SARIMARegressor((0, 1, 0), NO_SEASON).fit(X, y)
    forecast, std = model.predict(X, return_std=True)
    np.testing.assert_allclose(forecast, NaiveRegressor().fit(X, y).predict(X))
    changes = np.diff(make_series())
    expected = np.sqrt(np.mean(changes**2) * np.arange(1, HORIZON + 1))
    np.testing.assert_allclose(std[0], expected)


# --- fit -------------------------------------------------------------------------


@every_order
def test_estimates_are_those_of_the_series(orders):
    """No parameters are more likely, by the exact diffuse likelihood."""
    series = make_series()
    reference = sarimax.SARIMAX(
        series,
        order=orders[0],
        seasonal_order=orders[1],
        trend=orders[2],
        use_exact_diffuse=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = reference.fit(maxiter=500, disp=False)
    first, second = fitted(orders), make(orders).fit(*cut(series, 60))
    assert first.params_ == second.params_
    assert reference.loglike(list(first.params_.values())) > best.llf - 0.05
    assert list(first.params_) == reference.param_names


def test_views_and_copies_padded_or_not():
    X, y = cut(make_series())
    first = fitted(ORDERS[0])
    second = make(ORDERS[0]).fit(X.copy(), y)
    third = make(ORDERS[0]).fit(X[LENGTH - 1 :], y[LENGTH - 1 :])
    assert first.params_ == second.params_ == third.params_
    assert first.aicc_ == third.aicc_


def test_pieces_are_differenced_by_themselves():
    series = make_series()
    X, y = cut(series)
    kept = np.r_[30:120, 160:270]
    model = SARIMARegressor((1, 1, 0), (0, 1, 1, 7))
    model.fit(X[kept], y[kept])
    laid = model.statsmodels_results(X[kept], y[kept]).model.endog[:, 0]
    pieces = [np.diff(p[7:] - p[:-7]) for p in (series[11:129], series[141:279])]
    expected = [pieces[0], np.full(LENGTH, np.nan), pieces[1]]
    np.testing.assert_allclose(laid, np.concatenate(expected), atol=1e-9)


def test_pieces_that_match_by_chance_stay_apart():
    """Among small numbers, the second may begin with what would follow the first."""
    first, second = np.random.default_rng(0).poisson(3, size=(2, 60)).astype(float)
    second[0] = first[-HORIZON]
    cuts = zip(cut(first), cut(second), strict=True)
    X, y = map(np.concatenate, cuts)
    model = SARIMARegressor((0, 0, 0), NO_SEASON, trend="c").fit(X, y)
    laid = model.statsmodels_results(X, y).model.endog[:, 0]
    expected = [first, np.full(LENGTH, np.nan), second]
    np.testing.assert_array_equal(laid, np.concatenate(expected))


def test_pieces_of_different_levels():
    """Two series are as good as one that is as long as both."""
    rng = np.random.default_rng(0)
    levels = [5 * rng.normal(size=400).cumsum() + level for level in (0, 1e6)]
    noisy = [level + 5 * rng.normal(size=400) for level in levels]
    cuts = [cut(series) for series in noisy]
    X, y = (np.concatenate(arrays) for arrays in zip(*cuts, strict=True))
    model = SARIMARegressor((0, 1, 1), NO_SEASON).fit(X, y)
    # theta of a walk with noise as large: (sqrt(5) - 3) / 2
    assert model.params_["ma.L1"] == pytest.approx(-0.382, abs=0.08)
    alone = SARIMARegressor((0, 1, 1), NO_SEASON).fit(*cuts[0])
    assert model.params_["sigma2"] == pytest.approx(alone.params_["sigma2"], rel=0.2)


def test_windows_at_their_own_level_are_thinned_out():
    """Each is a piece of its own: all of them repeat every step of the series."""
    series = 50 * simulate(5000, (0, 1, 1), params=[-0.5])
    X, y = cut(series)
    level = X[:, -1:, :1]
    levelled = SARIMARegressor((0, 1, 1), NO_SEASON).fit(X - level, y - level[:, 0])
    whole = SARIMARegressor((0, 1, 1), NO_SEASON).fit(X, y)
    assert levelled.params_ == pytest.approx(whole.params_, rel=0.03)
    # Minus twice the log-likelihood grows with the steps that it counts.
    assert 3.5 * whole.aicc_ < levelled.aicc_ < 8 * whole.aicc_


@given(
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=300),
    most=st.integers(1, 10_000),
    n_around=st.integers(0, 50),
    season=st.integers(0, 20),
)
def test_thinning_out_leaves_enough(lengths, most, n_around, season):
    ends = np.cumsum(lengths).tolist()
    pieces = list(zip([0, *ends[:-1]], ends, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stitching, "MANY", most)
        kept = stitching.thin_out(pieces, n_around, season)
    places = [ends.index(last) for _, last in kept]
    assert len(kept) >= min(len(pieces), stitching.FEW)
    assert len(set(np.diff(places))) <= 1
    sizes = [last - first for first, last in kept]
    least = stitching.SEASONS * max(1, season)
    longest = max(sizes)
    for size, place in zip(sizes, places, strict=True):
        assert size == min(longest, lengths[place])
        assert size >= min(least, lengths[place])
    if sum(lengths) <= most:
        assert sizes == [lengths[place] for place in places]
        if sum(lengths) + len(lengths) * n_around < 2 * most:
            assert kept == pieces
    elif longest > least and len(kept) == len(pieces):
        # One window more of each of the longest would be too much.
        assert most - len(lengths) < sum(sizes) <= most


def test_the_latest_of_very_many_steps_are_read():
    """Those before have another model."""
    old, new = (simulate(20_000, (1, 0, 0), params=[phi]) for phi in (-0.9, 0.5))
    X, y = cut(np.concatenate([old, new]))
    model = SARIMARegressor((1, 0, 0)).fit(X, y)
    latest = SARIMARegressor((1, 0, 0)).fit(X[-20_000:], y[-20_000:])
    assert model.params_ == latest.params_
    assert model.params_["ar.L1"] == pytest.approx(0.5, abs=0.03)


def test_windows_of_one_row_are_joined_by_their_targets():
    series = make_series()[:, np.newaxis]
    X, y = sliding_windows(series, 1)[:-1], series[1:]
    model = SARIMARegressor((1, 0, 0), NO_SEASON, trend="c").fit(X, y)
    laid = model.statsmodels_results(X, y).model.endog[:, 0]
    np.testing.assert_array_equal(laid, series[:, 0])


def test_other_variables_play_no_part():
    X, y = cut(make_series())
    noise = np.random.default_rng(0).normal(size=X.shape)
    both = np.concatenate([noise, X], axis=2)
    both[np.isnan(X[:, :, 0])] = np.nan
    first = make(ORDERS[0]).fit(X, y)
    second = make(ORDERS[0], target=1).fit(both, y)
    np.testing.assert_array_equal(first.predict(X), second.predict(both))


@every_order
def test_results_of_statsmodels_are_those_of_fit(orders):
    X, y = cut(make_series())
    model = fitted(orders)
    results = model.statsmodels_results(X, y)
    assert results.aicc == pytest.approx(model.aicc_)
    assert results.scale == pytest.approx(model.params_["sigma2"])
    with pytest.raises(
        ValueError, match="y has 1 steps, but the model was fitted on 9"
    ):
        model.statsmodels_results(X, y[:, :1])


def test_results_of_statsmodels_keep_the_variance_of_fit_on_other_windows():
    walk = np.random.default_rng(0).normal(size=300).cumsum()
    walk[150:] *= 3
    X, y = cut(walk)
    model = SARIMARegressor((1, 1, 0), NO_SEASON).fit(X[:100], y[:100])
    results = model.statsmodels_results(X[150:], y[150:])
    assert results.scale == pytest.approx(model.params_["sigma2"])
    changes = np.diff(walk[150 - LENGTH + 1 :])
    errors = changes[1:] - model.params_["ar.L1"] * changes[:-1]
    expected = errors / np.sqrt(model.params_["sigma2"])
    standardized = results.filter_results.standardized_forecasts_error[0]
    np.testing.assert_allclose(standardized[1:], expected, rtol=1e-6)


def test_results_of_statsmodels_in_small_units():
    """A variance of 1e-8 is small for statsmodels, of 1e-14 nothing."""
    X, y = cut(make_series())
    orders = (0, 1, 1), (0, 1, 1, 4), None
    expected = make(orders).fit(X, y).statsmodels_results(X, y)
    for unit in (1e-5, 1e-6):
        model = make(orders).fit(unit * X, unit * y)
        results = model.statsmodels_results(unit * X, unit * y)
        np.testing.assert_allclose(results.resid / unit, expected.resid, atol=1e-3)
        assert results.aicc == pytest.approx(model.aicc_)
    model = make(orders).fit(1e-9 * X, 1e-9 * y)
    with pytest.raises(ValueError, match=r"variance of .*e-16.*in a smaller unit"):
        model.statsmodels_results(1e-9 * X, 1e-9 * y)


def test_equals_statsmodels_where_shocks_are_small_beside_the_series():
    """In units of the shocks, statsmodels has no trouble either."""
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(300) * np.pi / 6) + 1e-2 * rng.normal(size=300)
    X, y = cut(wave)
    model = SARIMARegressor((0, 0, 1), (1, 0, 0, 12)).fit(X, y)
    forecast, std = model.predict(X[50:51], return_std=True)
    unit = np.sqrt(model.params_["sigma2"])
    reference = sarimax.SARIMAX(
        X[50, :, 0] / unit, order=(0, 0, 1), seasonal_order=(1, 0, 0, 12)
    )
    params = [model.params_["ma.L1"], model.params_["ar.S.L12"], 1.0]
    expected = reference.filter(params).get_forecast(HORIZON)
    np.testing.assert_allclose(forecast[0], unit * expected.predicted_mean, rtol=1e-9)
    np.testing.assert_allclose(std[0], unit * expected.se_mean, rtol=1e-9)


def test_the_criterion_counts_the_values_that_are_there():
    series = with_holes(make_series(100))
    model = SARIMARegressor((1, 0, 0), NO_SEASON, trend="c").fit(*cut_holes(series))
    reference = sarimax.SARIMAX(series, order=(1, 0, 0), trend="c")
    n, k = np.count_nonzero(~np.isnan(series)), len(model.params_)
    expected = -2 * reference.loglike(list(model.params_.values())) + 2 * k
    expected += 2 * k * (k + 1) / (n - k - 1)  # as Hurvich and Tsai correct it
    assert n < 100
    assert model.aicc_ == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("level", "unit"), [(0, 1000), (2000, 100), (-5e4, 3e3)])
@pytest.mark.parametrize(
    ("orders", "trend"),
    [(((1, 0, 0), (0, 1, 1, 7)), None), (((1, 0, 1), NO_SEASON), "c")],
)
def test_unit_and_level_of_what_is_known_ahead_do_not_matter(
    orders, trend, level, unit
):
    rng = np.random.default_rng(0)
    cause = rng.normal(size=(300, 1))
    series = 100 + simulate(300, (1, 0, 0), params=(0.7,)) + 2 * cause[:, 0]
    models = []
    for known in (cause, level + unit * cause):
        rows = np.column_stack([series[:-1], known[1:]])
        X, y = sliding_windows(rows, 20), series[20:]
        model = SARIMARegressor(*orders, trend=trend, n_known_ahead=1, warm_start=True)
        models.append((model.fit(X, y), model.predict(X), model.n_iter_))
    (plain, expected, _), (scaled, found, n_iter) = models
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert scaled.known_coef_ * unit == pytest.approx(plain.known_coef_, rel=1e-3)
    assert scaled.aicc_ == pytest.approx(plain.aicc_, abs=1e-3)
    scaled.fit(X, y)  # goes on from its parameters
    assert scaled.n_iter_ < n_iter
    np.testing.assert_allclose(scaled.predict(X), expected, atol=1e-3)


@pytest.mark.parametrize("level", [-300, 3000])
def test_the_level_of_the_series_does_not_matter_with_a_constant(level):
    series = simulate(300, (2, 0, 1), params=(1.2, -0.3, 0.4))
    X, y = cut(series)
    lone = {"order": (2, 0, 1), "seasonal_order": NO_SEASON, "trend": "c"}
    model, moved = SARIMARegressor(**lone), SARIMARegressor(**lone)
    level *= series.std()
    model.fit(X, y)
    moved.fit(X + level, y + level)
    assert moved.aicc_ == pytest.approx(model.aicc_, abs=1e-3)
    found = moved.predict(X + level, return_std=True)
    expected = model.predict(X, return_std=True)
    np.testing.assert_allclose(found[0] - level, expected[0], atol=1e-3)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-4)


def test_missing_values_have_no_residuals():
    X, y = cut(make_series())
    kept = np.r_[30:120, 160:270]  # two pieces, with missing values between
    X, y = X[kept], y[kept]
    model = make(ORDERS[0]).fit(X, y)
    results = model.statsmodels_results(X, y)
    missing = np.isnan(results.model.endog[:, 0])
    assert missing.sum() == LENGTH
    np.testing.assert_array_equal(np.isnan(results.resid), missing)
    np.testing.assert_array_equal(
        np.isnan(results.standardized_forecasts_error[0]), missing
    )
    drawn = ResidualsDisplay.from_estimator(model, X, y).axes_[0].lines[0]
    assert len(drawn.get_ydata()) == np.count_nonzero(~missing)
    assert "nan" in str(results.summary())  # rather than a test of zeros


def test_the_unit_of_the_series_does_not_matter():
    X, y = cut(make_series())
    model, other = make(ORDERS[0]).fit(X, y), make(ORDERS[0]).fit(X * 1e5, y * 1e5)
    for name in ("ar.L1", "ma.S.L7"):
        assert other.params_[name] == pytest.approx(model.params_[name], abs=1e-3)


@pytest.mark.parametrize("unit", [0.001, 1, 100])
@pytest.mark.parametrize(("name", "order"), [("lynx", (3, 1, 1)), ("sun", (3, 0, 1))])
def test_finds_the_maximum_that_statsmodels_finds(name, order, unit):
    """There is a worse one, and one that is made of rounding errors."""
    if name == "lynx":
        series = pytest.importorskip("sktime.datasets").load_lynx().to_numpy()
    else:
        series = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    model = SARIMARegressor(order, NO_SEASON).fit(*cut(series * unit))
    series = np.diff(series, order[1])
    reference = sarimax.SARIMAX(series, order=(order[0], 0, order[2]))
    truth = reference.fit(disp=False)
    shift = 2 * len(series) * np.log(unit)
    assert model.aicc_ == pytest.approx(truth.aicc + shift, abs=0.01)
    found = [model.params_[name] for name in reference.param_names]
    scale = np.append(np.ones(len(found) - 1), unit**2)
    np.testing.assert_allclose(found / scale, truth.params, rtol=0.01, atol=0.01)


def test_warm_start_goes_on_from_the_parameters_before():
    X, y = cut(make_series())
    cold = make(ORDERS[0]).fit(X[:250], y[:250])
    warm = make(ORDERS[0], warm_start=True).fit(X[:249], y[:249])
    first = warm.n_iter_
    warm.fit(X[:250], y[:250])
    assert warm.n_iter_ < min(first, cold.n_iter_) / 2
    assert warm.aicc_ < cold.aicc_ + 0.01
    # Other orders start where statsmodels does.
    other = warm.set_params(order=(2, 0, 0)).fit(X, y)
    again = make(((2, 0, 0), *ORDERS[0][1:])).fit(X, y)
    assert other.params_ == again.params_


def test_estimates_with_missing_values():
    series = with_holes(simulate(3000, (1, 0, 1), params=[0.7, 0.4], seed=1))
    model = SARIMARegressor((1, 0, 1), NO_SEASON).fit(*cut_holes(series))
    reference = sarimax.SARIMAX(series, order=(1, 0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = reference.fit(disp=False)
    estimates = list(model.params_.values())
    np.testing.assert_allclose(estimates, best.params, rtol=1e-2)
    assert reference.loglike(estimates) > best.llf - 0.01


def test_a_series_with_missing_values_stays_in_one_piece():
    series = with_holes(make_series(100))
    X, y = cut_holes(series)
    for windows in (X, X.copy()):  # found by strides, or by their values
        model = SARIMARegressor((1, 0, 0), NO_SEASON, trend="c").fit(windows, y)
        laid = model.statsmodels_results(windows, y).model.endog[:, 0]
        first = np.flatnonzero(~np.isnan(series))[0]
        np.testing.assert_array_equal(laid, series[first:])


def test_infinity_is_not_missing():
    X, y = cut_holes(with_holes(make_series(100)))
    two_dimensional = SARIMARegressor(*WEEKLY).fit(X[:, :, 0], y).predict(X[:, :, 0])
    np.testing.assert_array_equal(
        two_dimensional, SARIMARegressor(*WEEKLY).fit(X, y).predict(X)
    )
    with pytest.raises(ValueError, match="contains infinity at window 3"):
        SARIMARegressor(*WEEKLY).fit(
            np.where(np.arange(len(X))[:, None, None] == 3, np.inf, X), y
        )
    with pytest.raises(ValueError, match="nothing but NaN"):
        SARIMARegressor(*WEEKLY).fit(X, y * np.nan)


# --- order="auto" ----------------------------------------------------------------


AUTO = [
    (simulate(120, (1, 0, 0), params=[0.7]) + 20, 0),
    (simulate(300, (1, 0, 1), params=[0.7, 0.4]), 0),
    (simulate(140, (1, 1, 0), params=[0.5]), 0),
    (simulate(300, (1, 1, 0), params=[0.5]) + np.arange(300), 0),
    (simulate(200, (1, 0, 0), (0, 1, 1, 7), params=[0.6, -0.7]), 7),
    (make_series(90), 7),
    (simulate(80, (0, 1, 1), params=[0.3]) + np.arange(80) ** 2, 0),
]


@pytest.mark.parametrize(
    ("case", "criterion"),
    [*((case, "aicc") for case in range(len(AUTO))), (1, "aic"), (4, "bic")],
)
def test_auto_finds_what_statsforecast_finds(case, criterion):
    """In the unit of the changes: in others, it may end at worse orders."""
    arima = pytest.importorskip("statsforecast.arima")
    series, season = AUTO[case]

    def search(series, **limits):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return arima.auto_arima_f(
                series, period=max(1, season), ic=criterion, **limits
            )

    # The tests for differences come first, and don't depend on the other orders.
    none = dict.fromkeys(["max_p", "max_q", "max_P", "max_Q"], 0)
    *_, d, seasonal_d = map(int, search(series, **none)["arma"])
    changes = np.diff(series, d)
    changes = changes[season:] - changes[:-season] if seasonal_d else changes
    found = search(series / changes.std())
    p, q, seasonal_p, seasonal_q, _, d, seasonal_d = map(int, found["arma"])
    X, y = cut(series)
    model = SARIMARegressor("auto", (0, 0, 0, season), criterion=criterion).fit(X, y)
    assert model.order_ == (p, d, q)
    assert model.seasonal_order_ == (seasonal_p, seasonal_d, seasonal_q, season)
    has_constant = bool({"intercept", "drift"} & set(found["coef"]))
    assert model.trend_ == ("c" if has_constant else None)
    results = model.search_results_
    best = results.loc[results[criterion].idxmin()]
    assert best["order"] == model.order_
    again = SARIMARegressor(model.order_, model.seasonal_order_, trend=model.trend_)
    assert model.params_ == again.fit(X, y).params_


@pytest.mark.parametrize("unit", [1e-8, 1e-4, 1e6])
def test_auto_finds_the_same_in_any_unit(unit):
    pytest.importorskip("statsforecast")
    rng = np.random.default_rng(1)
    season = 3 * np.sin(np.arange(112) * np.pi / 2)
    series = 0.3 * rng.normal(size=112).cumsum() + season + rng.normal(size=112)
    model = SARIMARegressor("auto", (0, 0, 0, 4)).fit(*cut(series))
    other = SARIMARegressor("auto", (0, 0, 0, 4)).fit(*cut(series * unit))
    assert other.order_ == model.order_
    assert other.seasonal_order_ == model.seasonal_order_
    shift = other.search_results_["aicc"].min() - model.search_results_["aicc"].min()
    n_differenced = 112 - 4 * model.seasonal_order_[1] - model.order_[1]
    assert shift == pytest.approx(2 * n_differenced * np.log(unit), abs=0.1)


def test_auto_regresses_on_what_is_known_ahead(holidays):
    pytest.importorskip("statsforecast")
    frame, calendar = holidays
    X, y = horizon_targets(frame, target="sales", horizon=HORIZON)
    known = KnownAhead(calendar.assign(always=1.0), horizon=HORIZON)
    windows = make_pipeline(known, SlidingWindow(LENGTH)).fit_transform(X)
    windows, y = windows[:150], y[:150]
    model = SARIMARegressor("auto", WEEKLY[1], n_known_ahead=3).fit(windows, y)
    plain = SARIMARegressor("auto", WEEKLY[1], n_known_ahead=0).fit(windows, y)
    assert model.seasonal_order_[1] == 1
    np.testing.assert_allclose(model.known_coef_[:2], [-300, 20], rtol=0.02)
    assert np.isfinite(model.predict(windows)).all()
    assert model.params_["sigma2"] < 0.1 * plain.params_["sigma2"]
    best = model.search_results_["aicc"].min()
    assert best == pytest.approx(model.aicc_, rel=0.05)


def test_auto_reads_the_longest_piece():
    pytest.importorskip("statsforecast")
    (series, _), (other, _) = AUTO[1], AUTO[2]
    cuts = [cut(series), cut(other[:60] + 1e4)]
    X, y = (np.concatenate(arrays) for arrays in zip(*cuts, strict=True))
    both = SARIMARegressor("auto", NO_SEASON).fit(X, y)
    alone = SARIMARegressor("auto", NO_SEASON).fit(*cuts[0])
    pd.testing.assert_frame_equal(both.search_results_, alone.search_results_)
    assert both.params_ != alone.params_


def test_warm_start_keeps_the_orders_that_were_found():
    pytest.importorskip("statsforecast")
    series, _ = AUTO[2]
    X, y = cut(series)
    model = SARIMARegressor("auto", NO_SEASON, warm_start=True).fit(X[:100], y[:100])
    results = model.search_results_
    assert model.fit(X, y).search_results_ is results
    fixed = SARIMARegressor(model.order_, NO_SEASON, trend=model.trend_).fit(X, y)
    assert model.aicc_ == pytest.approx(fixed.aicc_, abs=0.01)
    assert model.set_params(warm_start=False).fit(X, y).search_results_ is not results


def test_auto_reads_all_of_a_piece_beside_many_others():
    """The parameters need only a little of each."""
    pytest.importorskip("statsforecast")
    params = [0.4, 0.3]
    cuts = [cut(simulate(900, (2, 0, 0), params=params, seed=i)) for i in range(25)]
    X, y = (np.concatenate(parts) for parts in zip(*cuts, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stitching, "MANY", 1000)
        together = SARIMARegressor("auto", NO_SEASON).fit(X, y)
    alone = SARIMARegressor("auto", NO_SEASON).fit(*cuts[0])
    pd.testing.assert_frame_equal(together.search_results_, alone.search_results_)


@pytest.mark.parametrize("slope", [0, 1])
def test_auto_without_surprise_is_told(slope):
    pytest.importorskip("statsforecast")
    with pytest.raises(ValueError, match="constant after differencing"):
        SARIMARegressor("auto", NO_SEASON).fit(*cut(slope * np.arange(60.0)))


def test_statsforecast_may_be_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(ImportError, match=r"pip install 'skseq\[auto\]'"):
        SARIMARegressor("auto").fit(*cut(make_series()))


# --- known ahead -----------------------------------------------------------------


def test_known_ahead_equals_statsmodels(holidays):
    frame, calendar = holidays
    X, y = horizon_targets(frame, target="sales", horizon=HORIZON)
    steps = make_pipeline(KnownAhead(calendar, horizon=HORIZON), SlidingWindow(LENGTH))
    windows = steps.fit_transform(X)
    model = SARIMARegressor(*WEEKLY, n_known_ahead=2).fit(windows, y)
    np.testing.assert_allclose(model.known_coef_, [-300, 20], rtol=0.02)
    forecast, std = model.predict(windows, return_std=True)
    for row in (LENGTH, 100, 250, 15):
        end = row + 1
        start = max(1, end - LENGTH + 1)  # nothing tells what the first row knew
        mean, se = statsmodels_forecast(
            model,
            frame["sales"].to_numpy()[start:end],
            exog=calendar.to_numpy()[start:end],
            ahead=calendar.to_numpy()[end : end + HORIZON],
        )
        np.testing.assert_allclose(forecast[row], mean, rtol=1e-9)
        np.testing.assert_allclose(std[row], se, rtol=1e-9)
    assert np.isfinite(forecast).all()


def test_known_ahead_may_not_be_missing_in_the_future(holidays):
    frame, calendar = holidays
    X, y = horizon_targets(frame, target="sales", horizon=HORIZON)
    steps = make_pipeline(KnownAhead(calendar, horizon=HORIZON), SlidingWindow(LENGTH))
    windows = steps.fit_transform(X).copy()
    model = SARIMARegressor(*WEEKLY, n_known_ahead=2).fit(windows, y)
    expected = model.predict(windows[50:51])
    windows[50, -5, 0] = np.nan  # the target's past may be
    assert not np.array_equal(model.predict(windows[50:51]), expected)
    windows[50, -1, 3] = np.nan
    with pytest.raises(ValueError, match="NaN where the variables known ahead"):
        model.predict(windows)


def test_known_ahead_helps(holidays):
    frame, calendar = holidays
    X, y = horizon_targets(frame, target="sales", horizon=HORIZON)
    errors = []
    for known, n_known in [(None, 0), (calendar, 2)]:
        pipe = make_pipeline(
            KnownAhead(known, horizon=HORIZON),
            SlidingWindow(LENGTH),
            SARIMARegressor(*WEEKLY, n_known_ahead=n_known),
        ).fit(X[:200], y[:200])
        errors.append(np.abs(pipe.predict(X[210:]) - y[210:]).to_numpy().mean())
    assert errors[1] < 0.5 * errors[0]


# --- what cannot be --------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"order": (1, 0)}, r"order=\(1, 0\) must be \(p, d, q\)"),
        ({"order": 1}, r"order=1 must be \(p, d, q\)"),
        ({"order": (1, 0.5, 0)}, "whole numbers"),
        ({"seasonal_order": (0, 1, -1, 7)}, "seasonal_order=.*at least 0"),
        ({"seasonal_order": (0, 1, 1, 1)}, "a season of 1 time steps"),
        ({"seasonal_order": (0, 1, 1, 0)}, "a season of 0 time steps"),
        ({"seasonal_order": (0, 1, 1, 30)}, "20 time steps.*needs 31"),
        ({"trend": "ct"}, "trend='ct'.*which a window does not hold"),
        ({"target": 1}, "target=1 is not a column"),
        ({"n_known_ahead": 1}, "take the last 9 columns of X, but X has 1 in"),
        ({"order": "best"}, "order='best' must be .* or 'auto'"),
        ({"order": "auto", "criterion": "r2"}, "criterion='r2' must be 'aicc'"),
    ],
)
def test_what_cannot_be_is_told(params, message):
    X, y = cut(make_series())
    with pytest.raises((TypeError, ValueError), match=message):
        SARIMARegressor(**params).fit(X, y)


def test_a_y_that_does_not_continue_x_is_told():
    X, y = cut(make_series())
    with pytest.raises(ValueError, match=r"does not continue column 0.*y\[0\]"):
        SARIMARegressor(*WEEKLY).fit(X, y / 1000)


def test_too_few_values_are_told():
    X, y = cut(make_series(10), length=7, horizon=1)
    with pytest.raises(ValueError, match=r"leave 3 values.*at least 5"):
        SARIMARegressor(*WEEKLY).fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_root_too_close_to_the_circle_is_told():
    # Rounding decides where the optimiser ends: not all of them need fail.
    errors = []
    for power in np.linspace(1.9, 2.1, 8):
        X, y = cut(np.arange(300.0) ** power)
        try:
            model = SARIMARegressor((5, 0, 0), (1, 0, 0, 7)).fit(X, y)
            assert np.isfinite(model.predict(X)).all()
        except ValueError as error:
            errors.append(str(error))
    assert errors
    assert all("close to a unit root" in error for error in errors)
    assert all("difference instead" in error for error in errors)


def test_a_level_that_only_a_unit_root_explains_is_told():
    series = 1e4 + np.random.default_rng(0).normal(size=200).cumsum()
    with pytest.warns(ConvergenceWarning, match=r"closer to a unit root.*trend='c'"):
        limited = SARIMARegressor((1, 0, 0), NO_SEASON).fit(*cut(series))
    reference = sarimax.SARIMAX(series, order=(1, 0, 0))
    nearer = reference.loglike([1 - 1e-9, limited.params_["sigma2"]])
    assert nearer > reference.loglike(list(limited.params_.values())) + 10
    SARIMARegressor((1, 0, 0), NO_SEASON, trend="c").fit(*cut(series))  # no warning


def test_no_convergence_is_told():
    X, y = cut(make_series())
    with pytest.warns(ConvergenceWarning, match="max_iter=1 "):
        make(ORDERS[1], max_iter=1).fit(X, y)


def test_a_series_without_surprise_is_told():
    week = np.tile([1.0, 2.0, 4.0, 8.0, 16.0, 0.0, 0.0], 20)
    for series in (week, np.ones(140), np.zeros(140)):
        with pytest.raises(ValueError, match="constant after differencing"):
            SARIMARegressor(*WEEKLY).fit(*cut(series))


def test_statsmodels_may_be_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.statespace.sarimax", None)
    with pytest.raises(ImportError, match=r"pip install 'skseq\[sarima\]'"):
        SARIMARegressor(*WEEKLY).fit(*cut(make_series()))


def test_without_statsmodels_compare_leaves_it_out(monkeypatch):
    monkeypatch.setattr("skseq.comparison.models.find_spec", lambda name: None)
    assert "SARIMA" not in default_models()


@pytest.mark.parametrize("season", [1, 4])
def test_the_default_of_compare_has_the_season(season):
    X, y = cut(make_series())
    assert default_models(season)["SARIMA"].fit(X, y).predict(X).shape == y.shape


# --- published -------------------------------------------------------------------


needs_cta = pytest.mark.skipif(
    not CTA.exists(), reason=f"needs the book's data: no {CTA.name}"
)


@needs_cta
def test_published_error():
    """March to May 2019, one step: estimated every day, the book has 32,041."""
    assert every_day(load(CTA)) == pytest.approx(PUBLISHED, rel=0.001)


@needs_cta
@pytest.mark.parametrize("start", ["2001", "2019"])
def test_published_error_without_daily_estimation(start):
    assert once(load(CTA), start, 56) == pytest.approx(PUBLISHED, rel=0.01)


@needs_cta
def test_published_error_with_a_warm_start():
    assert every_day_warm(load(CTA)) == pytest.approx(PUBLISHED, rel=0.02)


@pytest.mark.parametrize("unit", [1e9, 1e-9])
def test_the_unit_of_y_does_not_matter(unit):
    rng = np.random.default_rng(0)
    season = 3 * np.sin(np.arange(160) * 2 * np.pi / 7)
    series = 20 + season + 0.3 * rng.normal(size=160).cumsum()
    X, y = np.lib.stride_tricks.sliding_window_view(series, 40)[:-1], series[40:]
    model = SARIMARegressor((2, 0, 0), (1, 0, 0, 7), trend="c").fit(X, y)
    other = SARIMARegressor((2, 0, 0), (1, 0, 0, 7), trend="c").fit(X * unit, y * unit)
    for one, two in zip(
        model.predict(X, return_std=True),
        other.predict(X * unit, return_std=True),
        strict=True,
    ):
        np.testing.assert_allclose(two / unit, one, rtol=1e-4)
    shift = 2 * len(series) * np.log(unit)
    assert other.aicc_ - shift == pytest.approx(model.aicc_, abs=1e-3)


def test_a_long_season():
    """Of a day of quarters of an hour, say: other recursions find the same."""
    shocks = np.random.default_rng(0).normal(size=900)
    series = shocks.copy()
    for i in range(60, len(series)):
        series[i] += series[i - 60] - 0.5 * shocks[i - 60]
    X, y = cut(series, length=70)
    model = SARIMARegressor((0, 0, 1), (0, 1, 1, 60)).fit(X, y)
    assert model.params_["ma.S.L60"] == pytest.approx(-0.5, abs=0.1)
    results = model.statsmodels_results(X, y)
    assert results.aicc == pytest.approx(model.aicc_, rel=1e-9)


def test_a_persistent_long_season():
    """Faster recursions would be inexact near a seasonal unit root."""
    wave = 50 * np.sin(np.arange(260) * 2 * np.pi / 52)
    series = wave + np.random.default_rng(1).normal(size=260)
    X, y = cut(series, length=60)
    orders = (1, 0, 0), (1, 0, 0, 52)
    model = SARIMARegressor(*orders).fit(X, y)
    reference = sarimax.SARIMAX(series, order=orders[0], seasonal_order=orders[1])
    best = reference.fit([0.9, 0.9, 1.0], disp=False)
    assert reference.loglike(list(model.params_.values())) > best.llf - 0.1


def test_states_take_one_thread(monkeypatch):
    """Others only wait for it, and on a busy machine it for them."""

    def threads():
        found = threadpool_info()
        return {one["num_threads"] for one in found if one["user_api"] == "blas"}

    seen = set()

    class Spy(sarimax.SARIMAX):
        def filter(self, *args, **kwargs):
            seen.update(threads())
            return super().filter(*args, **kwargs)

        def loglike(self, *args, **kwargs):
            seen.update(threads())
            return super().loglike(*args, **kwargs)

    monkeypatch.setattr(sarimax, "SARIMAX", Spy)
    series = make_series(100)[:, np.newaxis]
    X, y = sliding_windows(series, LENGTH)[:-1], series[LENGTH:, 0]
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        SARIMARegressor(*WEEKLY).fit(X, y)
        assert threads() == before
    assert seen == {1}


def test_fits_in_two_threads_restore_the_threads():
    """The one that began first ends first."""
    with threadpool_limits(2, user_api="blas"):
        before = threadpool_info()
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threadpool_info() != before
        second.__exit__(None, None, None)
        assert threadpool_info() == before
