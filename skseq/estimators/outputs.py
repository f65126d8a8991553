"""The outputs of a trained network over windows, in batches or in one pass."""

import copy

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from ..networks import can_pass_once, can_stack, one_pass
from ..networks.dropout import drawing
from ..training import FEWEST, LARGE_BATCH, gather, seeded
from ..windows import LazyArray, chunks, leading_padding, observed, series_of

CPU_BATCH = 2048
"""Bytes of one variable at one step in the largest batch of windows on a CPU: larger
ones no longer fit into the cache, and smaller ones cost more operations."""

CPU_STEPS = 2**19
"""Bytes of one variable at all steps of a batch of more than ``FEWEST`` windows, since
many networks hold what they compute at all steps."""


def outputs(module, windows, run, n_draws, seed, last_step):
    """Run a network over windows.

    Parameters
    ----------
    module : SequenceModel
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
    run : callable
        Maps the module and a batch of windows to the outputs.
    n_draws : int
        Number of passes over each window.
    seed : int or None
        Seed of dropout, which stays on if this is given; each draw has its own masks.
    last_step : bool
        Whether only the output for the last step of each window is needed. One pass
        along the series behind the windows may then be enough.

    Returns
    -------
    ndarray of shape (n_samples, n_draws, ...)
    """
    module = module.eval() if seed is None else _with_dropout(module)
    weight = next(module.head.parameters())
    n_windows = max(1, LARGE_BATCH // n_draws)
    if weight.device.type == "cpu":
        n_windows = min(n_windows, CPU_BATCH // weight.element_size())
        if seed is None:  # else the masks would depend on the length of the windows
            of_window = weight.element_size() * windows.shape[1]
            n_windows = min(n_windows, max(FEWEST, CPU_STEPS // of_window))
    reads_every = getattr(module.head, "read", None) == "every"
    series, n_single = None, len(windows)  # windows that need a pass of their own
    if last_step and seed is None:
        series = _series_to_pass(module, windows)
    if series is not None:
        n_single = min(leading_padding(series), n_single)
    found = None  # one block, since many small ones would fragment the memory
    with _drawing(module, seed, weight.device), torch.inference_mode():
        for some in _parts(windows, n_single, n_windows, ordered=seed is not None):
            batch = gather(windows, some).to(weight)
            if n_draws > 1:
                batch = batch.repeat_interleave(n_draws, dim=0)
            output = run(module, batch).cpu()
            if last_step and reads_every:
                output = output[:, -1:]
            output = output.unflatten(0, (-1, n_draws))
            found = _put(output, found, some, len(windows))
        if n_single < len(windows):
            start = n_single
            for output in one_pass(module, series[n_single:], windows.shape[1]):
                some = slice(start, start + len(output))
                found = _put(output[:, None].cpu(), found, some, len(windows))
                start = some.stop
    return found.numpy()


def _drawing(module, seed, device):
    """Draw masks from a generator of this call, if no part from elsewhere draws some.

    Else it would have to wait for a fit in another thread, which has torch's.
    """
    if seed is not None and device.type == "cpu" and can_stack(module):
        return drawing([torch.Generator().manual_seed(seed)])
    return seeded(seed, device)


def _parts(windows, n_samples, size, ordered):
    """Yield which of the first windows go through a network at once.

    Those of similar length, the longest last, so that few wait for a long one; unless
    they must be in order, all fit into one part, or none has padding.
    """
    order = None
    if not ordered and size < n_samples and not isinstance(windows, LazyArray):
        order = _by_length(windows[:n_samples])
    for start in range(0, n_samples, size):
        part = slice(start, min(start + size, n_samples))
        yield part if order is None else order[part]


def _by_length(windows):
    """Return the numbers of windows, sorted by length, or None if none has padding."""
    padded = np.isnan(windows[:, 0, 0])
    if not padded.any():
        return None
    n_observed = np.full(len(windows), windows.shape[1])
    # Of a long series, only the first windows are padded: the others are not read.
    for part in chunks(windows):
        some = windows[part][padded[part]]
        n_observed[part][padded[part]] = observed(some).sum(axis=1)
    return np.argsort(n_observed, kind="stable")


def _put(output, found, some, n_samples):
    """Put the outputs of some samples into ``found``, which is allocated if None."""
    if found is None and len(output) == n_samples:
        return output
    if found is None:
        found = output.new_empty(n_samples, *output.shape[1:])
    found[some] = output
    return found


def _series_to_pass(module, windows):
    """Return the series behind windows, if one pass along it gives all outputs."""
    # A single window has nothing to share, and checking costs more than it saves. Nor
    # have windows of one step, of which any may be padding.
    n_samples, length, _ = windows.shape
    if 1 in (n_samples, length) or not can_pass_once(module, length):
        return None
    return series_of(windows)


def _with_dropout(module):
    """Return a copy with dropout on; another thread may use the module without it."""
    tensors = [*module.parameters(), *module.buffers()]
    twin = copy.deepcopy(module, {id(tensor): tensor for tensor in tensors})
    for part in twin.modules():
        part.training = not isinstance(part, _BatchNorm)
    return twin
