"""Recurrent cells: against torch's layers, plain formulas, and numerical gradients."""

import copy
import gc
import pickle

import pytest
import torch
from torch import nn

from skseq.networks import cells
from skseq.networks.cells import Cell
from skseq.networks.recurrent import initialize

KINDS = ("RNN", "LSTM", "GRU")
NORMALIZATIONS = (None, "layer", "batch")
BATCH, LENGTH, FEATURES, HIDDEN = 5, 7, 3, 4
EPS = 1e-5

kinds = pytest.mark.parametrize("kind", KINDS)
normalizations = pytest.mark.parametrize("normalization", NORMALIZATIONS)


@pytest.fixture(autouse=True, params=["numba", "torch"])
def _steps_by(request, monkeypatch):
    """Time steps compiled by numba, and without it."""
    monkeypatch.setattr(cells, "USE_NUMBA", request.param == "numba")


def make(kind, normalization=None, dtype=torch.float64, **options):
    """A cell whose every parameter is random."""
    torch.manual_seed(0)
    cell = Cell(
        kind, FEATURES, HIDDEN, LENGTH, normalization=normalization, **options
    ).to(dtype)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.normal_()
    return cell


def values(dtype=torch.float64, batch=BATCH, length=LENGTH):
    return torch.randn(batch, length, FEATURES, dtype=dtype)


# --- against torch's own layers ----------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "activation"),
    [("RNN", "tanh"), ("RNN", "relu"), ("LSTM", "tanh"), ("GRU", "tanh")],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_options_the_cell_is_torchs(kind, activation, dtype):
    cell = make(kind, dtype=dtype, activation=activation)
    with torch.no_grad():  # so that relu does not explode
        cell.weight_hh *= 0.3
    options = {"nonlinearity": activation} if kind == "RNN" else {}
    layer = getattr(nn, kind)(FEATURES, HIDDEN, batch_first=True, **options).to(dtype)
    layer.load_state_dict({f"{n}_l0": p for n, p in cell.state_dict().items()})
    x = values(dtype)
    seen = []
    for module in (cell, layer):
        inputs = x.clone().requires_grad_()
        states = module(inputs)
        states = states if module is cell else states[0]
        weights = torch.linspace(-1, 1, states.numel()).view_as(states)
        (states * weights).sum().backward()
        named = {n.removesuffix("_l0"): p.grad for n, p in module.named_parameters()}
        seen.append({"states": states.detach(), "x": inputs.grad, **named})
    for name, ours in seen[0].items():
        torch.testing.assert_close(ours, seen[1][name], rtol=1e-6, atol=1e-6, msg=name)


# --- against plain formulas ---------------------------------------------------------


def normalized(a, axis, gain):
    """Rows of windows (batch, units): over a window's units, or over the windows."""
    mean = a.mean(axis, keepdim=True)
    variance = a.var(axis, keepdim=True, unbiased=False)
    return gain * (a - mean) / (variance + EPS).sqrt()


def reference(cell, x, normalization, mask=1.0, activation=torch.tanh):
    """States by the formulas of the papers, one step after the other."""
    axis = {"layer": 1, "batch": 0, None: None}[normalization]

    def norm(a, module):
        return a if axis is None else normalized(a, axis, module.weight)

    h = c = x.new_zeros(len(x), HIDDEN)
    states = []
    for t in range(x.shape[1]):
        bias = 0 if normalization == "batch" else cell.bias_ih
        inputs = norm(x[:, t] @ cell.weight_ih.T + bias, cell.norm_input)
        product = norm(h * mask @ cell.weight_hh.T, cell.norm_state) + cell.bias_hh
        if cell.kind == "RNN":
            h = activation(inputs + product)
        elif cell.kind == "LSTM":
            i, f, g, o = (inputs + product).chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            out = c
            if axis is not None:
                out = norm(c, cell.norm_memory) + cell.bias_memory
            h = o.sigmoid() * out.tanh()
        else:
            r, z = (inputs + product)[:, : 2 * HIDDEN].sigmoid().chunk(2, dim=1)
            n = (inputs[:, 2 * HIDDEN :] + r * product[:, 2 * HIDDEN :]).tanh()
            h = (1 - z) * n + z * h
        states.append(h)
    return torch.stack(states, dim=1)


@kinds
@normalizations
def test_states_and_gradients_of_the_formulas(kind, normalization):
    cell, x = make(kind, normalization), values()
    weights = torch.randn(BATCH, LENGTH, HIDDEN, dtype=x.dtype)
    seen = []
    for run in (cell, lambda x: reference(cell, x, normalization)):
        cell.zero_grad()
        inputs = x.clone().requires_grad_()
        states = run(inputs)
        (states * weights).sum().backward()
        gradients = [p.grad.clone() for p in cell.parameters()]
        seen.append([states.detach(), inputs.grad, *gradients])
    for ours, theirs in zip(*seen, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-9)


