"""Encoder-decoder: against loops written out here, and what each option is to do."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score
from torch import nn

from skseq import (
    EncoderDecoderClassifier,
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    pad_sequences,
)
from skseq.networks import LabelDecoder, NumberDecoder

TINY = {"hidden_size": 6, "max_epochs": 2, "random_state": 0}
CELLS = {"RNN": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}
BATCH, LENGTH, HORIZON, KNOWN, STATE, TARGETS = 3, 5, 4, 2, 7, 2


def decoder(**params):
    torch.manual_seed(0)
    sizes = {"state_size": STATE, "hidden_size": 6, "n_layers": 1, "horizon": HORIZON}
    params = {"cell": "GRU", "n_targets": TARGETS, **sizes, **params}
    return NumberDecoder(**params).double().eval()


def states_and_known():
    rng = torch.Generator().manual_seed(1)
    states = torch.randn(BATCH, LENGTH, STATE, generator=rng, dtype=torch.float64)
    known = torch.randn(
        BATCH, LENGTH, HORIZON, KNOWN, generator=rng, dtype=torch.float64
    )
    return states, known


def naive(module, kind, states, known, truth=None):
    """One window, one step, one cell of torch's at a time."""
    cells = []
    for layer in module.layers:
        cells.append(CELLS[kind](layer.input_size, 6).double())
        cells[-1].load_state_dict(layer.state_dict())
    outputs = torch.zeros(BATCH, TARGETS, HORIZON, dtype=torch.float64)
    for i in range(BATCH):
        begin = torch.tanh(module.begin(states[i, -1]))
        parts = begin[None].split(6, dim=1)  # of each layer
        memory = list(parts)
        if kind == "LSTM":
            memory = list(zip(parts[: len(cells)], parts[len(cells) :], strict=True))
        fed = torch.zeros(TARGETS, dtype=torch.float64)
        for step in range(HORIZON):
            hidden = torch.cat([fed, known[i, -1, step]])[None]
            for number, cell in enumerate(cells):
                memory[number] = cell(hidden, memory[number])
                hidden = memory[number][0] if kind == "LSTM" else memory[number]
            hidden = hidden[0]
            if module.attention is not None:
                key = module.attention.to_state.weight
                scores = [torch.dot(s, key @ hidden).exp() for s in states[i]]
                parts = zip(states[i], scores, strict=True)
                context = sum(s * e for s, e in parts) / sum(scores)
                hidden = torch.tanh(module.combine(torch.cat([hidden, context])))
            outputs[i, :, step] = fed = module.out(hidden)
            if truth is not None:
                fed = truth[i, :, step]
    return outputs.flatten(start_dim=1)


