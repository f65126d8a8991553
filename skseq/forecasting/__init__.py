"""Forecasters for sktime, which must be installed to import them."""

from ..extras import import_extra

import_extra("sktime", "sktime", "skseq.forecasting needs sktime")

# Only now: it imports sktime, whose absence shall be told in our words.
from .sequence_forecaster import SequenceForecaster  # noqa: E402

__all__ = ["SequenceForecaster"]
