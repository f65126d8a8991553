"""Conv1D estimators: causal convolutions before a recurrent network."""

from ..networks import Recurrent
from ..networks.conv import NORMALIZATIONS, Conv1D, ConvStack
from ..networks.recurrent import CELLS
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .regressor import NetworkRegressor


class _Conv1DEstimator(NetworkEstimator):
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

    _any_length = True
    _choices = {"cell": (*CELLS, None), "normalization": NORMALIZATIONS}

    def _build(self, length, n_features):
        convs = ConvStack(
            n_features,
            self.n_filters,
            self.kernel_size,
            [self.dilation] * self.n_conv_layers,
            self.stride,
            self.normalization,
            self.dropout,
        )
        if self.cell is None:
            return Conv1D(convs)
        return Conv1D(
            convs, Recurrent(self.cell, self.n_filters, self.hidden_size, 1, 0.0)
        )


class Conv1DRegressor(NetworkRegressor, _Conv1DEstimator):
    """Causal convolutions."""


class Conv1DClassifier(NetworkClassifier, _Conv1DEstimator):
    """Causal convolutions."""
