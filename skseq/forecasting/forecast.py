"""Forecasts of the series of a panel, in sample and beyond their end."""

import numpy as np

from ..warning import warn
from ..windows import cut_windows
from ..wrapping import reads_table
from .scaling import series_sizes
from .windows import lay_rows


def forecast(model, panel, steps, length, alpha=()):
    """Forecast each series at its own time steps.

    Parameters
    ----------
    model : WindowModel
    panel : list of Instance
    steps : list of ndarray of int of shape (n_rows,)
        For each series, ascending, counted from its end, which is 0.
    length : int
        Time steps in a window.
    alpha : sequence of float, default=()
        Levels of the quantiles to return.

    Returns
    -------
    list of ndarray of shape (n_rows, n_targets, 1 + len(alpha))
        Forecasts, and the offsets of the quantiles from them. NaN if a series has no
        past.
    """
    shape = model.n_targets, 1 + len(alpha)
    forecasts = [np.full((len(step), *shape), np.nan) for step in steps]
    origins = [
        len(instance.y) - 2 + step[step < 1]
        for instance, step in zip(panel, steps, strict=True)
    ]
    origins = [origin[origin >= 0] for origin in origins]
    if any(map(len, origins)):
        in_sample = _in_sample(model, panel, origins, length, alpha)
        for rows, step, values in zip(forecasts, steps, in_sample, strict=True):
            last = (step < 1).sum()
            rows[last - len(values) : last] = values
    furthest = max(step.max() for step in steps)
    if furthest > 0:
        ahead = _ahead(model, panel, furthest, length, alpha)
        for rows, step, values in zip(forecasts, steps, ahead, strict=True):
            rows[step > 0] = values[step[step > 0] - 1]
    return forecasts


def _in_sample(model, panel, origins, length, alpha):
    """Forecast the steps after the origins in each series."""
    n_windows = {one.key: len(ends) for one, ends in zip(panel, origins, strict=True)}
    sizes = series_sizes(panel, model.scaling)
    windows = _windows(model, panel, origins, length)
    y = model.predict(windows, n_windows, sizes, alpha)[:, 0]
    return np.split(y, np.cumsum(list(n_windows.values()))[:-1])


def _ahead(model, panel, furthest, length, alpha):
    """Forecast steps beyond the end, from earlier forecasts if needed.

    Errors of successive passes are assumed to be independent.

    Returns
    -------
    ndarray of shape (n_series, at least furthest, n_targets, 1 + len(alpha))
    """
    n_passes = -(-furthest // model.horizon)
    _check_known(model, panel, n_passes)
    sizes = series_sizes(panel, model.scaling)
    one_each = {instance.key: 1 for instance in panel}
    tails = [instance.tail(length) for instance in panel]
    sides = np.sign(np.asarray(alpha) - 0.5)
    passes, before = [], 0
    for _ in range(n_passes):
        ends = [np.array([len(tail.y) - 1]) for tail in tails]
        windows = _windows(model, tails, ends, length)
        ahead = model.predict(windows, one_each, sizes, alpha)
        offsets = ahead[..., 1:]
        # Where y is not the median, its own errors may be on the other side of it.
        signs = np.where(offsets, np.sign(offsets), sides)
        ahead[..., 1:] = signs * np.hypot(offsets, before)
        before = ahead[:, -1:, :, 1:]
        passes.append(ahead)
        tails = [
            tail.followed_by(y) for tail, y in zip(tails, ahead[..., 0], strict=True)
        ]
    return np.concatenate(passes, axis=1)


def _check_known(model, panel, n_passes):
    """Warn if a regressor on tables would read more steps than are known ahead."""
    if not model.n_known or not reads_table(model.regressor):
        return
    n_read = n_passes * model.horizon
    if any(len(instance.known) < len(instance.y) + n_read for instance in panel):
        warn(
            f"X does not reach {n_read} steps beyond y. The regressor forecasts "
            f"{model.horizon} steps at once and reads the values known ahead for all "
            "of them, so the last row of X is repeated for the missing steps. Give X "
            f"for all {n_read} steps."
        )


def _windows(model, panel, origins, length):
    rows = [lay_rows(instance, model.horizon) for instance in panel]
    return cut_windows(rows, origins, length)
