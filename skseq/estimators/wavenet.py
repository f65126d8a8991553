"""WaveNet estimators: convolutions whose dilation doubles."""

from ..networks import Conv1D, ConvStack, WaveNet
from ..warning import warn
from .conv import ConvolutionalClassifier, ConvolutionalEstimator
from .regressor import NetworkRegressor


class _WaveNetEstimator(ConvolutionalEstimator):
    """The parameters of a WaveNet, and how it is built."""

    n_filters: int = 32
    kernel_size: int = 2
    n_layers: int | None = None
    n_blocks: int = 1
    gated: bool = True
    normalization: str | None = None
    dropout: float = 0.0

    _parameters = """\
    n_filters : int, default=32
        Number of output channels of each convolution.
    kernel_size : int, default=2
        Number of steps that a convolution sees, including its own.
    n_layers : int, default=None
        Number of convolutions in a block, with dilations 1, 2, 4 and so on. None takes
        as many as it needs for the receptive field to cover the window; if causal, the
        last dilation is reduced so that the field reaches no further than needed.
    n_blocks : int, default=1
        Number of stacked blocks.
    gated : bool, default=True
        Whether to use gated units with residual and skip connections, or plain
        convolutions with ReLU.
    normalization : {"layer", "batch", None}, default=None
        Normalisation before each gated unit or ReLU: over the channels of a step, or
        over all steps of all windows in a batch.
    dropout : float, default=0.0
        Share of values dropped after each gated unit or ReLU in training.
"""
    _attributes = """\
    receptive_field_ : int
        Number of steps that the last state sees, including its own.
"""

    def _learn_inputs(self, windows, weights):
        super()._learn_inputs(windows, weights)
        length = windows.shape[1]
        self.receptive_field_ = 1 + self._reach() * sum(self._dilations(length))
        if self.receptive_field_ < length:
            warn(
                f"The receptive field of {self.receptive_field_} steps is shorter "
                f"than the window of {length}, so no state sees the whole window. "
                "Raise n_layers (None uses as many as needed), n_blocks or "
                "kernel_size, or cut shorter windows."
            )

    def _build(self, length, n_features):
        arguments = (n_features, self.n_filters, self.kernel_size)
        dilations = self._dilations(length) * self.n_blocks
        parts = {
            "normalization": self.normalization,
            "dropout": self.dropout,
            "causal": self._is_causal(),
        }
        if self.gated:
            return WaveNet(*arguments, dilations, **parts)
        return Conv1D(ConvStack(*arguments, dilations, **parts))

    def _dilations(self, length):
        if self.n_layers is not None:
            return [2**i for i in range(self.n_layers)]
        if self.kernel_size == 1:
            raise ValueError(
                "kernel_size=1 sees only the present step, however many layers there "
                "are: give at least 2."
            )
        needed = max(1, -(-(length - 1) // int(self._reach())))  # their sum
        dilations = [2**i for i in range(needed.bit_length())]
        if self._is_causal():
            # If it saw zeros before the window, one pass along a series would differ.
            dilations[-1] = needed - sum(dilations[:-1])
        return dilations

    def _reach(self):
        """Count the steps that the layers with dilation 1 of all blocks look back."""
        return self.n_blocks * (self.kernel_size - 1)


class WaveNetRegressor(NetworkRegressor, _WaveNetEstimator):
    """Stacked causal convolutions whose dilation doubles from layer to layer.

    The receptive field is ``1 + n_blocks * (kernel_size - 1) * (2**n_layers - 1)``
    steps. With ``n_layers=None`` and causal convolutions it is the window's length, or
    slightly more.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] A. van den Oord et al., "WaveNet: a generative model for raw audio",
       arXiv:1609.03499 (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SlidingWindow, WaveNetRegressor, horizon_targets
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> model = WaveNetRegressor(n_filters=8, max_epochs=20, random_state=0)
    >>> model.fit(windows, y).predict(windows[-1:]).shape
    (1, 2)
    >>> model.receptive_field_
    12
    """


class WaveNetClassifier(ConvolutionalClassifier, _WaveNetEstimator):
    """Stacked convolutions whose dilation doubles, averaged over the window.

    The receptive field is ``1 + n_blocks * (kernel_size - 1) * (2**n_layers - 1)``
    steps. With an odd ``kernel_size``, a centred convolution sees as many steps ahead
    as back.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] A. van den Oord et al., "WaveNet: a generative model for raw audio",
       arXiv:1609.03499 (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import WaveNetClassifier
    >>> time = np.arange(30) + np.arange(40)[:, None]
    >>> X = np.concatenate([np.sin(time), np.sign(np.sin(time))])
    >>> y = ["sine"] * 40 + ["square"] * 40
    >>> model = WaveNetClassifier(n_filters=8, max_epochs=10, random_state=0)
    >>> model.fit(X, y).predict(X[[0, -1]])
    array(['sine', 'square'], dtype='<U6')
    """

    kernel_size: int = 3  # two steps have no middle to centre on
