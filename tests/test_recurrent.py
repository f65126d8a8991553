"""Recurrent networks of several layers and directions, and their estimators."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import skseq
from skseq.networks import Recurrent
from skseq.networks import cells as cell_module
from skseq.networks.heads import pool
from skseq.networks.recurrent import CELLS
from tests.factories import make, make_windows

FEATURES, HIDDEN, LENGTH = 2, 3, 8
OPTIONS = {
    "plain": {},
    "relu": {"activation": "relu"},
    "dropout": {"recurrent_dropout": 0.4},
    "layer": {"normalization": "layer"},
    "batch": {"normalization": "batch", "recurrent_dropout": 0.4},
}

cells = pytest.mark.parametrize("cell", CELLS)
options = pytest.mark.parametrize("name", OPTIONS)
directions = pytest.mark.parametrize("bidirectional", [False, True])


def network(cell, n_layers=2, dropout=0.0, **options):
    torch.manual_seed(0)
    return Recurrent(
        cell, FEATURES, HIDDEN, n_layers, dropout, length=LENGTH, **options
    ).double()


def windows(lengths, seed=0):
    """Windows that start with zeros, and how many."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(
        len(lengths), LENGTH, FEATURES, dtype=torch.float64, generator=generator
    )
    n_padding = LENGTH - torch.tensor(lengths)
    x *= (torch.arange(LENGTH) >= n_padding[:, None])[:, :, None]
    return x, n_padding


# --- the network --------------------------------------------------------------------


@cells
@directions
def test_states_of_torchs_stack_over_packed_sequences(cell, bidirectional):
    ours = network(cell, bidirectional=bidirectional)
    theirs = CELLS[cell](
        FEATURES, HIDDEN, 2, batch_first=True, bidirectional=bidirectional
    ).double()
    names = ["l0", "l0_reverse", "l1", "l1_reverse"][:: 1 if bidirectional else 2]
    weights = {
        key.replace("_l0", f"_{name}"): value
        for name, layer in zip(names, ours.layers, strict=True)
        for key, value in layer.state_dict().items()
    }
    theirs.load_state_dict(weights)
    lengths = [8, 3, 1, 5]
    x, n_padding = windows(lengths)
    rolled = torch.stack([x[i].roll(n, 0) for i, n in enumerate(lengths)])
    packed = pack_padded_sequence(rolled, lengths, True, enforce_sorted=False)
    packed, ends = theirs(packed)
    expected, _ = pad_packed_sequence(packed, True)
    ends = ends[0] if cell == "LSTM" else ends  # (layers * directions, batch, hidden)
    states = ours(x, n_padding)
    assert states.shape == (4, LENGTH, ours.output_size)
    last = pool(states, n_padding, "last", ours.n_backward)
    for i, n in enumerate(lengths):
        torch.testing.assert_close(states[i, LENGTH - n :], expected[i, :n])
        torch.testing.assert_close(last[i], ends[-ours.n_directions :, i].flatten())
    torch.testing.assert_close(ours(x, None), theirs(x)[0])


@pytest.mark.parametrize(
    ("cell", "name"),
    [(c, n) for c in CELLS for n in OPTIONS if c == "RNN" or n != "relu"],
)
@pytest.mark.parametrize("uses_numba", [True, False])
@pytest.mark.parametrize("is_padded", [True, False])
def test_last_state_alone_is_that_of_all_steps(
    cell, name, uses_numba, is_padded, monkeypatch
):
    monkeypatch.setattr(cell_module, "USE_NUMBA", uses_numba)
    ours = network(cell, **OPTIONS[name])
    x, n_padding = windows([8, 3, 1, 0])
    x, n_padding = x.requires_grad_(), n_padding if is_padded else None
    found = []
    for options in ({}, {"only_last": True}):
        torch.manual_seed(0)  # of the masks
        last = ours(x, n_padding, **options)[:, -1]
        gradients = torch.autograd.grad(
            (last * torch.arange(HIDDEN)).sum(), [x, *ours.parameters()]
        )
        found.append((last, *gradients))
    for expected, value in zip(*found, strict=True):
        torch.testing.assert_close(value, expected)


@cells
@pytest.mark.parametrize("n_windows", [4, 520])
def test_training_in_float32_is_torchs(cell, n_windows):
    """Whatever computes it, which depends on the size of the batch."""
    torch.manual_seed(0)
    ours = Recurrent(cell, FEATURES, 32, 1, 0.0, length=LENGTH)
    theirs = CELLS[cell](FEATURES, 32, batch_first=True)
    theirs.load_state_dict(ours.layers[0].state_dict())
    x = torch.randn(n_windows, LENGTH, FEATURES)
    for layer in (ours, theirs):
        states = layer(x, None) if layer is ours else layer(x)[0]
        states.square().mean().backward()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


