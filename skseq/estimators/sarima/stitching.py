"""Windows and their targets, joined back into their series."""

from itertools import pairwise

import numpy as np

from ...windows import (
    LazyArray,
    chunks,
    columns_of,
    coming_values,
    difference,
    leading_padding,
    series_of,
)

MANY = 20_000
"""Time steps from which the parameters of a model are known well."""

FEW = 100
"""Pieces that are kept, however many time steps they have."""

SEASONS = 10
"""Which each piece keeps, however many pieces there are."""


def find_pieces(windows, y, target):
    """Find the pieces of consecutive windows.

    Parameters
    ----------
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
        Those of several series, which SlidingWindow makes lazy, may be mixed.
    y : ndarray of shape (n_samples, horizon)
        The next values of the target.
    target : int
        The variable that y continues.

    Returns
    -------
    windows, y
        Those given, series by series.
    pieces : list of (int, int)
        The first window of each piece, and the one after its last.

    Raises
    ------
    ValueError
        If ``y`` does not continue the windows.
    """
    if isinstance(windows, LazyArray):
        order = np.argsort(windows.rows)
        windows, y = windows.take(order), y[order]
    breaks = _breaks(windows, y, target)
    return windows, y, list(pairwise([0, *breaks, len(windows)]))


def read_pieces(windows, y, pieces, target, n_known):
    """Read the rows behind pieces of consecutive windows.

    Parameters
    ----------
    windows, y, pieces
        As :func:`find_pieces` returns them.
    target : int
    n_known : int
        Number of variables known ahead.

    Returns
    -------
    list of ndarray of shape (n_timesteps, 1 + n_known)
        The target and the variables known ahead, of each piece. A row with any missing
        value is all NaN, and no table starts with such a row.
    """
    tables = []
    for first, last in pieces:
        some = np.asarray(windows[first:last])
        rows = np.concatenate([some[0], some[1:, -1]])
        ahead = coming_values(rows, n_known, y.shape[1])
        unknown = np.full((1, n_known), np.nan)
        ahead = np.concatenate([unknown, ahead[:-1, :, 0], ahead[-1].T])
        table = np.column_stack([np.append(rows[:, target], y[last - 1]), ahead])
        table[np.isnan(table).any(axis=1)] = np.nan
        tables.append(table[leading_padding(table) :])
    return tables


def thin_out(pieces, n_around, season):
    """Shorten long pieces, and keep evenly spread ones of very many.

    Windows that are scaled one by one are not consecutive. Each is a piece then, and
    repeats the steps of its neighbours.

    Parameters
    ----------
    pieces : list of (int, int)
        The first window of each piece, and the one after its last.
    n_around : int
        How many more time steps than windows a piece has.
    season : int

    Returns
    -------
    list of (int, int)
        They end as before.
    """
    lengths = np.sort([last - first for first, last in pieces])
    # What each of the longest may have, beside all that are shorter.
    shares = (MANY - (lengths.cumsum() - lengths)) // np.arange(len(pieces), 0, -1)
    most = max(shares.max(), SEASONS * max(1, season))
    pieces = _latest(pieces, most)
    n_steps = sum(last - first + n_around for first, last in pieces)
    return pieces[:: max(1, min(n_steps // MANY, len(pieces) // FEW))]


def longest(pieces):
    """Keep the longest pieces, in one of which orders are searched.

    The fewer time steps it has, the fewer terms of a model are found.
    """
    kept = sorted(pieces, key=lambda piece: piece[1] - piece[0])[-FEW:]
    return _latest(kept, MANY)


def _latest(pieces, most):
    return [(max(first, last - most), last) for first, last in pieces]


def join(pieces, n_between, order, seasonal_order):
    """Difference the pieces, and join them with missing values between.

    Returns the target (n_timesteps,) and the variables known ahead
    (n_timesteps, n_known).
    """
    _, differences, _ = order
    _, seasonal_differences, _, season = seasonal_order
    gap = np.full((n_between, pieces[0].shape[1]), np.nan)
    parts = []
    for piece in pieces:
        piece = difference(piece, 1, differences)
        parts += [difference(piece, season, seasonal_differences), gap]
    table = np.concatenate(parts[:-1])
    return table[:, 0], np.nan_to_num(table[:, 1:])


def _breaks(windows, y, target):
    """Find the windows that are not the previous one moved by one row."""
    length = windows.shape[1]
    moved = np.ones(len(windows) - 1, dtype=bool)
    values = columns_of(windows, target)
    if series_of(windows) is None:
        for part in chunks(values[1:]):
            before, after = values[:-1][part, 1:], values[1:][part, :-1]
            same = (before == after) | (np.isnan(before) & np.isnan(after))
            moved[part] = same.all(axis=1)
    after = values[1:, -1]
    follows = np.isclose(
        y[:-1, 0], after, rtol=1e-5, atol=1e-5 * np.nanstd(y), equal_nan=True
    )
    wrong = moved & ~follows & ~np.isnan(after - y[:-1, 0])
    # A few may match by chance, as with small whole numbers.
    if length > 1 and wrong.sum() > len(y) / 2:
        row = wrong.argmax()
        raise ValueError(
            f"y does not continue column {target} of X: y[{row}] starts with "
            f"{y[row, 0]}, but the next window ends with {after[row]}. Take both from "
            "horizon_targets; if you transform X, transform y in the same way "
            "(TransformedWindowRegressor)."
        )
    return 1 + np.flatnonzero(~(moved & follows))
