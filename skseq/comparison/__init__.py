"""Comparison: models on the same held-out windows, beside the naive forecast."""

from .compare import compare
from .forecast_next import forecast_next
from .models import default_models
from .result import Comparison

__all__ = ["Comparison", "compare", "default_models", "forecast_next"]
