"""Validation of windows of tokens."""

import numpy as np

from ..windows import chunks


def largest_token(windows):
    """Return the largest token; raise ValueError if a value is not a whole number.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, 1)
    """
    largest = 0
    for part in chunks(windows):
        values = np.asarray(windows[part])
        values = values[~np.isnan(values)]
        if (broken := values % 1 != 0).any():
            raise ValueError(
                f"X holds {values[broken][0]}, which is not a token: with "
                "embedding_size, give whole numbers without scaling them; for "
                "measurements, set embedding_size=None."
            )
        largest = max(largest, int(values.max(initial=0)))
    return largest
