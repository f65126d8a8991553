"""Warnings of a fit."""

import sys
import warnings

INNER = "skseq", "skorch", "torch", "sklearn", "joblib", "contextlib"
"""Packages that call each other in a fit; the last runs context managers."""


def warn(message, category):
    """Warn at the line that began the fit, which is outside of all these packages.

    Parameters
    ----------
    message : str
    category : type
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back and _package(frame) in INNER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
