"""Whether torch, or a user, looks at how a module computes."""

import torch


def is_traced():
    """Tell whether torch is tracing, to export, compile or transform a module.

    It would treat as constant all that is computed outside of torch or depends on
    values; the transforms of :mod:`torch.func` raise errors there.
    """
    return (
        torch.jit.is_tracing()
        or torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
    )


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
