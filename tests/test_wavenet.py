"""WaveNet: its gated unit, what its states see, and padding."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq import WaveNetRegressor
from skseq.networks import WaveNet
from skseq.networks.wavenet import GatedLayer
from tests.test_conv import Alone, exercise, loop, values


def wavenet(normalization=None, causal=True):
    return exercise(WaveNet(2, 4, 2, (1, 2, 4), normalization, 0.0, causal))


def parameters(conv):
    return conv.linear.weight.detach().numpy(), conv.linear.bias.detach().numpy()


def test_gated_unit_is_the_formula():
    layer = GatedLayer(3, 2, 2, None, 0.0)
    network = exercise(Alone(layer, layer.conv.kernel), n_features=3)
    x = values(1, 7, 3)
    weight, bias = parameters(layer.conv)
    signal = loop(x[0].numpy(), weight[:3], bias[:3], stride=1, dilation=2)
    gate = loop(x[0].numpy(), weight[3:], bias[3:], stride=1, dilation=2)
    unit = np.tanh(signal) / (1 + np.exp(-gate))
    weight, bias = parameters(layer.out)
    np.testing.assert_allclose(
        network(x, None)[0].detach(), unit @ weight.T + bias, rtol=0, atol=1e-12
    )


def test_layers_are_residual_and_all_are_heard():
    network = wavenet()
    x = values(2, 9, 2)
    below = network.first(x)
    skipped = torch.zeros_like(below)
    for layer in network.layers:
        out = Alone(layer, layer.conv.kernel)(below, None)
        below, skipped = below + out, skipped + out
    weight, bias = map(torch.from_numpy, parameters(network.last))
    expected = (skipped.relu() @ weight.mT + bias).relu()
    torch.testing.assert_close(network(x, None), expected)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@settings(deadline=None, max_examples=25, database=None)
@given(steps=st.integers(1, 9), n_padding=st.integers(1, 7))
def test_padding_gives_what_the_short_sequence_gives(
    normalization, causal, steps, n_padding
):
    network = wavenet(normalization, causal)
    short = values(3, steps, 2)
    long = nn.functional.pad(short, (0, 0, n_padding, 0))
    states = network(long, torch.full((3,), n_padding))
    torch.testing.assert_close(
        states[:, n_padding:], network(short, None), rtol=0, atol=1e-12
    )
    assert (states[:, :n_padding] == 0).all()


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_no_output_sees_what_comes_after_its_step(gated, normalization):
    X = values(40, 8, 1).numpy()
    model = WaveNetRegressor(
        gated=gated, normalization=normalization, max_epochs=2, random_state=0
    ).fit(X, X)
    before = model.predict(X)
    for step in range(8):
        changed = X.copy()
        changed[:, step:] += 1
        after = model.predict(changed)
        np.testing.assert_array_equal(after[:, :step], before[:, :step])
        assert (after[:, step] != before[:, step]).any()


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize(
    ("kernel_size", "n_layers", "n_blocks"),
    [(2, 3, 1), (2, 2, 2), (3, 2, 1), (4, 1, 3)],
)
def test_receptive_field_is_what_changes_the_forecast(
    gated, kernel_size, n_layers, n_blocks
):
    X = values(60, 20, 1).numpy()
    model = WaveNetRegressor(
        kernel_size=kernel_size,
        n_layers=n_layers,
        n_blocks=n_blocks,
        gated=gated,
        max_epochs=1,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="receptive field"):
        model.fit(X, X[:, -1])
    before = model.predict(X)
    seen = []
    for back in range(20):
        changed = X.copy()
        changed[:, -1 - back] += 10
        seen.append((model.predict(changed) != before).any())
    assert seen == [back < model.receptive_field_ for back in range(20)]
    assert model.receptive_field_ == 1 + n_blocks * (kernel_size - 1) * (
        2**n_layers - 1
    )


@pytest.mark.parametrize("length", [1, 2, 9, 17, 56])
@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("n_blocks", [1, 2])
def test_as_many_layers_as_cover_the_window_and_no_more(length, kernel_size, n_blocks):
    X = values(6, length, 1).numpy()
    model = WaveNetRegressor(
        n_filters=8, kernel_size=kernel_size, n_blocks=n_blocks, max_epochs=1
    ).fit(X, X[:, 0])  # without a warning
    # Exactly, unless the steps that all layers see back have no such sum.
    unit = n_blocks * (kernel_size - 1)
    assert length <= model.receptive_field_ < max(length, 2) + unit
    assert (model.receptive_field_ - 1) % unit == 0
    n_layers = len(model.net_.module_.network.layers) // n_blocks
    if n_layers > 1:
        model.set_params(n_layers=n_layers - 1)
        with pytest.warns(UserWarning, match="shorter than the window"):
            model.fit(X, X[:, 0])


def test_a_kernel_of_one_step_never_covers_a_window():
    X = values(20, 4, 1).numpy()
    with pytest.raises(ValueError, match="kernel_size=1"):
        WaveNetRegressor(kernel_size=1).fit(X, X[:, -1])


def test_every_parameter_is_learned():
    """No layer hangs where nothing reads it."""
    X = values(40, 9, 2).numpy()
    model = WaveNetRegressor(max_epochs=2, random_state=0).fit(X, X[:, -1, 0])
    layers = model.history_.filter(like="gradient_norm ")
    assert layers.shape[1] >= 2 * len(model.net_.module_.network.layers)
    assert (layers > 0).all(axis=None)


def test_hears_what_happened_at_the_start_of_the_window():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 16)) * 0.2
    X[:, 0] = rng.choice([-1, 1], size=300)
    model = WaveNetRegressor(max_epochs=20, learning_rate=0.01, random_state=0)
    model.fit(X[:200], X[:200, 0])
    assert model.score(X[200:], X[200:, 0]) > 0.9
