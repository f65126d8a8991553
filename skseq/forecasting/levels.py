"""What the levels of the series of a panel tell of a regressor for all of them."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_scalar

from ..transformers import Differencer
from ..windows import level_drifts


def choose_order(regressor, panel):
    """Return a copy whose ``Differencer(order="auto")`` does what most series need.

    By itself, it could not tell the series of a panel apart, and windows that are
    scaled, each by its own level, no longer tell whether levels drift.

    Parameters
    ----------
    regressor : estimator
    panel : list of Instance

    Returns
    -------
    estimator
    """
    regressor = clone(regressor)
    for name, part in regressor.get_params().items():
        if isinstance(part, Differencer) and part.order == "auto":
            check_scalar(part.lag, "lag", Integral, min_val=1)
            drifts = [any(drifting(one.y, part.lag)) for one in panel]
            regressor.set_params(**{f"{name}__order": int(np.mean(drifts) >= 0.5)})
    return regressor


def drifting(y, season):
    """Tell whether the level of each variable (n_timesteps, n_targets) drifts."""
    if len(y) <= 2 * season:
        return [False] * y.shape[1]
    return [level_drifts(y[np.newaxis, :, [i]], season) for i in range(y.shape[1])]
