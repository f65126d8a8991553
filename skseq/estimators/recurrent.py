"""Recurrent estimators: simple RNN, LSTM and GRU."""

from ..networks import Recurrent
from .base import NetworkEstimator
from .regressor import NetworkRegressor


class _RecurrentEstimator(NetworkEstimator):
    """The parameters of a recurrent network, and how it is built."""

    hidden_size: int = 32
    n_layers: int = 1
    dropout: float = 0.0

    _parameters = """\
    hidden_size : int, default=32
        Units in each layer.
    n_layers : int, default=1
        Recurrent layers, one over the other.
    dropout : float, default=0.0
        Share of values dropped between the layers, in training.
"""
    _any_length = True

    def _build(self, length, n_features):
        return Recurrent(
            self._cell, n_features, self.hidden_size, self.n_layers, self.dropout
        )


class RNNRegressor(NetworkRegressor, _RecurrentEstimator):
    """Simple recurrent network: one tanh layer fed back to itself.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor, SlidingWindow, horizon_targets
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> model = RNNRegressor(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(windows, y).predict(windows[-1:]).shape
    (1, 2)
    """

    _cell = "RNN"


class LSTMRegressor(NetworkRegressor, _RecurrentEstimator):
    """Long short-term memory network.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural
       Computation 9 (1997).

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import LSTMRegressor, SlidingWindow, horizon_targets
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> model = LSTMRegressor(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(windows, y).predict(windows[-1:]).shape
    (1, 2)
    """

    _cell = "LSTM"


class GRURegressor(NetworkRegressor, _RecurrentEstimator):
    """Gated recurrent unit network.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] K. Cho et al., "Learning phrase representations using RNN encoder-decoder
       for statistical machine translation", EMNLP 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import GRURegressor, SlidingWindow, horizon_targets
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> model = GRURegressor(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(windows, y).predict(windows[-1:]).shape
    (1, 2)
    """

    _cell = "GRU"
