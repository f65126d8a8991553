"""Parts of the models and windows, each computed by a thread.

A state depends on that of the step before, so steps can't be shared; models can, and
the windows of a batch.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from numba import njit

from ..threads import n_threads
from .blas import one_thread
from .tanh import OPTIONS

LEAST_WORK = 2**22
"""Multiplications in a part from which a thread gains more than it costs."""


class Part(NamedTuple):
    """What one thread computes.

    Parameters
    ----------
    index : int
        Its place among the parts.
    models, windows : tuple of int
        The first one, and the one after the last.
    """

    index: int
    models: tuple
    windows: tuple


@njit(**OPTIONS)
def at(array, m, t, part):
    """Return a part's rows of an array (models, steps, windows, units)."""
    return array[m, t, part.windows[0] : part.windows[1]]


@njit(**OPTIONS)
def in_turn(array, m, t, part):
    """Return the same of an array with fewer steps, which are used again and again."""
    return at(array, m, t % array.shape[1], part)


@njit(**OPTIONS)
def of(array, m, part):
    """Return a part's rows of an array (models, windows, ...)."""
    return array[m, part.windows[0] : part.windows[1]]


def parts(n_models, n_windows, work, windows_depend=False):
    """Divide models, or else the windows of each, among threads.

    Parameters
    ----------
    n_models, n_windows : int
    work : int
        Multiplications for all of them.
    windows_depend : bool, default=False
        Whether a window changes the states of others, as in batch normalisation.

    Returns
    -------
    list of Part
    """
    n = min(n_threads(), max(work // LEAST_WORK, 1))
    if windows_depend or n_models >= n:
        models = _ranges(n_models, n)
        return [Part(i, some, (0, n_windows)) for i, some in enumerate(models)]
    windows = _ranges(n_windows, n)
    return [Part(i, (0, n_models), some) for i, some in enumerate(windows)]


def in_threads(loop, parts, *arguments):
    """Call ``loop(part, *arguments)`` for each part."""
    first, *others = parts
    pool = others and _pool(len(others))
    running = [pool.submit(_call, loop, part, *arguments) for part in others]
    _call(loop, first, *arguments)
    for one in running:
        one.result()


def _call(loop, *arguments):
    with one_thread():
        loop(*arguments)


def _ranges(total, n):
    """Divide a number into at most n ranges, of equal size but for one."""
    n = min(n, total)
    stops = [total * i // n for i in range(n + 1)]
    return list(pairwise(stops))


@cache
def _pool(n_threads):
    return ThreadPoolExecutor(n_threads, thread_name_prefix="skseq")