@kinds
@normalizations
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("n_padding", [None, [0, 3, 1, 0, 7]])
def test_gradients_are_the_numerical_ones(kind, normalization, training, n_padding):
    cell, x = make(kind, normalization), values()
    if n_padding is not None:
        n_padding = torch.tensor(n_padding)
    cell(x)  # some running statistics
    cell.train(training)
    observed = torch.ones(BATCH, LENGTH, dtype=x.dtype)
    if n_padding is not None:
        observed *= torch.arange(LENGTH) < LENGTH - n_padding[:, None]
    parameters = dict(cell.named_parameters())

    def states(x, *tensors):
        named = dict(zip(parameters, tensors, strict=True))
        states = torch.func.functional_call(cell, named, (x, n_padding))
        return states * observed[:, :, None]

    tensors = [p.detach().requires_grad_() for p in parameters.values()]
    assert torch.autograd.gradcheck(
        states, (x.requires_grad_(), *tensors), fast_mode=True
    )


@kinds
@normalizations
def test_gradients_of_a_last_state_and_of_a_second_pass(kind, normalization):
    cell, x = make(kind, normalization), values()
    loss = cell(x)[:, -1].square().sum()
    first = torch.autograd.grad(loss, cell.weight_hh, retain_graph=True)[0]
    second = torch.autograd.grad(loss, cell.weight_hh)[0]
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    direct = reference(cell, x, normalization)[:, -1].square().sum()
    expected = torch.autograd.grad(direct, cell.weight_hh)[0]
    torch.testing.assert_close(first, expected, rtol=1e-8, atol=1e-9)


@kinds
@normalizations
@pytest.mark.parametrize("learns", [True, False])
def test_second_derivatives_are_refused(kind, normalization, learns):
    """Also where torch would have taken them for zero."""
    cell, x = make(kind, normalization), values().requires_grad_()
    cell.requires_grad_(learns)
    with pytest.raises(RuntimeError, match="first derivatives only"):
        torch.autograd.grad(cell(x).sum(), x, create_graph=True)


# --- dropout of the state ------------------------------------------------------------


@kinds
@normalizations
def test_one_mask_a_sequence(kind, normalization, monkeypatch):
    cell, x = make(kind, normalization, recurrent_dropout=0.5), values()
    drawn = []

    def draw(x):
        drawn.append(type(cell)._draw_mask(cell, x))
        return drawn[-1]

    monkeypatch.setattr(cell, "_draw_mask", draw)
    states = cell(x)
    (mask,) = drawn  # drawn once, and the same at all steps
    assert set(mask.unique().tolist()) == {0.0, 2.0}
    assert mask.shape == (BATCH, HIDDEN)
    expected = reference(cell, x, normalization, mask)
    torch.testing.assert_close(states, expected, rtol=1e-9, atol=1e-9)


@kinds
def test_masks_differ_between_sequences_and_passes(kind):
    cell = make(kind, recurrent_dropout=0.5)
    x = values(batch=1).expand(64, -1, -1)
    first, second = cell(x), cell(x)
    assert len(first[:, -1].unique(dim=0)) > 8
    assert not torch.equal(first, second)
    torch.testing.assert_close(first[:, 0], second[:, 0])  # no state enters step one
    cell.eval()
    torch.testing.assert_close(cell(x), cell(x), rtol=0, atol=0)
    assert len(cell(x)[:, -1].unique(dim=0)) == 1


def test_share_of_dropped_units():
    cell = make("GRU", recurrent_dropout=0.25)
    mask = cell._draw_mask(torch.zeros(1, 20_000, 1, dtype=torch.float64))
    assert (mask == 0).double().mean() == pytest.approx(0.25, abs=0.01)
    assert mask.mean() == pytest.approx(1, abs=0.01)


# --- time -----------------------------------------------------------------------------


@kinds
@normalizations
@pytest.mark.parametrize("training", [True, False])
def test_states_see_nothing_of_later_steps(kind, normalization, training):
    cell, x = make(kind, normalization), values()
    cell.train(training)
    before = copy.deepcopy(cell)(x)
    for t in range(LENGTH):
        changed = x.clone()
        changed[:, t] += 1 + torch.rand(BATCH, FEATURES, dtype=x.dtype)
        after = copy.deepcopy(cell)(changed)
        assert torch.equal(after[:, :t], before[:, :t])
        assert not torch.equal(after[:, t], before[:, t])


