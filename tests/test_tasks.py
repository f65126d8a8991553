"""Tasks beyond sequence to vector: every step, iterated, known ahead, multitask."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

import skseq
from skseq import (
    DenseRegressor,
    GRUClassifier,
    GRURegressor,
    KnownAhead,
    RNNRegressor,
    SlidingWindow,
    horizon_targets,
)
from skseq.estimators import ALL
from skseq.training import EveryStep
from skseq.windows import sliding_windows

FAST = {"max_epochs": 2, "random_state": 0}


CAUSAL = [cls for cls in ALL if cls in (GRURegressor, RNNRegressor)]


@pytest.fixture
def wave():
    t = np.arange(160)
    return np.stack([np.sin(t / 3), np.cos(t / 3), t / 160], axis=1)


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("horizon", [1, 3])
def test_every_step_targets_equal_a_naive_loop(wave, n_targets, horizon):
    columns = [0, 1][:n_targets]
    X, y = horizon_targets(wave, target=columns, horizon=horizon)
    windows = SlidingWindow(5).fit_transform(X)
    n_outputs = n_targets * horizon
    y = y.reshape(len(y), n_outputs)
    mean, scale = np.arange(n_outputs) + 0.5, np.arange(n_outputs) + 2.0
    samples = np.array([7, 2, 100])
    got = EveryStep(windows, y, columns, mean, scale)[samples].numpy()
    for i, sample in enumerate(samples):
        for step in range(5):
            row = sample - 4 + step
            for k, column in enumerate(columns):
                for h in range(horizon):
                    out = k * horizon + h
                    if row < 0:
                        assert np.isnan(got[i, step, out])
                        continue
                    expected = (wave[row + 1 + h, column] - mean[out]) / scale[out]
                    assert got[i, step, out] == pytest.approx(expected)


@pytest.mark.parametrize("cls", CAUSAL)
def test_supervise_every_returns_the_last_forecast(wave, cls):
    X, y = horizon_targets(wave, target=0, horizon=3)
    windows = SlidingWindow(8).fit_transform(X)
    model = cls(supervise="every", max_epochs=30, random_state=0).fit(windows, y)
    prediction = model.predict(windows)
    assert prediction.shape == y.shape
    assert np.abs(prediction - y)[8:].mean() < 0.2


@pytest.mark.parametrize("cls", CAUSAL)
def test_supervise_every_keeps_no_output_of_earlier_steps(cls):
    windows = sliding_windows(np.random.default_rng(0).normal(size=(607, 1)), 8)
    model = cls(supervise="every", max_epochs=1, random_state=0)
    prediction = model.fit(windows[:20], windows[1:21, -1, 0]).predict(windows.copy())
    memory = prediction
    while isinstance(memory, np.ndarray) and memory.base is not None:
        memory = memory.base
    size = getattr(memory, "nbytes", None) or memory.untyped_storage().nbytes()
    assert size == prediction.nbytes


@pytest.mark.parametrize("cls", CAUSAL)
def test_sequence_to_sequence_output_is_causal(wave, cls):
    windows = sliding_windows(wave, 8)
    y = np.cumsum(windows[:, :, :2], axis=1)
    model = cls(max_epochs=20, random_state=0).fit(windows, y)
    before = model.predict(windows[:5])
    assert before.shape == (5, 8, 2)
    for step in range(8):
        changed = windows[:5].copy()
        changed[:, step:] += 1.0
        after = model.predict(changed)
        np.testing.assert_array_equal(after[:, :step], before[:, :step])
        assert not np.allclose(after[:, step], before[:, step])


def test_sequence_output_is_nan_where_padded_and_ignores_targets_there(wave):
    windows = SlidingWindow(8).fit_transform(wave)
    y = np.cumsum(np.nan_to_num(windows[:, :, :1]), axis=1)
    spoiled = y.copy()
    spoiled[np.isnan(windows[:, :, 0])] = np.nan
    first = GRURegressor(**FAST).fit(windows, y).predict(windows)
    second = GRURegressor(**FAST).fit(windows, spoiled).predict(windows)
    padded = np.isnan(windows[:, :, 0])
    assert np.isnan(second[padded]).all()
    np.testing.assert_allclose(first[~padded], second[~padded], rtol=1e-9)


def test_score_of_outputs_at_every_step(wave):
    """As if each step were a sample, without those that are padded."""
    windows = SlidingWindow(4).fit_transform(wave[:30])
    seen, weights = ~np.isnan(windows[:, :, 0]), np.arange(30.0)
    targets = np.stack([windows[:, :, 0], windows[:, :, 0] ** 2], axis=2)
    of_steps = np.repeat(weights, seen.sum(axis=1))
    model = GRURegressor(hidden_size=4, max_epochs=3, random_state=0)
    forecast = model.fit(windows, targets).predict(windows)
    assert model.score(windows, targets.tolist(), weights) == pytest.approx(
        r2_score(targets[seen], forecast[seen], sample_weight=of_steps)
    )
    assert len(cross_val_score(model, windows, targets, cv=2)) == 2
    ragged = [row[n:] for row, n in zip(targets, (~seen).sum(axis=1), strict=True)]
    with pytest.raises(ValueError, match="at the steps of X, use pad_sequences"):
        model.score(windows, ragged)
    model = GRUClassifier(hidden_size=4, max_epochs=3, random_state=0)
    labels = np.where(windows[:, :, 0] > 0, "up", "down")
    found = model.fit(windows, labels).predict(windows)
    assert model.score(windows, labels, weights) == pytest.approx(
        accuracy_score(labels[seen], found[seen], sample_weight=of_steps)
    )
    assert len(cross_val_score(model, windows, labels, cv=2)) == 2


def test_outputs_at_every_step_are_refused_where_they_would_look_ahead(wave):
    windows = sliding_windows(wave, 8)
    with pytest.raises(ValueError, match="looks at the whole window"):
        DenseRegressor(**FAST).fit(windows, windows[:, :, :1])
    with pytest.raises(ValueError, match="looks at the whole window"):
        DenseRegressor(supervise="every", **FAST).fit(windows[:-1], windows[1:, -1, 0])
    with pytest.raises(ValueError, match=r"whole window, or use another network"):
        skseq.DenseClassifier(**FAST).fit(windows, windows[:, :, 0] > 0)


@pytest.mark.parametrize("cls", [GRURegressor, GRUClassifier])
def test_a_pooling_that_is_not_used_is_told(cls, wave):
    windows = sliding_windows(wave, 8)
    y = windows[:, :, :1] if cls is GRURegressor else windows[:, :, 0] > 0
    with pytest.warns(UserWarning, match=r"pooling='mean' has no effect.* each step"):
        cls(pooling="mean", **FAST).fit(windows, y)


@pytest.mark.parametrize("cls", ["Regressor", "Classifier"])
@pytest.mark.parametrize("name", ["GRU", "Dense", "WaveNet"])
def test_outputs_of_another_length_point_to_the_encoder_decoder(name, cls, wave):
    windows = sliding_windows(wave, 8)
    y = windows[:, :5, :1] if cls == "Regressor" else windows[:, :5, 0] > 0
    with pytest.raises(ValueError, match=f"another length, use EncoderDecoder{cls}"):
        getattr(skseq, name + cls)(**FAST).fit(windows, y)


def test_several_labels_of_a_window_take_one_classifier_each(wave):
    windows = sliding_windows(wave, 8)
    y = windows[:, -1, :2] > 0
    classifier = GRUClassifier(**FAST)
    with pytest.raises(ValueError, match="several labels of a window, scikit-learn's"):
        classifier.fit(windows, y)
    both = MultiOutputClassifier(classifier).fit(windows, y).predict(windows)
    for column, labels in enumerate(both.T):
        alone = classifier.fit(windows, y[:, column]).predict(windows)
        np.testing.assert_array_equal(labels, alone)


@pytest.mark.parametrize("columns", [0, [0, 1]])
def test_iterated_equals_feeding_back_by_hand(wave, columns):
    wave = wave[:, np.atleast_1d(columns)]
    targets = list(range(wave.shape[1]))
    X, y = horizon_targets(wave, target=targets, horizon=4)
    windows = sliding_windows(X, 6)
    y = y[5:]
    params = dict(FAST, target=targets)
    iterated = GRURegressor(strategy="iterated", **params).fit(windows, y)
    one_step = GRURegressor(**params).fit(windows, y[:, ::4])
    expected, batch = [], windows[:9].copy()
    for _ in range(4):
        step = one_step.predict(batch).reshape(9, 1, -1)
        expected.append(step)
        batch = np.concatenate([batch[:, 1:], step], axis=1)
    expected = np.concatenate(expected, axis=1).swapaxes(1, 2).reshape(9, -1)
    np.testing.assert_allclose(iterated.predict(windows[:9]), expected, rtol=1e-10)


def test_iterated_refuses_variables_that_it_cannot_forecast(wave):
    X, y = horizon_targets(wave, target=0, horizon=4)
    with pytest.raises(ValueError, match=r"y must continue every variable of X"):
        GRURegressor(strategy="iterated", **FAST).fit(sliding_windows(X, 6), y[5:])


def test_iterated_refuses_tokens():
    """A forecast of 4.99 is not the token 5, nor 4."""
    X, y = horizon_targets(np.arange(60.0)[:, None] % 9, horizon=4)
    model = GRURegressor(embedding_size=4, strategy="iterated", **FAST)
    with pytest.raises(ValueError, match=r"X holds tokens: use strategy='direct'"):
        model.fit(sliding_windows(X, 6), y[5:])


@pytest.fixture
def holidays():
    """Sales, and holidays that halve them, announced by nothing but a calendar."""
    days = pd.date_range("2024-01-01", periods=400)
    closed = np.random.default_rng(0).random(400) < 0.2
    sales = pd.DataFrame({"sales": np.where(closed, 5.0, 10.0)}, index=days)
    return sales, pd.DataFrame({"closed": closed.astype(float)}, index=days)


def test_known_ahead_lays_the_coming_values(holidays):
    sales, calendar = holidays
    X = sales.iloc[:380]
    laid = KnownAhead(calendar, horizon=3).fit_transform(X)
    assert list(laid.columns) == ["sales", "closed+1", "closed+2", "closed+3"]
    for step in (1, 2, 3):
        expected = calendar["closed"].shift(-step).loc[X.index]
        np.testing.assert_array_equal(laid[f"closed+{step}"], expected)


@pytest.mark.parametrize(("horizon", "fits"), [(1, True), (3, True), (4, False)])
def test_known_ahead_says_that_its_horizon_does_not_fit_y(holidays, horizon, fits):
    sales, calendar = holidays
    X, y = horizon_targets(sales[:380], horizon=3)
    known = KnownAhead(calendar, horizon=horizon)
    if fits:
        known.fit(X, y)
    else:
        with pytest.warns(UserWarning, match="horizon=4 .* does not fit y.* 3 step"):
            known.fit(X, y)
    known.set_params(known=None).fit(X, y)  # horizon plays no role, so no warning


@pytest.mark.parametrize("strategy", ["direct", "iterated"])
@pytest.mark.parametrize("cls", [GRURegressor, DenseRegressor])
def test_known_ahead_is_read_for_each_step(holidays, cls, strategy):
    sales, calendar = holidays
    X, y = horizon_targets(sales, target="sales", horizon=3)
    model = make_pipeline(
        KnownAhead(calendar, horizon=3),
        SlidingWindow(4),
        cls(
            n_known_ahead=1,
            strategy=strategy,
            max_epochs=30,
            learning_rate=0.03,
            random_state=0,
        ),
    )
    # The last rows lie beyond the training, but the calendar does not.
    model.fit(X.iloc[:300], y.iloc[:300])
    prediction = model.predict(X.iloc[300:])
    assert np.abs(prediction - y.iloc[300:]).to_numpy().mean() < 0.3


def test_known_ahead_in_every_step(holidays):
    sales, calendar = holidays
    X, y = horizon_targets(sales, target="sales", horizon=3)
    model = make_pipeline(
        KnownAhead(calendar, horizon=3),
        SlidingWindow(4),
        GRURegressor(n_known_ahead=1, supervise="every", max_epochs=30, random_state=0),
    ).fit(X.iloc[:300], y.iloc[:300])
    prediction = model.predict(X.iloc[300:])
    assert np.abs(prediction - y.iloc[300:]).to_numpy().mean() < 0.3


def test_a_network_computes_only_with_what_it_reads_of_values_known_ahead():
    """Two days of 20 variables are 960 columns, of which it reads 20 of most steps."""
    rng = np.random.default_rng(0)
    windows = rng.normal(size=(64, 50, 2 + 20 * 48)).astype("float32")
    y = rng.normal(size=(64, 48)).astype("float32")
    model = GRURegressor(hidden_size=4, n_known_ahead=20, **FAST).fit(windows, y)
    with torch.profiler.profile(profile_memory=True) as profile:
        _, known, _ = model.net_.module_.inputs(torch.from_numpy(windows))
    expected = (windows[:, -1] - windows.mean((0, 1))) / windows.std((0, 1))
    expected = expected[:, 2:].reshape(64, 20, 48).swapaxes(1, 2)
    assert_allclose(known[:, -1], expected, rtol=1e-3, atol=1e-4)
    allocated = sum(max(0, step.self_cpu_memory_usage) for step in profile.events())
    assert allocated < windows.nbytes / 2


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (lambda c: c.iloc[:381], "known ends at .* must reach 3 .* set_params"),
        (lambda c: c.iloc[10:], "known does not hold 2024-01-01"),
        (lambda c: c.reset_index(drop=True).set_axis(list("ab") * 200), "known has no"),
    ],
)
def test_known_ahead_says_what_is_missing(holidays, known, message):
    sales, calendar = holidays
    with pytest.raises(ValueError, match=message):
        KnownAhead(known(calendar), horizon=3).fit(sales.iloc[:380])


def test_a_longer_calendar_takes_the_place_of_the_fitted_one(holidays):
    sales, calendar = holidays
    model = KnownAhead(calendar[:383], horizon=3).fit(sales[:380])
    with pytest.raises(ValueError, match="known ends"):
        model.transform(sales[380:382])
    longer = model.set_params(known=calendar).transform(sales[380:390])
    assert (longer.iloc[:, -1] == calendar.iloc[383:393, 0].to_numpy()).all()


def test_another_calendar_has_the_same_columns(holidays):
    """A network tells them by their order alone."""
    sales, calendar = holidays
    two = calendar.assign(price=1.0)
    model = KnownAhead(two, horizon=3).fit(sales[:380])
    for other in (two.iloc[:, ::-1], calendar, None):
        with pytest.raises(ValueError, match=r"'price'\] in fit: give the same, in"):
            model.set_params(known=other).transform(sales[:380])
    model.fit(sales[:380])
    with pytest.raises(ValueError, match=r"had \[\] in fit"):
        model.set_params(known=two).transform(sales[:380])


def test_known_ahead_of_nothing_keeps_the_index(holidays):
    """By which the windows find their past: a search may try with and without."""
    sales, calendar = holidays
    first, windows = (
        make_pipeline(KnownAhead(known), SlidingWindow(3)).fit(sales[:380])
        for known in (calendar, None)
    )
    rows = sales[380:399]
    np.testing.assert_array_equal(
        windows.transform(rows)[:, :, 0], first.transform(rows)[:, :, 0]
    )


def test_known_ahead_of_another_time_step(holidays):
    sales, calendar = holidays
    hourly = calendar.resample("h").ffill()
    with pytest.raises(ValueError, match="rows of X are 24 or more rows of known"):
        KnownAhead(hourly).fit(sales[:380])


def test_known_ahead_of_a_single_row(holidays):
    sales, calendar = holidays
    row = KnownAhead(calendar, horizon=3).fit_transform(sales[:1])
    np.testing.assert_array_equal(row, [[sales.iat[0, 0], *calendar.iloc[1:4, 0]]])


def test_known_ahead_needs_an_index(holidays):
    sales, calendar = holidays
    with pytest.raises(ValueError, match="X has no index of times"):
        KnownAhead(calendar).fit(sales.to_numpy())


def test_too_few_known_columns(wave):
    X, y = horizon_targets(wave, target=0, horizon=3)
    with pytest.raises(ValueError, match="n_known_ahead=1 and 3 steps ahead"):
        GRURegressor(n_known_ahead=1, **FAST).fit(sliding_windows(X, 6), y[5:])


def test_known_ahead_of_targets_that_are_not_named(wave):
    X, y = horizon_targets(wave, target=[0, 1], horizon=3)
    others = np.random.default_rng(0).normal(size=(len(X), 4))
    known = np.ones((len(X), 3))  # one variable, three steps, which six would exceed
    windows = sliding_windows(np.hstack([X, others, known]), 6)
    with pytest.warns(UserWarning, match=r"set target=\[0, 1\]"):
        DenseRegressor(n_known_ahead=1, **FAST).fit(windows, y[5:])
    with (
        pytest.warns(UserWarning, match=r"set target=\[0, 1\]"),
        pytest.raises(ValueError, match=r"6 steps ahead \(target=0\) .* that y holds"),
    ):
        DenseRegressor(n_known_ahead=2, **FAST).fit(windows, y[5:])
    DenseRegressor(n_known_ahead=1, target=[0, 1], **FAST).fit(windows, y[5:])


def test_output_weights_choose_what_is_learned():
    X = np.random.default_rng(0).normal(size=(300, 2))
    y = X  # two targets, and one hidden unit to serve them

    def errors(weights):
        model = DenseRegressor(
            hidden_layer_sizes=(1,),
            activation="tanh",
            output_weights=weights,
            max_epochs=40,
            learning_rate=0.02,
            random_state=0,
        )
        return np.abs(model.fit(X, y).predict(X) - y).mean(axis=0)

    first, second = errors([1, 0]), errors([0, 1])
    assert first[0] < 0.3 * first[1]
    assert second[1] < 0.3 * second[0]


def test_output_weights_of_targets_spread_over_their_steps(wave):
    X, y = horizon_targets(wave, target=[0, 1], horizon=3)
    windows, y = sliding_windows(X, 6), y[5:]
    params = dict(FAST, target=[0, 1])
    by_target = GRURegressor(output_weights=[1, 3], **params).fit(windows, y)
    by_output = GRURegressor(output_weights=[1, 1, 1, 3, 3, 3], **params)
    by_output.fit(windows, y)
    np.testing.assert_array_equal(
        by_target.predict(windows), by_output.predict(windows)
    )
    with pytest.raises(ValueError, match="output_weights must be one number"):
        GRURegressor(output_weights=[1, 1, 1, 1, 1], **params).fit(windows, y)


def test_known_ahead_of_a_series_without_a_name(holidays):
    sales, calendar = holidays
    sales = sales[:-2]
    named = KnownAhead(calendar, horizon=2).fit_transform(sales)
    series = sales.iloc[:, 0].rename(None)
    pipeline = make_pipeline(KnownAhead(calendar, horizon=2), SlidingWindow(3))
    np.testing.assert_array_equal(
        pipeline.fit_transform(series), SlidingWindow(3).fit_transform(named)
    )


def test_known_ahead_of_trading_days(holidays):
    sales, calendar = holidays
    calendar = calendar.drop(index=calendar.index[5])
    sales = sales.drop(index=sales.index[5])[:-1]
    with pytest.raises(ValueError, match="gaps='ignore'"):
        KnownAhead(calendar).fit(sales)
    laid = KnownAhead(calendar, gaps="ignore").fit_transform(sales)
    following = calendar.to_numpy()[1 : len(sales) + 1]
    np.testing.assert_array_equal(laid.iloc[:, -calendar.shape[1] :], following)
    with pytest.raises(ValueError, match="gaps must be one of"):
        KnownAhead(calendar, gaps="fill").fit(sales)


def test_known_ahead_of_another_kind_of_index(holidays):
    sales, calendar = holidays
    with pytest.raises(
        ValueError, match=r"index of known .*another kind than that of X"
    ):
        KnownAhead(calendar).fit(sales.to_period("D"))


@pytest.mark.parametrize(
    ("target", "horizon", "loss"),
    [
        (0, 1, "absolute_error"),
        (0, 3, "quantile"),
        ([0, 1], 3, "absolute_error"),
        ([0, 1], 3, "quantile"),
    ],
)
def test_iterated_after_training_on_every_step(wave, target, horizon, loss):
    series = wave[:, : np.size(target)]
    X, y = horizon_targets(series, target=target, horizon=horizon)
    windows = SlidingWindow(12).fit_transform(X)
    model = GRURegressor(
        target=target,
        strategy="iterated",
        supervise="every",
        loss=loss,
        hidden_size=8,
        max_epochs=15,
        learning_rate=0.02,
        random_state=0,
    )
    model.fit(windows, y)
    assert model.predict(windows).shape == y.shape
    assert model.score(windows[20:], y[20:]) > 0.8
    # The network of one step, fed back.
    one = horizon_targets(series, target=target, horizon=1)[1]
    single = clone(model).fit(windows, one[: len(windows)])
    first = model.predict(windows).reshape(len(windows), -1, horizon)[:, :, 0]
    expected = single.predict(windows).reshape(len(windows), -1)
    np.testing.assert_allclose(first, expected, rtol=1e-9)


@pytest.mark.parametrize("n_windows", [60, 150])
@pytest.mark.parametrize(
    "options", [{"strategy": "iterated"}, {"supervise": "every"}, {}], ids=str
)
def test_warns_where_y_does_not_continue_its_column(wave, options, n_windows, recwarn):
    X, y = horizon_targets(wave[: n_windows + 2, :1], horizon=2)
    scaled = SlidingWindow(6).fit_transform(5 + 3 * X)
    model = GRURegressor(hidden_size=2, max_epochs=1, random_state=0, **options)
    model.fit(scaled, y)
    warned = [w for w in recwarn if "y does not continue column 0" in str(w.message)]
    assert len(warned) == bool(options)
    recwarn.clear()
    model.fit(SlidingWindow(6).fit_transform(X), y)
    model.fit(SlidingWindow(6).fit_transform(X)[::3], y[::3])
    assert not recwarn.list


def test_warns_where_y_does_not_continue_its_column_in_short_series(recwarn):
    index = pd.MultiIndex.from_product([range(6), range(25)], names=["unit", "cycle"])
    table = pd.DataFrame({"wear": np.random.default_rng(0).normal(size=150)}, index)
    left = table.groupby("unit").cumcount(ascending=False)
    pipe = make_pipeline(SlidingWindow(5), GRURegressor(supervise="every", **FAST))
    with pytest.warns(match="y does not continue column 0"):
        pipe.fit(table, left)
    X, y = horizon_targets(table, horizon=2)
    pipe.fit(X, y)
    assert not recwarn.list


def test_what_is_linear_stays_so_with_values_known_ahead():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5, 1 + 2 * 3))  # two variables, three steps ahead
    known = X[:, -1, 1:].reshape(-1, 2, 3)
    y = X[:, -1, :1] + known[:, 0] - 2 * known[:, 1]
    model = DenseRegressor(n_known_ahead=2, max_epochs=200, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, atol=0.1)
    predicted = model.predict(np.stack([X[0], X[1], (X[0] + X[1]) / 2]))
    np.testing.assert_allclose(predicted[2], predicted[:2].mean(axis=0), atol=1e-6)
    n_weights = sum(p.numel() for p in model.net_.module_.parameters())
    assert n_weights == (5 * 3 + 1) * 3 + 2 + 1  # a window, then what is known


@pytest.mark.parametrize(
    "model", [GRURegressor(hidden_size=4), DenseRegressor(hidden_layer_sizes=(4,))]
)
def test_what_is_known_ahead_may_matter_more_to_some_windows(model):
    X = np.random.default_rng(0).normal(size=(50, 5, 1 + 2))  # known: two steps ahead
    model = clone(model).set_params(n_known_ahead=1, max_epochs=1, random_state=0)
    model.fit(X, X[:, -1, 1:] * X[:, -1, :1])
    changed = X.copy()
    changed[:, -1, 2] += 1
    effect = model.predict(changed) - model.predict(X)
    np.testing.assert_array_equal(effect[:, 0], 0)
    assert np.std(effect[:, 1]) > 0.01
