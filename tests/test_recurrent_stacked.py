"""Recurrent networks with the weights of many: each does what it does by itself."""

import pytest
import torch
from torch import nn

from skseq.networks import cells
from skseq.networks.compiled import parts
from skseq.networks.dropout import drawing
from skseq.networks.recurrent import Recurrent
from skseq.networks.stack import stacked
from skseq.training.batch_norm import batch_norms, weigh_windows

N_MODELS = 4


@pytest.fixture(autouse=True, params=["numba", "numba on 3 threads", "torch"])
def _seed(request, monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setattr(cells, "USE_NUMBA", request.param != "torch")
    if "threads" in request.param:
        monkeypatch.setattr(parts, "LEAST_WORK", 1)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 3)


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_states_and_gradients_equal_torch_layers_one_by_one(
    kind, bidirectional, padded
):
    """Both layers of each model, with windows of different padding."""
    models = [
        Recurrent(kind, 3, 8, 2, 0.0, 10, bidirectional).double()
        for _ in range(N_MODELS)
    ]
    x = torch.randn(N_MODELS, 5, 10, 3, dtype=torch.float64)
    n_padding = [torch.tensor([0, 1, 3, 10, i]) for i in range(N_MODELS)]
    expected = []
    for model, values, n in zip(models, x, n_padding, strict=True):
        with torch.no_grad():  # torch's own layers
            states = model(values, n if padded else None)
        again = model(values, n if padded else None)
        torch.testing.assert_close(again.detach(), states)
        again.square().sum().backward()
        expected.append(states)
    states, model = _stacked(models, x, n_padding if padded else None)
    torch.testing.assert_close(states, torch.stack(expected))
    _assert_learned(models, model)


@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_masks_are_those_that_each_model_draws_alone(
    kind, bidirectional, normalization
):
    """Between the layers and of the state, for as many windows as it has."""
    options = {"recurrent_dropout": 0.4, "normalization": normalization}
    models = [
        Recurrent(kind, 3, 8, 2, 0.3, 10, bidirectional, **options).double()
        for _ in range(N_MODELS)
    ]
    for model in models:  # gains and biases that differ
        for parameter in model.parameters():
            nn.init.normal_(parameter, parameter.mean().item(), 0.3)
    x = torch.randn(N_MODELS, 5, 10, 3, dtype=torch.float64)
    sizes = torch.tensor([5, 4, 5, 3])
    expected = []
    for seed, (model, values, size) in enumerate(zip(models, x, sizes, strict=True)):
        torch.manual_seed(seed)
        expected.append(model(values[:size], None))
        expected[-1].square().sum().backward()
    generators = [torch.Generator().manual_seed(seed) for seed in range(N_MODELS)]
    with drawing(generators, sizes):
        states, model = _stacked(models, x, None, sizes)
    for each, alone, size in zip(states, expected, sizes, strict=True):
        torch.testing.assert_close(each[:size], alone.detach())
    _assert_learned(models, model)


def _stacked(models, x, n_padding, sizes=None):
    """States of models computed as one, and what computed them, with gradients."""
    model = stacked(models)
    if sizes is not None:
        counts = torch.arange(x.shape[1]) < sizes[:, None]
        weigh_windows(model, counts.flatten())
        for norm in batch_norms(model):  # the models have learned already
            norm.num_batches_tracked.zero_()
    n = None if n_padding is None else torch.cat(n_padding)
    states = model(x.flatten(0, 1), n).unflatten(0, x.shape[:2])
    sizes = [x.shape[1]] * len(models) if sizes is None else sizes
    sum(
        each[:n].square().sum() for each, n in zip(states, sizes, strict=True)
    ).backward()
    return states.detach(), model


def _assert_learned(models, stacked):
    """Gradients, and statistics of batch normalisations."""
    for name, parameter in stacked.named_parameters():
        alone = [model.get_parameter(name).grad for model in models]
        torch.testing.assert_close(parameter.grad, torch.stack(alone))
    for name, statistic in stacked.named_buffers():
        alone = [model.get_buffer(name) for model in models]
        torch.testing.assert_close(statistic, torch.stack(alone))
