"""Batch normalisation in a fit: weights of the windows, and final statistics."""

import torch
from skorch.callbacks import Callback

from ..networks import conv, normalization
from .batches import LARGE_BATCH, Batches

BATCH_NORMS = conv.BatchNorm, normalization.BatchNorm


class WeighBatchNorm(Callback):
    """Give each batch normalisation the weights of the windows in a batch."""

    def on_batch_begin(self, net, batch, **kwargs):
        """Set the weights."""
        weigh_windows(net, batch)

    def on_train_end(self, net, **kwargs):
        """Remove them."""
        weigh_windows(net, None)


def weigh_windows(net, batch):
    """Set the weights of batch normalisations to those of a batch, or to None."""
    weights = None
    if batch is not None:
        _, (_, weights) = batch
        weights = weights.to(net.device)
    for part in net.module_.modules():
        if hasattr(part, "window_weights"):
            part.window_weights = weights


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
            settle(net, self.windows_)
            self.windows_ = None

    def on_train_end(self, net, X=None, **kwargs):
        """Settle for good."""
        self.windows_ = None  # else they are pickled
        settle(net, X)


@torch.no_grad()
def settle(net, windows):
    """Pass the training windows through a network once more, without dropout."""
    norms = [part for part in net.module_.modules() if isinstance(part, BATCH_NORMS)]
    if not norms:
        return
    momentum = norms[0].momentum
    net.module_.eval()
    for norm in norms:
        norm.train()
        norm.num_batches_tracked.zero_()
    # In order, a batch would lack what differs between early and late windows, or
    # between classes: their variance is that within it.
    shuffled = Batches(windows, LARGE_BATCH, torch.Generator().manual_seed(0))
    total = 0.0
    for batch in shuffled:
        size = len(batch[1])
        if windows.weights is not None:
            weigh_windows(net, batch)
            size = float(batch[1][1].sum())
        total += size
        for norm in norms:
            norm.momentum = size / max(total, 1e-30)  # the mean over the batches
        net.infer(batch[0])
    for norm in norms:
        norm.eval()
        norm.momentum = momentum
    weigh_windows(net, None)
