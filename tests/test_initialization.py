"""Weights and biases of recurrent layers before training."""

import pytest
import torch
from scipy.stats import kstest

from skseq.networks.cells import Cell
from skseq.networks.recurrent import CELLS, initialize

FEATURES, HIDDEN = 5, 6
NORMALIZATIONS = (None, "layer", "batch")

cells = pytest.mark.parametrize("cell", CELLS)


def torchs(cell, hidden=HIDDEN):
    """Weights and biases of each of two layers."""
    layer = CELLS[cell](FEATURES, hidden, num_layers=2)
    initialize(layer)
    return layer.all_weights


def ours(cell, normalization=None):
    layer = Cell(cell, FEATURES, HIDDEN, 1, normalization=normalization)
    initialize(layer)
    return layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh


def layers(cell):
    """Weights and biases of all layers."""
    return [*torchs(cell), *(ours(cell, norm) for norm in NORMALIZATIONS)]


@cells
def test_weights_are_orthogonal_and_glorots(cell):
    for weight_ih, weight_hh, *_ in layers(cell):
        for gate in weight_hh.split(HIDDEN):
            torch.testing.assert_close(gate @ gate.T, torch.eye(HIDDEN))
        bound = (6 / (weight_ih.shape[1] + HIDDEN)) ** 0.5
        assert 0.5 * bound < weight_ih.abs().max() <= bound


@cells
def test_only_a_layer_that_is_normalised_has_a_bias_of_the_inputs(cell):
    for weights in (*torchs(cell), ours(cell)):
        assert not weights[2].any()
    assert ours(cell, "layer")[2].all()
    assert ours(cell, "batch")[2] is None


@cells
def test_gates_start_at_all_time_scales(cell):
    for *_, bias in layers(cell):
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
    *_, bias = torchs(cell, 999)[0]
    kept = bias.detach()[999 : 2 * 999].sigmoid().numpy()
    assert kstest(kept, "uniform", [0.001, 0.998]).pvalue > 0.001


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_a_single_unit_keeps_half(cell):
    for *_, bias in torchs(cell, 1):
        assert not bias.any()
