"""Recurrent estimators: simple RNN, LSTM and GRU."""

from ..networks import Recurrent
from ..networks.normalization import NORMALIZATIONS
from ..networks.recurrent import ACTIVATIONS
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .parameters import warn_of_idle
from .regressor import NetworkRegressor


class RecurrentEstimator(NetworkEstimator):
    """The parameters of a recurrent network, and how it is built."""

    hidden_size: int = 32
    n_layers: int = 1
    bidirectional: bool | str = False
    normalization: str | None = None
    dropout: float = 0.0
    recurrent_dropout: float = 0.0

    _parameters = """\
    hidden_size : int, default=32
        Number of units in each layer.
    n_layers : int, default=1
        Number of stacked recurrent layers.
    bidirectional : bool or "auto", default=False
        Whether each layer also reads the window backwards, with units of its own. If
        there is an output for each step of the window, it would see later steps, which
        regressors refuse: "auto" means True only if there is no such output.
    normalization : {"layer", "batch", None}, default=None
        Normalisation inside the recurrent cells, at each step: over the units of each
        window (Ba et al., arXiv:1607.06450), or over the windows of a batch (Cooijmans
        et al., arXiv:1603.09025).
    dropout : float, default=0.0
        Share of values dropped between layers in training. A single layer has nothing
        between: use ``recurrent_dropout``.
    recurrent_dropout : float, default=0.0
        Share of the state's units dropped from the input of the next step in training,
        the same ones at all steps of a window (Gal and Ghahramani, arXiv:1512.05287).
"""
    _any_length = True
    _drops_between_layers_only = True
    _choices = {
        "bidirectional": (True, False, "auto"),
        "normalization": NORMALIZATIONS,
    }

    def _learn_inputs(self, windows, weights):
        super()._learn_inputs(windows, weights)
        if self.n_layers == 1 and self._drops_between_layers_only:
            warn_of_idle(
                self,
                "dropout",
                "between layers, and there is only one. Set recurrent_dropout, or "
                "raise n_layers",
            )

    def _build(self, length, n_features):
        bidirectional = self.bidirectional
        if bidirectional == "auto":
            bidirectional = not self._every_step
        return Recurrent(
            self._cell,
            n_features,
            self.hidden_size,
            self.n_layers,
            self.dropout,
            length=length,
            bidirectional=bidirectional,
            activation=getattr(self, "activation", "tanh"),
            recurrent_dropout=self.recurrent_dropout,
            normalization=self.normalization,
        )


class _RecurrentClassifier(NetworkClassifier):
    """Other defaults: a label needs no causal network, and windows are few."""

    bidirectional: bool | str = "auto"
    dropout: float = 0.3
    recurrent_dropout: float = 0.2
    label_smoothing: float = 0.1
    differences: bool = True


class _RNNEstimator(RecurrentEstimator):
    """The parameter that only the simple recurrent network has."""

    activation: str = "tanh"

    _parameters = """\
    activation : {"tanh", "relu"}, default="tanh"
        Activation function of the units.
"""
    _choices = {"activation": ACTIVATIONS}
    _cell = "RNN"


class RNNRegressor(NetworkRegressor, _RNNEstimator):
    """Simple recurrent network: each layer also sees its previous output [1]_.

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


class RNNClassifier(_RecurrentClassifier, _RNNEstimator):
    """Simple recurrent network: each layer also sees its previous output [1]_.

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
    >>> from skseq import RNNClassifier
    >>> time = np.arange(30) + np.arange(40)[:, None]
    >>> X = np.concatenate([np.sin(time), np.sign(np.sin(time))])
    >>> y = ["sine"] * 40 + ["square"] * 40
    >>> model = RNNClassifier(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(X, y).predict(X[[0, -1]])
    array(['sine', 'square'], dtype='<U6')
    """


class LSTMRegressor(NetworkRegressor, RecurrentEstimator):
    """Long short-term memory network [1]_.

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


class LSTMClassifier(_RecurrentClassifier, RecurrentEstimator):
    """Long short-term memory network [1]_.

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
    >>> from skseq import LSTMClassifier
    >>> time = np.arange(30) + np.arange(40)[:, None]
    >>> X = np.concatenate([np.sin(time), np.sign(np.sin(time))])
    >>> y = ["sine"] * 40 + ["square"] * 40
    >>> model = LSTMClassifier(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(X, y).predict(X[[0, -1]])
    array(['sine', 'square'], dtype='<U6')
    """

    _cell = "LSTM"


class GRURegressor(NetworkRegressor, RecurrentEstimator):
    """Gated recurrent unit network [1]_.

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


class GRUClassifier(_RecurrentClassifier, RecurrentEstimator):
    """Gated recurrent unit network [1]_.

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
    >>> from skseq import GRUClassifier
    >>> time = np.arange(30) + np.arange(40)[:, None]
    >>> X = np.concatenate([np.sin(time), np.sign(np.sin(time))])
    >>> y = ["sine"] * 40 + ["square"] * 40
    >>> model = GRUClassifier(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(X, y).predict(X[[0, -1]])
    array(['sine', 'square'], dtype='<U6')
    """

    _cell = "GRU"
