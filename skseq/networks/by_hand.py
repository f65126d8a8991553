"""Backward passes written by hand.

torch records each operation on each time step for the backward pass, which costs a
multiple of such a small operation. Written by hand, all that does not depend on the
step before or after is computed for all steps at once, outside the loop.
"""

from functools import wraps

import torch
from torch.autograd import Function


def by_hand(make, *tensors):
    """Compute ``make(*tensors).forward()``, with gradients from its ``backward``.

    Parameters
    ----------
    make : callable
        Maps the tensors to a recipe, an object for this one call. Its ``forward()``
        returns a tensor with the axes of the first one; ``backward(gradient)`` returns
        the gradients of ``tensors`` (None if not needed), or of the first ones only,
        from what ``forward`` kept. Its ``plain()`` returns the same as ``forward`` by
        operations that torch can record and differentiate.
    *tensors : tensor or None
        What the recipe computes with.
    """
    if is_traced():
        return make(*tensors).plain()
    if torch.is_inference_mode_enabled():
        return make(*tensors).forward()
    return _ByHand.apply(make, *tensors)


def is_traced():
    """Tell whether torch is tracing, to export or to compile a module.

    It would treat as constant all that is computed outside of torch or depends on
    values.
    """
    return torch.jit.is_tracing() or torch.compiler.is_compiling()


def is_watched(module):
    """Tell whether a module has hooks or a forward of its own.

    Nothing in its place would call them.
    """
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or "forward" in vars(module)
    )


def in_full_precision(function):
    """Compute a function of a layer and its input outside of :class:`torch.autocast`.

    Products by hand need both factors in one type, and statistics need more than three
    digits.
    """

    @wraps(function)
    def wrapped(layer, x, *args):
        device = x.device.type
        known = torch.amp.is_autocast_available(device)
        if not known or not torch.is_autocast_enabled(device):
            return function(layer, x, *args)
        with torch.autocast(device, enabled=False):
            return function(layer, x.to(next(layer.parameters()).dtype), *args)

    return wrapped


def gradient_like(tensor):
    """Make an empty tensor that can be returned as a gradient without a copy."""
    with torch.inference_mode(False):
        return torch.empty_like(tensor)


def _differentiable(tensor):
    """Make a tensor usable by autograd, even if inference mode created it."""
    return tensor if tensor is None or not tensor.is_inference() else tensor.clone()


class _ByHand(Function):
    @staticmethod
    def forward(ctx, make, *tensors):
        with torch.inference_mode():  # an operation costs less there
            ctx.recipe = make(*tensors)
            states = ctx.recipe.forward()
        ctx.save_for_backward(*tensors)
        # The recipe must keep no views of the node's own output, or neither would ever
        # be freed.
        return _differentiable(states)

    @staticmethod
    def backward(ctx, gradient):
        if torch.is_grad_enabled():  # create_graph=True
            # once_differentiable returns zero where only the tensors matter.
            raise RuntimeError(
                "Recurrent layers of skseq have first derivatives only. Differentiate "
                "what torch makes of the module instead: "
                "torch.export.export(module, (x,)).module()."
            )
        tensors = ctx.saved_tensors  # raises if one was changed in place
        with torch.inference_mode():
            gradients = ctx.recipe.backward(gradient)
        gradients = [_differentiable(gradient) for gradient in gradients]
        return None, *gradients, *[None] * (len(tensors) - len(gradients))
