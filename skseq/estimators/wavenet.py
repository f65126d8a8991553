"""WaveNet estimators."""

import math
from ..networks.conv import NORMALIZATIONS, Conv1D, ConvStack
from ..networks.wavenet import WaveNet
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .regressor import NetworkRegressor


class _WaveNetEstimator(NetworkEstimator):
    """The parameters of a WaveNet, and how it is built."""

    n_filters: int = 32
    kernel_size: int = 2
    n_layers: int | None = None
    n_blocks: int = 1
    gated: bool = True
    normalization: str | None = None
    dropout: float = 0.0

    _any_length = True
    _choices = {"normalization": NORMALIZATIONS}

    def _build(self, length, n_features):
        n_layers = self.n_layers or max(1, math.ceil(math.log2((length-1)/self.n_blocks/(self.kernel_size-1) + 1)))
        dilations = [2**i for i in range(n_layers)] * self.n_blocks
        args = (n_features, self.n_filters, self.kernel_size, dilations)
        if self.gated:
            return WaveNet(*args, self.normalization, self.dropout)
        return Conv1D(ConvStack(*args, 1, self.normalization, self.dropout))


class WaveNetRegressor(NetworkRegressor, _WaveNetEstimator):
    """WaveNet."""


class WaveNetClassifier(NetworkClassifier, _WaveNetEstimator):
    """WaveNet."""
