"""Convolutions: against a plain loop, at every step, behind any padding."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq import (
    Conv1DClassifier,
    Conv1DRegressor,
    WaveNetClassifier,
    WaveNetRegressor,
)
from skseq.networks import Conv1D, ConvStack, Recurrent
from skseq.networks.conv import BatchNorm, Conv
from skseq.networks.padding import observed, strided
from skseq.networks.steps import plan

small = st.integers(1, 4)


def loop(x, weight, bias, stride, dilation, causal=True):
    """Convolve one sequence (steps, n_inputs), the last step first."""
    n_outputs, n_inputs = weight.shape[0], x.shape[1]
    weight = weight.reshape(n_outputs, -1, n_inputs)  # the oldest step first
    n_after = 0 if causal else dilation * (weight.shape[1] - 1) // 2
    outputs = []
    for end in range(len(x) - 1, -1, -stride):
        y = bias.copy()
        for back in range(weight.shape[1]):
            step = end + n_after - back * dilation
            if 0 <= step < len(x):
                y += weight[:, -1 - back] @ x[step]
        outputs.append(y)
    return np.stack(outputs[::-1])


def values(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


class Alone(nn.Module):
    """A convolution as a network: it computes all its steps."""

    def __init__(self, layer, kernel):
        super().__init__()
        self.layer = layer
        self.kernel = kernel

    def forward(self, x, n_padding):
        (steps,) = plan((self.kernel,), x.shape[1], False, x.device)
        return self.layer(x, steps, steps.observed(n_padding))


def exercise(network, n_features=2):
    """Give batch normalisation statistics, and all weights a value; then evaluate."""
    network.double()
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5, generator=generator)
    network(values(6, 9, n_features, seed=5), torch.arange(6))
    return network.eval()


def stack(normalization=None, recurrent=False, stride=1, causal=True):
    convs = ConvStack(2, 4, 3, [1, 2], stride, normalization, causal=causal)
    return exercise(
        Conv1D(convs, Recurrent("GRU", 4, 3, 1, 0.0) if recurrent else None)
    )


@pytest.mark.parametrize("causal", [True, False])
@settings(deadline=None, max_examples=60, database=None)
@given(steps=st.integers(1, 12), kernel_size=small, stride=small, dilation=small)
def test_convolution_is_that_of_a_loop(causal, steps, kernel_size, stride, dilation):
    conv = Conv(2, 3, kernel_size, stride, dilation, causal=causal)
    network = exercise(Alone(conv, conv.kernel))
    x = values(2, steps, 2)
    expected = [
        loop(
            sequence.numpy(),
            conv.linear.weight.detach().numpy(),
            conv.linear.bias.detach().numpy(),
            stride,
            dilation,
            causal,
        )
        for sequence in x
    ]
    states = network(x, None)
    np.testing.assert_allclose(states.detach(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("causal", [True, False])
def test_convolution_is_that_of_torch(causal):
    conv = Conv(2, 3, 5, dilation=2, causal=causal)
    network = exercise(Alone(conv, conv.kernel))
    theirs = nn.Conv1d(2, 3, 5, dilation=2, padding=0 if causal else "same").double()
    with torch.no_grad():
        theirs.weight.copy_(conv.linear.weight.unflatten(1, (5, 2)).mT)
        theirs.bias.copy_(conv.linear.bias)
    x = values(5, 11, 2)
    past = nn.functional.pad(x.mT, (8, 0)) if causal else x.mT
    torch.testing.assert_close(network(x, None), theirs(past).mT)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@settings(deadline=None, max_examples=25, database=None)
@given(steps=st.integers(1, 9), n_padding=st.integers(1, 7), stride=st.integers(1, 3))
def test_padding_gives_what_the_short_sequence_gives(
    normalization, recurrent, causal, steps, n_padding, stride
):
    network = stack(normalization, recurrent, stride, causal)
    short = values(3, steps, 2)
    long = nn.functional.pad(short, (0, 0, n_padding, 0))
    expected = network(short, None)
    states = network(long, torch.full((3,), n_padding))
    n_steps = expected.shape[1]
    torch.testing.assert_close(states[:, -n_steps:], expected, rtol=0, atol=1e-12)
    assert (states[:, :-n_steps] == 0).all()
    counted = strided(torch.tensor(n_padding), long.shape[1], network.stride)
    assert counted == states.shape[1] - n_steps


@pytest.mark.parametrize("pooling", ["mean", "max", "last", "concat"])
def test_padding_with_a_stride_has_no_effect_on_probabilities(pooling):
    X = values(30, 8, 2).numpy()
    y = X[:, :, 0].mean(axis=1) > 0
    padded = np.concatenate([np.full((30, 5, 2), np.nan), X], axis=1)
    model = Conv1DClassifier(
        stride=2, n_conv_layers=2, pooling=pooling, max_epochs=2, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(padded), model.predict_proba(X), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_no_state_sees_what_comes_after_its_step(normalization, recurrent):
    network = stack(normalization, recurrent)
    assert network.causal
    x = values(2, 8, 2)
    before = network(x, None)
    for step in range(8):
        changed = x.clone()
        changed[:, step:] += 1
        after = network(changed, None)
        torch.testing.assert_close(after[:, :step], before[:, :step], rtol=0, atol=0)
        assert (after[:, step] != before[:, step]).any()


@pytest.mark.parametrize("cls", [Conv1DClassifier, WaveNetClassifier])
def test_centred_where_no_label_is_for_a_step(cls):
    X = values(40, 8, 1).numpy()
    model = cls(max_epochs=1, random_state=0).fit(X, X[:, -1, 0] > 0)
    assert not model.net_.module_.network.causal
    layers = [m for m in model.net_.module_.modules() if isinstance(m, Conv)]
    if cls is WaveNetClassifier:
        assert all(m.kernel.n_after == m.kernel.reach / 2 for m in layers)
    model.fit(X, X[:, :, 0] > 0)
    assert model.net_.module_.network.causal
    before = model.predict_proba(X)
    changed = X.copy()
    changed[:, 5:] += 1
    np.testing.assert_array_equal(model.predict_proba(changed)[:, :5], before[:, :5])
    assert (model.predict_proba(changed)[:, 5] != before[:, 5]).any()


@pytest.mark.parametrize("cls", [Conv1DRegressor, WaveNetRegressor])
def test_centred_convolutions_refuse_to_forecast_each_step(cls):
    X = values(40, 8, 1).numpy()
    model = cls(causal=False, max_epochs=1, random_state=0)
    if cls is Conv1DRegressor:
        model.set_params(stride=1)
    assert model.fit(X, X[:, -1, 0]).predict(X).shape == (40,)
    with pytest.raises(ValueError, match="causal"):
        model.fit(X, X)


@pytest.mark.parametrize("length", range(1, 9))
@pytest.mark.parametrize("stride", [2, 3])
def test_a_stride_ends_at_the_last_row(length, stride):
    network = stack(stride=stride)
    x = values(2, length, 2)
    states = network(x, None)
    assert states.shape[1] == -(-length // stride**2)
    changed = x.clone()
    changed[:, -1] += 1
    after = network(changed, None)
    assert (after[:, -1] != states[:, -1]).any()
    torch.testing.assert_close(after[:, :-1], states[:, :-1], rtol=0, atol=0)


def test_batch_norm_is_torchs_on_whole_windows():
    ours, theirs = BatchNorm(3).double(), nn.BatchNorm1d(3).double()
    for seed in range(4):
        x = values(5, 7, 3, seed=seed) * 3 + 2
        torch.testing.assert_close(ours(x, None), theirs(x.mT).mT)
    # torch's running variance is that of a sample, ours that of the batch itself.
    theirs.running_var.lerp_(torch.ones(3, dtype=torch.float64) * 0.9**4, 0.0)
    unbiased = (theirs.running_var - 0.9**4) * 34 / 35 + 0.9**4
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, unbiased)


def test_batch_norm_learns_from_observed_steps_alone():
    x = values(4, 6, 3)
    n_padding = torch.tensor([0, 2, 6, 5])
    garbage = x.clone()
    garbage[1, :2] = garbage[2] = garbage[3, :5] = 1e6
    padded, rows = BatchNorm(3).double(), BatchNorm(3).double()
    out = padded(garbage, observed(garbage, n_padding))
    seen = torch.cat([x[0], x[1, 2:], x[3, 5:]])
    expected = rows(seen[None], None)[0]
    torch.testing.assert_close(out[0], expected[:6])
    torch.testing.assert_close(padded.running_var, rows.running_var)


def test_batch_norm_counts_a_window_as_often_as_it_weighs():
    x, weights = values(3, 4, 2), torch.tensor([1.0, 3.0, 2.0], dtype=torch.float64)
    weighted, repeated = BatchNorm(2).double(), BatchNorm(2).double()
    weighted.window_weights = weights * 7
    out = weighted(x, None)
    twice = repeated(x.repeat_interleave(weights.long(), dim=0), None)
    torch.testing.assert_close(out, twice[[0, 1, 4]])
    torch.testing.assert_close(weighted.running_var, repeated.running_var)


@pytest.mark.parametrize("length", [1, 5])
def test_batch_norm_trains_on_one_window(length):
    X = np.random.default_rng(0).normal(size=(5, length, 1))
    model = Conv1DClassifier(batch_size=1, max_epochs=2, random_state=0)
    model.fit(X, [0, 1, 0, 1, 1])
    assert np.isfinite(model.predict_proba(X)).all()
    variances = [
        part.running_var
        for part in model.net_.module_.modules()
        if isinstance(part, BatchNorm)
    ]
    assert all((var > 0).all() for var in variances)


@pytest.mark.parametrize("weighted", [False, True])
def test_batch_norm_knows_all_training_windows_however_they_are_ordered(weighted):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 3, 1)) + np.linspace(0, 20, 5000)[:, None, None]
    weights = np.linspace(0, 2, 5000) if weighted else None
    model = Conv1DRegressor(normalization="batch", max_epochs=1, random_state=0)
    model.fit(X, X[:, -1, 0], sample_weight=weights)
    first = model.net_.module_.network.convs.convs[0]
    inputs = []
    first.linear.register_forward_hook(lambda *call: inputs.append(call[2]))
    model.predict(X)
    rows = torch.cat(inputs).flatten(0, 1).numpy()
    share = np.repeat(np.ones(5000) if weights is None else weights, len(rows) // 5000)
    mean = np.average(rows, axis=0, weights=share)
    var = np.average((rows - mean) ** 2, axis=0, weights=share)
    found = first.norm.running_mean, first.norm.running_var
    np.testing.assert_allclose(found[0], mean, atol=0.02 * np.sqrt(var).max())
    np.testing.assert_allclose(found[1], var, rtol=0.02)


def test_a_batch_of_padding_alone_does_no_harm():
    norm = BatchNorm(2).double()
    out = norm(values(1, 3, 2), torch.zeros(1, 3, 1, dtype=bool))
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU", None])
def test_any_cell_or_none(cell):
    X = values(40, 10, 2).numpy()
    model = Conv1DRegressor(cell=cell, max_epochs=2, random_state=0).fit(X, X[:, -1])
    assert model.predict(X).shape == (40, 2)


def test_a_stride_refuses_an_output_at_each_step():
    X = values(40, 10, 1).numpy()
    with pytest.raises(ValueError, match=r"supervise='last', set stride=1"):
        Conv1DRegressor().fit(X, X)
    with pytest.raises(ValueError, match=r"whole window, set stride=1"):
        Conv1DClassifier(stride=2).fit(X, X[:, :, 0] > 0)
    model = Conv1DRegressor(stride=1, max_epochs=2, random_state=0).fit(X, X)
    assert model.predict(X).shape == (40, 10, 1)


def test_finds_a_shape_wherever_it_is():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 40)) * 0.3
    y = np.arange(120) % 2
    for window, label, start in zip(X, y, rng.integers(0, 34, 120), strict=True):
        window[start : start + 6] += [1, 2, 3, 0, 0, 0] if label else [3, 2, 1, 0, 0, 0]
    model = Conv1DClassifier(n_filters=16, max_epochs=20, random_state=0)
    assert model.fit(X[:80], y[:80]).score(X[80:], y[80:]) > 0.9


@pytest.mark.parametrize("weighted", [False, True])
def test_batch_statistics_are_those_of_all_training_windows(weighted):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 12, 2)), np.arange(50) % 2
    X[:20, :4] = np.nan
    weights = rng.integers(1, 4, size=50) if weighted else np.ones(50, dtype=int)
    model = Conv1DClassifier(
        n_filters=4, label_smoothing=0, max_epochs=2, random_state=0
    )
    model.fit(X, y, sample_weight=weights if weighted else None)
    module = copy.deepcopy(model.net_.module_)
    # In training a batch is normalised with its own statistics.
    for part in module.modules():
        part.training = not isinstance(part, torch.nn.Dropout)
    logits = module(torch.from_numpy(np.repeat(X, weights, axis=0)))
    expected = torch.softmax(logits[:, 0] if logits.ndim == 3 else logits, dim=-1)
    got = np.repeat(model.predict_proba(X), weights, axis=0)
    np.testing.assert_allclose(got, expected.detach().numpy(), rtol=1e-5)
