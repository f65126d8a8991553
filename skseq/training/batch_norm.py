"""Batch normalisation in a fit: weights of the windows, and final statistics."""

import torch
from skorch.callbacks import Callback

from ..networks import conv, normalization
from .batches import FEWEST, LARGE_BATCH, Batches

SETTLING = 2**17
"""Steps of a batch of more than ``FEWEST`` windows that settles the statistics."""

BATCH_NORMS = conv.BatchNorm, normalization.BatchNorm


class WeighBatchNorm(Callback):
    """Give each batch normalisation the weights of the windows in a batch."""

    def on_batch_begin(self, net, batch, **kwargs):
        """Set the weights."""
        _, (_, weights) = batch
        weigh_windows(net.module_, weights)

    def on_train_end(self, net, **kwargs):
        """Remove them."""
        weigh_windows(net.module_, None)


def batch_norms(module):
    """Return the batch normalisations of a module."""
    return [part for part in module.modules() if isinstance(part, BATCH_NORMS)]


def weigh_windows(module, weights):
    """Set the weights of the windows of a batch, (batch,) or None."""
    norms = batch_norms(module)
    if norms and weights is not None:
        # They are in memory still if the device has too little of it for all.
        weights = weights.to(norms[0].weight.device)
    for norm in norms:
        norm.window_weights = weights


class SettleBatchNorm(Callback):
    """Compute the statistics of batch normalisation over all training windows.

    In training they are running averages over batches, while the weights change. They
    are settled at the end, and before each validation, whose loss then is that of the
    network that ``fit`` would return.
    """

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        """Hold the training windows until the validation."""
        self.windows_ = dataset_train

    def on_batch_begin(self, net, training=None, **kwargs):
        """Settle before the first batch of a validation."""
        if not training and self.windows_ is not None:
            self._settle(net, self.windows_)
            self.windows_ = None

    def on_train_end(self, net, X=None, **kwargs):
        """Settle for good."""
        self.windows_ = None  # else they are pickled
        self._settle(net, X)

    def _settle(self, net, windows):
        settle(net.module_, windows, net.infer)


@torch.no_grad()
def settle(module, windows, infer):
    """Pass the training windows through a network once more, without dropout.

    Parameters
    ----------
    module : nn.Module
    windows : WindowDataset
    infer : callable
        Calls the module on a batch.
    """
    norms = batch_norms(module)
    if not norms:
        return
    momentum = norms[0].momentum
    module.eval()
    for norm in norms:
        norm.train()
        norm.pools = True  # small batches alone would lack some variance
        norm.num_batches_tracked.zero_()
    # In order, a batch would lack what differs between early and late windows, or
    # between classes: their variance is that within it.
    n_windows = min(LARGE_BATCH, max(FEWEST, SETTLING // windows.windows.shape[1]))
    shuffled = Batches(windows, n_windows, torch.Generator().manual_seed(0))
    total = 0.0
    for batch in shuffled:
        size = len(batch[1])
        if windows.weights is not None:
            weigh_windows(module, batch[1][1])
            size = float(batch[1][1].sum())
        total += size
        for norm in norms:
            norm.momentum = size / max(total, 1e-30)  # the mean over the batches
        infer(batch[0]["x"] if windows.teach else batch[0])
    for norm in norms:
        norm.eval()
        norm.pools = False
        norm.momentum = momentum
    weigh_windows(module, None)