@pytest.mark.parametrize("n_layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("attention", [False, True])
def test_decoder_is_the_loop(cell, attention, n_layers):
    params = {"cell": cell, "attention": attention, "n_layers": n_layers}
    module = decoder(**params, n_known=KNOWN)
    states, known = states_and_known()
    torch.testing.assert_close(
        module(states, known, None), naive(module, cell, states, known)
    )


def test_dropout_is_on_states_read_between_layers_and_before_the_output():
    module = decoder(n_layers=3, dropout=0.5)
    shapes = []
    module.dropout.register_forward_hook(lambda *call: shapes.append(call[2].shape))
    states, _ = states_and_known()
    module(states, None, None)
    assert shapes == [states.shape] + 3 * HORIZON * [(BATCH, 6)]


def test_teaching_is_the_loop_over_true_outputs_and_fades_out():
    module = decoder(n_known=KNOWN, teacher_forcing=1.0, n_updates=2)
    states, known = states_and_known()
    truth = torch.randn(BATCH, TARGETS, HORIZON, dtype=torch.float64)
    targets = truth.flatten(start_dim=1)
    free = naive(module, "GRU", states, known)
    taught = naive(module, "GRU", states, known, truth)
    # Outside of training the targets are not even looked at.
    torch.testing.assert_close(module(states, known, None, targets * torch.nan), free)
    module.train()
    torch.testing.assert_close(module(states, known, None), free)
    torch.testing.assert_close(module(states, known, None, targets), taught)
    some = module(states, known, None, targets)
    assert not torch.allclose(some, taught)
    assert not torch.allclose(some, free)
    torch.testing.assert_close(module(states, known, None, targets), free)


def test_share_of_true_inputs_falls_linearly():
    module = LabelDecoder(
        cell="RNN", state_size=1, hidden_size=1, n_layers=1, horizon=101,
        n_classes=3, teacher_forcing=0.8, n_updates=4,
    )  # fmt: skip
    labels = torch.zeros(100, 101, dtype=torch.long)
    torch.manual_seed(0)
    drawn = [module._teach(labels) for _ in range(5)]
    shares = [0.0 if d is None else d[1].double().mean().item() for d in drawn]
    np.testing.assert_allclose(shares, [0.8, 0.6, 0.4, 0.2, 0.0], atol=0.02)


def test_fading_ends_with_the_training():
    X, y = np.random.default_rng(0).normal(size=(2, 50, 4))
    model = EncoderDecoderRegressor(batch_size=16, early_stopping=True, **TINY)
    decoder = model.fit(X, y).net_.module_.head
    assert decoder.update == decoder.n_updates == 2 * 3  # 42 windows are trained on


def test_no_teaching_differs_from_some():
    X, y = np.random.default_rng(0).normal(size=(2, 50, 4))
    predictions = [
        EncoderDecoderRegressor(teacher_forcing=share, **TINY).fit(X, y).predict(X)
        for share in (0.0, 0.5, 0.5)
    ]
    assert not np.allclose(predictions[0], predictions[1])
    np.testing.assert_array_equal(predictions[1], predictions[2])


def test_targets_of_three_dimensions_are_those_of_two_target_by_target():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5, 3)), rng.normal(size=(40, 8, 2))
    model = EncoderDecoderRegressor(dropout=0.2, **TINY).fit(X, y)
    flat = EncoderDecoderRegressor(dropout=0.2, target=[0, 1], **TINY)
    flat.fit(X, y.swapaxes(1, 2).reshape(40, 16))
    assert model.predict(X).shape == y.shape
    for method, shape in (("predict", ()), ("predict_samples", (100,))):
        expected = getattr(flat, method)(X).reshape(40, 2, 8, *shape).swapaxes(1, 2)
        np.testing.assert_array_equal(getattr(model, method)(X), expected)
    mean, std = model.predict(X, return_std=True)
    assert mean.shape == std.shape == y.shape
    assert (std > 0).all()


@pytest.mark.parametrize("shape", [(), (1,), (9,), (9, 1), (2, 3)])
def test_predictions_have_the_shape_of_the_targets(shape):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5, 2)), rng.normal(size=(20, *shape))
    model = EncoderDecoderRegressor(loss="quantile", n_layers=2, **TINY).fit(X, y)
    assert model.predict(X[:4]).shape == (4, *shape)
    quantiles = model.predict_quantiles(X[:4])
    assert quantiles.shape == (4, *shape, 3)
    assert (np.diff(quantiles, axis=-1) >= 0).all()


def test_one_row_in_a_sequence_out():
    """Amplitude and frequency in, the wave out: a linear model can't."""
    rng = np.random.default_rng(0)
    X = rng.uniform([1, 0.3], [2, 0.9], size=(600, 1, 2))
    y = X[:, :, 0] * np.sin(X[:, :, 1] * np.arange(1, 11))
    model = EncoderDecoderRegressor(learning_rate=0.01, random_state=0)
    model.set_params(batch_size=50, max_epochs=30).fit(X[:500], y[:500])
    design = np.c_[X[:, 0], np.ones(len(X))]
    linear = design @ np.linalg.lstsq(design[:500], y[:500], rcond=None)[0]
    errors = [np.mean((p[500:] - y[500:]) ** 2) for p in (model.predict(X), linear)]
    assert errors[0] < 0.1 * errors[1]