@cells
@options
@directions
@settings(deadline=None, max_examples=8, database=None)
@given(
    lengths=st.lists(st.integers(0, LENGTH), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_padding_has_no_effect(cell, name, bidirectional, lengths, seed):
    model = network(cell, bidirectional=bidirectional, **OPTIONS[name])
    model(torch.randn(6, LENGTH, FEATURES, dtype=torch.float64), None)
    model.eval()
    x, n_padding = windows(lengths, seed)
    with torch.no_grad():
        states = model(x, n_padding)
        for i, n in enumerate(lengths):
            assert not states[i, : LENGTH - n].any()
            if n:
                alone = model(x[i : i + 1, LENGTH - n :], None)[0]
                torch.testing.assert_close(states[i, LENGTH - n :], alone)


@cells
@options
@directions
def test_padded_values_get_no_gradient(cell, name, bidirectional):
    model = network(cell, bidirectional=bidirectional, **OPTIONS[name])
    x, n_padding = windows([8, 4, 0, 6])
    states = model(x.requires_grad_(), n_padding)
    states.square().sum().backward()
    padded = torch.arange(LENGTH) < n_padding[:, None]
    assert not x.grad[padded].any()
    assert x.grad[~padded].any()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@cells
@options
def test_causal_at_every_step(cell, name):
    model = network(cell, **OPTIONS[name]).eval()
    assert model.causal
    x, n_padding = windows([8, 5, 8])
    before = model(x, n_padding)
    for t in range(3, LENGTH):
        changed = x.clone()
        changed[:, t] += 1
        after = model(changed, n_padding)
        assert torch.equal(after[:, :t], before[:, :t])
        assert (after[:, t] != before[:, t]).any(dim=-1).all()


def test_labels_of_steps_read_the_last_one_like_the_others():
    """Its label depends on what comes then, of which there is nothing more."""
    X = np.random.default_rng(0).normal(size=(300, 6, 1))
    y = X[:, ::-1, 0].cumsum(axis=1)[:, ::-1] > 0
    options = {"bidirectional": True, "hidden_size": 16, "dropout": 0.0}
    model = skseq.LSTMClassifier(recurrent_dropout=0.0, random_state=0, **options)
    right = model.fit(X[:200], y[:200]).predict(X[200:]) == y[200:]
    assert right[:, -1].mean() > 0.95


@cells
def test_bidirectional_sees_both_ends(cell):
    model = network(cell, n_layers=1, bidirectional=True)
    assert not model.causal
    x, _ = windows([8])
    x.requires_grad_()
    model(x, None)[0, 4, :HIDDEN].sum().backward()
    assert not x.grad[0, 5:].any()
    x.grad = None
    model(x, None)[0, 4, HIDDEN:].sum().backward()
    assert not x.grad[0, :4].any()
    assert x.grad[0, 4:].any(dim=-1).all()


@cells
@pytest.mark.parametrize("n_layers", [1, 2])
def test_dropout_is_between_layers(cell, n_layers):
    model, (x, _) = network(cell, n_layers=n_layers, dropout=0.5), windows([8, 8])
    assert torch.equal(model(x, None), model(x, None)) == (n_layers == 1)
    model.eval()
    assert torch.equal(model(x, None), model(x, None))


def test_torchs_layers_where_they_have_all_that_is_asked_for():
    assert all(isinstance(layer, nn.GRU) for layer in network("GRU").layers)
    relu = network("RNN", activation="relu").layers
    assert all(layer.nonlinearity == "relu" for layer in relu)


@cells
@pytest.mark.parametrize("with_gradient", [True, False])
@pytest.mark.parametrize("when", ["forward_pre", "forward", "full_backward"])
def test_hooks_of_a_layer_are_called(cell, when, with_gradient):
    model, calls = network(cell), []
    for layer in model.layers:
        getattr(layer, f"register_{when}_hook")(lambda *call: calls.append(call[0]))
    x, n_padding = windows([8, 5])
    for padding in (None, n_padding):
        calls.clear()
        with torch.set_grad_enabled(with_gradient):
            states = model(x.requires_grad_(), padding)
        if with_gradient:
            states.sum().backward()
        expected = [] if "backward" in when and not with_gradient else model.layers
        assert set(calls) == set(expected)


@cells
def test_what_replaces_a_layer_is_called(cell):
    class Negative(CELLS[cell]):
        def forward(self, x):
            states, memory = super().forward(x)
            return -states, memory

    model, (x, _) = network(cell, n_layers=1), windows([8, 8])
    states = model(x, None)
    model.layers[0].__class__ = Negative
    torch.testing.assert_close(model(x, None), -states)
    with torch.no_grad():
        torch.testing.assert_close(model(x, None), -states)


@cells
def test_a_forward_of_a_layer_is_called(cell):
    model, (x, _) = network(cell, n_layers=1), windows([8, 8])
    states = model(x, None)
    (layer,) = model.layers
    layer.forward = lambda x: (-type(layer).forward(layer, x)[0], None)
    with torch.no_grad():
        torch.testing.assert_close(model(x, None), -states)


@cells
@pytest.mark.parametrize("with_gradient", [True, False])
@pytest.mark.parametrize(
    "options", [{"num_layers": 2}, {"bias": False}, {"bidirectional": True}]
)
def test_a_layer_of_torch_with_other_options(cell, options, with_gradient):
    model, lengths = network(cell, n_layers=1), [8, 5]
    layer = CELLS[cell](FEATURES, HIDDEN, batch_first=True, **options).double()
    model.layers[0] = layer
    x, n_padding = windows(lengths)
    with torch.set_grad_enabled(with_gradient):
        torch.testing.assert_close(model(x, None), layer(x)[0])
        states = model(x, n_padding)
    if layer.bidirectional:
        return  # it reads padding, which comes last then
    for window, length, own in zip(x, lengths, states, strict=True):
        expected = layer(window[None, LENGTH - length :])[0][0]
        torch.testing.assert_close(own[LENGTH - length :], expected)


# --- the estimators -------------------------------------------------------------------

NAMES = [f"{cell}{task}" for cell in CELLS for task in ("Regressor", "Classifier")]
faces = pytest.mark.parametrize("cls", [getattr(skseq, name) for name in NAMES])


@faces
@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.filterwarnings("ignore:dropout=0.1 has no effect")  # of one layer
def test_every_option_fits(cls, n_layers, dtype, normalization):
    X, y = make_windows(cls, dtype=dtype)
    X = X.copy()
    X[::7, :3] = np.nan
    model = make(
        cls,
        n_layers=n_layers,
        bidirectional=n_layers == 2,
        dropout=0.1,
        recurrent_dropout=0.1,
        normalization=normalization,
        batch_size=29,
        max_epochs=1,
    )
    predictions = model.fit(X, y).predict(X)
    np.testing.assert_array_equal(predictions, clone(model).fit(X, y).predict(X))
    assert len(predictions) == len(X)


def test_activation_belongs_to_the_simple_network():
    for name in NAMES:
        cls = getattr(skseq, name)
        assert ("activation" in cls().get_params()) == name.startswith("RNN")
    X, y = make_windows(skseq.RNNRegressor)
    tanh, relu = (
        make(skseq.RNNRegressor, activation=activation).fit(X, y).predict(X)
        for activation in ("tanh", "relu")
    )
    assert not np.allclose(tanh, relu)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("activation", "gelu"),
        ("normalization", "group"),
        ("recurrent_dropout", 1.0),
        ("recurrent_dropout", -0.1),
        ("n_layers", 0),
    ],
)
def test_values_that_are_refused(name, value):
    X, y = make_windows(skseq.RNNRegressor)
    with pytest.raises(ValueError, match=name):
        make(skseq.RNNRegressor, **{name: value}).fit(X, y)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("supervise", ["last", "every"])
