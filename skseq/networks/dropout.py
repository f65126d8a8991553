"""Dropout whose masks are the same if many networks are computed as one."""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

_many = ContextVar("many", default=None)


class Dropout(nn.Dropout):
    """Torch's dropout, with masks that do not depend on the memory layout of values."""

    def forward(self, x):
        """Drop values of x, (batch, ...)."""
        if not self.training or not self.p:
            return x
        if _many.get() is None:
            return super().forward(x.contiguous())
        return x * draw_mask(x, x.shape, self.p)


def draw_mask(x, shape, p):
    """Draw a mask that drops a share p of values: 0, or 1 / (1 - p).

    Parameters
    ----------
    x : tensor
        The mask has its type and device.
    shape : tuple of int
        The windows of a batch are the first axis.
    p : float
    """
    if _many.get() is None:
        return F.dropout(x.new_ones(shape), p)
    masks = x.new_zeros(shape)
    generators, sizes = _many.get()
    each = masks.unflatten(0, (len(generators), -1))
    for mask, generator, size in zip(each, generators, sizes, strict=True):
        mask[:size].bernoulli_(1 - p, generator=generator)
    return masks.div_(1 - p)


def same_masks(device):
    """Return a function after which the masks are drawn that come next now."""
    rng = torch if device.type == "cpu" else getattr(torch, device.type)
    return partial(rng.set_rng_state, rng.get_rng_state())


@contextmanager
def drawing(generators, sizes):
    """Let each model of a stack draw its own masks.

    Parameters
    ----------
    generators : list of torch.Generator
        One for each model.
    sizes : tensor of shape (models,)
        Number of windows of each model for which masks are drawn, the first ones of its
        batch. Batches have one size.
    """
    token = _many.set((generators, sizes.tolist()))
    try:
        yield
    finally:
        _many.reset(token)
