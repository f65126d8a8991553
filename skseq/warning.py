"""Warnings that point at the user's line."""

import sys
import warnings

INNER = (
    "skseq",
    "skorch",
    "torch",
    "sklearn",
    "joblib",
    "sktime",
    "skbase",
    "contextlib",
)
"""Packages that call each other inside of a user's call; the last runs contexts."""


def warn(message, category=UserWarning):
    """Warn at the line that called into these packages: the user's, not one of theirs.

    In a worker process or thread, it is the line that runs jobs there.

    Parameters
    ----------
    message : str
    category : type, default=UserWarning
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back and _package(frame) in INNER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
