"""Windows: pure numpy functions on arrays ``(n_samples, length, n_features)``."""

from .coming import coming_values, lay_coming
from .differences import difference, integrate, level_drifts
from .lazy import LazyArray, take
from .moments import variable_moments
from .overlap import n_shared
from .padding import (
    as_real,
    backfill,
    leading_padding,
    observed,
    pad_sequences,
    refuse_masked,
)
from .panel import cut_windows
from .views import (
    HoldsWindows,
    changes,
    chunks,
    columns_of,
    pack,
    series_of,
    sliding_windows,
    unpack,
)

__all__ = [
    "HoldsWindows",
    "LazyArray",
    "as_real",
    "backfill",
    "changes",
    "chunks",
    "columns_of",
    "coming_values",
    "cut_windows",
    "difference",
    "integrate",
    "lay_coming",
    "leading_padding",
    "level_drifts",
    "n_shared",
    "observed",
    "pack",
    "pad_sequences",
    "refuse_masked",
    "series_of",
    "sliding_windows",
    "take",
    "unpack",
    "variable_moments",
]
