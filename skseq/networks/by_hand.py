"""Backward passes written by hand.

torch records each operation on each time step for the backward pass, which costs a
multiple of such a small operation. Written by hand, all that does not depend on the
step before or after is computed for all steps at once, outside the loop.
"""

import torch
from torch.autograd import Function

from .tracing import is_traced


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
                "Recurrent layers of skseq have first derivatives only. Take those of "
                "torch.func, such as torch.func.hessian, or differentiate what torch "
                "makes of the module: torch.export.export(module, (x,)).module()."
            )
        tensors = ctx.saved_tensors  # raises if one was changed in place
        with torch.inference_mode():
            gradients = ctx.recipe.backward(gradient)
        gradients = [_differentiable(gradient) for gradient in gradients]
        return None, *gradients, *[None] * (len(tensors) - len(gradients))
