"""Which steps convolutions compute: those that the last needs give the same state."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skseq import Conv1DRegressor, GRURegressor, WaveNetRegressor
from skseq.networks import Conv1D, ConvStack, WaveNet
from skseq.networks.steps import Kernel, plan
from tests.test_conv import values

CPU = torch.device("cpu")
small = st.integers(1, 4)


def count(kernels, length):
    return [len(steps.time) for steps in plan(kernels, length, True, CPU)]


def test_doubling_dilations_need_half_as_many_steps_from_layer_to_layer():
    kernels = tuple(Kernel(2, dilation=2**i) for i in range(6))
    assert count(kernels, 64) == [32, 16, 8, 4, 2, 1]


def test_steps_are_those_of_a_walk_from_the_last():
    kernels = Kernel(3, 2, 1, n_after=1), Kernel(2, 1, 3), Kernel(2, 2, 2)
    needed, expected = {0}, []
    n_steps = [11, 6, 6, 3]  # a stride keeps the last step
    for kernel, n_below in zip(kernels[::-1], n_steps[-2::-1], strict=True):
        expected.append(len(needed))
        ends = [kernel.stride * step for step in needed]
        seen = {
            end + kernel.n_after - tap * kernel.dilation
            for end in ends
            for tap in range(kernel.size)
        }
        needed = {step for step in {*seen, *ends} if -n_below < step <= 0}
    assert count(kernels, 11) == expected[::-1]


@pytest.mark.parametrize("kind", ["WaveNet", "Conv1D"])
@settings(deadline=None, max_examples=60, database=None)
@given(
    length=st.integers(1, 20),
    kernel_size=small,
    dilations=st.lists(small, min_size=1, max_size=3),
    stride=small,
    causal=st.booleans(),
    n_padding=st.none() | st.integers(0, 20),
)
def test_last_state_is_that_of_all_steps(
    kind, length, kernel_size, dilations, stride, causal, n_padding
):
    sizes = 2, 3, kernel_size, dilations
    if kind == "WaveNet":
        network = WaveNet(*sizes, None, 0.0, causal)
    else:
        network = Conv1D(ConvStack(*sizes, stride, causal=causal))
    network.double()
    x = values(3, length, 2)
    if n_padding is not None:
        n_padding = torch.tensor([0, min(n_padding, length), length])
        x = x * (torch.arange(length) >= n_padding[:, None])[:, :, None]
    found = []
    for states in (
        network(x, n_padding)[:, -1:],
        network(x, n_padding, only_last=True),
    ):
        loss = states.square().sum()
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        found.append((states, *gradients))
    for expected, value in zip(*found, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (WaveNetRegressor(), 1),
        (WaveNetRegressor(gated=False), 1),
        (Conv1DRegressor(cell=None, stride=1), 1),
        (WaveNetRegressor(normalization="batch"), 8),  # its statistics are of all steps
        (WaveNetRegressor(pooling="mean"), 8),
        (WaveNetRegressor(supervise="every", target=0), 8),
        (Conv1DRegressor(normalization="batch"), 1),
        (GRURegressor(recurrent_dropout=0.1), 1),
        (GRURegressor(pooling="max"), 8),
        (GRURegressor(bidirectional=True), 8),
    ],
)
def test_networks_compute_the_states_that_are_read(model, expected):
    X = np.random.default_rng(0).normal(size=(20, 8, 2)).astype("float32")
    y = X[:, :1, 0] if model.supervise == "every" else X[:, 0, 0]
    model.set_params(max_epochs=1, random_state=0).fit(X, y)
    module = model.net_.module_
    states, *_ = module.encode(torch.from_numpy(X).repeat(1000, 1, 1))
    assert states.shape[1] == expected


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:FutureWarning")
@pytest.mark.parametrize("made_in", ["inference", "export", "trace"])
def test_a_plan_serves_after_what_it_was_made_for(made_in):
    X = np.random.default_rng(0).normal(size=(20, 9, 1)).astype("float32")
    model = WaveNetRegressor(n_layers=4, max_epochs=1, random_state=0)
    module = model.fit(X, X[:, 0, 0]).net_.module_.eval()
    length = {"inference": 8, "export": 7, "trace": 6}[made_in]  # not yet seen
    x = torch.from_numpy(X[:, :length])
    if made_in == "inference":
        with torch.inference_mode():
            expected = module(x)
    elif made_in == "export":
        expected = torch.export.export(module, (x,)).module()(x)
    else:
        expected = torch.jit.trace(module, x)(x)
    forecast = module(x)
    forecast.sum().backward()
    torch.testing.assert_close(forecast, expected)
