"""Weights and biases of recurrent layers before training."""

import pytest
import torch
from scipy.stats import kstest

from skseq.networks.cells import Cell
from skseq.networks.recurrent import CELLS, initialize

FEATURES, HIDDEN = 5, 6

cells = pytest.mark.parametrize("cell", CELLS)


def torchs(cell, hidden=HIDDEN):
    layer = CELLS[cell](FEATURES, hidden)
    initialize(layer)
    return layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0


def ours(cell, normalization=None):
    layer = Cell(cell, FEATURES, HIDDEN, 1, normalization=normalization)
    initialize(layer)
    return layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh


@cells
def test_weights_are_orthogonal_and_glorots(cell):
    for weight_ih, weight_hh, *_ in (torchs(cell), ours(cell), ours(cell, "batch")):
        for gate in weight_hh.split(HIDDEN):
            torch.testing.assert_close(gate @ gate.T, torch.eye(HIDDEN))
        bound = (6 / (FEATURES + HIDDEN)) ** 0.5
        assert 0.5 * bound < weight_ih.abs().max() <= bound


@cells
def test_only_a_layer_that_is_normalised_has_a_bias_of_the_inputs(cell):
    assert not torchs(cell)[2].any()
    assert not ours(cell)[2].any()
    assert ours(cell, "layer")[2].all()
    assert ours(cell, "batch")[2] is None


@cells
def test_gates_start_at_all_time_scales(cell):
    for *_, bias in (torchs(cell), *(ours(cell, n) for n in (None, "layer", "batch"))):
        gates = [gate.detach().sigmoid() for gate in bias.split(HIDDEN)]
        if len(gates) > 1:
            kept = gates.pop(1)  # torch's second one is that which keeps the state
            low, high = 1 / (HIDDEN + 1), HIDDEN / (HIDDEN + 1)
            assert low <= kept.min() < kept.max() <= high
            if len(gates) == 3:
                torch.testing.assert_close(gates.pop(0), 1 - kept)
        assert all((gate == 0.5).all() for gate in gates)


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_the_share_of_the_state_that_is_kept_is_uniform(cell):
    torch.manual_seed(0)
    bias = torchs(cell, 999)[-1].detach()
    kept = bias[999 : 2 * 999].sigmoid().numpy()
    assert kstest(kept, "uniform", [0.001, 0.998]).pvalue > 0.001


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_a_single_unit_keeps_half(cell):
    assert not torchs(cell, 1)[-1].any()
