"""Normalisation of products with weights, one time step after the other.

Values are (batch, units) at each step. A module holds what is learned; its ``begin``
returns the record of one pass over the steps.

The backward passes are written by hand (see :mod:`by_hand`). There, ``d_x`` is the
gradient of ``x``. Constants are tensors, since numbers make torch slower.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from .layout import is_stacked

EPS = 1e-5


class LayerNorm(nn.LayerNorm):
    """Mean 0 and variance 1 over the units of each window.

    Parameters
    ----------
    n_units : int
    length : int
        Not used.
    """

    def __init__(self, n_units, length):
        super().__init__(n_units, eps=EPS, bias=False)

    def share(self, x, n_padding):
        """Return None: windows do not see each other."""

    def project(self, weight, bias, x, share, after):
        """Normalise W x + b of all steps, then add ``after``.

        Without the bias inside, only the sign of a single variable would be left.
        """
        if not is_stacked(weight):
            x = F.linear(x, weight, bias)
            return F.layer_norm(x, self.normalized_shape, self.weight, after, EPS)
        # (models, steps and windows, units)
        rows = torch.baddbmm(bias.unsqueeze(1), x.flatten(1, 2), weight.mT)
        rows = F.layer_norm(rows, self.normalized_shape, eps=EPS)
        rows = torch.addcmul(after.unsqueeze(1), rows, self.weight.unsqueeze(1))
        return rows.unflatten(1, x.shape[1:3])

    def begin(self, share):
        """Begin a pass."""
        return _LayerPass(self.weight)

    def learn(self, norm):
        """Do nothing: there is nothing to learn from a pass."""


class _LayerPass:
    """hat * gain + x, with hat normalised by torch's own kernels."""

    share = None

    def __init__(self, gain):
        self.weight, self.gain = gain, gain.unsqueeze(-2)
        self.shape = [gain.shape[-1]]
        self.steps = []

    def forward(self, y, x):
        hat, *moments = self._normalize(y)
        self.steps.append((y, *moments))
        return torch.addcmul(x, hat, self.gain)

    def begin_backward(self):
        self.d_outs, self.d_gain = [], 0.0

    def backward(self, t, d_out):
        self.d_outs.append(d_out)
        y, *moments = self.steps[t]
        return torch.ops.aten.native_layer_norm_backward.default(
            d_out * self.gain, y, self.shape, *moments, None, None, [True, False, False]
        )[0]

    def add_up(self, block):
        # Computed again rather than kept, since hat is as large as y.
        hat, *_ = self._normalize(torch.stack([y for y, *_ in self.steps[block]]))
        d_outs = torch.stack(self.d_outs[::-1])
        self.d_gain, self.d_outs = self.d_gain + (d_outs * hat).sum((0, -2)), []

    def gradient(self):
        return self.d_gain

    def _normalize(self, y):
        """Return hat, mean and 1 / standard deviation."""
        return torch.native_layer_norm(y, self.shape, None, None, EPS)


