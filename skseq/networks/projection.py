"""Products of the inputs of all time steps with their weights, made at once."""

import torch
from torch.nn import functional as F

from .memory import empty_tensor


class Projected:
    """A recipe of :mod:`cells` over x W' + b, with a backward pass by hand.

    Parameters
    ----------
    make : callable
        Maps the sums ([models,] length, batch, n_units) and ``others`` to a recipe.
    x : tensor of shape ([models,] length, batch, n_features)
    weight : tensor of shape ([models,] n_units, n_features)
    bias : tensor of shape ([models,] n_units)
    *others : tensor
    """

    def __init__(self, make, x, weight, bias, *others):
        self.make, self.others = make, others
        self.weight = weight
        self.differentiates_x = x.requires_grad
        # The bias is the weight of one more input, which is 1.
        self.x = F.pad(x, (0, 1), value=1.0)
        self.weights = torch.cat([weight, bias.unsqueeze(-1)], dim=-1)

    def forward(self):
        """Return what the recipe returns."""
        sums = empty_tensor((*self.x.shape[:-1], self.weights.shape[-2]), self.x)
        torch.matmul(_rows(self.x), self.weights.mT, out=_rows(sums))
        self.recipe = self.make(sums, *self.others)
        return self.recipe.forward()

    def backward(self, gradient):
        """Return the gradients of all tensors."""
        d_sums, *d_others = self.recipe.backward(gradient)
        d_weights = (_rows(self.x).mT @ _rows(d_sums)).mT
        d_x = None
        if self.differentiates_x:
            with torch.inference_mode(False):
                d_x = empty_tensor((*d_sums.shape[:-1], self.weight.shape[-1]), d_sums)
            torch.matmul(_rows(d_sums), self.weight, out=_rows(d_x))
        return d_x, d_weights[..., :-1], d_weights[..., -1], *d_others


def _rows(values):
    """Lay the windows of all steps below each other, ([models,] rows, units)."""
    return values.flatten(-3, -2)
