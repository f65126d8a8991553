"""Labels of the steps of windows, given as separate sequences."""

import numpy as np

from ..windows import observed
from .targets import holds_sequences, target_array
from .windows import from_tensor


def label_array(y, windows, *, fitted=False):
    """Return labels as an array, with None where windows are padded.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, length), or list of sequences
        A sequence has a label for each step of its window that is not padding. If the
        window was cut to its last steps, so are the labels.
    windows : ndarray of shape (n_samples, length, n_features)
    fitted : bool, default=False
        Whether there must be a label for each step. If not, all sequences may be
        longer than the windows because they are other ones, which is an error.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, length)
        Or of the shape that y has, if that is neither.

    Raises
    ------
    ValueError
        If y holds separate sequences that do not fit the windows.
    """
    array = np.asarray(target_array(y, separate=True))
    n_samples, length, _ = windows.shape
    separate = holds_sequences(array) or (array.ndim == 2 and not hasattr(y, "shape"))
    columns = array.shape[1] if array.ndim == 2 else None
    is_done = columns == length or (columns == 1 and not fitted)  # raveled later
    if not separate or is_done or len(array) != n_samples:
        return array
    n_steps = observed(windows).sum(axis=1)
    sequences = [np.array(from_tensor(one), object, ndmin=1) for one in array]
    sizes = np.array([len(labels) for labels in sequences])
    fits = sizes == n_steps
    cut = (sizes > length) & (n_steps == length)
    if not fitted and not fits[n_steps < length].any():
        cut[:] = False
    if not (fits | cut).all():
        if array.ndim == 2:
            return array
        first = np.argmin(fits | cut)
        raise ValueError(
            f"y holds separate sequences, but y[{first}] has {sizes[first]} labels and "
            f"window {first} of X has {n_steps[first]} steps: give a label for each "
            "step. For sequences of another length, use EncoderDecoderClassifier, and "
            "fill up shorter ones with an extra label."
        )
    padded = np.full((n_samples, length), None)
    for row, labels, n in zip(padded, sequences, n_steps, strict=True):
        row[length - n :] = labels[len(labels) - n :]
    return padded
