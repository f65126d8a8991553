"""Valid values of parameters, and errors that name the parameter that is not."""

import copy
from dataclasses import fields
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_random_state, check_scalar
from skorch.callbacks import Callback

from ..training import device_of
from ..warning import warn

_COUNT = (Integral, 1, None, "both")
_SHARE = (Real, 0, 1, "left")
_AMOUNT = (Real, 0, None, "both")

RANGES = {
    # name: (type, smallest, largest, which bounds are allowed)
    "batch_size": _COUNT,
    "dilation": _COUNT,
    "dropout": _SHARE,
    "embedding_size": _COUNT,
    "gradient_clip": (Real, 0, None, "neither"),
    "hidden_size": _COUNT,
    "kernel_size": _COUNT,
    "label_smoothing": _SHARE,
    "learning_rate": (Real, 0, None, "neither"),
    "max_epochs": _COUNT,
    "n_blocks": _COUNT,
    "n_conv_layers": _COUNT,
    "n_filters": _COUNT,
    "n_iter_no_change": _COUNT,
    "n_known_ahead": (Integral, 0, None, "both"),
    "n_layers": _COUNT,
    "n_members": _COUNT,
    "recurrent_dropout": _SHARE,
    "stride": _COUNT,
    "teacher_forcing": (Real, 0, 1, "both"),
    "tol": _AMOUNT,
    "vocabulary_size": _COUNT,
    "weight_decay": _AMOUNT,
}


def check_parameters(estimator):
    """Raise ValueError or TypeError for a parameter that can't be used.

    Parameters
    ----------
    estimator : NetworkEstimator
        Its ``_choices``, and those of its base classes, list the allowed values of
        some parameters.
    """
    choices = {}
    for cls in reversed(type(estimator).__mro__):
        choices.update(vars(cls).get("_choices", {}))
    for field in fields(estimator):
        name, value = field.name, getattr(estimator, field.name)
        # It is text already if a module postpones the evaluation of annotations.
        kind = field.type.__name__ if isinstance(field.type, type) else str(field.type)
        or_else = ", or callable" if "Callable" in kind else ""
        if or_else and callable(value):
            continue
        if name in choices:
            _check_choice(value, name, choices[name], or_else)
        elif name in RANGES:
            _check_number(value, name, optional="None" in kind)
        elif kind == "bool" and not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name} must be True or False, got {value!r}.")
        elif name in _CHECKS:
            _CHECKS[name](value)


def warn_of_idle(estimator, name, where):
    """Warn that a parameter that the user set has no effect.

    Parameters
    ----------
    estimator : NetworkEstimator
    name : str
        If its value is the default of the class, or 0, there is no warning.
    where : str
        Where it would apply, and what to set instead.
    """
    value = getattr(estimator, name)
    if value not in (0, getattr(type(estimator), name)):
        warn(f"{name}={value!r} has no effect: it applies {where}.")


def plain(estimator):
    """Copy an estimator, with numpy numbers (from a grid) turned into Python's."""
    copied = copy.copy(estimator)
    for field in fields(estimator):
        value = getattr(estimator, field.name)
        if isinstance(value, np.generic):
            setattr(copied, field.name, value.item())
    return copied


def as_floats(values, dtype):
    """Convert a parameter to an array, which is empty if it does not hold numbers."""
    try:
        return np.asarray(values, dtype=dtype)
    except (TypeError, ValueError):
        return np.empty(0, dtype=dtype)


def _check_number(value, name, *, optional):
    if value is None and optional:
        return
    kind, low, high, bounds = RANGES[name]
    if isinstance(value, bool):  # Python's are integers, for which torch has no use
        raise TypeError(f"{name} must be a number, got {value!r}.")
    check_scalar(
        value, name, kind, min_val=low, max_val=high, include_boundaries=bounds
    )
    if value != value:
        raise ValueError(f"{name} must be a number, got {value!r}.")


def _check_choice(value, name, allowed, or_else):
    if isinstance(value, np.bool_):
        value = bool(value)
    # ``in`` would take 1 for True, and fail on a list or array.
    if not any(type(value) is type(choice) and value == choice for choice in allowed):
        raise ValueError(
            f"{name} must be one of {sorted(allowed, key=str)}{or_else}, got {value!r}."
        )


def _check_layer_sizes(value):
    if not isinstance(value, (tuple, list)) or not all(
        isinstance(size, Integral) and size > 0 for size in value
    ):
        raise ValueError(
            "hidden_layer_sizes must be a tuple of numbers of units, such as (32,), "
            f"got {value!r}."
        )


def _check_callbacks(value):
    if value is not None and not isinstance(value, (list, tuple)):
        raise TypeError(f"callbacks must be a list of skorch callbacks, got {value!r}.")
    for callback in value or []:
        named = isinstance(callback, tuple) and len(callback) == 2
        if not isinstance(callback[1] if named else callback, Callback):
            raise TypeError(
                f"callbacks must be instances of skorch callbacks, got {callback!r}; "
                "those of scikit-learn are set on a Pipeline or a search, with "
                "set_callbacks."
            )


def _check_device(value):
    if not isinstance(value, (str, torch.device)):
        raise ValueError(f"device must be a name such as 'cpu', got {value!r}.")
    try:
        device = device_of(value)
    except RuntimeError as error:
        raise ValueError(
            f"device must be one that torch knows, such as 'cpu' or 'cuda', got "
            f"{value!r}: {error}"
        ) from None
    try:
        torch.empty(0, device=device)
    except (AssertionError, ImportError, RuntimeError) as error:
        raise ValueError(
            f"device is {value!r}, but torch finds no such device here: use 'cpu', or "
            "install a build of torch for it."
        ) from error


def _check_n_jobs(value):
    if value is not None and (not isinstance(value, Integral) or value == 0):
        raise ValueError(
            f"n_jobs must be None, -1 or a number of threads, got {value!r}."
        )


def _check_validation_fraction(value):
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    most = np.inf if isinstance(value, Integral) else 1
    if not (is_number and 0 < value < most):
        raise ValueError(
            "validation_fraction must be a share between 0 and 1, or a number of "
            f"windows, got {value!r}."
        )


def _check_verbose(value):
    if not isinstance(value, Integral):
        raise TypeError(f"verbose must be a number, got {value!r}.")


def _check_random_state(value):
    try:
        check_random_state(value)
    except ValueError as error:
        raise ValueError(f"random_state can't be {value!r}: {error}.") from None


def _check_levels(value):
    levels = as_floats(value, float)
    ascending = levels.ndim == 1 and len(levels) and (np.diff(levels) > 0).all()
    if not ascending or not (levels[0] > 0 and levels[-1] < 1):
        raise ValueError(
            f"quantiles must be ascending levels between 0 and 1, got {value!r}."
        )


def _check_class_weight(value):
    if isinstance(value, dict) or value is None:
        return
    if not isinstance(value, str) or value != "balanced":
        raise ValueError(
            f"class_weight must be 'balanced', None or a dict, got {value!r}: give a "
            "weight for each label, such as {0: 1.0, 1: 5.0}."
        )


_CHECKS = {
    "callbacks": _check_callbacks,
    "class_weight": _check_class_weight,
    "device": _check_device,
    "hidden_layer_sizes": _check_layer_sizes,
    "n_jobs": _check_n_jobs,
    "quantiles": _check_levels,
    "random_state": _check_random_state,
    "validation_fraction": _check_validation_fraction,
    "verbose": _check_verbose,
}
