"""One pass along a series instead of one over each of its windows."""

import torch

from .conv import Conv1D
from .heads import Head
from .wavenet import WaveNet


def can_pass_once(module, length):
    """Tell whether the last state of a window equals that of the series at this step.

    It does not if the network sees beyond the start of the window, where there are
    zeros for a window but values in the series. Nor if the network sees changes, since
    the first step of a window has none.

    Parameters
    ----------
    module : SequenceModel
    length : int
        Steps of a window.
    """
    return (
        isinstance(module.head, Head)
        and getattr(module.inputs, "change_scale", None) is None
        and module.head.read in ("last", "every")
        and getattr(module.network, "receptive_field", length + 1) <= length
        and not _is_changed(module.network)
    )


def _is_changed(network):
    """Tell whether a subclass has its own forward, which may see further back."""
    return any(
        isinstance(network, family) and type(network).forward is not family.forward
        for family in (Conv1D, WaveNet)
    )


def one_pass(module, series, length):
    """Yield the outputs at the last step of each window of a series.

    Parameters
    ----------
    module : SequenceModel
        One for which :func:`can_pass_once` is true, in evaluation mode.
    series : ndarray of shape (n_timesteps, n_features)
        Without padding.
    length : int
        Steps of a window.

    Yields
    ------
    tensor of shape (n_windows, n_outputs)
        For successive windows; (n_windows, 1, n_outputs) if the head reads every
        state.
    """
    weight = next(module.parameters())
    past = module.network.receptive_field - 1
    options = {} if module.network.stride == 1 else {"every_step": True}
    size = max(8 * length, 2048)  # large, so that little is computed twice
    for last in range(length - 1, len(series), size):
        # A copy, since tensors have no negative strides, and a series may be read-only.
        steps = torch.from_numpy(series[last - past : last + size].copy())
        steps = steps[None].to(weight)
        values, known, _ = module.inputs(steps)
        states = module.network(values, None, **options)[0, past:, None]
        if known is not None:
            known = module.inputs.known_ahead(steps)[0, past:, None]
        yield module.head(states, known, None)
