"""SequenceForecaster: intervals, quantiles and variances of its forecasts."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import BayesianRidge, LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sktime.transformations.boxcox import LogTransformer

from skseq import (
    DenseRegressor,
    Differencer,
    NaiveRegressor,
    SARIMARegressor,
    TransformedWindowRegressor,
    compare,
)
from tests.forecasters import FH, forecaster, make_panel, make_series, naive_windows

pytestmark = pytest.mark.filterwarnings("ignore:The level of y drifts")


class TestIntervals:
    def test_cover_as_often_as_they_say(self):
        rng = np.random.default_rng(0)
        y = pd.Series(rng.standard_t(4, size=1200), pd.RangeIndex(1200))
        model = forecaster().fit(y[:1000], fh=range(1, 201))
        for coverage in (0.5, 0.9):
            ends = model.predict_interval(coverage=coverage).to_numpy()
            inside = (ends[:, 0] <= y[1000:]) & (y[1000:] <= ends[:, 1])
            # Half of what the standard error of 200 draws would allow twice.
            assert inside.mean() == pytest.approx(coverage, abs=0.07)

    def test_cover_series_that_move_together(self):
        """A neighbour remembers the others, which tells nothing of the future."""
        rng = np.random.default_rng(0)
        inside = []
        for _ in range(20):
            common = rng.normal(size=(203, 1)).cumsum(axis=0)
            y = pd.DataFrame(common + 0.01 * rng.normal(size=(203, 6)))
            panel = y.rename_axis("time").melt(ignore_index=False, var_name="series")
            panel = panel.set_index("series", append=True).swaplevel()
            known = panel[panel.index.get_level_values("time") < 200]
            neighbour = KNeighborsRegressor(n_neighbors=1)
            model = forecaster(neighbour, 3, scaling="subtract", level_length=1)
            lower, upper = model.fit(known, fh=FH).predict_interval().to_numpy().T
            truth = y[200:].to_numpy().T.ravel()
            inside.append((lower <= truth) & (truth <= upper))
        assert np.mean(inside) == pytest.approx(0.9, abs=0.1)

    def test_widths_are_the_held_out_errors(self):
        """By a loop: fit on the first windows, sort the errors on the last."""
        y = make_series(60)
        X, targets = naive_windows(y.to_numpy(), 5, 2)  # 54 windows, 11 held out
        model = LinearRegression().fit(X[:42], targets[:42])
        errors = np.sort(np.abs(targets[43:] - model.predict(X[43:])), axis=0)
        interval = (
            forecaster(horizon=2).fit(y).predict_interval([1, 2, 4], coverage=0.7)
        )
        width = np.diff(interval.to_numpy(), axis=1)[:, 0] / 2
        rank = 9  # of 11: ceil(12 * 0.7)
        assert_allclose(width[:2], errors[rank - 1])
        # The second pass errs from where the first one ends.
        assert_allclose(width[2], np.sqrt(2) * errors[rank - 1, 1])

    @pytest.mark.parametrize("scaling", [None, "divide"])
    def test_cover_each_series_of_a_panel(self, scaling):
        """Of one size, but some harder to forecast than others."""
        spread = np.array([1, 1, 2, 3, 5, 10])
        inside = []
        for seed in range(20):
            values = 100 + spread * np.random.default_rng(seed).normal(size=(400, 6))
            y = pd.DataFrame(values).rename_axis("time").melt(ignore_index=False)
            y = y.set_index("variable", append=True).swaplevel()
            y = y[y.index.get_level_values("time") < 200]
            model = forecaster(DummyRegressor(), 50, scaling=scaling).fit(y, fh=[1])
            lower, upper = model.predict_interval(coverage=0.8).to_numpy().T
            inside.append(((lower <= values[200:]) & (values[200:] <= upper)).mean(0))
        # 30 held-out errors of each: three times the standard error of the quantile.
        assert_allclose(np.mean(inside, axis=0), 0.8, atol=3 * 0.4 / 600**0.5)

    def test_fit_series_of_any_size_in_a_panel(self):
        """The large ones do not make the bars of one a hundredth as large as wide."""
        noise = np.geomspace(0.02, 2, 20)
        values = noise * np.random.default_rng(0).normal(size=(200, 20))
        table = pd.DataFrame(values).rename_axis("time").melt(ignore_index=False)
        y = table.set_index("variable", append=True).swaplevel()
        model = forecaster(DummyRegressor(), 10).fit(y, fh=range(1, 7))
        width = np.diff(model.predict_interval(coverage=0.8).to_numpy())
        width = width.reshape(20, 6).mean(axis=1) / noise
        assert (width > 2.56 / 1.7).all()  # of normal noise: 2.56
        assert (width < 2.56 * 2.4).all()

    def test_widths_of_a_panel_by_a_loop(self):
        lengths, horizon = (40, 30, 50), 2
        y = make_panel(lengths)
        X, targets = zip(
            *(
                naive_windows(one.to_numpy(), 5, horizon)
                for _, one in y.groupby(level=0)
            ),
            strict=True,
        )
        held_out = [-(-len(one) // 5) for one in X]
        fitted = [
            len(one) - n - horizon + 1 for one, n in zip(X, held_out, strict=True)
        ]
        model = LinearRegression().fit(
            *(
                np.concatenate([one[:n] for one, n in zip(part, fitted, strict=True)])
                for part in (X, targets)
            )
        )
        errors = [
            np.abs(y_one[-n:] - model.predict(X_one[-n:]))
            for X_one, y_one, n in zip(X, targets, held_out, strict=True)
        ]
        of_all = np.concatenate(errors).mean()

        def usual(of_series):
            stretches = (len(of_series) + horizon - 1) / horizon
            roots = stretches * of_series.mean() ** 0.5 + of_all**0.5
            return (roots / (stretches + 1)) ** 2

        relative = []
        for one in errors:
            early, late = one[: -(-len(one) // 2)], one[-(-len(one) // 2) :]
            relative += [early / usual(late), late / usual(early)]
        relative = np.sort(np.concatenate(relative), axis=0)
        rank = int(np.ceil((len(relative) + 1) * 0.7))
        interval = (
            forecaster(horizon=horizon).fit(y).predict_interval([1, 2], coverage=0.7)
        )
        width = np.diff(interval.to_numpy(), axis=1).reshape(3, 2) / 2
        assert_allclose(width, np.outer(list(map(usual, errors)), relative[rank - 1]))

    def test_a_series_that_was_not_held_out_has_the_errors_of_all(self):
        panel, other = make_panel(), make_panel((30,)).rename({"s0": "new"})
        model = forecaster(horizon=1).pretrain(panel).fit(other)
        width = np.diff(model.predict_interval([1], coverage=0.7).to_numpy())[0, 0] / 2
        errors = model.model_.errors_.errors[:, 0, 0]
        assert width == pytest.approx(errors[int(np.ceil((len(errors) + 1) * 0.7)) - 1])

    def test_widths_are_no_errors_of_what_was_interpolated(self):
        """Nor of windows that end in a gap, and so know what comes after it."""
        y = make_series(80)
        missing = np.random.default_rng(0).random(80) < 0.4
        missing[[0, -1]] = False
        gaps = y.mask(missing[:, np.newaxis])
        X, targets = naive_windows(gaps.interpolate().to_numpy(), 5, 2)  # 74 windows
        fitted, held_out = slice(58), range(59, 74)
        model = LinearRegression().fit(X[fitted], targets[fitted])
        found = forecaster(horizon=2, missing="interpolate").fit(gaps)
        interval = found.predict_interval([1, 2], coverage=0.5)
        width = np.diff(interval.to_numpy(), axis=1)[:, 0] / 2
        for step in (1, 2):
            errors = sorted(
                abs(targets[i, step - 1] - model.predict(X[[i]])[0, step - 1])
                for i in held_out
                if not missing[i + 4] and not missing[i + 4 + step]
            )
            rank = int(np.ceil((len(errors) + 1) * 0.5))
            assert width[step - 1] == pytest.approx(errors[rank - 1])

    def test_interpolated_throughout_there_are_no_errors(self):
        y = make_series(41)
        y[1::2] = np.nan
        model = forecaster(horizon=1, missing="interpolate").fit(y, fh=[1])
        with pytest.raises(ValueError, match="too many interpolated values"):
            model.predict_interval()

    def test_errors_of_the_last_fit_hold_after_an_update_that_measures_none(self):
        y = make_series(80)
        y[52:79] = np.nan
        model = forecaster(horizon=1, missing="interpolate").fit(y[:50], fh=[1])
        widths = [np.diff(model.predict_interval().to_numpy())]
        model.update(y[50:])
        widths.append(np.diff(model.predict_interval().to_numpy()))
        assert_allclose(*widths)

    def test_widen_in_passes_whose_own_errors_are_zero(self):
        """Of a series that changes at every third step, two steps ahead at once."""
        y = pd.Series(np.repeat(np.random.default_rng(0).normal(size=30), 3))
        model = forecaster(NaiveRegressor(), 1, horizon=2).fit(y)
        interval = model.predict_interval([1, 2, 3], coverage=0.5)
        width = np.diff(interval.to_numpy(), axis=1)[:, 0]
        assert width[0] == 0 < width[1] == width[2]

    def test_both_ends_are_as_far_from_the_forecast(self):
        model = forecaster(horizon=2).fit(make_series(76), fh=[1, 2])  # 14 held out
        for coverage in (0.6, 0.8):  # 9 and 12 of 14 errors, at whole ranks
            middle = model.predict_interval(coverage=coverage).mean(axis=1)
            assert_allclose(middle, model.predict()["y0"])

    def test_quantiles_ascend_about_the_forecast(self):
        y = make_panel((30,) * 6, 2)
        model = forecaster(scaling="divide").fit(y, fh=FH)
        alpha = [0.05, 0.3, 0.5, 0.9]
        quantiles = model.predict_quantiles(alpha=alpha)
        values = quantiles.to_numpy().reshape(18, 2, 4)
        assert (np.diff(values, axis=-1) >= 0).all()
        assert_array_equal(values[..., 2], model.predict())
        assert list(quantiles.columns) == [(n, a) for n in ("y0", "y1") for a in alpha]
        assert (model.predict_var() > 0).all(axis=None)

    def test_bars_of_the_regressor(self):
        y = make_series(80)
        sarima = SARIMARegressor((1, 0, 0), (0, 0, 0, 0), trend="c")
        model = forecaster(sarima, 10, error_bars="regressor").fit(y, fh=FH)
        std = model.regressor_.std_
        assert_allclose(model.predict_var()["y0"], std**2)
        quantile = model.predict_quantiles(alpha=[0.975]).iloc[:, 0]
        assert_allclose(quantile - model.predict()["y0"], 1.959964 * std, rtol=1e-6)

    def test_bars_of_scikit_learn(self):
        gaussian = GaussianProcessRegressor(alpha=0.1, random_state=0)
        model = forecaster(gaussian, error_bars="regressor")
        model.fit(make_series(30), fh=FH)
        assert (model.predict_var() > 0).all(axis=None)

    @pytest.mark.parametrize(
        "ridge", [BayesianRidge(), make_pipeline(StandardScaler(), BayesianRidge())]
    )
    def test_bars_of_a_regressor_that_predicts_one_output(self, ridge):
        y = make_series(40)
        X, targets = naive_windows(y.to_numpy(), 5, 3)
        std = [
            clone(ridge).fit(X, step).predict([y["y0"][-5:]], return_std=True)[1][0]
            for step in targets.T
        ]
        model = forecaster(ridge, error_bars="regressor").fit(y, fh=FH)
        assert_allclose(model.predict_var()["y0"], np.square(std))

    def test_bars_of_a_regressor_in_other_units(self):
        inner = TransformedWindowRegressor(BayesianRidge(), Differencer())
        model = forecaster(inner, error_bars="regressor").fit(make_series(40), fh=FH)
        with pytest.raises(ValueError, match="errors of differences"):
            model.predict_interval()

    def test_bars_of_the_regressor_in_logarithms(self):
        """Those of sktime's transformer; one around the windows says so."""
        y = make_series(80)
        sarima = SARIMARegressor((1, 0, 0), (0, 0, 0, 0), trend="c")
        model = forecaster(sarima, 10, error_bars="regressor")
        around = LogTransformer() * model.clone()
        interval = around.fit(y, fh=FH).predict_interval()
        in_logs = model.fit(np.log(y), fh=FH).predict_interval()
        assert_allclose(interval, np.exp(in_logs))
        log = FunctionTransformer(np.log, np.exp)
        inside = TransformedWindowRegressor(sarima, log)
        model = forecaster(inside, 10, error_bars="regressor").fit(y, fh=FH)
        with pytest.raises(ValueError, match=r"LogTransformer\(\) \* SequenceForec"):
            model.predict_interval()

    @pytest.mark.parametrize("fh", [[1], FH])
    @pytest.mark.parametrize(
        "regressor", [LinearRegression(), GradientBoostingRegressor(loss="quantile")]
    )
    def test_a_regressor_without_bars(self, regressor, fh):
        model = forecaster(regressor, error_bars="regressor")
        model.fit(make_series(30), fh=fh)
        name = type(regressor).__name__
        with pytest.raises(
            ValueError, match=f"error_bars='regressor' needs.*{name} does not have"
        ):
            model.predict_interval()

    @pytest.mark.parametrize("pipeline", [False, True])
    def test_learned_quantiles(self, pipeline):
        dense = DenseRegressor(loss="quantile", max_epochs=2, random_state=0)
        regressor = make_pipeline(StandardScaler(), dense) if pipeline else dense
        y = make_series(40)
        model = forecaster(regressor, error_bars="regressor").fit(y, fh=FH)
        window = y[-5:].to_numpy().reshape(1, 5)
        if pipeline:
            window = model.regressor_[0].transform(window)
        fitted = model.regressor_[-1] if pipeline else model.regressor_
        learned = fitted.predict_quantiles(window, [0.1, 0.8])[0]
        assert_allclose(model.predict_quantiles(alpha=[0.1, 0.8]), learned)

    def test_none(self):
        model = forecaster(error_bars=None).fit(make_series(30), fh=FH)
        with pytest.raises(NotImplementedError, match="prediction intervals"):
            model.predict_interval()

    def test_a_series_without_windows_is_not_the_one_held_out(self):
        """Every fifth short one is; here, that has gaps before each value."""
        y = make_panel((12,) * 5)
        gaps = y.copy()
        gaps.iloc[49::2] = np.nan
        found = forecaster(horizon=3, missing="ffill").fit(gaps)
        expected = forecaster(horizon=3).fit(y.drop("s4"))
        assert_array_equal(found.model_.errors_.errors, expected.model_.errors_.errors)

    def test_too_few_windows(self):
        model = forecaster().fit(make_series(8), fh=FH)
        assert np.isfinite(model.predict().to_numpy()).all()
        with pytest.raises(ValueError, match="too few windows"):
            model.predict_interval()


