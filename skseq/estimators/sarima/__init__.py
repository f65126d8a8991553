"""SARIMA on windows: estimated once, then one matrix product."""

from .regressor import SARIMARegressor
