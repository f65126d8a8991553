"""Windows of any length: padding changes nothing, wherever and however much."""

import copy
import warnings
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from skseq import (
    Conv1DClassifier,
    Conv1DRegressor,
    DenseRegressor,
    EncoderDecoderClassifier,
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMRegressor,
    WaveNetClassifier,
    WaveNetRegressor,
    pad_sequences,
)
from skseq.estimators import ALL
from skseq.estimators.regressor import NetworkRegressor
from skseq.networks import padding_known
from skseq.training.batch_norm import batch_norms
from tests.factories import (
    NETWORK_REGRESSORS,
    accepts_other_lengths,
    every,
    fitted,
    make,
    make_exact,
    make_series,
    make_windows,
    networks,
    output,
    targets_for,
)

dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TOLERANCE = {np.float32: 1e-6, np.float64: 1e-12}

ANY_LENGTH = [cls for cls in ALL if accepts_other_lengths(cls)]
FIXED_LENGTH = [cls for cls in ALL if cls not in ANY_LENGTH]
any_length = pytest.mark.parametrize("cls", ANY_LENGTH)
ITERATED = [cls for cls in NETWORK_REGRESSORS if cls is not EncoderDecoderRegressor]


def padded(windows, n_padding):
    """The windows behind rows of NaN."""
    rows = np.full((len(windows), n_padding, windows.shape[2]), np.nan, windows.dtype)
    return np.concatenate([rows, windows], axis=1)


def test_recurrent_networks_take_any_length():
    names = {cls.__name__ for cls in ANY_LENGTH}
    assert {"RNNRegressor", "LSTMRegressor", "GRURegressor"} <= names


@any_length
@dtypes
@settings(deadline=None, max_examples=20, database=None)
@given(
    length=st.integers(1, 12),
    n_padding=st.integers(1, 9),
    n_samples=st.integers(1, 4),
    seed=st.integers(0, 999),
)
def test_padding_gives_what_the_short_sequence_gives(
    cls, dtype, length, n_padding, n_samples, seed
):
    model, _ = fitted(cls, dtype)
    rng = np.random.default_rng(seed)
    short = rng.normal(size=(n_samples, length, 2)).astype(dtype)
    np.testing.assert_allclose(
        output(model, padded(short, n_padding)),
        output(model, short),
        rtol=0,
        atol=TOLERANCE[dtype],
    )


@pytest.mark.parametrize("cls", [cls for cls in ITERATED if cls in ANY_LENGTH])
def test_padding_changes_no_iterated_forecast(cls):
    """A window shorter than those of fit grows, however much padding is before it."""
    X, y = make_windows(cls, length=6, n_features=1, horizon=4)
    model = make(cls, strategy="iterated").fit(X, y)
    short = np.array(X[:5, 2:])
    expected = model.predict(padded(short, 2))  # the length in fit
    for windows in (short, padded(short, 1), padded(short, 9)):
        np.testing.assert_allclose(model.predict(windows), expected, rtol=1e-12)
    lengths = np.concatenate([padded(short, 9), padded(X[5:9], 7)])
    np.testing.assert_allclose(model.predict(lengths)[:5], expected, rtol=1e-12)
    long = np.concatenate([X[:5]] * 2, axis=1)
    np.testing.assert_allclose(
        model.predict(padded(long, 3)), model.predict(long), rtol=1e-12
    )


@any_length
@dtypes
def test_sequences_of_different_lengths_in_one_batch(cls, dtype):
    model, _ = fitted(cls, dtype)
    table = make_series(40, dtype=dtype)
    sequences = [table[i : i + n] for i, n in enumerate([1, 5, 8, 3, 12, 2])]
    together = output(model, pad_sequences(sequences))
    alone = [output(model, sequence[np.newaxis])[0] for sequence in sequences]
    np.testing.assert_allclose(together, alone, rtol=0, atol=TOLERANCE[dtype])


@any_length
@dtypes
def test_padding_in_training_gives_what_short_sequences_give(cls, dtype):
    X, y = make_windows(cls, dtype=dtype)
    # Left to itself, a WaveNet sees back as far as its window is long.
    layers = {"n_layers": 3} if cls.__name__.startswith("WaveNet") else {}
    short = make_exact(cls, **layers).fit(X, y)
    long = make_exact(cls, **layers).fit(padded(X, 3), y)
    np.testing.assert_allclose(
        output(long, X), output(short, X), rtol=0, atol=10 * TOLERANCE[dtype]
    )
    np.testing.assert_allclose(
        short.history_["train_loss"], long.history_["train_loss"], rtol=1e-5
    )


