"""Random numbers, such as dropout masks, that a stack draws as each network alone."""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from .tracing import is_traced

_many = ContextVar("many", default=None)


class Dropout(nn.Dropout):
    """Torch's dropout, with masks that do not depend on the memory layout of values."""

    def forward(self, x, observed=None):
        """Drop values of x, (batch, ...), if given only at observed steps.

        So what is drawn for those does not depend on how long a window is padded.

        Parameters
        ----------
        x : tensor
        observed : tensor of bool of shape (batch, n_steps, 1), default=None
            The other steps are padding, and become zero.
        """
        if not self.training or not self.p:
            return x
        if _is_left_to_torch(x):
            return super().forward(x.contiguous())
        return x * draw_mask(x, x.shape, self.p, observed)


def draw_mask(x, shape, p, observed=None):
    """Draw a mask that drops a share p of values: 0, or 1 / (1 - p).

    Parameters
    ----------
    x : tensor
        The mask has its type and device.
    shape : tuple of int
        The windows of a batch are the first axis.
    p : float
        On a CPU it is rounded to a multiple of 2**-16.
    observed : tensor of bool of shape (batch, n_steps, 1), default=None
        Steps for which values are drawn; the mask is zero at others.
    """
    if _is_left_to_torch(x):
        return F.dropout(x.new_ones(shape), p)
    n_dropped = min(round(p * 2**16), 2**16 - 1)
    kept = _draw(partial(_draw_kept, n_dropped), shape, torch.bool, observed)
    return kept.to(x.dtype).mul_(2**16 / (2**16 - n_dropped))


def draw_uniform(shape, device):
    """Draw numbers between 0 and 1, (batch, ...)."""
    if device.type != "cpu":
        return torch.rand(shape, device=device)
    return _draw(partial(torch.rand, dtype=torch.float32), shape, torch.float32)


def _is_left_to_torch(x):
    return x.device.type != "cpu" or is_traced()


def _draw(draw, shape, dtype, observed=None):
    """Draw values, (batch, ...), for each model of a stack by its own generator.

    Those of windows that fill a batch are zero, and those of padding.
    """
    generators, sizes = _many.get() or ([None], None)
    if sizes is None and observed is None:
        return draw(shape, generator=generators[0])
    drawn = torch.zeros(shape, dtype=dtype)
    n_windows = shape[0] // len(generators)
    for i, generator in enumerate(generators):
        first = i * n_windows
        some = slice(first, first + (n_windows if sizes is None else sizes[i]))
        values = drawn[some]
        where = slice(None) if observed is None else observed[some, :, 0]
        values[where] = draw(values[where].shape, generator=generator)
    return drawn


def _draw_kept(n_dropped, shape, generator=None):
    """Draw whether values are kept; of 2**16, n_dropped are not.

    A random number of 64 bits is four of 16, several times as fast as torch's dropout,
    in which a Monte Carlo forecast would spend a third of its time.
    """
    n = prod(shape)
    numbers = torch.empty(-(-n // 4), dtype=torch.int64)
    numbers.random_(-(2**63), None, generator=generator)
    return (numbers.view(torch.int16)[:n] >= n_dropped - 2**15).view(shape)


def same_masks(device):
    """Return a function after which the masks are drawn that come next now."""
    if device.type == "cpu":
        (generator, *_), _ = _many.get() or ([torch.default_generator], None)
        return partial(generator.set_state, generator.get_state())
    if device.type != "cuda":
        rng = getattr(torch, device.type)
        return partial(rng.set_rng_state, rng.get_rng_state())
    state = torch.cuda.get_rng_state(device)  # there may be several
    return partial(torch.cuda.set_rng_state, state, device)


@contextmanager
def drawing(generators, sizes=None):
    """Let each model of a stack, or a single one, draw its own masks and numbers.

    Parameters
    ----------
    generators : list of torch.Generator
        One for each model.
    sizes : tensor of shape (models,), default=None
        Number of windows of each model for which masks are drawn, the first ones of its
        batch. Batches have one size. None means a single model, and all windows.
    """
    token = _many.set((generators, None if sizes is None else sizes.tolist()))
    try:
        yield
    finally:
        _many.reset(token)
