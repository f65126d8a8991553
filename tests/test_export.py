"""The torch module of a fitted network, recorded by torch to be used elsewhere."""

import warnings

import numpy as np
import pytest
import torch

from skseq import (
    Conv1DRegressor,
    EncoderDecoderRegressor,
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    WaveNetRegressor,
)


def trace(module, x):
    return torch.jit.trace(module, x)


def export(module, x):
    return torch.export.export(module, (x,)).module()


@pytest.mark.parametrize("record", [trace, export])
@pytest.mark.parametrize(
    "model",
    [
        RNNRegressor(activation="relu"),
        LSTMRegressor(bidirectional=True, pooling="concat"),
        GRURegressor(),
        GRURegressor(recurrent_dropout=0.2),
        LSTMRegressor(recurrent_dropout=0.2, normalization="layer"),
        Conv1DRegressor(normalization="batch"),
        WaveNetRegressor(),
        EncoderDecoderRegressor(attention=True),
    ],
)
def test_what_was_recorded_forecasts_other_windows(model, record):
    X = np.random.default_rng(0).normal(size=(20, 6, 2))
    model.set_params(standardize=False, max_epochs=1, random_state=0)
    module = model.fit(X, X[:, -1, 0]).net_.module_.eval()
    with warnings.catch_warnings():
        # What torch says of its own layers, and that tracing is deprecated.
        warnings.simplefilter("ignore")
        recorded = record(module, torch.from_numpy(X))
    X[::2, :3] = np.nan  # padding, of which there was none
    with torch.no_grad():
        forecast = recorded(torch.from_numpy(X[::-1].copy()))
    np.testing.assert_allclose(forecast[:, 0], model.predict(X[::-1]), rtol=1e-9)
