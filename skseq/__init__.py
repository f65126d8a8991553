"""Sequence networks for scikit-learn: a window is a sample."""

from .comparison import Comparison, compare, default_models, forecast_next
from .estimators import (
    ConformalRegressor,
    Conv1DClassifier,
    Conv1DRegressor,
    DenseClassifier,
    DenseRegressor,
    EncoderDecoderClassifier,
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    ModuleClassifier,
    ModuleRegressor,
    NaiveRegressor,
    RNNClassifier,
    RNNRegressor,
    SARIMARegressor,
    TransformedWindowRegressor,
    WaveNetClassifier,
    WaveNetRegressor,
)
from .model_selection import VectorizedGridSearchCV
from .transformers import (
    Differencer,
    KnownAhead,
    SlidingWindow,
    TokenVectorizer,
    horizon_targets,
)
from .windows import pad_sequences

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "ConformalRegressor",
    "Conv1DClassifier",
    "Conv1DRegressor",
    "DenseClassifier",
    "DenseRegressor",
    "Differencer",
    "EncoderDecoderClassifier",
    "EncoderDecoderRegressor",
    "GRUClassifier",
    "GRURegressor",
    "KnownAhead",
    "LSTMClassifier",
    "LSTMRegressor",
    "ModuleClassifier",
    "ModuleRegressor",
    "NaiveRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "SARIMARegressor",
    "SlidingWindow",
    "TokenVectorizer",
    "TransformedWindowRegressor",
    "VectorizedGridSearchCV",
    "WaveNetClassifier",
    "WaveNetRegressor",
    "compare",
    "default_models",
    "forecast_next",
    "horizon_targets",
    "pad_sequences",
]


def __getattr__(name):
    if name == "SequenceForecaster":  # imports sktime, so only on request
        from .forecasting import SequenceForecaster

        return SequenceForecaster
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
