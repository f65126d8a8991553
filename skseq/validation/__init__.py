"""Validation: errors that name the argument, what was given, and what to do."""

from .advice import advice_on, advice_on_labels
from .columns import check_known_ahead, check_target_columns, warn_of_other_target
from .labels import label_array
from .samples import check_fit_windows, check_predict_windows, check_weights
from .share import check_share
from .targets import check_targets, target_array
from .tokens import largest_token
from .windows import check_series, check_windows
