"""The torch module of a fitted network, recorded by torch to be used elsewhere."""

import warnings
from functools import cache

import numpy as np
import pytest
import torch
from torch.export import Dim

from skseq import (
    Conv1DRegressor,
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMRegressor,
    ModuleRegressor,
    RNNRegressor,
    WaveNetRegressor,
)
from tests.factories import OwnGRU

models = pytest.mark.parametrize(
    "model",
    [
        RNNRegressor(activation="relu"),
        RNNRegressor(recurrent_dropout=0.2, normalization="batch"),
        LSTMRegressor(bidirectional=True, pooling="concat"),
        LSTMRegressor(recurrent_dropout=0.2, normalization="layer"),
        LSTMRegressor(normalization="batch"),
        GRURegressor(),
        GRURegressor(recurrent_dropout=0.2),
        GRURegressor(normalization="layer"),
        Conv1DRegressor(normalization="batch"),
        WaveNetRegressor(),
        EncoderDecoderRegressor(attention=True),
        ModuleRegressor(module=OwnGRU),
    ],
)


def fitted(model, X, y):
    model.set_params(standardize=False, max_epochs=1, random_state=0)
    return model.fit(X, y).net_.module_


def trace(module, x):
    return torch.jit.trace(module, x)


def export(module, x):
    return torch.export.export(module, (x,)).module()


def export_any_batch(module, x):
    shapes = ({0: Dim("batch")},)
    return torch.export.export(module, (x,), dynamic_shapes=shapes).module()


def record(how, module, X):
    with warnings.catch_warnings():
        # What torch says of its own layers, and that tracing is deprecated.
        warnings.simplefilter("ignore")
        return how(module.eval(), torch.from_numpy(X))


def windows():
    """Short ones: each step of a recurrent network is recorded by itself."""
    return np.random.default_rng(0).normal(size=(20, 4, 2))


@cache
def fitted_and_recorded(model, how):
    X = windows()
    module = fitted(model, X, X[:, -1, 0]).eval()
    return module, record(how, module, X)


@pytest.mark.parametrize("how", [trace, export, export_any_batch])
@models
def test_what_was_recorded_forecasts_other_windows(model, how):
    _, recorded = fitted_and_recorded(model, how)
    X = windows()
    X[::2, :2] = np.nan  # padding, of which there was none
    X = X[::-1] if how is export else X[:-3][::-1]
    x = torch.from_numpy(X.copy())
    with torch.no_grad():
        forecast = recorded(x)
    np.testing.assert_allclose(forecast[:, 0], model.predict(X), rtol=1e-9)
    np.testing.assert_allclose(recorded(x).detach(), forecast, rtol=1e-9)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("targets", ["one", "several", "each step"])
def test_outputs_in_the_units_of_y_are_the_forecasts(targets, early_stopping):
    X = windows()
    y = {"one": X[:, -1, 0], "several": X[:, :2, 0], "each step": X}[targets]
    y = 100 + 5 * y
    model = GRURegressor(max_epochs=1, early_stopping=early_stopping).fit(X, y)
    recorded = record(export_any_batch, model.net_.module_, X)
    with torch.no_grad():
        outputs = recorded(torch.from_numpy(X)).numpy()
    forecasts = outputs * model.y_scale_ + model.y_mean_
    if targets == "one":
        forecasts = forecasts[:, 0]
    np.testing.assert_allclose(model.predict(X), forecasts, rtol=1e-9, strict=True)


@pytest.mark.parametrize("how", [trace, export])
@models
def test_what_was_recorded_has_the_same_gradients(model, how):
    gradients = []
    for one in fitted_and_recorded(model, how):
        x = torch.from_numpy(windows()).requires_grad_()
        wanted = x, *one.parameters()
        gradients.append(torch.autograd.grad(one(x).square().sum(), wanted))
    for ours, recorded in zip(*gradients, strict=True):
        torch.testing.assert_close(recorded, ours)


@models
def test_transforms_of_torch_give_the_same_gradients(model):
    module, _ = fitted_and_recorded(model, trace)
    x = torch.from_numpy(windows())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what torch's own layers are made of
        found = torch.func.grad(lambda x: module(x).square().sum())(x)
    (expected,) = torch.autograd.grad(module(x.requires_grad_()).square().sum(), x)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    "model",
    [
        RNNRegressor(),
        LSTMRegressor(normalization="batch"),
        GRURegressor(normalization="layer"),
        GRURegressor(recurrent_dropout=0.2),
    ],
)
def test_second_derivatives_of_what_was_exported(model):
    X = windows()
    module = fitted(model, X, X[:, -1, 0])
    x = torch.from_numpy(X[:3])
    exported = record(export, module, X[:3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what torch's own layers are made of
        hessian = torch.func.hessian(lambda x: module(x).square().sum())(x)
    expected = torch.autograd.functional.hessian(
        lambda x: exported(x).square().sum(), x
    )
    torch.testing.assert_close(hessian, expected)
    assert torch.autograd.gradgradcheck(exported, x.requires_grad_(), fast_mode=True)


class Gated(torch.nn.Module):
    """A layer in place of torch's, which has other weights, as if quantised."""

    def __init__(self, layer):
        super().__init__()
        self.inside = layer

    def forward(self, x):
        return self.inside(x)


def test_a_layer_may_be_replaced():
    model, X = GRURegressor(), windows()
    module = fitted(model, X, X[:, -1, 0])
    expected = model.predict(X)
    module.network.layers[0] = Gated(module.network.layers[0])
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-9)


@pytest.mark.parametrize("trains", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        GRUClassifier(),
        LSTMRegressor(normalization="batch"),
        RNNRegressor(normalization="layer"),
    ],
)
def test_a_compiled_module_forecasts_many_windows(model, trains):
    """So many that their sums exceed what is allocated anew each time."""
    X = np.random.default_rng(0).normal(size=(120, 5, 2)).astype("float32")
    y = X[:, -1, 0] > 0 if isinstance(model, GRUClassifier) else X[:, -1, 0]
    module = fitted(model, X, y).eval()
    compiled = torch.compile(module, backend="eager")
    x = torch.from_numpy(X)
    with torch.set_grad_enabled(trains):
        for n_windows in (120, 110):
            torch.testing.assert_close(compiled(x[:n_windows]), module(x[:n_windows]))
