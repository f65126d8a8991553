"""Recurrent networks under torch.vmap: many as one are what each is by itself."""

import pytest
import torch
from torch.func import functional_call, stack_module_state

from skseq.networks import cells
from skseq.networks.recurrent import Recurrent

N_MODELS = 4


@pytest.fixture(autouse=True, params=["numba", "torch"])
def _seed(request, monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setattr(cells, "USE_NUMBA", request.param == "numba")


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
    gradients = [
        torch.stack(parameters)
        for parameters in zip(
            *([p.grad for p in model.parameters()] for model in models), strict=True
        )
    ]

    base = models[0]
    base.stacked = True
    values = {
        name: value.detach().requires_grad_()
        for name, value in stack_module_state(models)[0].items()
    }
    n = torch.stack(n_padding)
    states = torch.vmap(
        lambda values, x, n: functional_call(base, values, (x, n if padded else None))
    )(values, x, n)
    states.square().sum().backward()
    torch.testing.assert_close(states.detach(), torch.stack(expected))
    for value, gradient in zip(values.values(), gradients, strict=True):
        torch.testing.assert_close(value.grad, gradient)
