"""Conv1D estimators: convolutions, alone or before a recurrent network."""

from ..networks import Conv1D, ConvStack, Recurrent
from ..networks.conv import NORMALIZATIONS
from ..networks.recurrent import CELLS
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .regressor import NetworkRegressor


class ConvolutionalEstimator(NetworkEstimator):
    """The parameter that all estimators with convolutions have."""

    causal: bool | str = True

    _parameters = """\
    causal : bool or "auto", default=True
        Whether a convolution sees the steps before its own, or half of them before
        and half after it. Where there is an output for each step of the window, that
        would see what comes after it: "auto" does so only where there is none.
"""
    _choices = {"causal": (True, False, "auto")}

    def _is_causal(self):
        return self._every_step if self.causal == "auto" else self.causal


class ConvolutionalClassifier(NetworkClassifier):
    """Defaults that differ: nothing comes after a window, and there are few of them."""

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
        Outputs (channels) of each convolution.
    kernel_size : int, default=4
        Steps that a convolution sees, its own included.
    stride : int, default=2
        Every how many steps a convolution gives an output, counted back from the
        last step. With more than 1 there is no output for each step of the window.
    dilation : int, default=1
        Steps between those that a convolution sees.
    n_conv_layers : int, default=1
        Convolutions, one over the other, each with this stride and dilation.
    cell : {"RNN", "LSTM", "GRU", None}, default="GRU"
        Of the recurrent layer over the last convolution. Without one, None, a state
        sees no further back than the convolutions do.
    hidden_size : int, default=32
        Units in the recurrent layer.
    normalization : {"layer", "batch", None}, default=None
        Before the ReLU of each convolution: over the outputs of a step, or over the
        steps of the windows of a batch.
    dropout : float, default=0.0
        Share of values dropped after each convolution, in training.
"""
    _any_length = True
    _choices = {"cell": (*CELLS, None), "normalization": NORMALIZATIONS}

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
    """Causal convolutions that shorten the window, then a recurrent network.

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

    As it stands, a fully convolutional network [1]_. ``cell`` adds a recurrent layer,
    ``stride`` shortens the window before it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
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
