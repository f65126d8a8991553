"""Sequence networks for scikit-learn: a window is a sample."""

from .comparison import Comparison, compare, default_models
from .estimators import (
    ConformalRegressor,
    DenseClassifier,
    DenseRegressor,
    EncoderDecoderClassifier,
    EncoderDecoderRegressor,
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    RNNRegressor,
)
from .transformers import (
    Differencer,
    KnownAhead,
    SlidingWindow,
    TokenVectorizer,
    TransformedWindowRegressor,
    horizon_targets,
)
from .windows import pad_sequences

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "ConformalRegressor",
    "DenseClassifier",
    "DenseRegressor",
    "Differencer",
    "EncoderDecoderClassifier",
    "EncoderDecoderRegressor",
    "GRURegressor",
    "KnownAhead",
    "LSTMRegressor",
    "NaiveRegressor",
    "RNNRegressor",
    "SlidingWindow",
    "TokenVectorizer",
    "TransformedWindowRegressor",
    "compare",
    "default_models",
    "horizon_targets",
    "pad_sequences",
]
