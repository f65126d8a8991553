"""Products of the inputs of all time steps with their weights, computed at once."""

import torch
from torch.nn import functional as F

from .memory import empty_tensor


class Projected:
    """A recipe of :mod:`recipes` over x W' + b, with a backward pass by hand.

    Parameters
    ----------
    make : callable
        Maps the sums ([models,] length, batch, n_units) and ``others`` to a recipe.
    at_rest : tuple of float
        The sum for each gate that keeps a state of zero at zero.
    x : tensor of shape ([models,] length, batch, n_features)
    n_padding : tensor of shape ([models,] batch) or None
        Number of padded steps that each window starts with; their state is zero.
    weight : tensor of shape ([models,] n_units, n_features)
    bias : tensor of shape ([models,] n_units)
    *others : tensor
    """

    def __init__(self, make, at_rest, x, n_padding, weight, bias, *others):
        self.make, self.others = make, others
        self.stacked = x.ndim == 4
        self.weight = weight
        self.differentiates_x = x.requires_grad
        # The bias is the weight of an additional input, which is 1, and the sums at
        # rest are those of another one, which is 1 in padded steps only.
        constants, self.padded = [bias], None
        self.x = F.pad(x, (0, 1), value=1.0)
        if n_padding is not None:
            step = torch.arange(x.shape[-3], device=x.device)[:, None]
            self.padded = (step < n_padding.unsqueeze(-2)).unsqueeze(-1)
            self.x = torch.cat([self.x.masked_fill(self.padded, 0), self.padded], -1)
            n_units = weight.shape[-2] // len(at_rest)
            sums = x.new_tensor(at_rest).repeat_interleave(n_units)
            constants.append(sums.expand_as(bias))
        constants = torch.stack(constants, dim=-2)
        self.transposed = torch.cat([weight.mT, constants], dim=-2)

    def forward(self):
        """Return what the recipe returns."""
        sums = empty_tensor((*self.x.shape[:-1], self.weight.shape[-2]), self.x)
        torch.matmul(_rows(self.x), self.transposed, out=_rows(sums))
        self.recipe = self.make(sums, *self.others)
        return self.recipe.forward()

    def plain(self):
        """Return the same by operations that torch can record."""
        return self.make(self.x @ self.transposed, *self.others).plain()

    def backward(self, gradient):
        """Return the gradients of all tensors."""
        d_sums, *d_others = self.recipe.backward(gradient)
        d_weights = _rows(self.x).mT @ _rows(d_sums)
        d_x = None
        if self.differentiates_x:
            with torch.inference_mode(False):
                d_x = empty_tensor((*d_sums.shape[:-1], self.weight.shape[-1]), d_sums)
            torch.matmul(_rows(d_sums), self.weight, out=_rows(d_x))
        return self._end_backward(d_x, d_weights, *d_others)

    def _end_backward(self, d_x, d_weights, *d_others):
        """Return all gradients, of which those of weights and constants are one."""
        if d_x is not None and self.padded is not None:
            d_x.masked_fill_(self.padded, 0)
        n_features = self.weight.shape[-1]
        d_weight = d_weights[..., :n_features, :].mT
        return d_x, None, d_weight, d_weights[..., n_features, :], *d_others


def _rows(values):
    """Reshape the windows of all steps into rows, ([models,] rows, units)."""
    return values.flatten(-3, -2)
