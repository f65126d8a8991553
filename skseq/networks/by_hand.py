"""Backward passes written by hand.

torch records each operation on each time step for the backward pass, at a multiple of
what such a small operation costs. By hand, everything that does not wait for the step
before or after is computed for all steps at once, outside the loop.
"""

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
        # The recipe may keep views of what it returns: were that the node's own output,
        # neither would ever be freed.
        return recipe.forward().detach()

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        _ = ctx.saved_tensors  # raises where one was changed in place since
        return None, *ctx.recipe.backward(gradient)
