"""Errors on held-out windows, and the widths of intervals that follow from them."""

import numpy as np

from ..wrapping import rank_of


class HeldOutErrors:
    """Absolute errors on the held-out windows of all series.

    Some series are harder to forecast than others, also in units of their level. So
    each error is divided by the usual error of its series, and intervals are multiplied
    by it. As in a forecast, the usual error is that of other windows: of the other half
    of the series' held-out windows.

    Parameters
    ----------
    errors : ndarray of shape (n_held_out, horizon, n_targets)
        Ordered series by series; NaN at steps that do not count.
    series : ndarray of int of shape (n_held_out,)
        Which of the series each belongs to.
    keys : sequence of tuple
        The labels of the series.

    Attributes
    ----------
    errors, relative : ndarray of shape (n_held_out, horizon, n_targets)
        As they are, and divided by usual errors; ascending, NaN last. The same if only
        one series has errors.
    usual : dict of tuple to ndarray of shape (n_targets,)
        The usual error of each series that has errors; empty if only one has.
    n_errors : ndarray of int of shape (horizon, n_targets)
        How many count.
    """

    def __init__(self, errors, series, keys):
        counts = ~np.isnan(errors)
        has_errors = np.unique(series[counts.any(axis=(1, 2))])
        self.n_errors = counts.sum(axis=0)
        self.errors = self.relative = np.sort(errors, axis=0)
        self.usual = {}
        if len(has_errors) > 1:
            of_all = np.nanmean(errors, axis=(0, 1))
            of_all[of_all == 0] = 1
            usual = _usual(errors, series, len(keys), of_all)
            self.usual = {keys[i]: usual[i] for i in has_errors}
            relative = _relative(errors, series, len(keys), of_all)
            self.relative = np.sort(relative, axis=0)

    def widths(self, share, keys):
        """Find the errors that a share of new ones does not exceed.

        Parameters
        ----------
        share : ndarray of shape (n_shares,)
            If one needs more errors than there are, the largest error is taken.
        keys : sequence of tuple
            The series to forecast. One without errors gets the widths of all.

        Returns
        -------
        ndarray of shape (n_series, horizon, n_targets, n_shares)
        """
        rank = rank_of(share[:, np.newaxis, np.newaxis], self.n_errors)
        rank = np.minimum(rank, self.n_errors)
        of_all, relative = _at_rank(self.errors, rank), _at_rank(self.relative, rank)
        usual = self.usual
        return np.stack(
            [
                relative * usual[key][:, np.newaxis] if key in usual else of_all
                for key in keys
            ]
        )


def _relative(errors, series, n_series, of_all):
    """Divide errors by the usual ones in the other half of their series' windows."""
    last = np.searchsorted(series, series, side="right")
    first = np.searchsorted(series, series)
    early = 2 * np.arange(len(series)) < first + last
    relative = np.empty_like(errors)
    for half in early, ~early:
        usual = _usual(errors[~half], series[~half], n_series, of_all)
        relative[half] = errors[half] / usual[series[half], np.newaxis]
    return relative


def _usual(errors, series, n_series, of_all):
    """Return the usual error of each series (n_series, n_targets).

    It is between the series' mean error and that of all: their weighted mean, taken of
    square roots, or a series with small errors would hardly keep any of its own. But if
    it has no errors at all, they say little of how large others are. The series' counts
    as many times as its windows have stretches of ``horizon`` steps, since errors of
    overlapping windows are alike.
    """
    horizon = errors.shape[1]
    total, count = np.zeros((2, n_series, errors.shape[2]))
    np.add.at(total, series, np.nansum(errors, axis=1))
    np.add.at(count, series, np.count_nonzero(~np.isnan(errors), axis=1))
    n_stretches = np.where(count, 1 + (count / horizon - 1) / horizon, 0)
    mean = total / np.maximum(count, 1)
    root = (n_stretches * np.sqrt(mean) + np.sqrt(of_all)) / (n_stretches + 1)
    return np.where(mean == 0, of_all / (n_stretches + 1), root**2)


def _at_rank(errors, rank):
    """Return the errors of some ranks, (horizon, n_targets, n_ranks); 0 for rank 0."""
    errors = np.concatenate([np.zeros_like(errors[:1]), errors])
    return np.moveaxis(np.take_along_axis(errors, rank, axis=0), 0, -1)
