"""Windows: pure numpy functions on arrays ``(n_samples, length, n_features)``."""

from .coming import coming_values, lay_coming
from .cut_windows import cut_windows
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
