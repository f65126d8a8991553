"""Windows without the effect of the variables known ahead, and that effect."""

import numpy as np

from ...windows import coming_values


def without_known(windows, target, coef, horizon):
    """Take the effect of the variables known ahead out of the past.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
    target : int
    coef : ndarray of shape (n_known,)
        The effect of each variable.
    horizon : int
        Steps for which they are known.

    Returns
    -------
    past : ndarray of shape (n_samples, length) or (n_samples, length - 1)
        The target. With known variables, it lacks the first row, whose own known values
        are in the row before.
    effect : ndarray of shape (n_samples, horizon) or (n_samples, 1)
        The effect on the coming steps.

    Raises
    ------
    ValueError
        If values known ahead are missing in the last row.
    """
    past = windows[:, :, target].astype(np.float64)
    if not len(coef):
        return past, np.zeros((len(windows), 1))
    known = coming_values(windows, len(coef), horizon)
    past = past[:, 1:] - known[:, :-1, :, 0] @ coef
    effect = coef @ known[:, -1]
    lacking = np.isnan(effect).any(axis=1) & ~np.isnan(windows).all(axis=(1, 2))
    if lacking.any():
        raise ValueError(
            "X holds NaN where the variables known ahead have their next values, "
            f"in the last row of {lacking.sum()} windows: fill them in."
        )
    return past, np.nan_to_num(effect)
