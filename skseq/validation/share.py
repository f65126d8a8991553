"""Validation of shares."""

from numbers import Real

from sklearn.utils import check_scalar


def check_share(value, name):
    """Raise an error for a value that is not between 0 and 1, such as a percentage.

    Parameters
    ----------
    value : float
    name : str
        Name of the argument, for messages.

    Raises
    ------
    ValueError, TypeError
        Also for 0 and 1 themselves.
    """
    limits = {"min_val": 0, "max_val": 1, "include_boundaries": "neither"}
    check_scalar(value, name, Real, **limits)