def test_each_step_sees_what_is_known_of_it_and_of_steps_before():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3, 1 + 4))  # one variable, and one known 4 steps ahead
    y = X[:, -1, 1:] * 5
    model = EncoderDecoderRegressor(n_known_ahead=1, learning_rate=0.02, random_state=0)
    model.fit(X[:150], y[:150])
    assert model.score(X[150:], y[150:]) > 0.9
    before = model.predict(X)
    for step in range(4):
        changed = X.copy()
        changed[:, -1, 1 + step] += 1
        # The first step's known value is an input of the encoder too.
        moved = np.abs(model.predict(changed) - before).mean(axis=0)
        assert (moved[:step] == 0).all()
        assert moved[step] == moved.max() > 1


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_has_no_effect(cell, attention):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 6, 2)), rng.normal(size=(40, 3))
    model = EncoderDecoderRegressor(cell=cell, attention=attention, n_layers=2, **TINY)
    model.fit(X, y)
    short = X[:, 4:]
    padded = pad_sequences(short, length=6)
    padded[1] = X[1]
    expected = model.predict(short)
    expected[1] = model.predict(X[1:2])[0]
    np.testing.assert_allclose(model.predict(padded), expected, rtol=1e-9)
    if attention:
        weights = model.attention_weights(padded)
        assert (weights[2:, :, :4] == 0).all()
        expected = model.attention_weights(short[2:])
        np.testing.assert_allclose(weights[2:, :, 4:], expected, rtol=1e-9)


def test_attention_weights_are_shares_of_the_window():
    X, y = np.random.default_rng(0).normal(size=(2, 40, 6))
    model = EncoderDecoderRegressor(attention=True, n_members=2, **TINY)
    weights = model.fit(X, y[:, :4]).attention_weights(X)
    assert weights.shape == (40, 4, 6)
    assert (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


def test_nothing_but_padding_is_finite():
    X, y = np.random.default_rng(0).normal(size=(2, 40, 6))
    X = X[:, :, np.newaxis]
    X[0] = np.nan
    model = EncoderDecoderRegressor(attention=True, **TINY).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_draws_of_dropout_differ_at_every_step_and_repeat():
    X, y = np.random.default_rng(0).normal(size=(2, 40, 6))
    model = EncoderDecoderRegressor(dropout=0.3, attention=True, **TINY).fit(X, y)
    samples = model.predict_samples(X, n_samples=20)
    assert samples.shape == (40, 6, 20)
    assert (samples.std(axis=-1) > 0).all()
    np.testing.assert_array_equal(samples, model.predict_samples(X, n_samples=20))


def test_labels_come_out_step_by_step():
    X = np.random.default_rng(0).integers(3, size=(60, 5))
    y = np.array(["no", "yes", "perhaps"])[X[:, :2]]
    model = EncoderDecoderClassifier(embedding_size=4, n_members=2, **TINY).fit(X, y)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, 2, 3)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1)
    best = model.classes_[probabilities.argmax(axis=-1)]
    np.testing.assert_array_equal(model.predict(X), best)
    assert model.attention_weights(X).shape == (60, 2, 5)
    assert model.score(X, best) == 1
    best[0, 1] = "another"
    assert model.score(X, best) == pytest.approx(59 / 60)
    assert model.score(X, best, sample_weight=np.eye(60)[0]) == 0
    one = EncoderDecoderClassifier(embedding_size=4, **TINY).fit(X, y[:, 0])
    assert one.predict(X).shape == (60,)
    assert one.score(X, one.predict(X)) == 1
    assert one.predict_proba(X).shape == (60, 3)


