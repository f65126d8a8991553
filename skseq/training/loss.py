"""Losses, averaged over outputs and weighted over samples."""

import torch
from torch import nn
from torch.nn import functional as F

LOSSES = {
    "squared_error": F.mse_loss,
    "absolute_error": F.l1_loss,
    "huber": F.huber_loss,
}


class WeightedLoss(nn.Module):
    """Mean over a batch of one of LOSSES.

    Parameters
    ----------
    name : str
        A key of LOSSES.
    """

    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, prediction, target):
        """Compare with targets, or with a pair of targets and sample weights."""
        function = LOSSES[self.name]
        if isinstance(target, torch.Tensor):
            return function(prediction, target)
        target, weight = target
        loss = function(prediction, target, reduction="none")
        return (loss.flatten(start_dim=1).mean(dim=1) * weight).mean()
