"""The steps that stacked convolutions compute: all, or those that the last needs."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import pad

from .tracing import is_traced


class Kernel(NamedTuple):
    """The steps that a convolution sees.

    Parameters
    ----------
    size : int
        Number of steps.
    stride : int
        There is an output at the last step, and at every ``stride``-th before it.
    dilation : int
        Distance between the steps.
    n_after : int
        How far it sees beyond its own step.
    """

    size: int
    stride: int = 1
    dilation: int = 1
    n_after: int = 0

    @property
    def reach(self):
        """Distance from the first step to the last."""
        return (self.size - 1) * self.dilation

    def seen_from(self, steps):
        """Return the steps seen, (n_steps, size), from steps counted from the last."""
        ends = self.stride * steps + self.n_after
        return ends[:, None] - self.dilation * np.arange(self.size)[::-1]


class Steps(NamedTuple):
    """The steps that a convolution computes, the oldest first.

    Parameters
    ----------
    seen : tensor of shape (n_steps, kernel size), or None
        Those that each sees, by their places among the inputs; a place beyond the
        inputs is outside of the window. None if each sees itself, of all inputs.
    own : tensor of shape (n_steps,), or None
        Their places among the inputs, None if they are all of them.
    time : tensor of shape (n_steps,)
        Their numbers in the window.
    leaves : bool
        Whether any sees beyond the window.
    """

    seen: torch.Tensor | None
    own: torch.Tensor | None
    time: torch.Tensor
    leaves: bool

    def gather(self, x):
        """Return what each sees of x, (batch, n_steps, kernel size * features)."""
        if self.seen is None:
            return x
        if self.leaves:
            x = pad(x, (0, 0, 0, 1))  # zeros
        seen = self.seen.flatten()
        # On a GPU, the gradient of index_select adds in an order that varies.
        x = x[:, seen] if x.is_cuda else x.index_select(1, seen)
        return x.unflatten(1, self.seen.shape).flatten(2)

    def take_own(self, x):
        """Return what x has at the steps themselves, (batch, n_steps, features)."""
        return x if self.own is None else x.index_select(1, self.own)

    def observed(self, n_padding):
        """Tell which are not padding, (batch, n_steps, 1), or None if there is none."""
        if n_padding is None:
            return None
        return (self.time >= n_padding[:, None])[:, :, None]


def plan(kernels, length, only_last, device):
    """Plan stacked convolutions.

    The last state alone needs few steps of each: half as many from layer to layer, for
    kernels of two steps whose dilations double.

    Parameters
    ----------
    kernels : tuple of Kernel
    length : int
        Steps of a window.
    only_last : bool
        Whether the last one computes its last step only, and the others what this
        needs; else all compute all of theirs.
    device : torch.device

    Returns
    -------
    list of Steps
        One for each convolution.
    """
    # Tensors made while torch records a network are part of that record alone.
    make = _plan.__wrapped__ if is_traced() else _plan
    return make(kernels, length, only_last, device)


# As torch.compiler.assume_constant_result does, which loads all of the compiler: half
# as long as torch itself takes.
plan._dynamo_marked_constant = True


@lru_cache(maxsize=16)  # that of a long series takes megabytes
@torch.inference_mode(mode=False)  # a tensor made in it could not be trained with
def _plan(kernels, length, only_last, device):
    lengths, strides = [length], [1]
    for kernel in kernels:
        lengths.append(-(-lengths[-1] // kernel.stride))
        strides.append(strides[-1] * kernel.stride)
    # Counted from the last one, which is 0.
    steps = np.arange(0 if only_last else 1 - lengths[-1], 1)
    plans = []
    for i in reversed(range(len(kernels))):
        kernel, n_below = kernels[i], lengths[i]
        seen, own = kernel.seen_from(steps), kernel.stride * steps
        inside = (-n_below < seen) & (seen <= 0)
        below = np.arange(1 - n_below, 1)
        if only_last and i:  # the first one's inputs are the window
            below = np.unique(np.append(seen[inside], own))
        same = len(below) == len(own)
        places = np.where(inside, np.searchsorted(below, seen), len(below))
        arrays = (
            None if same and kernel.size == 1 else places,
            None if same else np.searchsorted(below, own),
            strides[i + 1] * steps + length - 1,
        )
        tensors = (a if a is None else torch.from_numpy(a).to(device) for a in arrays)
        plans.append(Steps(*tensors, not inside.all()))
        steps = below
    return plans[::-1]
