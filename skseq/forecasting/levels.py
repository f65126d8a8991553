"""What the levels of the series of a panel tell of a regressor for all of them."""

from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_scalar

from ..transformers import Differencer
from ..warning import warn
from ..windows import level_drifts
from ..wrapping import innermost
from .forecast import forecast

N_SERIES = 100
"""Series, or half as many, that tell whether forecasts follow the level."""

N_LAST = 100_000
"""Last steps of a series that tell the same: of all, copies would take much memory."""

N_STEPS = 5
"""Of as many steps, at least, a level is the mean: fewer would swing with seasons."""


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


def warn_of_levels(model, panel, length):
    """Warn if the levels of half of the series drift, and forecasts do not follow.

    Parameters
    ----------
    model : WindowModel
        Fitted.
    panel : list of Instance
    length : int
        Time steps in a window.
    """
    if model.scaling is not None:
        return
    panel = [one.tail(N_LAST) for one in panel[:: 1 + len(panel) // N_SERIES]]
    # Half a window is often a season, which would hide what lies beyond it.
    drifts = np.array([drifting(one.y, max(N_STEPS, length // 2)) for one in panel])
    concerned = drifts.any(axis=1)
    if concerned.mean() < 0.5:
        return
    try:
        moves = _moves(model, [panel[i] for i in np.flatnonzero(concerned)], length)
    except Exception:  # whatever a regressor raises at levels such as shares above 1:
        return  # that it was fitted stands, and there is nothing to warn of
    if np.median(moves[drifts[concerned]]) <= 1 / 3:
        warn(
            "The level of y drifts, but beyond the values of the past, the forecasts "
            f"of {type(innermost(model.regressor)).__name__} do not follow it: set "
            "scaling='standardize', or let the regressor forecast changes, with "
            "TransformedWindowRegressor(regressor, Differencer(12)), where 12 is the "
            "number of time steps in a season."
        )


def _moves(model, panel, length):
    """Divide the moves of forecasts by those of levels, beyond all in the panel.

    Returns
    -------
    ndarray of shape (n_series, n_targets)
        1 for a forecast that follows the level, 0 for one that does not.
    """
    low = np.min([one.y.min(axis=0) for one in panel], axis=0).astype(float)
    high = np.max([one.y.max(axis=0) for one in panel], axis=0)
    last = [np.zeros(1, dtype=int)] * len(panel)

    def raised(shift):
        ends = [_raised(one, shift).tail(length + 1) for one in panel]
        return np.concatenate(forecast(model, ends, last, length))[..., 0]

    with np.errstate(all="ignore"):  # what overflows tells nothing
        return (raised(2 * (high - low)) - raised(high - low)) / (high - low)


def _raised(one, shift):
    """Shift the level of a series, and X with it, as far as it has moved with it."""
    level = one.y @ (shift / (shift @ shift))  # that of the result is 1 more
    level -= level.mean()

    def along(X):
        return X + level @ X[: len(level)] / (level @ level)

    y = (one.y + shift).astype(one.y.dtype)
    return replace(one, y=y, past=along(one.past), known=along(one.known))
