"""Forecasters for sktime; only this package imports it."""

try:
    import sktime  # noqa: F401 (only to name the extra where it is absent)
except ImportError as error:
    raise ImportError(
        "skseq.forecasting needs sktime: install it with pip install 'skseq[sktime]'."
    ) from error

from .sequence_forecaster import SequenceForecaster

__all__ = ["SequenceForecaster"]
