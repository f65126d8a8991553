"""Padding: rows of NaN at the start of a window longer than its sequence."""

from numbers import Integral

import numpy as np

from .views import chunks


def leading_padding(series):
    """Count the rows of NaN that a series (n_timesteps, n_features) starts with."""
    for part in chunks(series):
        observed = ~np.isnan(series[part]).all(axis=1)
        if observed.any():
            return part.start + int(observed.argmax())
    return len(series)


def pad_sequences(sequences, length=None, dtype=None):
    """Stack sequences of different lengths into one window array.

    Shorter sequences get rows of NaN at the start, which is how every part of
    skseq marks a short past. Of longer ones, the last ``length`` rows are kept.

    Parameters
    ----------
    sequences : list of array-like of shape (n_timesteps,) or (n_timesteps, n_features)
        ``n_timesteps`` may differ between sequences, and may be zero; ``n_features``
        must be the same for all. Or sktime's nested DataFrame: a row for each sequence,
        a column for each variable, and a Series in each cell.
    length : int, default=None
        Number of time steps in the result; None takes that of the longest sequence.
    dtype : dtype, default=None
        float32 or float64; None keeps float32 if all sequences have it.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)

    Raises
    ------
    ValueError
        If there is no sequence, if one is not numeric, has another number of variables
        than the first, or holds NaN or infinity, or if the dtype is another.

    Examples
    --------
    >>> from skseq import pad_sequences
    >>> pad_sequences([[1, 2, 3], [4]])[:, :, 0]
    array([[ 1.,  2.,  3.],
           [nan, nan,  4.]])
    """
    if hasattr(sequences, "iloc") and sequences.ndim == 2:  # a table
        sequences = _unnested(sequences)
    arrays = [_as_sequence(s, i) for i, s in enumerate(sequences)]
    if not arrays:
        raise ValueError("sequences is empty: give at least one sequence.")
    # One without steps, such as [], tells neither their variables nor their type.
    filled = [i for i, array in enumerate(arrays) if len(array)] or [0]
    n_features = arrays[filled[0]].shape[1]
    for i in filled:
        if arrays[i].shape[1] != n_features:
            raise ValueError(
                f"sequences[{i}] has {arrays[i].shape[1]} variables, but "
                f"sequences[{filled[0]}] has {n_features}: give all the same columns."
            )
        if not np.isfinite(arrays[i]).all():
            raise ValueError(
                f"sequences[{i}] holds NaN or infinity: impute or drop those rows."
            )
    length = max(map(len, arrays)) if length is None else length
    if not isinstance(length, Integral) or length < 1:
        raise ValueError(f"length must be an integer of at least 1, got {length!r}.")
    if dtype is None:
        dtype = np.result_type(*(arrays[i] for i in filled))
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"dtype={dtype} is not supported: give float32 or float64.")
    padded = np.full((len(arrays), length, n_features), np.nan, dtype=dtype)
    for i in filled:
        kept = arrays[i][-length:]
        padded[i, length - len(kept) :] = kept
    return padded


def as_real(values, name):
    """Return an array of floats; float32 is kept, all else becomes float64.

    Parameters
    ----------
    values : array-like
    name : str
        Name of the argument, for messages.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        For text, complex numbers and anything else that is not real numbers.
    """
    refuse_masked(values, name)
    try:
        array = np.asarray(values)
        if array.dtype == np.float32:
            return array
        if array.dtype.kind not in "biufO":
            raise ValueError(f"its dtype is {array.dtype}")
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} is not numeric: {error}. Encode or convert it first."
        ) from None


def refuse_masked(values, name):
    """Raise ValueError for a masked array, of which numpy would take what is masked."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"{name} is an array with masked values, which hold anything: give "
            f"{name}.astype(float).filled(numpy.nan), and then impute or drop them."
        )


def _unnested(frame):
    """Return a list of sequences, given a table with a sequence in each cell."""
    try:
        return [np.stack(cells, axis=1) for cells in frame.to_numpy()]
    except ValueError as error:
        raise ValueError(
            "sequences is a DataFrame that does not hold a Series in each cell, of the "
            f"same length in all cells of a row ({error}): give a list of sequences, "
            "such as [rows for _, rows in table.groupby('sequence')] of a table whose "
            "rows are time steps."
        ) from None


def _as_sequence(sequence, position):
    array = as_real(sequence, f"sequences[{position}]")
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2:
        raise ValueError(
            f"sequences[{position}] has {array.ndim} dimensions: expected "
            "(n_timesteps,) or (n_timesteps, n_features)."
        )
    return array


def observed(windows):
    """Tell which steps (n_samples, length) of windows are not padding."""
    return ~np.isnan(windows[:, :, 0])


def backfill(windows):
    """Replace padding with the first observed row of each window (0 if there is none).

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
        They are copied, so pass a bounded number at a time (see :func:`chunks`).

    Returns
    -------
    ndarray of shape (n_samples, length, n_features)
    """
    missing = ~observed(windows)
    n_samples, length, _ = windows.shape
    first = np.minimum(missing.sum(axis=1), length - 1)
    source = np.maximum(np.arange(length), first[:, np.newaxis])
    return np.nan_to_num(windows[np.arange(n_samples)[:, np.newaxis], source])
