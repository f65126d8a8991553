"""Whether windows overlap, and the targets that they share."""

from statistics import median_low

import numpy as np

N_PAIRS = 10
"""Number of pairs of windows, or up to twice as many, that tell if windows overlap."""


def n_shared(windows, y):
    """Count the following windows that share targets with a window.

    Each step of a window has a target. Windows overlap if most of them begin with the
    values at the end of the window before. If they are separate sequences, they share
    no targets.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
    y : ndarray of shape (n_samples, length, n_outputs)
    """
    _, length, n_outputs = y.shape
    # The outputs of a step may be several steps ahead of it.
    last_target = length - 1 + n_outputs - 1
    return int(last_target // _usual_shift(windows))


def _usual_shift(windows):
    """Count the steps from a window to the next; infinite if windows are separate."""
    if windows.shape[1] == 1:  # nothing to tell it by
        return 1
    observed = ~np.isnan(windows[:, -1, 0])  # all padding looks like all padding
    pairs = np.flatnonzero(observed[:-1] & observed[1:])
    some = pairs[:: max(1, len(pairs) // N_PAIRS)]
    shifts = map(_shift, windows[some], windows[some + 1])
    return median_low(shifts) if len(some) else np.inf


def _shift(window, following):
    """Count the steps from a window to one that begins with its end, or infinity."""
    same = (following[:-1] == window[-1]).all(axis=1)
    for n_same in 1 + np.flatnonzero(same)[::-1]:
        if np.array_equal(window[-n_same:], following[:n_same], equal_nan=True):
            return len(window) - n_same
    return np.inf
