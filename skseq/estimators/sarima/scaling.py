"""Scaling of a series for the optimiser, and of its parameters back.

The optimiser and the filter have absolute tolerances, which suit a standard deviation
of 1 and a mean of 0.
"""

import numpy as np


class Scaling:
    """Units and levels of a series, and of the variables that it is regressed on.

    Parameters
    ----------
    series : ndarray of shape (n_timesteps,)
    known : ndarray of shape (n_timesteps, n_known_ahead)
    has_constant : bool
        Whether the model has a constant, which takes up all levels. Without it, levels
        matter, and are left alone.

    Attributes
    ----------
    unit : float
        Standard deviation of what the known variables leave of the series; 1 if that
        is constant.
    units : dict of str to float
        Of the parameters that have one, by statsmodels' names.
    """

    def __init__(self, series, known, has_constant):
        rows = ~np.isnan(series)
        table = np.column_stack([series, known])[rows]
        n_rows = max(len(table), 1)
        self._levels = table.sum(axis=0) / n_rows * has_constant
        table = table - self._levels
        spread = np.sqrt((table**2).sum(axis=0) / n_rows)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._spread[0] = self.unit = _unit(table / self._spread) * self._spread[0]
        units = self.unit / self._spread[1:]
        self.units = {"intercept": self.unit, "sigma2": self.unit**2}
        self.units |= {f"x{i}": unit for i, unit in enumerate(units, start=1)}

    def scale(self, series, known):
        """Return the series and the known variables, scaled."""
        table = (np.column_stack([series, known]) - self._levels) / self._spread
        return table[:, 0], table[:, 1:]

    def scale_params(self, params):
        """Turn parameters of the series, by name, into those of the scaled series."""
        shifted = self._shift(params, -1)
        return {name: shifted[name] / self.units.get(name, 1) for name in shifted}

    def unscale_params(self, params):
        """Turn parameters of the scaled series into those of the series."""
        params = {name: params[name] * self.units.get(name, 1) for name in params}
        return self._shift(params, 1)

    def _shift(self, params, sign):
        """Move the constant of a model by the levels, given what is in their units."""
        if "intercept" not in params:
            return params
        level, *known_levels = self._levels
        for i, known_level in enumerate(known_levels, start=1):
            level -= params.get(f"x{i}", 0) * known_level
        # A level passes through the autoregression like any other value.
        for name in ("ar.L", "ar.S.L"):
            level *= 1 - sum(params[key] for key in params if key.startswith(name))
        return params | {"intercept": params["intercept"] + sign * level}


def _unit(table):
    """Return the standard deviation of what other columns leave of the first."""
    if not len(table):
        return 1.0
    return float(max(residuals(table).std(), 1e-6 * table[:, 0].std()) or 1.0)


def residuals(table):
    """Return what a regression on the other columns leaves of the first."""
    known = np.column_stack([np.ones(len(table)), table[:, 1:]])
    coef = np.linalg.lstsq(known, table[:, 0], rcond=None)[0]
    return table[:, 0] - known @ coef
