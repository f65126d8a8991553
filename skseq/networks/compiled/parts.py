"""Parts of the models and windows, each computed by a thread.

A state depends on that of the step before, so steps can't be shared; models can, and
the windows of a batch.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from numba import njit
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from ..threads import n_threads
from .blas import one_thread
from .options import INLINED

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


@intrinsic
def at(_, array, m, t, part):
    """Return a part's rows of an array (models, steps, windows, units)."""
    view = array.copy(ndim=array.ndim - 2)
    return view(array, m, t, part), _view


@intrinsic
def of(_, array, m, part):
    """Return a part's rows of an array (models, windows, ...)."""
    view = array.copy(ndim=array.ndim - 1)
    return view(array, m, part), _view


def _view(context, builder, signature, arguments):
    """Build ``array[*indices, part.windows[0] : part.windows[1]]``.

    That itself checks all numbers, and is so much code that it takes long to compile.
    """
    array, *indices, part = arguments
    array = make_array(signature.args[0])(context, builder, array)
    shape, strides = (
        cgutils.unpack_tuple(builder, sizes) for sizes in (array.shape, array.strides)
    )
    windows = Part._fields.index("windows")
    first, stop = (builder.extract_value(part, (windows, i)) for i in range(2))
    address = builder.ptrtoint(array.data, first.type)
    for i, stride in zip([*indices, first], strides, strict=False):
        address = builder.add(address, builder.mul(i, stride))
    n = len(indices)
    view = make_array(signature.return_type)(context, builder)
    populate_array(
        view,
        data=builder.inttoptr(address, array.data.type),
        shape=[builder.sub(stop, first), *shape[n + 1 :]],
        strides=strides[n:],
        itemsize=array.itemsize,
        meminfo=None,
    )
    return view._getvalue()


@njit(**INLINED)
def in_turn(array, m, t, part):
    """Return the same of an array with fewer steps, which are used again and again."""
    return at(array, m, t % array.shape[1], part)


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
