"""Normalisation of products over units or windows, one time step at a time."""

from typing import NamedTuple

import numpy as np
from numba import njit

from ..normalization import EPS
from .options import OPTIONS
from .parts import at

NO_NORM, LAYER, BATCH, FIXED = range(4)
"""Kinds: none, over the units, over the windows, with given moments."""

# A sum is vectorised only if its order may change.
SUM_OPTIONS = {**OPTIONS, "fastmath": {"contract", "nsz", "reassoc"}}


class Norm(NamedTuple):
    """A normalisation of products y, which become ``hat * gain``.

    Parameters
    ----------
    kind : int
    gain : ndarray of shape (models, units)
    d_gain : ndarray of shape (parts, models, units)
    share : ndarray of shape (models, steps, windows)
        Weights of the windows in the moments of each step, with sum 1.
    mean : ndarray of shape (models, steps, units)
    scale : ndarray of shape (models, steps, windows) or (models, steps, units)
        One over the standard deviation.
    hat : ndarray of shape (models, steps, windows, units)
    room : ndarray of shape (models, 2, units)
        For sums over the windows.
    """

    kind: int
    gain: np.ndarray
    d_gain: np.ndarray
    share: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    hat: np.ndarray
    room: np.ndarray


@njit(**OPTIONS)
def normalize(part, m, t, norm, y):
    """Normalise y (windows, units) of one step and model, in place."""
    hat, gain = at(norm.hat, m, t, part), norm.gain[m]
    if norm.kind == LAYER:
        _over_units(y, at(norm.scale, m, t, part), hat)
    else:
        mean, scale = norm.mean[m, t], norm.scale[m, t]
        if norm.kind == BATCH:
            _moments(y, norm.share[m, t], mean, scale)
        for b in range(len(y)):
            for j in range(len(mean)):
                hat[b, j] = (y[b, j] - mean[j]) * scale[j]
    for b in range(len(y)):
        for j in range(len(gain)):
            y[b, j] = hat[b, j] * gain[j]


@njit(**OPTIONS)
def normalize_backward(part, m, t, norm, d):
    """Replace the gradient of the normalised y by that of y."""
    hat, gain = at(norm.hat, m, t, part), norm.gain[m]
    d_gain, scale = norm.d_gain[part.index, m], norm.scale[m, t]
    for b in range(len(d)):
        for j in range(len(gain)):
            d_gain[j] += d[b, j] * hat[b, j]
            d[b, j] *= gain[j]
    if norm.kind == LAYER:
        _over_units_backward(d, at(norm.scale, m, t, part), hat)
        return
    if norm.kind == BATCH:
        _over_windows_backward(d, norm.share[m, t], hat, norm.room[m])
    for b in range(len(d)):
        for j in range(len(scale)):
            d[b, j] *= scale[j]


@njit(**OPTIONS)
def _over_units(y, scale, hat):
    n_units, eps = y.dtype.type(y.shape[1]), y.dtype.type(EPS)
    for b in range(len(y)):
        row = hat[b]
        mean = _sum(y[b]) / n_units
        for j in range(len(row)):
            row[j] = y[b, j] - mean
        scale[b] = y.dtype.type(1) / np.sqrt(_inner(row, row) / n_units + eps)
        for j in range(len(row)):
            row[j] *= scale[b]


@njit(**OPTIONS)
def _over_units_backward(d, scale, hat):
    n_units = d.dtype.type(d.shape[1])
    for b in range(len(d)):
        row, normed = d[b], hat[b]
        mean, slope = _sum(row) / n_units, _inner(row, normed) / n_units
        for j in range(len(row)):
            row[j] = (row[j] - mean - normed[j] * slope) * scale[b]


@njit(**OPTIONS)
def _moments(y, share, mean, scale):
    """Mean and one over the standard deviation of each unit, over the windows."""
    eps = y.dtype.type(EPS)
    for j in range(len(mean)):
        mean[j] = 0
        scale[j] = 0  # the variance, at first
    for b in range(len(y)):
        for j in range(len(mean)):
            mean[j] += share[b] * y[b, j]
    for b in range(len(y)):
        for j in range(len(mean)):
            centred = y[b, j] - mean[j]
            scale[j] += share[b] * centred * centred
    for j in range(len(mean)):
        scale[j] = y.dtype.type(1) / np.sqrt(scale[j] + eps)


@njit(**OPTIONS)
def _over_windows_backward(d, share, hat, room):
    """Take out of d what comes through the moments."""
    total, slope = room[0], room[1]
    for j in range(len(total)):
        total[j] = 0
        slope[j] = 0
    for b in range(len(d)):
        for j in range(len(total)):
            total[j] += d[b, j]
            slope[j] += d[b, j] * hat[b, j]
    for b in range(len(d)):
        for j in range(len(total)):
            d[b, j] -= share[b] * (total[j] + hat[b, j] * slope[j])


@njit(**SUM_OPTIONS)
def _sum(row):
    total = row.dtype.type(0)
    for j in range(len(row)):
        total += row[j]
    return total


@njit(**SUM_OPTIONS)
def _inner(a, b):
    total = a.dtype.type(0)
    for j in range(len(a)):
        total += a[j] * b[j]
    return total
