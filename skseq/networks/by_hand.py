"""Backward passes written by hand.

torch records each operation on each time step for the backward pass, at a multiple of
what such a small operation costs. By hand, everything that does not wait for the step
before or after is computed for all steps at once, outside the loop.
"""

from functools import wraps
from inspect import signature

import torch
from torch._C import _are_functorch_transforms_active
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def by_hand(make, *tensors):
    """Compute ``make(*tensors).forward()``, with gradients by its ``backward``.

    Under :func:`torch.vmap` all models are computed as one: ``make`` is then given
    tensors with the models as their first axis.

    Parameters
    ----------
    make : callable
        Maps the tensors to a recipe, an object for this one call: ``forward()``
        returns a tensor, of the axes of the first one; ``backward(gradient)`` returns
        the gradients of ``tensors`` (None where none is wanted), or of the first of
        them, from what ``forward`` kept.
    *tensors : tensor or None
        What the recipe computes with.
    """
    # Exported, a module is not trained; compiled, it may be.
    trains = torch.is_grad_enabled() and torch.compiler.is_dynamo_compiling()
    if is_traced() and not trains:
        with torch.no_grad():
            return make(*tensors).forward()
    if torch.is_inference_mode_enabled() and not _are_functorch_transforms_active():
        return make(*tensors).forward()
    return _ByHand.apply(_Pass(make), *tensors)


def is_traced():
    """Tell whether torch records operations, to export or to compile a module.

    What is computed outside of torch, or decided by values, it would take as constant.
    """
    return torch.jit.is_tracing() or torch.compiler.is_compiling()


def in_full_precision(function):
    """Compute a function of a layer and its input outside of :class:`torch.autocast`.

    Products by hand want both factors in one type, and statistics more than three
    digits.
    """

    @wraps(function)
    def wrapped(layer, x, *args):
        device = x.device.type
        if not torch.is_autocast_enabled(device):
            return function(layer, x, *args)
        with torch.autocast(device, enabled=False):
            return function(layer, x.to(next(layer.parameters()).dtype), *args)

    return wrapped


def gradient_like(tensor):
    """Make an empty tensor that can be returned as a gradient as it is."""
    with torch.inference_mode(False):
        return torch.empty_like(tensor)


def _differentiable(tensor):
    """Return a tensor for autograd, of one that inference mode may have made."""
    return tensor if tensor is None or not tensor.is_inference() else tensor.clone()


class _Pass:
    """One call; holds the recipe on its way from the forward pass to the backward."""

    def __init__(self, make):
        self.make = make


class _ByHand(Function):
    @staticmethod
    def forward(this, *tensors):
        with torch.inference_mode():  # an operation costs less there
            this.recipe = this.make(*tensors)
            states = this.recipe.forward()
        # Of the node's own output the recipe must keep no views, or neither would ever
        # be freed.
        return _differentiable(states)

    @staticmethod
    def setup_context(ctx, inputs, output):  # noqa: ARG004
        this, *tensors = inputs
        ctx.recipe = this.recipe
        ctx.save_for_backward(*tensors)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        tensors = ctx.saved_tensors  # raises where one was changed in place since
        with torch.inference_mode():
            gradients = ctx.recipe.backward(gradient)
        gradients = [_differentiable(gradient) for gradient in gradients]
        return None, *gradients, *[None] * (len(tensors) - len(gradients))

    @staticmethod
    def vmap(info, in_dims, this, *tensors):
        stacked = [
            _with_models(tensor, info.batch_size, dim)
            for tensor, dim in zip(tensors, in_dims[1:], strict=True)
        ]
        return by_hand(this.make, *stacked), 0


# torch asks for it in each call, which takes longer than a small kernel.
_ByHand.forward.__signature__ = signature(_ByHand.forward)


def _with_models(tensor, n_models, dim):
    """Return a tensor with the models as its first axis, which may be dim by now."""
    if tensor is None:
        return None
    if dim is None:
        return tensor.expand(n_models, *tensor.shape)
    return tensor.movedim(dim, 0)