class BatchNorm(_BatchNorm):
    """Mean 0 and variance 1 over the windows, separately for each step.

    The first steps of a sequence, before the state has settled, have different
    statistics, so each step keeps its own running mean and variance. A step beyond
    those seen in training uses those of the last one seen.

    The weights and statistics may be those of several models, with an axis for them
    before the others (see :mod:`layout`).

    Parameters
    ----------
    n_units : int
    length : int
        Steps.

    Attributes
    ----------
    window_weights : tensor of shape (batch,) or None
        Weights of the windows of a batch in training.
    pools : bool
        Whether the running variance is that of all windows, also between batches.
    """

    window_weights = None
    pools = False

    def __init__(self, n_units, length):
        super().__init__(n_units, eps=EPS)
        self.bias = None
        # A larger gain saturates tanh, and gradients vanish (Cooijmans et al., 2017).
        nn.init.constant_(self.weight, 0.1)
        self.running_mean = torch.zeros(length, 1, n_units)
        self.running_var = torch.ones(length, 1, n_units)
        self.num_batches_tracked = torch.zeros(length, dtype=torch.long)

    def share(self, x, n_padding):
        """Return the weights of the windows in the statistics of each step.

        Parameters
        ----------
        x : tensor of shape (batch, length, n_features)
        n_padding : tensor of shape (batch,) or None
            Number of padded rows that each window ends with.

        Returns
        -------
        tensor of shape ([models,] length, 1, batch)
            Each step sums to 1, or to 0 if no window is observed.
        """
        batch, length, _ = x.shape
        share = x.new_ones(length, batch)
        if n_padding is not None:
            step = torch.arange(length, device=x.device)[:, None]
            share = share * (step < length - n_padding)
        if self.window_weights is not None:
            share = share * self.window_weights
        share = share.reshape(length, *self.weight.shape[:-1], -1).movedim(0, -2)
        total = share.sum(-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
        return (share / total).unsqueeze(-2)

    def project(self, weight, bias, x, share, after):
        """Normalise W x of all steps, then add ``after``.

        Parameters
        ----------
        weight : tensor of shape ([models,] n_units, n_features)
        bias : None
            A bias would have no effect.
        x : tensor of shape ([models,] length, batch, n_features)
        share : tensor of shape ([models,] length, 1, batch)
        after : tensor of shape ([models,] n_units)

        Returns
        -------
        tensor of shape ([models,] length, batch, n_units)
        """
        weight = weight.mT.unsqueeze(1) if is_stacked(weight) else weight.mT
        gain, after = (values[..., None, None, :] for values in (self.weight, after))
        if not self._use_batch(share):
            mean, scale = self._running(x.shape[-3])
            return torch.addcmul(after, x @ weight - mean, scale * gain)
        # The variance of W x over windows is W C W', with C the covariance of x.
        mean = share @ x
        x = x - mean
        covariance = (x * share.mT).mT @ x
        variance = ((covariance @ weight) * weight).sum(-2, keepdim=True)
        self._learn(mean @ weight, variance, share)
        gain = (variance + EPS).rsqrt() * gain  # ([models,] length, 1, n_units)
        factors = after.expand_as(gain), x, weight * gain
        products = torch.baddbmm(*(factor.flatten(end_dim=-3) for factor in factors))
        return products.view(*x.shape[:-1], -1)

    def begin(self, share):
        """Begin a pass."""
        statistics = None if self._use_batch(share) else self._running(share.shape[-3])
        return _BatchPass(self.weight, share, statistics)

    def learn(self, norm):
        """Update the running statistics from a pass."""
        if norm.statistics is None:
            mean, scale = (torch.stack(x, dim=-3) for x in (norm.means, norm.scales))
            self._learn(mean, scale**-2 - EPS, norm.share)

    def _use_batch(self, share):
        return self.training and share.shape[-1] > 1  # one window has no variance

    def _running(self, length):
        """Mean and 1 / standard deviation, ([models,] length, 1, n_units)."""
        n_seen = (self.num_batches_tracked > 0).sum(-1, keepdim=True)
        step = torch.arange(length, device=self.weight.device)
        step = step.minimum(n_seen.clamp(min=1) - 1)[..., None, None]
        moments = self.running_mean, self.running_var
        mean, variance = (torch.take_along_dim(m, step, dim=-3) for m in moments)
        return mean, (variance + EPS).rsqrt()

    @torch.no_grad()
    def _learn(self, mean, variance, share):
        # Steps at which more than one window has a weight, ([models,] length).
        has_moments = (share > 0).sum(dim=(-2, -1)) > 1
        n_batches = self.num_batches_tracked[..., : has_moments.shape[-1]]
        n_batches += has_moments
        # The first ten batches count equally; the initial values do not count.
        rate = (1 / n_batches).clamp(min=self.momentum, max=1.0) * has_moments
        rate = rate[..., None, None].to(mean)
        if self.pools:
            before = self.running_mean[..., : mean.shape[-3], :, :]
            variance = variance + (1 - rate) * (mean - before).square()
        for running, value in (self.running_mean, mean), (self.running_var, variance):
            running[..., : value.shape[-3], :, :].lerp_(value, rate)


class _BatchPass:
    """(y - mean) * scale * gain + x, with given statistics or those of the batch.

    Parameters
    ----------
    gain : tensor of shape ([models,] n_units)
    share : tensor of shape ([models,] length, 1, batch)
    statistics : None or pair of tensors of shape ([models,] length, 1, n_units)
        Mean and scale.
    """

    def __init__(self, gain, share, statistics):
        self.weight, self.gain = gain, gain.unsqueeze(-2)
        self.share, self.statistics = share, statistics
        self.rows, self.columns = share.unbind(-3), share.mT.unbind(-3)
        self.add = torch.addmm if share.ndim == 3 else torch.baddbmm
        self.ones = torch.ones_like(self.rows[0])  # to sum with, faster than sum()
        self.eps = share.new_full((1, 1), EPS)
        self.centred, self.means, self.scales, self.gains = [], [], [], []

    def forward(self, y, x):
        t = len(self.centred)
        if self.statistics is None:
            mean = self.rows[t] @ y  # ([models,] 1, n_units)
            y = y - mean
            scale = self.add(self.eps, self.rows[t], y * y).rsqrt_()
            self.means.append(mean)
        else:
            mean, scale = (values[..., t, :, :] for values in self.statistics)
            y = y - mean
        gain = scale * self.gain
        self.centred.append(y)
        self.scales.append(scale)
        self.gains.append(gain)
        return torch.addcmul(x, y, gain)

    def begin_backward(self):
        self.d_scales = []
        self.precisions = (torch.stack(self.scales) ** 2).unbind(0)

    def backward(self, t, d_y):
        y, gain = self.centred[t], self.gains[t]
        d_scale = self.ones @ (d_y * y)  # with the gain
        self.d_scales.append(d_scale)
        if self.statistics is None:
            # The parts of the gradient through the mean and through the variance.
            d_scale = d_scale * self.precisions[t]
            shared = torch.addcmul(self.ones @ d_y, y, d_scale)
            d_y = torch.addcmul(d_y, self.columns[t], shared, value=-1)
        return d_y * gain

    def add_up(self, block):
        """Do nothing: ``backward`` has added up already."""

    def gradient(self):
        d_scales, scales = torch.stack(self.d_scales[::-1]), torch.stack(self.scales)
        return (d_scales * scales).sum(0).squeeze(-2)


NORMALIZATIONS = {None: None, "layer": LayerNorm, "batch": BatchNorm}
