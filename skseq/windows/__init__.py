"""Windows: pure numpy functions on arrays ``(n_samples, length, n_features)``."""

from .differences import difference, integrate
from .padding import backfill, leading_padding, pad_sequences
from .views import chunks, series_of, sliding_windows, variable_moments

__all__ = [
    "backfill",
    "chunks",
    "difference",
    "integrate",
    "leading_padding",
    "pad_sequences",
    "series_of",
    "sliding_windows",
    "variable_moments",
]
