"""Wrapping any regressor: what it takes, what is inside it, and its intervals."""

from .inputs import (
    inputs_for,
    prepare,
    reads_table,
    refuse_to_cut,
    takes_windows,
    targets_for,
)
from .inside import inner_parameters, innermost, unwrap
from .intervals import (
    IntervalWarning,
    central_interval,
    check_gives_std,
    errors_needed,
    predict_std,
    rank_of,
)
from .regressor import WITHOUT_PREDICT, check_regressor
from .routing import RoutesToRegressor
