"""Full precision inside of mixed precision."""

from functools import wraps

import torch


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