@kinds
@normalizations
def test_padding_at_the_end_has_no_effect(kind, normalization):
    cell, x = make(kind, normalization), values()
    n_padding = torch.tensor([2, 0, 7, 5, 0])
    cell(x, n_padding)
    junk = x.clone()
    for i, n in enumerate(n_padding.tolist()):
        junk[i, LENGTH - n :] = 1e3
    cell.eval()
    with torch.no_grad():
        states, other = cell(x, n_padding), cell(junk, n_padding)
        for i, n in enumerate(n_padding.tolist()):
            if n == LENGTH:
                continue
            alone = cell(x[i : i + 1, : LENGTH - n])[0]
            torch.testing.assert_close(states[i, : LENGTH - n], alone)
            assert torch.equal(other[i, : LENGTH - n], states[i, : LENGTH - n])


# --- statistics of batch normalisation ---------------------------------------------


@kinds
def test_padded_steps_are_in_no_statistics(kind):
    short, x = values(batch=BATCH - 2), values()
    x[: BATCH - 2] = short
    lengths = torch.tensor([0] * (BATCH - 2) + [LENGTH, LENGTH])
    padded, alone = make(kind, "batch"), make(kind, "batch")
    states = padded(x, lengths)[: BATCH - 2]
    torch.testing.assert_close(states, alone(short))
    for name, buffer in alone.named_buffers():
        torch.testing.assert_close(dict(padded.named_buffers())[name], buffer)


@kinds
def test_a_weight_of_two_counts_like_two_windows(kind):
    x = values()
    weighted, repeated = make(kind, "batch"), make(kind, "batch")
    weights = torch.tensor([1.0, 2, 1, 0, 1], dtype=x.dtype)
    for part in weighted.modules():
        if hasattr(part, "window_weights"):
            part.window_weights = weights
    states = weighted(x)
    torch.testing.assert_close(states[[0, 1, 1, 2, 4]], repeated(x[[0, 1, 1, 2, 4]]))
    for name, buffer in repeated.named_buffers():
        torch.testing.assert_close(dict(weighted.named_buffers())[name], buffer)


@kinds
def test_running_statistics_of_one_batch_seen_often(kind):
    cell, x = make(kind, "batch"), values()
    with torch.no_grad():
        for _ in range(3):
            training = cell(x)
        cell.eval()
        torch.testing.assert_close(cell(x), training)
        # A step later than any in training has the statistics of the last one.
        longer = torch.cat([x, values(length=2)], dim=1)
        states = cell(longer)
    torch.testing.assert_close(states[:, :LENGTH], training)
    assert states.isfinite().all()


def test_steps_that_one_window_alone_reaches_leave_no_statistics():
    cell, x = make("GRU", "batch"), values()
    n_padding = torch.tensor([3, 3, 3, 3, 0])
    cell(x, n_padding)
    tracked = cell.norm_state.num_batches_tracked.tolist()
    assert tracked == [1] * 4 + [0] * 3
    assert (cell.norm_state.running_var[4:] == 1).all()


@kinds
def test_a_batch_of_one_window_takes_running_statistics(kind):
    cell, x = make(kind, "batch"), values()
    cell(x)
    before = copy.deepcopy(dict(cell.named_buffers()))
    training = cell(x[:1])
    torch.testing.assert_close(training, cell.eval()(x[:1]))
    for name, buffer in cell.named_buffers():
        assert torch.equal(buffer, before[name])


# --- one variable, copies -----------------------------------------------------------


@pytest.mark.parametrize("normalization", ["layer", "batch"])
def test_one_variable_keeps_its_size(normalization):
    """Over units, w x has the same normalised values whatever the size of x."""
    cell = Cell("GRU", 1, HIDDEN, 1, normalization=normalization).double()
    initialize(cell)
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None, None]
    assert len(cell(x)[:, 0].round(decimals=3).unique(dim=0)) == 9


@kinds
@normalizations
def test_copies_are_equal(kind, normalization):
    cell, x = make(kind, normalization), values()
    cell(x)
    cell.eval()
    for other in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        assert torch.equal(other(x), cell(x))


@pytest.fixture
def frozen():
    """Leave all objects that are there already out of what is searched and counted."""
    gc.freeze()
    yield
    gc.unfreeze()


@kinds
@normalizations
@pytest.mark.parametrize("recurrent_dropout", [0.0, 0.5])
@pytest.mark.usefixtures("frozen")
def test_nothing_of_a_pass_outlives_it(kind, normalization, recurrent_dropout):
    cell = make(kind, normalization, recurrent_dropout=recurrent_dropout)
    x = values()

    def tensors_after_training():
        cell(x).sum().backward()
        gc.collect()
        return sum(type(kept) is torch.Tensor for kept in gc.get_objects())

    tensors_after_training()  # now there are gradients
    assert tensors_after_training() == tensors_after_training()