@every
@dtypes
@settings(deadline=None, max_examples=20, database=None)
@given(data=st.data())
def test_batch_mates_do_not_matter(cls, dtype, data):
    model, X = fitted(cls, dtype)
    row = data.draw(st.integers(0, len(X) - 1))
    others = X.copy()
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    others[:] = rng.normal(size=X.shape) * data.draw(st.sampled_from([1, 1e4]))
    for window in others:
        window[: rng.integers(0, 9)] = np.nan
    others[row] = X[row]
    tolerance = {"rtol": 0, "atol": TOLERANCE[dtype]}
    forecast = output(model, X)[row]
    np.testing.assert_allclose(output(model, others)[row], forecast, **tolerance)
    alone = output(model, X[row : row + 1])[0]
    np.testing.assert_allclose(alone, forecast, **tolerance)


@every
@dtypes
def test_a_wholly_padded_window_gives_a_finite_number(cls, dtype):
    model, X = fitted(cls, dtype)
    nothing = np.full_like(X[:2], np.nan)
    forecast = output(model, nothing)
    assert np.isfinite(forecast).all()
    assert forecast.dtype == dtype
    some = output(model, np.concatenate([X[:1], nothing]))
    np.testing.assert_allclose(some[1:], forecast, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("cls", ITERATED)
def test_a_wholly_padded_window_knows_nothing_ahead(cls):
    """An iterated forecast takes the mean for it."""
    X, y = make_windows(cls, length=2, n_features=1, horizon=4)
    known = make_windows(cls, length=2, n_features=1, horizon=4, seed=1)[1]
    X = np.concatenate([X, known[:, np.newaxis].repeat(X.shape[1], axis=1)], axis=2)
    model = make(cls, strategy="iterated", n_known_ahead=1).fit(X, y)
    nothing = np.full_like(X[:1], np.nan)
    forecast = model.predict(nothing)
    assert np.isfinite(forecast).all()
    # By hand: the forecast is the only value seen, beside the means.
    mean, _ = model._moments_
    row = np.array([[[forecast[0, 0], *mean[1:]]]])
    grown = np.concatenate([nothing[:, 1:], row], axis=1)
    np.testing.assert_allclose(model.predict(grown)[0, 0], forecast[0, 1], rtol=1e-9)


@every
def test_training_windows_may_all_be_padding(cls):
    X, y = make_windows(cls)
    nothing = np.full_like(X, np.nan)
    with warnings.catch_warnings():
        # Nothing flows back to layers that see nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = make(cls).fit(nothing, y)
    assert np.isfinite(output(model, nothing)).all()


@pytest.mark.parametrize(
    ("cls", "shape"), [(GRURegressor, (5, 1)), (GRUClassifier, (5,))]
)
def test_a_batch_may_be_padding_alone(cls, shape):
    """It has no target of a step that counts."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5, 1)), rng.integers(2, size=(20, *shape))
    X[3] = np.nan
    model = cls(hidden_size=2, batch_size=1, max_epochs=2, random_state=0).fit(X, y)
    assert np.isfinite(model.history_["train_loss"]).all()


@networks
def test_gradients_are_finite_though_rows_are_padded(cls):
    _, X = fitted(cls)
    model, _ = fitted(cls)
    module = copy.deepcopy(model.net_.module_)
    module.train()
    module(torch.from_numpy(X)).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_padding_is_zero_for_the_dense_network():
    """In training and prediction, and to the last bit."""
    _, X = fitted(DenseRegressor)
    y = np.random.default_rng(0).normal(size=(len(X), 2))
    zeros = np.nan_to_num(X)
    params = {"standardize": False, "hidden_layer_sizes": (6,), "max_epochs": 5}
    first = make(DenseRegressor, **params).fit(X, y)
    second = make(DenseRegressor, **params).fit(zeros, y)
    np.testing.assert_array_equal(first.predict(X), second.predict(zeros))
    np.testing.assert_array_equal(first.predict(X), first.predict(zeros))
    pd.testing.assert_frame_equal(
        first.history_.drop(columns="seconds"), second.history_.drop(columns="seconds")
    )


def test_padding_is_the_mean_for_the_standardised_dense_network():
    """It has no effect on forecasts, nor on any gradient."""
    model, X = fitted(DenseRegressor)
    mean = np.nanmean(X, axis=(0, 1))
    filled = np.where(np.isnan(X), mean, X)
    np.testing.assert_allclose(model.predict(X), model.predict(filled), atol=1e-12)
    gradients = []
    for windows in (X, filled):
        module = copy.deepcopy(model.net_.module_)
        module(torch.from_numpy(windows)).square().sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in module.parameters()]))
    np.testing.assert_allclose(*gradients, atol=1e-12)


@any_length
def test_windows_of_another_length_are_read(cls):
    model, X = fitted(cls)
    whole = X[10:14]
    for windows in (whole[:, -1:], whole[:, 2:], np.concatenate([whole] * 3, axis=1)):
        forecast = output(model, windows)
        assert forecast.shape == output(model, whole).shape
        assert np.isfinite(forecast).all()
    assert (output(model, whole[:, 2:]) != output(model, whole)).any()


@pytest.mark.parametrize("cls", FIXED_LENGTH)
def test_windows_of_another_length_are_refused(cls):
    model, X = fitted(cls)
    with pytest.raises(ValueError, match=r"7 time steps.*fitted on 8"):
        model.predict(X[:, 1:])
    with pytest.raises(ValueError, match=r"10 time steps.*fitted on 8"):
        model.predict(padded(X, 2))


@every
def test_two_dimensions_keep_their_length(cls):
    X, y = make_windows(cls, n_features=1)
    flat = X[:, :, 0]
    model = make(cls).fit(flat, y)
    np.testing.assert_array_equal(output(model, flat), output(model, X))
    np.testing.assert_array_equal(output(make(cls).fit(X, y), X), output(model, X))
    assert model.n_features_in_ == 5
    assert model.window_shape_in_ == (5, 1)
    with pytest.raises(ValueError, match=r"4 features.*expecting 5 features"):
        model.predict(flat[:, 1:])


@networks
def test_a_network_that_is_told_of_padding_computes_the_same(cls):
    model, X = fitted(cls)
    module = model.net_.module_
    x = torch.from_numpy(X).to(next(module.parameters()))
    with torch.no_grad():
        for some in (x, x[6:]):  # without padding too
            expected = module(some)
            with padding_known(True):
                torch.testing.assert_close(module(some), expected)
        with padding_known(False):
            torch.testing.assert_close(module(x[6:]), expected)


SHORTENED = {
    "stride": Conv1DRegressor(cell=None, stride=2, n_conv_layers=2, pooling="concat"),
    "stride, recurrent": Conv1DRegressor(stride=3, dilation=2, normalization="batch"),
    "centred": Conv1DRegressor(cell=None, stride=2, n_conv_layers=3, causal=False),
    "max": WaveNetRegressor(n_filters=4, normalization="batch", pooling="max"),
    "WaveNet": WaveNetClassifier(n_filters=4, normalization="layer"),
    "differences": Conv1DClassifier(n_filters=4, n_conv_layers=2),
    "every": WaveNetRegressor(n_filters=4, supervise="every"),
    "every, known ahead": LSTMRegressor(
        hidden_size=4, supervise="every", n_known_ahead=1, normalization="batch"
    ),
    "labels": Conv1DClassifier(n_filters=4, n_conv_layers=2, causal=False),
    "both ways": GRUClassifier(hidden_size=4, n_layers=2, bidirectional=True),
    "attention": EncoderDecoderRegressor(hidden_size=4, attention=True),
    "tokens": EncoderDecoderClassifier(hidden_size=4, embedding_size=3),
}


@cache
def module_of(name):
    """A fitted module; with tokens, X are such."""
    model, rng = clone(SHORTENED[name]), np.random.default_rng(0)
    X = rng.integers(5, size=(40, 9, 2)).astype(float)
    X = X[:, :, :1] if name == "tokens" else X
    y = X[:, -1, 0] if isinstance(model, NetworkRegressor) else X[:, 0, 0] > 2
    y = X[:, :, 0] > 2 if name == "labels" else y
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # y continues nothing
        model.set_params(max_epochs=2, random_state=0).fit(X, y)
    return model.net_.module_


@pytest.mark.parametrize("name", SHORTENED)
@settings(deadline=None, max_examples=30, database=None)
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    n_more=st.integers(0, 20),
    seed=st.integers(0, 999),
)
def test_steps_that_are_padding_in_all_windows_may_be_left_out(
    name, lengths, n_more, seed
):
    """With the outputs of all steps, and of each sequence by itself."""
    module = module_of(name)
    n_features = 1 if name == "tokens" else 2
    rng = np.random.default_rng(seed)
    x = np.full((len(lengths), 9 + n_more, n_features), np.nan)
    for window, n in zip(x, lengths, strict=True):
        window[len(window) - n :] = rng.integers(5, size=(n, n_features))
    x = torch.from_numpy(x)
    close = partial(torch.testing.assert_close, rtol=0, atol=1e-12)
    with torch.no_grad():
        outputs = module(x)
        close(outputs, module.after_inputs(*module.inputs(x)))
        for window, n, output in zip(x, lengths, outputs, strict=True):
            if n:
                alone = module(window[None, -n:])[0]
                close(output[-n:] if len(alone) == n else output, alone)


class Recorded(Callback):
    """The shapes of the values that a network has got, (batch, length)."""

    def on_train_begin(self, net, **kwargs):
        self.shapes = []
        net.module_.network.register_forward_pre_hook(
            lambda network, args: self.shapes.append(tuple(args[0].shape[:2]))
        )


LENGTHS_READ = pytest.mark.parametrize(
    "cls", [cls for cls in ANY_LENGTH if hasattr(cls, "max_epochs")]
)


@LENGTHS_READ
def test_a_batch_takes_as_long_as_its_longest_sequence(cls):
    """In training, validation and prediction; one step of padding is left."""
    X = np.random.default_rng(0).normal(size=(96, 50, 1))
    X[:, :47] = np.nan
    X[70] = 0.0
    recorded = Recorded()
    model = make(cls, batch_size=4, max_epochs=2, early_stopping=True)
    model.set_params(callbacks=[recorded]).fit(X, targets_for(cls, np.arange(96.0)))
    shapes = [shape for shape in recorded.shapes if shape[0] <= 5]  # of batches
    assert {length for _, length in shapes} == {4, 50}
    assert sum(length == 50 for _, length in shapes) == 2  # once in an epoch
    recorded.shapes.clear()
    output(model, X[:64])
    output(model, X[64:])
    assert recorded.shapes == [(64, 4), (32, 50)]


@pytest.mark.parametrize("cls", [GRURegressor, Conv1DRegressor])
def test_statistics_in_small_batches_are_those_of_all_windows(cls, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(128, 40, 2)) + 2 * rng.normal(size=(128, 1, 2))
    found = []
    for n_steps in (1, 2**20):
        monkeypatch.setattr("skseq.training.batch_norm.SETTLING", n_steps)
        model = cls(normalization="batch", max_epochs=1, random_state=0)
        norm, *_ = batch_norms(model.fit(X, X[:, -1, 0]).net_.module_)
        found.append(norm.running_var)
    torch.testing.assert_close(*found, rtol=1e-6, atol=0)


def test_statistics_of_long_windows_are_settled_in_small_batches():
    """All at once would need gigabytes; one long sequence takes only its own batch."""
    X = np.random.default_rng(0).normal(size=(64, 5000, 1)).astype("float32")
    X[1:, :-9] = np.nan
    recorded = Recorded()
    model = Conv1DClassifier(n_filters=2, n_conv_layers=1, batch_size=64, max_epochs=1)
    model.set_params(callbacks=[recorded]).fit(X, np.arange(64) % 2)
    step, *settling = recorded.shapes
    assert step == (64, 5000)
    assert sorted(settling) == [(32, 10), (32, 5000)]


def test_windows_are_predicted_with_those_of_their_length():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 50, 1))
    lengths = rng.integers(1, 51, 600)
    X[np.arange(50, 0, -1) > lengths[:, np.newaxis]] = np.nan
    recorded = Recorded()
    model = GRUClassifier(hidden_size=4, max_epochs=1, callbacks=[recorded])
    model.fit(X[:50], np.arange(50) % 2)
    expected = [model.predict_proba(some) for some in np.split(X, 3)]  # a batch each
    recorded.shapes.clear()
    np.testing.assert_allclose(
        model.predict_proba(X), np.concatenate(expected), rtol=0, atol=1e-12
    )
    assert sum(n for n, _ in recorded.shapes) == 600
    computed = sum(n * length for n, length in recorded.shapes)
    assert computed < 0.7 * X.size  # a half, if each were by itself
