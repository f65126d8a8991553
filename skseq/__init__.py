"""Sequence networks for scikit-learn: a window is a sample.

Its parts, each of which imports only those before it::

    extras           Optional packages
    fork_safe        A lock that is free in a forked process
    warning          Warnings that point at the user's line
    windows          Windows: views of a series, with numpy alone
    networks         Networks: modules, with torch alone
    validation       Errors that name the argument, and what to do
    index            The times of a table, and the series that it holds
    transformers     From a series to windows and their targets
    training         From parameters and windows to a fitted net
    wrapping         What everything that wraps any regressor needs
    estimators       Regressors and classifiers
    model_selection  A search that trains networks of one shape together
    forecasting      A forecaster for sktime
    displays         Plots
    datasets         Real and simulated series
    comparison       Models on the same windows, beside the naive forecast
    shell            ``python -m skseq``
"""

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
