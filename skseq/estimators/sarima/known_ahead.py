"""Windows without the effect of the variables known ahead, and that effect."""

import numpy as np

from ...windows import coming_values


def without_known(windows, target, coef, horizon):
    """Return the past of the target without their effect, and that on coming steps.

    The first row of a window has no known values of its own: they are in the row before
    it. So the past is one row shorter, if there are any.
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
