"""Backward passes written by hand.

torch records each operation on each time step for the backward pass, at a multiple of
what such a small operation costs. By hand, everything that does not wait for the step
before or after is computed for all steps at once, outside the loop.
"""

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def by_hand(recipe, *tensors):
    """Compute ``recipe.forward()``, and gradients of tensors by ``recipe.backward``.

    Parameters
    ----------
    recipe : object
        Made for this one call. ``forward()`` returns a tensor; ``backward(gradient)``
        returns the gradients of ``tensors``, from what ``forward`` kept.
    *tensors : tensor
        What the recipe computes with.
    """
    return _ByHand.apply(recipe, *tensors)


class _ByHand(Function):
    @staticmethod
    def forward(ctx, recipe, *tensors):
        ctx.recipe = recipe
        ctx.save_for_backward(*tensors)
        with torch.inference_mode():  # an operation costs less there
            states = recipe.forward()
        # What inference mode made cannot be differentiated; and of the node's own
        # output the recipe must keep no views, or neither would ever be freed.
        return states.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        _ = ctx.saved_tensors  # raises where one was changed in place since
        with torch.inference_mode():
            gradients = ctx.recipe.backward(gradient)
        return None, *(gradient.clone() for gradient in gradients)
