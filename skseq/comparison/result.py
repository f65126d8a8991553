"""Comparison: the results of comparing models, as tables and as a plot."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..displays import ForecastDisplay, MultiStepErrorDisplay
from ..displays.style import matplotlib_part, title_above
from ..index.panels import label
from ..validation import check_share
from .metrics import rounding
from .significance import diebold_mariano, holm, n_needed

BESIDE = (
    "Relative to the naive forecast: error ratios, MAE difference, its range, a test:"
)


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found.

    Parameters
    ----------
    table : DataFrame
        One row per model: MAE and RMSE in the unit of the target, MAPE and sMAPE in
        percent, MASE and RMSSE, each also divided by that of the seasonal naive
        forecast (below 1 is better); the seconds of ``fit`` and ``predict``, summed
        over all fits; with ``coverage``, the share of targets that the intervals cover,
        their mean width, and the interval score, which combines both.
    forecasts : dict of str to DataFrame of shape (n_series * n_origins, horizon)
        One for each model. The index holds the origins, for several series after
        their labels; the columns are the steps ahead.
    truth : DataFrame of shape (n_series * n_origins, horizon)
        The true values, in the same layout.
    series : Series of shape (n_timesteps,)
        The target of all series, in the training and the test period.
    naive : DataFrame of shape (n_series * n_origins, horizon)
        The seasonal naive forecast that all models are compared with.
    intervals : dict of str to ndarray of shape (n_series * n_origins, horizon, 2)
        Lower and upper ends; NaN if a model has none.
    step : int, default=1
        Rows from one origin to the next.
    """

    table: pd.DataFrame
    forecasts: dict
    truth: pd.DataFrame
    series: pd.Series
    naive: pd.DataFrame
    intervals: dict
    step: int = 1

    @property
    def origins(self):
        """The last time known to each forecast, from the index of the series."""
        return self.truth.index.unique(level=-1)

    def differences(self, reference=None, *, confidence=0.95, n_resamples=2000, seed=0):
        """Test which differences between the models are more than chance.

        Parameters
        ----------
        reference : str, default=None
            The model that all are compared with; None takes the seasonal naive
            forecast.
        confidence : float, default=0.95
            Level of the confidence interval.
        n_resamples : int, default=2000
            Resamples of the block bootstrap.
        seed : int, default=0

        Returns
        -------
        DataFrame
            One row per model: ``difference``, its MAE minus that of the reference
            (negative is better); ``low`` and ``high``, the ends of the paired
            confidence interval; ``DM``, the Diebold-Mariano statistic of the absolute
            errors, and ``p``, its p-value. Interval and p-value come from the same
            bootstrap of blocks of origins as long as the horizon, so they agree.

        See Also
        --------
        skseq.comparison.significance : The test, its error rates, and its sources.
        """
        check_share(confidence, "confidence")
        if reference is not None and reference not in self.forecasts:
            raise ValueError(
                f"reference {reference!r} is not among the models "
                f"{list(self.forecasts)}."
            )
        base = self.naive if reference is None else self.forecasts[reference]
        overlapping = self._n_overlapping()
        least = rounding(self.truth.to_numpy())
        rows = {}
        for name, forecast in self.forecasts.items():
            loss = self._loss(forecast) - self._loss(base)
            loss[np.abs(loss) < least] = 0  # a test would take rounding for skill
            statistic, p_value, (low, high) = diebold_mariano(
                loss, overlapping, confidence, n_resamples, seed
            )
            rows[name] = {
                "difference": loss.mean(),
                "low": low,
                "high": high,
                "DM": statistic,
                "p": p_value,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")

    def conclusion(self):
        """Say in words which model is best, and what may be chance.

        Returns
        -------
        str
            That a model is better than the naive forecast counts as more than chance
            if its p-value in :meth:`differences` is at most 0.05 after Holm's
            correction for the number of models, since the best one is chosen by the
            same errors. Likewise, others are clearly worse than the best if their
            p-values are at most 0.05 after this correction. Models whose forecasts
            contain NaN are ignored.
        """
        return self._conclude(self.differences())

    def _conclude(self, differences):
        if self.table["MAE"].isna().all():
            return "The forecasts of every model contain NaN."
        best = self.table["MAE"].idxmin()
        ratio, found = self.table["MAE / naive"][best], differences.loc[best]
        if not found["difference"] < 0:
            return "No model is better than the naive forecast."
        p_value = found["p"]
        percent = f"{100 * (1 - ratio):.0f} %" if ratio < 0.995 else "less than 1 %"
        text = f"The best is {best}: its MAE is {percent} below the naive forecast's"
        if np.isnan(p_value):
            return f"{text}. It is not known whether this is chance."
        corrected = holm(differences["p"].dropna())
        chance = "is unlikely to be" if corrected[best] <= 0.05 else "may be"
        text += f", which {chance} chance (p {_small(p_value)}"
        if len(corrected) > 1:
            number = f"for {len(corrected)} comparisons"
            text += f"; corrected {number}, p {_small(corrected[best])}"
        text += ")."
        beside = self.differences(reference=best).drop(index=best)
        corrected = holm(beside["p"].dropna()).reindex(beside.index)
        # A model with the same error at each origin has no p-value.
        close = (corrected > 0.05) | (beside["difference"] == 0)
        if equals := list(beside.index[close]):
            text += f"\nNot clearly worse than {best}: {', '.join(equals)}."
        return text

    def _n_overlapping(self):
        """Origins whose forecasts overlap."""
        return -(-self.truth.shape[1] // self.step)

    def _loss(self, forecast):
        """Mean absolute error at each origin, over all series."""
        errors = (forecast - self.truth).abs().to_numpy().mean(axis=1)
        return errors.reshape(-1, len(self.origins)).mean(axis=0)

    def __str__(self):
        """Print errors, and errors relative to the naive forecast, in two tables.

        The last lines are the :meth:`conclusion`.
        """
        over_naive = [column for column in self.table if column.endswith(" / naive")]
        errors = self.table.drop(columns=over_naive)
        ratios = self.table[over_naive]
        ratios.columns = ratios.columns.str.removesuffix(" / naive")
        differences = self.differences()
        columns = {"difference": "MAE -", "low": "2.5 %", "high": "97.5 %"}
        beside = pd.concat([ratios, differences.rename(columns=columns)], axis=1)
        text = f"{_lines(errors)}\n\n{BESIDE}\n{_lines(beside)}"
        n_origins = len(self.origins)
        if n_origins < (needed := n_needed(self._n_overlapping())):
            n_rows = (n_origins - 1) * self.step + 1
            enough = n_rows >= n_needed(self.truth.shape[1])
            more = "A smaller step, or a longer" if enough else "A longer"
            text += (
                f"\n\nNo range and no test: they need at least {needed} origins, but "
                f"there {'is' if n_origins == 1 else 'are'} {n_origins}. {more} test "
                "period (test_fraction) has more."
            )
        if errors["MAPE"].isna().all() and errors["MAE"].notna().any():
            text += (
                "\n\nNo MAPE, since some true values are zero. There, sMAPE is 200 % "
                "for any forecast but zero: compare by the other errors."
            )
        return f"{text}\n\n{self._conclude(differences)}"

    def plot(self, path=None, *, n_origins=3, instance=None):
        """Draw forecasts over the truth, and the error by step ahead.

        Forecasts are drawn for one series, those of the best model and the naive one
        only (more would hide each other). Errors are those of all models and series.

        Parameters
        ----------
        path : str or path-like, default=None
            Where to save the figure; the extension sets the format.
        n_origins : int, default=3
            Forecasts to show: the last ones that do not overlap.
        instance : label or tuple of labels, default=None
            The series to show; None takes the first of several.

        Returns
        -------
        matplotlib.figure.Figure
        """
        figure = matplotlib_part("figure").Figure(figsize=(6, 6), layout="constrained")
        above, below = figure.subplots(2)
        best = self.table["MAE"].idxmin()
        shown = [name for name in self.forecasts if name in (best, "naive")]
        parts, title = self._of(instance)
        ForecastDisplay(*parts).plot(above, n_origins=n_origins, names=shown)
        MultiStepErrorDisplay.from_predictions(self.truth, self.forecasts, ax=below)
        title_above(above, f"The best model: {best}{title}")
        title_above(below, f"All models, over {len(self.origins)} origins")
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure

    def _of(self, instance):
        """Return what there is for one series, and its name for a title."""
        index = self.truth.index
        if index.nlevels == 1:
            return (self.series, self.forecasts, self.intervals), ""
        keys = index.droplevel(-1)
        instance = keys[0] if instance is None else instance
        rows = _equal(keys, instance)
        if not rows.any():
            raise ValueError(
                f"instance {instance!r} is not among the series {list(keys.unique())}."
            )
        levels = list(range(index.nlevels - 1))
        forecasts = {
            name: table[rows].droplevel(levels)
            for name, table in self.forecasts.items()
        }
        intervals = {name: ends[rows] for name, ends in self.intervals.items()}
        series = self.series[_equal(self.series.index.droplevel(-1), instance)]
        parts = series.droplevel(levels), forecasts, intervals
        return parts, f", {label(np.atleast_1d(instance))}"


def _equal(keys, instance):
    """Find a label, or a tuple of them (which pandas takes for a list of labels)."""
    return np.array([key == instance for key in keys])


def _small(p_value):
    return "< 0.001" if p_value < 0.0005 else f"= {p_value:.3f}"


def _lines(table):
    """Format a table, one line per model."""
    return table.apply(_four_digits).rename_axis(None).to_string()


def _four_digits(column):
    """Format numbers with as many decimals as show four digits of the largest.

    There are at most three decimals, but as many as show three digits of errors that
    are all below 0.1, such as those of returns, and powers of ten in extreme units.
    Seconds and p-values are small by nature, and keep at most three.
    """
    largest = column.abs().max()
    if not largest > 0:
        return column.map("{:.0f}".format)
    place = np.floor(np.log10(largest))
    small_by_nature = column.name in ("fit s", "predict s", "p")
    if abs(place) > 12 and not small_by_nature:
        return column.map("{:.2e}".format)
    most = 3 if small_by_nature else max(3, 2 - place)
    digits = int(np.clip(3 - place, 0, most))
    return column.map(f"{{:,.{digits}f}}".format)
