"""NetworkRegressor: targets are numbers."""

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import torch
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from ..networks.dropout import same_masks
from ..networks.heads import POOLINGS, at_level
from ..training import LOSSES, EveryStep, OwnLoss, Standardized, WeightedLoss
from ..validation import (
    check_known_ahead,
    check_target_columns,
    check_targets,
    target_array,
    warn_of_other_target,
)
from ..windows import chunks, coming_values, n_shared
from .base import NetworkEstimator
from .parameters import as_floats, plain
from .uncertainty import UncertaintyMixin

FITTED = "loss", "n_known_ahead", "quantiles", "strategy", "supervise"
"""Parameters that say what the outputs of a trained network mean."""


class NetworkRegressor(UncertaintyMixin, RegressorMixin, NetworkEstimator):
    """Base of the regressors with a network."""

    loss: str | Callable = "absolute_error"
    quantiles: tuple = (0.1, 0.5, 0.9)
    output_weights: tuple | None = None
    pooling: str = "last"
    target: int | list = 0
    supervise: str = "last"
    strategy: str = "direct"
    n_known_ahead: int = 0

    _parameters = """\
    loss : {"absolute_error", "squared_error", "huber", "quantile"} or callable, \
            default="absolute_error"
        Computed in standardised units. "absolute_error" forecasts the median, which is
        robust to unusual days (holidays, outages); "squared_error" forecasts the mean.
        A function of predictions and targets, tensors of one shape, returns the loss
        of each element.
    quantiles : tuple of float, default=(0.1, 0.5, 0.9)
        Levels that ``loss="quantile"`` learns, ascending. ``predict`` returns the
        median, interpolated between the nearest two if it is not one of them, or the
        one nearest to it if all are on one side.
    output_weights : array-like of shape (n_outputs,) or (n_targets,), default=None
        Weights of the columns of y in the loss, or of the targets if y holds several
        steps of each.
    pooling : {"last", "mean", "max", "concat"}, default="last"
        How the states of the window's steps are summarised: the last one, which has
        seen everything up to the origin, their mean, their maximum, or all three.
    target : int or list of int, default=0
        The column of X that y continues. With several, y holds the steps of the
        first, then those of the second, as from :func:`horizon_targets`. Used by
        ``supervise``, ``strategy`` and ``n_known_ahead``.
    supervise : {"last", "every"}, default="last"
        Whether the training loss counts only the forecast from the last step of the
        window, or that from every step. Early stopping looks at the last one in both.
    strategy : {"direct", "iterated"}, default="direct"
        "direct" forecasts all steps at once; "iterated" forecasts the next step, and
        feeds it back as input for the one after.
    n_known_ahead : int, default=0
        Number of variables known ahead. Their coming values must be the last columns
        of X, as :class:`KnownAhead` puts them.
"""
    _attributes = """\
    y_mean_, y_scale_ : ndarray of shape (n_outputs,)
        Mean and scale of the targets, with which ``net_.module_`` returns them
        standardised: forecasts are its outputs times ``y_scale_`` plus ``y_mean_``.
"""
    reads_lazily = True  # whether X and y may be LazyArrays
    _choices = {
        "loss": LOSSES,
        "pooling": POOLINGS,
        "supervise": ("last", "every"),
        "strategy": ("direct", "iterated"),
    }

    def predict(self, X, return_std=False):
        """Predict the targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        return_std : bool, default=False
            Whether to also return the standard deviation of the predictions over
            dropout masks (``dropout``) and networks (``n_members``). ``y`` is then
            their mean, which with dropout is not the same as the prediction without.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, length, n_outputs)
            In the form that y had in ``fit``. NaN at padded steps.
        std : ndarray of the shape of y
            Only with ``return_std``.

        Raises
        ------
        ValueError
            If X is not like that of ``fit``, or with ``return_std``, the estimator has
            neither dropout nor more than one member.
        """
        windows = self._check_predict(X)
        if return_std:
            samples = self._samples(windows)
            mean = samples.mean(axis=1)
            std = np.empty_like(mean)
            # In float64: squares may be too large, or too small, for float32.
            for part in chunks(samples):
                std[part] = samples[part].std(axis=1, dtype=np.float64)
            return self._decode(mean), self._decode(std)
        return self._decode(self._point(self._mean_outputs(windows)))

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, length, n_outputs)
            In the last form, each step that is not padding counts as a sample.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        y = np.asarray(target_array(y))
        if y.ndim < 3:
            return super().score(X, y, sample_weight)
        predicted = self.predict(X)
        counted = ~np.isnan(predicted).any(axis=2)
        if sample_weight is not None:
            sample_weight = np.repeat(sample_weight, counted.sum(axis=1))
        return r2_score(y[counted], predicted[counted], sample_weight=sample_weight)

    def _mean_outputs(self, windows):
        """Mean of the members, (n_samples, ..., n_outputs, n_levels)."""
        first, *others = self.nets_
        total = self._outputs(windows, first)[:, 0]
        for net in others:
            total += self._outputs(windows, net)[:, 0]
        total /= len(self.nets_)
        return total

    def _outputs(self, windows, net, n_draws=1, seed=None):
        """Return y, (n_samples, n_draws, ..., n_outputs, n_levels)."""
        y = self._forward(windows, net, n_draws, seed)
        if self._fitted.strategy == "iterated":
            return y
        y = self._in_units(y.reshape(*y.shape[:-1], -1, self._n_levels()))
        if self._fitted.supervise == "every":
            return y[:, :, -1]
        if self._every_step:
            padded = np.isnan(windows[:, np.newaxis, :, 0])
            y[np.broadcast_to(padded, y.shape[:3])] = np.nan
        return y

    def _reads_last_step(self):
        if self._fitted.strategy != "direct":
            return False
        return self._fitted.supervise == "every" or super()._reads_last_step()

    def _in_units(self, y):
        """Undo the standardisation, in place; quantiles that cross are sorted."""
        if y.shape[-1] > 1:
            y.sort(axis=-1)
        y *= self.y_scale_[:, np.newaxis]
        y += self.y_mean_[:, np.newaxis]
        return y

    def _run(self, module, batch):
        """Forecast all steps at once, or one by one, each fed back as input."""
        if self._fitted.strategy == "direct":
            return module(batch)
        steps = []
        # A window shorter than those of fit grows to their length before it moves on,
        # whether it is padded to that length, to a greater one, or not at all.
        n_rows = (~batch[..., 0].isnan()).sum(dim=1, keepdim=True)
        n_rows = n_rows.clamp(min=self.window_shape_in_[0])
        # A draw is the forecast of one network, whose masks are the same at all steps.
        repeat = same_masks(batch.device) if module.training else lambda: None
        for _ in range(self._horizon):
            repeat()
            y = module(batch)
            if self._fitted.supervise == "every":
                y = y[:, -1]
            y = y.unflatten(-1, (-1, self._n_levels())).cpu().numpy()
            y = self._in_units(y)  # (batch, n_targets, n_levels)
            steps.append(y)
            row = self._following(batch[:, -1:].cpu().numpy())
            row[:, 0, self._columns] = self._point(y)
            row = torch.from_numpy(row).to(batch.device)
            batch = torch.cat([batch, row], dim=1)[:, -int(n_rows.max()) :]
            age = torch.arange(batch.shape[1], 0, -1, device=batch.device)
            batch = batch.masked_fill((age > n_rows)[..., None], torch.nan)
        y = np.stack(steps, axis=2)  # (batch, n_targets, horizon, n_levels)
        return torch.from_numpy(y.reshape(len(y), -1, y.shape[-1]))

    def _following(self, row):
        """Make the row after this one, with the known values moved on by one step."""
        row = row.copy()
        known = coming_values(row, self._fitted.n_known_ahead, self._horizon)
        known[..., :-1] = known[..., 1:].copy()
        # A window that is all padding knows nothing ahead, which counts as the mean.
        return np.where(np.isnan(row), self._moments_[0], row).astype(row.dtype)

    def _point(self, y):
        """Take one prediction from the quantiles along the last axis."""
        return at_level(y, self._median())

    def _median(self):
        """Find the place of the median among the quantiles, or the nearest to it."""
        if self._fitted.loss != "quantile":
            return 0.0
        return float(
            np.interp(0.5, self._fitted.quantiles, np.arange(self._n_levels()))
        )

    def _decode(self, y):
        """Give predictions the number of dimensions that y had in fit."""
        return y[:, 0] if self._one_dimensional else y

    def _check_targets(self, y, windows):
        # A parameter that is set later has no effect before the next fit.
        params = plain(self)
        self._fitted = SimpleNamespace(
            **{name: getattr(params, name) for name in FITTED}
        )
        y = check_targets(y, windows)
        self._one_dimensional = y.ndim == 1
        if y.ndim == 1:
            y = y[:, np.newaxis]
        sequence = y.ndim == 3
        self._every_step = sequence or self.supervise == "every"
        in_units = self.supervise == "every" or self.strategy == "iterated"
        self._columns = check_target_columns(
            self.target, windows.shape[2], 0 if sequence else y.shape[1]
        )
        if sequence and in_units:
            raise ValueError(
                "y has a target for each step of the window, so supervise='every' "
                "and strategy='iterated' can't be used: give a y of two dimensions."
            )
        if not sequence and (in_units or self.n_known_ahead):
            # A single step may be any, if no earlier one is learned, fed back or known.
            several = self.supervise == "every" or y.shape[1] > len(self._columns)
            how = {"in_units": in_units, "from_next": self.n_known_ahead or several}
            warn_of_other_target(self._columns, windows, y, **how)
        self._horizon = 1 if sequence else y.shape[1] // self._n_targets()
        self._n_shared = n_shared(windows, y) if sequence else 0
        self._check_known(windows.shape[2])
        if self.strategy == "iterated" and self.embedding_size is not None:
            raise ValueError(
                "strategy='iterated' feeds forecasts back as input, but these are "
                "numbers, and with embedding_size X holds tokens: use "
                "strategy='direct', or set embedding_size=None."
            )
        return y

    def _n_targets(self):
        return len(self._columns)

    def _check_known(self, n_features):
        n_past = check_known_ahead(self, self._columns, n_features, self._horizon)
        if self.strategy == "iterated" and n_past != len(self._columns):
            raise ValueError(
                "strategy='iterated' feeds forecasts back as input, so y must "
                f"continue every variable of X, but it continues {len(self._columns)} "
                f"of {n_past} (target={self.target!r}). Forecast all of them, give "
                "the others as known ahead, or use strategy='direct'."
            )

    def _encode_targets(self, targets, windows, fitted, weights):
        if self._fitted.strategy == "iterated":
            targets = targets[:, :: self._horizon]  # the first step of each target
        n_outputs = targets.shape[-1]
        if targets.ndim == 3:  # padded steps do not count
            padded = np.isnan(windows[:, :, :1])
            targets = np.where(padded, np.nan, targets).astype(targets.dtype)
        if self._goes_on and n_outputs != len(self.y_mean_):
            raise ValueError(
                f"y has {n_outputs} columns, but the last fit had "
                f"{len(self.y_mean_)}: give the same number, or set warm_start=False."
            )
        if not self._goes_on:
            in_fit = targets[fitted]
            in_fit = in_fit if in_fit.ndim == 3 else in_fit[:, np.newaxis]
            self.y_mean_, scale = self._moments(in_fit, weights)
            self.y_scale_ = np.where(np.isinf(scale), 1.0, scale)  # a constant target
        self.y_mean_ = self.y_mean_.astype(targets.dtype)
        self.y_scale_ = self.y_scale_.astype(targets.dtype)
        self._n_outputs = n_outputs
        if self._fitted.supervise == "every":
            return EveryStep(
                windows, targets, self._columns, self.y_mean_, self.y_scale_
            )
        return Standardized(targets, self.y_mean_, self.y_scale_)

    def _ahead(self):
        horizon = 1 if self._fitted.strategy == "iterated" else self._horizon
        return self._fitted.n_known_ahead, self._horizon, horizon

    def _head_outputs(self):
        n_known, _, horizon = self._ahead()
        n_levels = self._n_levels()
        return {
            "n_outputs": self._n_outputs * n_levels // horizon,
            "horizon": horizon,
            "n_known": n_known,
            "n_levels": n_levels,
        }

    def _check_network(self, network):
        if self._every_step and not network.causal:
            raise ValueError(
                f"{type(self).__name__} looks at the whole window at once, so an "
                "output at each step would see the steps that come after it: use "
                "supervise='last' and targets of two dimensions, or a causal network "
                "(not bidirectional)."
            )
        super()._check_network(network)

    def _criterion(self, dtype):
        weights = None
        if self.output_weights is not None:
            weights = as_floats(self.output_weights, dtype)
            if weights.ndim == 1 and len(weights) == self._n_targets():
                weights = weights.repeat(self._n_outputs // self._n_targets())
            if (
                weights.shape != (self._n_outputs,)
                or not (weights >= 0).all()
                or not 0 < weights.sum() < np.inf
            ):
                raise ValueError(
                    "output_weights must be one number of at least 0 for each of the "
                    f"{self._n_outputs} columns of y, or for each target, and not all "
                    f"0, got {self.output_weights!r}."
                )
            weights = torch.from_numpy(weights / weights.mean())
        quantiles = None
        if self.loss == "quantile":
            quantiles = torch.from_numpy(np.array(self.quantiles, dtype=dtype))
        if callable(self.loss):
            return OwnLoss(deepcopy(self.loss), weights)  # a module may have a state
        return WeightedLoss(self.loss, quantiles, weights)

    def _n_levels(self):
        return len(self._fitted.quantiles) if self._fitted.loss == "quantile" else 1

    def _n_steps_ahead(self):
        return self._horizon + self._n_shared

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
