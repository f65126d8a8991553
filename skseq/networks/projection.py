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
        self.weight = weight
        self.differentiates_x = x.requires_grad
        # The bias is the weight of an additional input, which is 1.
        self.x = F.pad(x, (0, 1), value=1.0)
        self.weights = torch.cat([weight, bias.unsqueeze(-1)], dim=-1)
        self.padded = None
        if n_padding is not None:
            step = torch.arange(x.shape[-3], device=x.device)[:, None]
            padded = step < n_padding.unsqueeze(-2)  # ([models,] length, batch)
            self.padded = padded.flatten().nonzero()[:, 0]
            n_units = weight.shape[-2] // len(at_rest)
            self.at_rest = x.new_tensor(at_rest).repeat_interleave(n_units)

    def forward(self):
        """Return what the recipe returns."""
        sums = empty_tensor((*self.x.shape[:-1], self.weights.shape[-2]), self.x)
        torch.matmul(_rows(self.x), self.weights.mT, out=_rows(sums))
        return self._begin(sums).forward()

    def plain(self):
        """Return the same by operations that torch can record."""
        return self._begin(self.x @ self.weights.mT).plain()

    def backward(self, gradient):
        """Return the gradients of all tensors."""
        d_sums, *d_others = self.recipe.backward(gradient)
        if self.padded is not None:
            d_sums.flatten(0, -2)[self.padded] = 0
        d_weights = (_rows(self.x).mT @ _rows(d_sums)).mT
        d_x = None
        if self.differentiates_x:
            with torch.inference_mode(False):
                d_x = empty_tensor((*d_sums.shape[:-1], self.weight.shape[-1]), d_sums)
            torch.matmul(_rows(d_sums), self.weight, out=_rows(d_x))
        return d_x, None, d_weights[..., :-1], d_weights[..., -1], *d_others

    def _begin(self, sums):
        if self.padded is not None:
            sums.flatten(0, -2)[self.padded] = self.at_rest
        self.recipe = self.make(sums, *self.others)
        return self.recipe


def _rows(values):
    """Reshape the windows of all steps into rows, ([models,] rows, units)."""
    return values.flatten(-3, -2)