class TestFewErrors:
    """With n held-out errors, no interval covers more than n / (n + 1)."""

    @pytest.mark.parametrize("n_errors", [1, 4, 8])
    def test_cover_as_often_as_the_warning_says(self, n_errors):
        n_series = 3000  # each with errors of its own; sd of the share below .01
        noise = np.random.default_rng(0).normal(size=(5 * n_errors + 3, n_series))
        y = pd.DataFrame(noise).add_prefix("y")
        zero = DummyRegressor(strategy="constant", constant=np.zeros(n_series))
        model = forecaster(zero, 2).fit(y[:-1], fh=[1])
        share = n_errors / (n_errors + 1)
        with pytest.warns(UserWarning, match=f"and cover {share:.3g} on average"):
            interval = model.predict_interval(coverage=0.99)
        lower, upper = interval.to_numpy().reshape(n_series, 2).T
        inside = (lower <= noise[-1]) & (noise[-1] <= upper)
        assert inside.mean() == pytest.approx(share, abs=0.03)

    @pytest.mark.parametrize(
        ("coverage", "n_needed"), [(0.9, 9), (0.95, 19), (0.99, 99), (0.6, 2)]
    )
    def test_warns_if_they_are_too_few(self, coverage, n_needed):
        few, enough = (
            forecaster(horizon=1).fit(make_series(5 * n_errors + 5))
            for n_errors in (n_needed - 1, n_needed)
        )
        match = f"coverage={coverage} .* {n_needed} held-out .* are {n_needed - 1}: "
        outer = [0.5, (1 - coverage) / 2]
        with pytest.warns(UserWarning, match=match) as caught:
            few.predict_interval([-1, 1, 2], coverage=[0.5, coverage])
        assert len(caught) == 1
        with pytest.warns(UserWarning, match=match):
            few.predict_quantiles([1], alpha=outer)
        # In these tests, a warning is an error.
        few.predict_quantiles([1], alpha=[0.5])
        few.predict_var([1])
        enough.predict_interval([-1, 1, 2], coverage=[0.5, coverage])
        enough.predict_quantiles([1], alpha=outer)

    def test_the_warning_shows_where_it_was_asked(self):
        model = forecaster().fit(make_series(30), fh=FH)
        with pytest.warns(UserWarning, match="held-out errors") as caught:
            model.predict_interval()
        assert caught[0].filename == __file__

    def test_bars_of_the_regressor_have_no_errors(self):
        sarima = SARIMARegressor((1, 0, 0), (0, 0, 0, 0))
        model = forecaster(sarima, 10, error_bars="regressor")
        model.fit(make_series(30), fh=FH).predict_interval(coverage=0.99)

    @pytest.mark.parametrize("refit", [False, 1])
    def test_compare_warns_once_for_each_model(self, refit):
        y = make_series(60)
        models = {name: forecaster(LinearRegression(), 2) for name in "ab"}
        setting = {"target": "y0", "horizon": 1, "window": 2, "season": 1}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compare(models, y, refit=refit, coverage=0.95, **setting)
        told = [str(w.message) for w in caught if "held-out" in str(w.message)]
        assert [text.partition(":")[0] for text in told] == ["Model 'a'", "Model 'b'"]
        assert caught[-1].filename == __file__
        compare(models, y, refit=refit, coverage=0.5, **setting)
