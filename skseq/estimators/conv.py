"""Conv1D estimators: convolutions, alone or before a recurrent network."""

from ..networks import Conv1D, ConvStack, Recurrent
from ..networks.conv import NORMALIZATIONS
from ..networks.recurrent import CELLS
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .regressor import NetworkRegressor


class ConvolutionalEstimator(NetworkEstimator):
    """What all estimators with convolutions have in common."""

    causal: bool | str = True

    _parameters = """\
    causal : bool or "auto", default=True
        Whether a convolution sees only its own step and those before it; otherwise
        it is centred on its step. If there is an output for each step of the window,
        a centred one would see later steps: "auto" centres only if there is none.
"""
    _any_length = True
    _choices = {"causal": (True, False, "auto"), "normalization": NORMALIZATIONS}

    def _is_causal(self):
        return self._every_step if self.causal == "auto" else self.causal


class ConvolutionalClassifier(NetworkClassifier):
    """Other defaults: a label needs no causal network, and windows are few."""

    causal: bool | str = "auto"
    normalization: str | None = "batch"
    pooling: str = "mean"
    label_smoothing: float = 0.1
    differences: bool = True
    batch_size: int = 16


class _Conv1DEstimator(ConvolutionalEstimator):
    """The parameters of a Conv1D network, and how it is built."""

    n_filters: int = 32
    kernel_size: int = 4
    stride: int = 2
    dilation: int = 1
    n_conv_layers: int = 1
    cell: str | None = "GRU"
    hidden_size: int = 32
    normalization: str | None = None
    dropout: float = 0.0

    _parameters = """\
    n_filters : int, default=32
        Number of output channels of each convolution.
    kernel_size : int, default=4
        Number of steps that a convolution sees, including its own.
    stride : int, default=2
        A convolution has an output at every ``stride``-th step, counted back from the
        last. Above 1, the network has no output for each step of the window.
    dilation : int, default=1
        Distance in steps between those that a convolution sees.
    n_conv_layers : int, default=1
        Number of stacked convolutions, each with this stride and dilation.
    cell : {"RNN", "LSTM", "GRU", None}, default="GRU"
        Kind of the recurrent layer after the last convolution. With None there is no
        such layer, and a state sees only the steps that the convolutions see.
    hidden_size : int, default=32
        Number of units in the recurrent layer.
    normalization : {"layer", "batch", None}, default=None
        Normalisation before the ReLU of each convolution: over the channels of a step,
        or over all steps of all windows in a batch.
    dropout : float, default=0.0
        Share of values dropped after each convolution in training.
"""
    _choices = {"cell": (*CELLS, None)}

    def _build(self, length, n_features):
        convs = ConvStack(
            n_features,
            self.n_filters,
            self.kernel_size,
            [self.dilation] * self.n_conv_layers,
            stride=self.stride,
            normalization=self.normalization,
            dropout=self.dropout,
            causal=self._is_causal(),
        )
        if self.cell is None:
            return Conv1D(convs)
        recurrent = Recurrent(self.cell, self.n_filters, self.hidden_size, 1, 0.0)
        return Conv1D(convs, recurrent)


class Conv1DRegressor(NetworkRegressor, _Conv1DEstimator):
    """Causal convolutions that shorten the window, then a recurrent layer.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] A. Géron, "Hands-On Machine Learning with Scikit-Learn and PyTorch",
       O'Reilly 2025, chapter "Processing sequences using RNNs and CNNs".

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Conv1DRegressor, SlidingWindow, horizon_targets
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> model = Conv1DRegressor(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(windows, y).predict(windows[-1:]).shape
    (1, 2)
    """


class Conv1DClassifier(ConvolutionalClassifier, _Conv1DEstimator):
    """Convolutions with batch normalisation, averaged over the window.

    With its defaults, it is a fully convolutional network [1]_. ``cell`` adds a
    recurrent layer, and ``stride`` shortens the window before that layer.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Z. Wang, W. Yan and T. Oates, "Time series classification from scratch with
       deep neural networks: a strong baseline", IJCNN 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Conv1DClassifier
    >>> time = np.arange(30) + np.arange(40)[:, None]
    >>> X = np.concatenate([np.sin(time), np.sign(np.sin(time))])
    >>> y = ["sine"] * 40 + ["square"] * 40
    >>> model = Conv1DClassifier(n_filters=8, max_epochs=10, random_state=0)
    >>> model.fit(X, y).predict(X[[0, -1]])
    array(['sine', 'square'], dtype='<U6')
    """

    n_filters: int = 64
    kernel_size: int = 7
    stride: int = 1
    n_conv_layers: int = 4
    cell: str | None = None
    dropout: float = 0.2
