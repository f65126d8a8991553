"""Batches: every sample once an epoch, in another order, by one indexing call."""

from itertools import chain

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skseq import DenseRegressor
from skseq.training import Batches, Targets, WindowDataset
from tests.factories import (
    FULL_BATCH,
    NETWORKS,
    Spy,
    cases,
    make,
    make_windows,
    networks,
    numbered,
    output,
    parameters,
    targets_for,
)


@cases(
    ["batch_size"],
    NETWORKS,
    each=[(7,)],
    full=[(1,), (7,), (16,), (23,), (FULL_BATCH,)],
)
def test_an_epoch_visits_every_sample_once_in_another_order(cls, batch_size):
    X, y = numbered(23)
    spy = Spy()
    make(cls, max_epochs=3, batch_size=batch_size, callbacks=[spy]).fit(
        X, targets_for(cls, y)
    )
    orders = []
    for epoch in range(3):
        batches = spy.samples(epoch)
        sizes = [len(b) for b in batches]
        assert len(sizes) == -(-23 // batch_size)
        assert max(sizes) - min(sizes) <= 1
        orders.append([*chain(*batches)])
        assert sorted(orders[-1]) == list(range(23))
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert list(range(23)) not in orders


def test_the_order_follows_the_seed():
    X, y = numbered(23)
    orders = []
    for seed in (0, 0, 1):
        spy = Spy()
        make(DenseRegressor, random_state=seed, callbacks=[spy]).fit(X, y)
        orders.append([spy.samples(epoch) for epoch in (0, 1)])
    assert orders[0] == orders[1] != orders[2]


class Counting(np.ndarray):
    """Count the indexing calls."""

    n_calls = 0

    def __getitem__(self, key):
        type(self).n_calls += 1
        return np.asarray(super().__getitem__(key))


@settings(deadline=None, max_examples=40)
@given(
    n_samples=st.integers(1, 40),
    batch_size=st.integers(1, 45),
    shuffled=st.booleans(),
    weighted=st.booleans(),
    data=st.data(),
)
def test_a_batch_is_one_indexing_call(n_samples, batch_size, shuffled, weighted, data):
    windows = np.arange(2.0 * 3 * n_samples).reshape(n_samples, 3, 2).view(Counting)
    targets = np.arange(float(n_samples))[:, np.newaxis]
    samples = np.array(
        sorted(data.draw(st.sets(st.integers(0, n_samples - 1), min_size=1)))
    )
    weights = np.arange(n_samples) + 0.5 if weighted else None
    dataset = WindowDataset(windows, Targets(targets), weights, samples)
    generator = torch.Generator().manual_seed(0) if shuffled else None
    batches = Batches(dataset, batch_size, generator)
    Counting.n_calls = 0
    seen, sizes = [], []
    for x, y in batches:
        if weighted:
            y, w = y
            np.testing.assert_array_equal(w, y[:, 0] + 0.5)
        assert len(x) == len(y) <= batch_size
        np.testing.assert_array_equal(x[:, 0, 0] / 6, y[:, 0])
        seen += y[:, 0].int().tolist()
        sizes.append(len(x))
    assert max(sizes) - min(sizes) <= 1
    assert Counting.n_calls == len(batches) == -(-len(samples) // batch_size)
    assert sorted(seen) == samples.tolist()
    if not shuffled:
        assert seen == samples.tolist()


@networks
def test_a_fit_indexes_once_a_batch(cls, monkeypatch):
    calls = []
    original = WindowDataset.__getitem__

    def counting(self, positions):
        calls.append(np.size(positions))
        return original(self, positions)

    monkeypatch.setattr(WindowDataset, "__getitem__", counting)
    X, y = make_windows(cls)
    make(cls, max_epochs=2, batch_size=20).fit(X, y)
    n_batches = -(-len(X) // 20)
    # Batch normalisation settles in one more pass, of all windows at once.
    settles = parameters(cls).get("normalization") == "batch"
    assert len(calls) == 2 * n_batches + settles
    assert sum(calls) == (2 + settles) * len(X)


@networks
def test_a_batch_larger_than_the_data(cls):
    X, y = make_windows(cls)
    forecasts = [
        output(make(cls, batch_size=size).fit(X, y), X) for size in (54, FULL_BATCH)
    ]
    np.testing.assert_array_equal(*forecasts)
