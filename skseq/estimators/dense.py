"""Dense estimators: from the linear model to several hidden layers."""

from ..networks import Dense
from ..networks.dense import ACTIVATIONS
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .parameters import warn_of_idle
from .regressor import NetworkRegressor


class _DenseEstimator(NetworkEstimator):
    """The parameters of a dense network, and how it is built."""

    hidden_layer_sizes: tuple = ()
    activation: str = "relu"
    dropout: float = 0.0

    _parameters = """\
    hidden_layer_sizes : tuple of int, default=()
        Number of units in each hidden layer; empty for a linear model.
    activation : {"relu", "tanh", "gelu"}, default="relu"
        Activation function of the hidden layers.
    dropout : float, default=0.0
        Share of values dropped after each hidden layer in training.
"""

    _choices = {"activation": ACTIVATIONS}

    def _learn_inputs(self, windows, weights):
        super()._learn_inputs(windows, weights)
        if not self.hidden_layer_sizes:
            warn_of_idle(
                self,
                "dropout",
                "after hidden layers, and there are none. Set hidden_layer_sizes",
            )

    def _build(self, length, n_features):
        return Dense(
            length * n_features, self.hidden_layer_sizes, self.activation, self.dropout
        )


class DenseRegressor(NetworkRegressor, _DenseEstimator):
    """Fully connected network over all values of the window.

    Without hidden layers, the default, it is a linear model.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import DenseRegressor, SlidingWindow, horizon_targets
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> model = DenseRegressor(random_state=0).fit(windows, y)
    >>> model.predict(windows[-1:]).shape
    (1, 2)
    """


class DenseClassifier(NetworkClassifier, _DenseEstimator):
    """Fully connected network over all values of the window.

    Without hidden layers, the default, it is logistic regression.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import DenseClassifier
    >>> X = np.array([[0.0, 1.0], [0.1, 0.9], [1.0, 0.0], [0.9, 0.1]])
    >>> y = ["up", "up", "down", "down"]
    >>> model = DenseClassifier(learning_rate=0.1, random_state=0).fit(X, y)
    >>> model.predict([[0.2, 0.8]])
    array(['up'], dtype='<U4')
    """
