"""Displays in scikit-learn's style; matplotlib is imported when one is drawn."""

from .attention import AttentionDisplay
from .correlogram import CorrelogramDisplay
from .forecast import ForecastDisplay
from .lagged_difference import LaggedDifferenceDisplay
from .multi_step_error import MultiStepErrorDisplay
from .residuals import ResidualsDisplay
from .training_history import TrainingHistoryDisplay

__all__ = [
    "AttentionDisplay",
    "CorrelogramDisplay",
    "ForecastDisplay",
    "LaggedDifferenceDisplay",
    "MultiStepErrorDisplay",
    "ResidualsDisplay",
    "TrainingHistoryDisplay",
]
