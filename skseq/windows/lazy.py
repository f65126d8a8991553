"""LazyArray: an array whose rows are computed when they are read."""

from functools import cached_property, partial
from math import prod

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class LazyArray(NDArrayOperatorsMixin):
    """An array of which only the rows that are asked for are ever in memory.

    As in numpy, a slice is a view and copies nothing, and an index array (of int, not
    negative, or a mask) gives a new array, here by computing those rows. ``np.asarray``
    computes all of them, as do functions and operators of numpy.

    Parameters
    ----------
    read : callable
        Maps an ndarray of int, the numbers of rows, to a new array of these rows.
        Pickled with the array.
    rows : range or ndarray of int
        The numbers of the rows of this array.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.windows import LazyArray
    >>> squares = LazyArray(np.square, range(1000))
    >>> squares[500:][np.array([0, 1])]
    array([250000, 251001])
    """

    def __init__(self, read, rows):
        self.read = read
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return f"LazyArray(shape={self.shape}, dtype={self.dtype})"

    @cached_property
    def _none(self):
        return self.read(np.arange(0))

    @property
    def dtype(self):
        """Type of the values."""
        return self._none.dtype

    @property
    def shape(self):
        """Number of rows, and the shape of a row."""
        return len(self), *self._none.shape[1:]

    @property
    def ndim(self):
        """Number of dimensions."""
        return self._none.ndim

    @property
    def size(self):
        """Number of values."""
        return prod(self.shape)

    def __getitem__(self, key):
        if isinstance(key, tuple):
            rows, *others = key
            part, function = self[rows], partial(_part, others)
            return part.map(function) if isinstance(part, LazyArray) else function(part)
        if isinstance(key, slice):
            return LazyArray(self.read, self.rows[key])
        return self.read(self._numbers(key))

    __iter__ = None  # else Python would ask for row after row

    def take(self, samples):
        """Return some rows, given their numbers, without computing them."""
        return LazyArray(self.read, self._numbers(samples))

    def reshape(self, *shape):
        """Compute all rows, and return an ndarray of another shape."""
        return np.asarray(self).reshape(*shape)

    def map(self, function):
        """Return a LazyArray of what a function makes of any new array of rows."""
        return LazyArray(partial(_mapped, self.read, function), self.rows)

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("The rows of a LazyArray are not in memory: copy them.")
        return np.asarray(self.read(np.asarray(self.rows, np.intp)), dtype=dtype)

    def _numbers(self, samples):
        samples = np.asarray(samples)
        if samples.dtype == bool and samples.shape == (len(self),):
            samples = np.flatnonzero(samples)
        if samples.ndim != 1 or samples.dtype.kind not in "iu":
            raise IndexError(
                f"The rows of a LazyArray can't be chosen by {samples!r}: give a "
                "slice, a one-dimensional array of int, or a mask of its length, or "
                "convert it with np.asarray."
            )
        if len(samples) and samples.min() < 0:
            raise IndexError(
                "The rows of a LazyArray are counted from the first, 0, but "
                f"{samples.min()} was given: convert it with np.asarray."
            )
        if isinstance(self.rows, range):
            return self.rows.start + self.rows.step * samples
        return self.rows[samples]


def _mapped(read, function, rows):
    return function(read(rows))


def _part(others, values):
    return values[(slice(None), *others)]


def take(array, samples):
    """Return some rows of an array, without computing them if it is lazy.

    They are chosen by a slice or an ndarray of int.
    """
    if isinstance(array, LazyArray) and not isinstance(samples, slice):
        return array.take(samples)
    return array[samples]
