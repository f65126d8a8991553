"""Targets as the loss needs them, made for each batch as it is gathered."""

import torch

from ..windows import HoldsWindows
from .gather import gather, on_device


class Targets:
    """Targets as they are.

    Parameters
    ----------
    targets : ndarray or LazyArray of shape (n_samples, ...)
    """

    def __init__(self, targets):
        self.targets = targets

    def __getitem__(self, samples):
        return gather(self.targets, samples)

    def held_out(self):
        """Return the targets that a network is validated on."""
        return self

    def to(self, device, windows):
        """Return the targets on a device, where their windows already are."""
        return Targets(on_device(self.targets, device))


class Standardized(Targets):
    """Targets that are standardised.

    Parameters
    ----------
    targets : ndarray of shape (n_samples, ..., n_outputs)
    mean, scale : ndarray of shape (n_outputs,)
        Subtracted, and divided by.
    """

    def __init__(self, targets, mean, scale):
        super().__init__(targets)
        self.mean = mean
        self.scale = scale

    def __getitem__(self, samples):
        return self._standardize(super().__getitem__(samples))

    def to(self, device, windows):
        """Return the targets on a device, where their windows already are."""
        arrays = self.targets, self.mean, self.scale
        return Standardized(*(on_device(array, device) for array in arrays))

    def _standardize(self, y):
        mean, scale = (
            torch.as_tensor(moment, device=y.device)  # y may be on the CPU still
            for moment in (self.mean, self.scale)
        )
        return (y - mean) / scale


class EveryStep(HoldsWindows, Standardized):
    """Targets for every step of a window: the values that follow that step.

    They are gathered from the windows and their targets, so nothing is stored.

    Parameters
    ----------
    windows : ndarray of shape (n_samples, length, n_features)
    targets : ndarray of shape (n_samples, n_targets * horizon)
        The values after the last step, in the units of the windows.
    columns : list of int, or tensor
        The variables of ``windows`` that the targets continue.
    mean, scale : ndarray of shape (n_targets * horizon,)
        Subtracted from the result, which is then divided by ``scale``.
    only_last : bool, default=False
        Whether only the targets of the last step count.
    """

    def __init__(self, windows, targets, columns, mean, scale, only_last=False):
        super().__init__(targets, mean, scale)
        self.windows = windows
        self.columns = columns
        self.only_last = only_last

    def __getitem__(self, samples):
        past = gather(self.windows, samples)[:, :, self.columns]
        n_samples, length, n_targets = past.shape
        future = gather(self.targets, samples).reshape(n_samples, n_targets, -1)
        horizon = future.shape[2]
        series = torch.cat([past, future.mT.to(past)], dim=1)
        steps = series.unfold(1, horizon, 1)[:, 1:]  # (batch, length, targets, horizon)
        steps = self._standardize(steps.reshape(n_samples, length, -1))
        # A padded step has no input to forecast from; a target of NaN does not count.
        left_out = past[:, :, :1].isnan()
        if self.only_last:
            left_out[:, :-1] = True
        return steps.masked_fill(left_out, torch.nan).to(past)

    def held_out(self):
        """Return those of the last step: earlier windows were trained on the others."""
        arguments = self.windows, self.targets, self.columns, self.mean, self.scale
        return EveryStep(*arguments, only_last=True)

    def to(self, device, windows):
        """Return the targets on a device, where their windows already are."""
        arrays = self.targets, self.mean, self.scale
        targets, *moments = (on_device(array, device) for array in arrays)
        columns = self.columns
        if isinstance(windows, torch.Tensor):  # else they are copied for each batch
            columns = torch.tensor(columns, device=device)
        return EveryStep(windows, targets, columns, *moments, self.only_last)
