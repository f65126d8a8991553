"""The optimizers, without what torch imports for compiling them."""

from functools import partial
from inspect import unwrap

import torch
from torch import optim


def _eager(cls):
    """Return an optimizer of torch whose methods are not wrapped for torch.compile.

    The wrappers import ``torch._dynamo`` when they are first called: in each process,
    as much as two seconds and 70 MB.
    """
    names = "add_param_group", "load_state_dict", "state_dict", "zero_grad"
    methods = {name: unwrap(getattr(cls, name)) for name in names}
    methods["step"] = torch.no_grad()(unwrap(cls.step))  # as the wrapper does
    return type(cls.__name__, (cls,), {**methods, "__module__": __name__})


AdamW = _eager(optim.AdamW)
Adam = _eager(optim.Adam)
SGD = _eager(optim.SGD)
RMSprop = _eager(optim.RMSprop)

OPTIMIZERS = {
    # Fused, a step is one operation, which is what matters for small networks.
    "adamw": partial(AdamW, fused=True),
    "adam": partial(Adam, fused=True),
    "sgd": partial(SGD, momentum=0.9, fused=True),
    "rmsprop": RMSprop,
}
