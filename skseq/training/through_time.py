"""Whether a gradient reaches the first steps of a window."""

from copy import deepcopy

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch.nn.modules.batchnorm import _BatchNorm

from ..networks import Head, Recurrent
from ..warning import warn

LOST = 1e-16
"""Share of the largest gradient that rounding takes away, even in double precision."""

FEW = 64
"""Steps that lose nothing with any usual weights."""

N_WINDOWS = 8
"""Windows that are looked at, the last ones."""


def warn_of_lost_steps(module, dataset):
    """Warn if a recurrent network can't learn from the first steps of its windows.

    Parameters
    ----------
    module : nn.Module
        Before training.
    dataset : WindowDataset
    """
    length = dataset.windows.shape[1]
    if length <= FEW or not _reads_last_state_of_recurrent_layers(module):
        return
    last = np.arange(len(dataset))[-N_WINDOWS:]
    if dataset.device is not None:
        last = torch.from_numpy(last).to(dataset.device)
    x, _ = dataset[last]
    # A copy on the CPU: cuDNN has no gradients without dropout.
    module = deepcopy(module).cpu().eval()
    values, known, n_padding = module.inputs(x.cpu())
    values = values.detach().requires_grad_()
    with torch.enable_grad():
        outputs = module.after_inputs(values, known, n_padding)
    (gradient,) = torch.autograd.grad(outputs.sum(), values)
    norms = gradient.norm(dim=-1)  # (windows, steps)
    largest = norms.max()
    reached = (norms > LOST * largest).any(dim=0)
    n_lost = int(reached.int().argmax())
    if n_padding is not None:
        n_lost -= int(n_padding.min())
    if n_lost > 0 and largest > 0:
        warn(
            f"The gradient vanished through time: that of the first {n_lost} of "
            f"{length} steps of a window is lost in rounding, so the network "
            "can't learn from them. Use shorter windows, Conv1DRegressor or "
            "Conv1DClassifier, which shorten them, an LSTM or GRU in place of an RNN, "
            "or pooling='mean'.",
            ConvergenceWarning,
        )


def _reads_last_state_of_recurrent_layers(module):
    """Tell whether the output depends on early steps through recurrent layers alone."""
    if not isinstance(module.head, Head) or module.head.read != "last":
        return False
    parts = list(module.network.modules())
    # Batch normalisation does not know its statistics yet.
    normalized = any(isinstance(part, _BatchNorm) for part in parts)
    return any(isinstance(part, Recurrent) for part in parts) and not normalized
