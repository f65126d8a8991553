"""Transformers from a series to its windows, for scikit-learn's pipelines."""

from .differencer import Differencer
from .horizon_targets import horizon_targets
from .known_ahead import KnownAhead
from .sliding_window import SlidingWindow
from .token_vectorizer import TokenVectorizer

__all__ = [
    "Differencer",
    "KnownAhead",
    "SlidingWindow",
    "TokenVectorizer",
    "horizon_targets",
]
