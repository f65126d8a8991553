"""Validation of shares."""

from numbers import Real

from sklearn.utils import check_scalar


def check_share(value, name):
    """Raise an error unless 0 < value < 1, as for a percentage."""
    limits = {"min_val": 0, "max_val": 1, "include_boundaries": "neither"}
    check_scalar(value, name, Real, **limits)
    if value != value:
        raise ValueError(f"{name} must be between 0 and 1, got {value!r}.")