def test_a_column_of_labels_scores_as_one_dimension():
    X = np.random.default_rng(0).integers(3, size=(60, 5))
    y = X[:, 0] > 0
    model = EncoderDecoderClassifier(embedding_size=4, **TINY)
    with pytest.warns(DataConversionWarning, match="column-vector"):
        model.fit(X, y[:, np.newaxis])
    accuracy = accuracy_score(y, model.predict(X))
    assert 0 < accuracy < 1
    assert model.score(X, y) == model.score(X, y[:, np.newaxis]) == accuracy


@pytest.mark.parametrize(
    ("fitted", "given"), [((), (3,)), ((3,), ()), ((3,), (2,)), ((3,), (1,))]
)
def test_labels_of_another_shape_than_the_predicted_are_named(fitted, given):
    X = np.random.default_rng(0).integers(3, size=(20, 5))
    y, other = (np.resize([0, 1], (20, *shape)) for shape in (fitted, given))
    model = EncoderDecoderClassifier(embedding_size=4, **TINY).fit(X, y)
    with pytest.raises(ValueError, match=r"y has shape \(20,.* have shape \(20,"):
        model.score(X, other)


def test_output_weights_are_of_the_targets():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 5, 3)), rng.normal(size=(300, 4, 2))
    y[:] = X[:, -1:, :2]
    model = EncoderDecoderRegressor(output_weights=(1, 0), max_epochs=10)
    model.set_params(learning_rate=0.02, random_state=0).fit(X, y)
    error = np.mean((model.predict(X) - y) ** 2, axis=(0, 1))
    assert error[0] < 0.1 < error[1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"supervise": "every"}, "decoder.* set supervise='last'"),
        ({"strategy": "iterated"}, "decoder.* set strategy='direct'"),
        ({"cell": "gru"}, "cell must be one of"),
        ({"teacher_forcing": 1.5}, "teacher_forcing == 1.5"),
    ],
)
def test_what_can_not_be_is_refused(params, message):
    with pytest.raises(ValueError, match=message):
        EncoderDecoderRegressor(**params).fit(np.ones((9, 4)), np.ones((9, 2)))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
@pytest.mark.parametrize(
    "cls", [EncoderDecoderClassifier, EncoderDecoderRegressor, GRUClassifier]
)
def test_targets_of_different_lengths_are_refused(cls, kind):
    X = np.random.default_rng(0).integers(3, size=(20, 5))
    y = [[1, 2], [1], [2, 1, 1], []] * 5
    y = kind(y, dtype=object) if kind is not list else y
    with pytest.raises(ValueError, match="y holds separate sequences"):
        cls(max_epochs=1).fit(X, y)


def test_texts_that_are_to_be_written_are_not_labels(recwarn):
    texts = [f"no. {i}" for i in range(40)]
    X = np.arange(80.0).reshape(40, 2)
    model = EncoderDecoderClassifier(max_epochs=1, hidden_size=2)
    with pytest.warns(UserWarning, match="40 different texts, .*give their characters"):
        model.fit(X, texts)
    recwarn.clear()
    model.fit(X, np.resize(texts[:20], 40))  # twenty labels
    model.fit(X, np.array([list(text.ljust(6)) for text in texts]))
    assert not recwarn


def test_no_step_of_the_output_is_padding():
    X = np.random.default_rng(0).normal(size=(20, 5, 1))
    X[:9, :2] = np.nan
    with pytest.raises(ValueError, match="y contains NaN: its steps are not those of"):
        EncoderDecoderRegressor(**TINY).fit(X, X)


def test_weights_without_attention_are_refused():
    X, y = np.random.default_rng(0).normal(size=(2, 20, 3))
    with pytest.raises(ValueError, match="fit it with attention=True"):
        EncoderDecoderRegressor(**TINY).fit(X, y).attention_weights(X)


def test_quantiles_of_a_step_come_from_what_is_known_of_it():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3, 1 + 3))
    y = X[:, -1, 1:] * 5
    for cls in (EncoderDecoderRegressor, GRURegressor):
        model = cls(n_known_ahead=1, loss="quantile", max_epochs=15, random_state=0)
        assert model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.9
