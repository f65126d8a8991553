"""Gradients that explode or vanish are recorded, clipped and named."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from skseq import DenseRegressor, LSTMRegressor


def data(n=64):
    X = np.random.default_rng(0).normal(size=(n, 6, 2))
    return X, X[:, -1, 0]


class Norms(Callback):
    """Norms of the gradient by torch, before anything is clipped."""

    def __init__(self):
        self.norms = []

    def on_grad_computed(self, net, named_parameters, **kwargs):
        gradients = [p.grad for _, p in named_parameters]
        self.norms.append(torch.nn.utils.get_total_norm(gradients).item())


@pytest.mark.parametrize("n_layers", [1, 2])
def test_norms_by_layer_make_up_the_whole(n_layers):
    X, y = data()
    model = LSTMRegressor(
        n_layers=n_layers, max_epochs=3, batch_size=64, gradient_clip=None
    ).fit(X, y)
    layers = model.history_.filter(like="gradient_norm ")
    assert layers.shape[1] == n_layers + 1
    np.testing.assert_allclose(
        np.sqrt((layers**2).sum(axis=1)), model.history_["gradient_norm"], rtol=1e-6
    )


def test_recorded_norm_is_the_one_before_clipping():
    X, y = data()
    spy = Norms()
    model = DenseRegressor(
        max_epochs=4,
        batch_size=64,
        gradient_clip=None,
        callbacks=[spy],
        random_state=0,
    ).fit(X, y)
    np.testing.assert_allclose(model.history_["gradient_norm"], spy.norms, rtol=1e-6)
    clipped = DenseRegressor(
        max_epochs=4,
        batch_size=64,
        gradient_clip=1e-3,
        callbacks=[spy := Norms()],
        random_state=0,
    ).fit(X, y)
    # The spy comes after the clipping.
    np.testing.assert_allclose(spy.norms, 1e-3, rtol=1e-2)
    assert clipped.history_["gradient_norm"].min() > 1e-2


def test_clipping_by_value():
    X, y = data()
    largest = []

    class Spy(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            largest.append(max(p.grad.abs().max().item() for _, p in named_parameters))

    DenseRegressor(
        max_epochs=3, gradient_clip=1e-3, gradient_clip_by="value", callbacks=[Spy()]
    ).fit(X, y)
    np.testing.assert_allclose(largest, 1e-3)


def test_an_exploding_gradient_is_named():
    X, y = data()
    with pytest.warns(ConvergenceWarning, match="gradient exploded.*learning_rate"):
        DenseRegressor(
            standardize=False, loss="squared_error", gradient_clip=None, max_epochs=2
        ).fit(1e4 * X, 1e4 * y)


def test_a_vanishing_gradient_is_named_with_its_layer():
    X, y = data()

    class Shut(Callback):
        """Make the second layer let nothing through but the head learn."""

        def on_train_begin(self, net, **kwargs):
            with torch.no_grad():
                net.module_.network.layers[3].weight.zero_()

        def on_batch_end(self, net, **kwargs):
            self.on_train_begin(net)

    with pytest.warns(
        ConvergenceWarning, match=r"vanished in layer 'network.layers.0'"
    ):
        DenseRegressor(
            hidden_layer_sizes=(4, 4),
            activation="tanh",
            max_epochs=2,
            callbacks=[Shut()],
        ).fit(X, y)
