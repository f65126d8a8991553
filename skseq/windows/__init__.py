"""Windows: pure numpy functions on arrays ``(n_samples, length, n_features)``."""

from .coming import coming_values, lay_coming
from .differences import difference, integrate
from .padding import as_real, backfill, leading_padding, observed, pad_sequences
from .panel import cut_windows
from .views import (
    changes,
    chunks,
    n_shared,
    pack,
    series_of,
    sliding_windows,
    unpack,
    variable_moments,
)

__all__ = [
    "as_real",
    "backfill",
    "changes",
    "chunks",
    "coming_values",
    "cut_windows",
    "difference",
    "integrate",
    "lay_coming",
    "leading_padding",
    "n_shared",
    "observed",
    "pack",
    "pad_sequences",
    "series_of",
    "sliding_windows",
    "unpack",
    "variable_moments",
]
