"""One pass along a series gives what one over each of its windows gives."""

import gc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq import Conv1DRegressor, GRURegressor, WaveNetClassifier, WaveNetRegressor
from skseq.networks import Conv1D, WaveNet
from skseq.windows import sliding_windows

# Networks of two or three filters, trained for one epoch: what they learn is no matter.
pytestmark = [
    # Targets are noise, which continues nothing.
    pytest.mark.filterwarnings("ignore:y does not continue"),
    pytest.mark.filterwarnings("ignore:The gradient vanished"),
    pytest.mark.filterwarnings("ignore:The receptive field"),
]

N_STEPS, N_KNOWN, HORIZON = 90, 2, 3


def make_windows(length, n_features, n_padded=0, seed=0):
    series = np.random.default_rng(seed).normal(size=(N_STEPS, n_features))
    series[:n_padded] = np.nan
    return sliding_windows(series, length)


def rows_seen(model, windows):
    """Time steps that pass through the first layer in a prediction."""
    seen = []
    first = next(m for m in model.net_.module_.modules() if isinstance(m, nn.Linear))
    hook = first.register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0].shape[:-1].numel())
    )
    model.predict(windows)
    hook.remove()
    return sum(seen)


@given(
    kernel_size=st.integers(2, 3),
    n_layers=st.integers(1, 4),
    n_blocks=st.integers(1, 2),
    gated=st.booleans(),
    normalization=st.sampled_from([None, "layer", "batch"]),
    length=st.integers(2, 40),
    n_padded=st.integers(0, 50),
    known=st.booleans(),
    supervise=st.sampled_from(["last", "every"]),
)
@settings(max_examples=25, deadline=None)
def test_views_are_predicted_as_their_copies(
    kernel_size,
    n_layers,
    n_blocks,
    gated,
    normalization,
    length,
    n_padded,
    known,
    supervise,
):
    model = WaveNetRegressor(
        n_filters=3,
        kernel_size=kernel_size,
        n_layers=n_layers,
        n_blocks=n_blocks,
        gated=gated,
        normalization=normalization,
        supervise=supervise,
        target=0,
        n_known_ahead=N_KNOWN * known,
        max_epochs=1,
        random_state=0,
    )
    windows = make_windows(length, 1 + N_KNOWN * HORIZON, n_padded)
    y = np.random.default_rng(1).normal(size=(len(windows), HORIZON))
    model.fit(windows[-40:], y[-40:])
    found, expected = model.predict(windows), model.predict(windows.copy())
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@given(
    kernel_size=st.integers(1, 4),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    n_conv_layers=st.integers(1, 3),
    normalization=st.sampled_from([None, "layer", "batch"]),
    length=st.integers(2, 40),
    n_padded=st.integers(0, 50),
)
@settings(max_examples=25, deadline=None)
def test_strides_along_the_series_are_those_of_each_window(length, n_padded, **params):
    model = Conv1DRegressor(
        n_filters=3, cell=None, max_epochs=1, random_state=0, **params
    )
    windows = make_windows(length, 2, n_padded)
    y = np.random.default_rng(1).normal(size=len(windows))
    model.fit(windows[-40:], y[-40:])
    found, expected = model.predict(windows), model.predict(windows.copy())
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_strided_convolutions_are_computed_once_along_the_series():
    windows = make_windows(length=16, n_features=1)
    model = Conv1DRegressor(
        cell=None, stride=2, n_conv_layers=2, max_epochs=1, random_state=0
    )
    model.fit(windows, windows[:, -1, 0])
    assert model.net_.module_.network.receptive_field == 1 + 3 + 2 * 3
    assert rows_seen(model, windows) < 2 * N_STEPS


@pytest.mark.parametrize("length", [2, 13, 16])
def test_each_layer_is_computed_once_along_the_series(length):
    windows = make_windows(length, n_features=1)
    y = windows[:, -1, 0]
    model = WaveNetRegressor(n_filters=3, max_epochs=1, random_state=0).fit(windows, y)
    assert model.receptive_field_ == length
    expected = model.predict(windows.copy())
    np.testing.assert_allclose(model.predict(windows), expected, rtol=1e-10)
    assert rows_seen(model, windows) == N_STEPS
    assert rows_seen(model, windows.copy()) == windows.size
    assert rows_seen(model, windows[::2]) == windows[::2].size  # no run of one series


def test_padded_windows_are_computed_by_themselves():
    windows = make_windows(length=16, n_features=1, n_padded=5)
    model = WaveNetRegressor(n_filters=3, max_epochs=1, random_state=0)
    model.fit(windows[5:], windows[5:, -1, 0])
    assert rows_seen(model, windows) == 5 * 16 + N_STEPS - 5


