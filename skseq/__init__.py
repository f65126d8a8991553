"""Sequence networks for scikit-learn: a window is a sample."""

from .estimators import (
    DenseRegressor,
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    RNNRegressor,
)
from .transformers import (
    Differencer,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from .windows import pad_sequences

__version__ = "0.1.0"

__all__ = [
    "DenseRegressor",
    "Differencer",
    "GRURegressor",
    "LSTMRegressor",
    "NaiveRegressor",
    "RNNRegressor",
    "SlidingWindow",
    "TransformedWindowRegressor",
    "horizon_targets",
    "pad_sequences",
]