def test_bidirectional_is_refused_where_it_would_look_ahead(cell, supervise):
    cls = getattr(skseq, f"{cell}Regressor")
    X, y = make_windows(cls)
    if supervise == "last":
        y = np.repeat(y[:, np.newaxis], X.shape[1], axis=1)  # one target for each step
    model = make(cls, bidirectional=True, supervise=supervise)
    with pytest.raises(ValueError, match="not bidirectional"):
        model.fit(X, y)
    model.set_params(bidirectional=False).fit(X, y)


@pytest.mark.parametrize("cell", CELLS)
def test_classifiers_read_both_ways_but_for_a_label_at_each_step(cell):
    X, y = make_windows(getattr(skseq, f"{cell}Classifier"))
    for labels, both in [(y, True), (np.repeat(y[:, None], X.shape[1], axis=1), False)]:
        model = make(getattr(skseq, f"{cell}Classifier")).fit(X, labels)
        assert model.net_.module_.network.causal is not both


@cells
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_dropout_of_the_state_lives_on_in_error_bars(cell, normalization):
    cls = getattr(skseq, f"{cell}Regressor")
    X, y = make_windows(cls)
    model = make(cls, recurrent_dropout=0.3, normalization=normalization).fit(X, y)
    samples = model.predict_samples(X, n_samples=20)
    assert (samples.std(axis=-1) > 0).all()
    np.testing.assert_array_equal(samples, model.predict_samples(X, n_samples=20))
    # Statistics of the batch would make a window depend on the others.
    if normalization == "batch":
        statistics = [
            b.clone() for b in model.net_.module_.buffers() if b.dtype.is_floating_point
        ]
        model.predict_samples(X[:5] + 100, n_samples=20)
        after = [b for b in model.net_.module_.buffers() if b.dtype.is_floating_point]
        for one, other in zip(statistics, after, strict=True):
            assert torch.equal(one, other)


@pytest.mark.parametrize("normalization", ["layer", "batch"])
@pytest.mark.parametrize("cell", CELLS)
def test_normalised_networks_learn(cell, normalization):
    """One variable, whose size is what matters: the mean of the window."""
    cls = getattr(skseq, f"{cell}Regressor")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6, 1))
    y = X[:, :, 0].mean(axis=1)
    model = cls(
        hidden_size=8, max_epochs=30, normalization=normalization, random_state=0
    )
    model.fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.6


def test_windows_longer_than_in_fit():
    X, y = make_windows(skseq.GRURegressor)
    model = make(skseq.GRURegressor, normalization="batch").fit(X, y)
    longer = np.concatenate([X, X], axis=1)
    assert np.isfinite(model.predict(longer)).all()
