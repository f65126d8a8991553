"""Warnings that point at the user's line, and are noted or hidden in any thread.

All threads have the same filters: of two that change them for a while, the last to end
puts back what the other had set.
"""

import sys
import warnings
from contextlib import contextmanager
from contextvars import ContextVar

from .fork_safe import ForkSafe

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

_noted = ContextVar("noted", default=None)

_threads = ForkSafe()
"""Threads that hide warnings take turns."""


@contextmanager
def noting():
    """Note the warnings of :func:`warn` instead of showing them.

    Yields
    ------
    list of (str, type)
        Message and category of each.
    """
    noted = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


@contextmanager
def silence():
    """Hide all warnings, such as those of another package."""
    with _threads.lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def warn(message, category=UserWarning):
    """Warn at the line that called into these packages: the user's, not one of theirs.

    In a worker process or thread, it is the line that runs jobs there.
    """
    noted = _noted.get()
    if noted is not None:
        noted.append((message, category))
        return
    level, frame = 2, sys._getframe(1)
    while frame.f_back and _package(frame) in INNER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
