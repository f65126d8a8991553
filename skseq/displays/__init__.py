"""Displays in scikit-learn's manner; matplotlib is imported when one is drawn."""

from .forecast import ForecastDisplay
from .multi_step_error import MultiStepErrorDisplay
from .style import matplotlib_part

__all__ = ["ForecastDisplay", "MultiStepErrorDisplay", "matplotlib_part"]
