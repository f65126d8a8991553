"""Estimators. ``ALL`` lists them for the common tests."""

from .conformal import ConformalRegressor
from .conv import Conv1DClassifier, Conv1DRegressor
from .dense import DenseClassifier, DenseRegressor
from .encoder_decoder import EncoderDecoderClassifier, EncoderDecoderRegressor
from .module import ModuleClassifier, ModuleRegressor
from .naive import NaiveRegressor
from .recurrent import (
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
)
from .sarima import SARIMARegressor
from .transformed_window_regressor import TransformedWindowRegressor
from .wavenet import WaveNetClassifier, WaveNetRegressor

ALL = [
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
    WaveNetClassifier,
    WaveNetRegressor,
]

META = [ConformalRegressor, TransformedWindowRegressor]

__all__ = [cls.__name__ for cls in ALL + META]
