"""Forecasters for sktime, which must be installed to import them."""

from ..extras import import_extra

import_extra("sktime", "sktime", "skseq.forecasting needs sktime")

from .sequence_forecaster import SequenceForecaster  # noqa: E402

__all__ = ["SequenceForecaster"]