MORE_THAN_THE_LAST_STEPS = [
    WaveNetRegressor(n_layers=5),  # sees 32 steps: zeros in a window of 16
    WaveNetRegressor(pooling="mean"),
    WaveNetRegressor(causal=False),
    WaveNetRegressor(strategy="iterated", target=0),
    Conv1DRegressor(),
    GRURegressor(),
]


@pytest.mark.parametrize("model", MORE_THAN_THE_LAST_STEPS, ids=str)
def test_windows_that_must_be_computed_by_themselves(model):
    windows = make_windows(length=16, n_features=1)
    model.set_params(max_epochs=1, random_state=0).fit(windows, windows[:, -1, 0])
    np.testing.assert_allclose(
        model.predict(windows), model.predict(windows.copy()), rtol=1e-12
    )


@pytest.mark.parametrize("axes", [2, (0, 1)], ids=["variables", "time"])
def test_what_is_turned_round_is_predicted_as_its_copy(axes):
    windows = make_windows(length=16, n_features=2)
    model = WaveNetRegressor(n_filters=3, max_epochs=1, random_state=0)
    model.fit(windows, windows[:, -1, 0])
    view = np.flip(windows, axes)
    expected = model.predict(view.copy())
    np.testing.assert_allclose(model.predict(view), expected, rtol=1e-10)
    assert rows_seen(model, view) == N_STEPS


def test_windows_of_one_step_may_be_padding():
    windows = np.random.default_rng(0).normal(size=(40, 1, 2))
    windows[5] = np.nan
    model = Conv1DRegressor(
        cell=None, kernel_size=1, n_filters=3, max_epochs=1, random_state=0
    )
    model.fit(windows, np.arange(40.0))
    found = model.predict(windows)
    np.testing.assert_allclose(found[5:6], model.predict(windows[5:6]))
    np.testing.assert_allclose(found[6:7], model.predict(windows[6:7]))


def test_classes_by_the_last_step():
    windows = make_windows(length=16, n_features=1)
    model = WaveNetClassifier(
        n_filters=3,
        kernel_size=2,
        causal=True,
        pooling="last",
        differences=False,
        max_epochs=1,
        random_state=0,
    )
    model.fit(windows, windows[:, -1, 0] > 0)
    assert rows_seen(model, windows) == N_STEPS
    np.testing.assert_allclose(
        model.predict_proba(windows), model.predict_proba(windows.copy()), rtol=1e-10
    )


def test_chunks_join():
    """More windows than one pass takes at once."""
    series = np.random.default_rng(0).normal(size=(5000, 1))
    windows = sliding_windows(series, 8)
    model = WaveNetRegressor(n_filters=2, max_epochs=1, random_state=0)
    model.fit(windows[:50], windows[:50, -1, 0])
    np.testing.assert_allclose(
        model.predict(windows), model.predict(windows.copy()), rtol=1e-10, atol=1e-12
    )


def test_forecasts_of_any_number_of_windows_take_no_more_memory():
    """Each length of a pass has a plan of its own."""

    def bytes_kept():
        gc.collect()
        tensors = [t for t in gc.get_objects() if type(t) is torch.Tensor]
        return sum(tensor.nbytes for tensor in tensors)

    windows = sliding_windows(np.random.default_rng(0).normal(size=(2000, 1)), 64)
    model = WaveNetRegressor(n_filters=2, max_epochs=1, random_state=0)
    model.fit(windows[:50], windows[:50, -1, 0])
    kept = []
    for n_windows in range(1801, 1861):
        model.predict(windows[:n_windows])
        kept.append(bytes_kept())
    assert kept[-1] < 1.05 * kept[20]


@pytest.mark.parametrize(
    ("family", "regressor"), [(WaveNet, WaveNetRegressor), (Conv1D, Conv1DRegressor)]
)
def test_a_forward_that_sees_the_whole_window(family, regressor):
    class Network(family):
        def forward(self, x, n_padding, only_last=False):
            return super().forward(x, n_padding) + x.mean((1, 2), keepdim=True)

    class Regressor(regressor):
        def _build(self, length, n_features):
            network = super()._build(length, n_features)
            network.__class__ = Network
            return network

    windows = make_windows(16, 1)
    params = {"cell": None} if family is Conv1D else {"n_layers": 2, "n_blocks": 1}
    model = Regressor(max_epochs=1, random_state=0, **params)
    model.fit(windows, windows[:, -1, 0])
    np.testing.assert_allclose(
        model.predict(windows), model.predict(windows.copy()), rtol=1e-6
    )
