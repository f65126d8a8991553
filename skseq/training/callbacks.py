"""Callbacks that watch a fit: finite losses, best weights, and progress."""

import copy
from math import isfinite

import numpy as np
import torch
from skorch.callbacks import Callback, LRScheduler

from .interruption import warn_of_interruption
from .net import module_of

MANY = 1000
"""Batches of an epoch whose records are kept one by one; skorch would keep all."""


class Watch(Callback):
    """Stop if the loss is not finite, and keep the weights of the best epoch."""

    def on_train_begin(self, net, **kwargs):
        """Start anew."""
        self.best_loss_ = float("inf")
        self.best_weights_ = None
        self.best_epoch_ = 0
        self.n_epochs_ = 0

    def on_epoch_begin(self, net, **kwargs):
        """Forget the batches of the epoch before: there may be millions."""
        if len(net.history) > 1:
            net.history[-2]["batches"].clear()

    def on_batch_end(self, net, batch, training, **kwargs):
        """Raise ValueError at a loss that is NaN or infinite."""
        name = "train" if training else "valid"
        value = net.history[-1, "batches", -1, f"{name}_loss"]
        if not isinstance(value, torch.Tensor):  # which would be waited for
            check_finite(name, value, net)
        elif len(net.history[-1]["batches"]) > MANY:
            net.read_losses(f"{name}_loss")
        self._note(net, training)

    def _note(self, net, training):
        """Note the learning rates of the step, and merge the records of many."""
        if training:  # the schedule is called later, and sets those of the next step
            self.rates_ = [group["lr"] for group in net.optimizer_.param_groups]
        batches = net.history[-1]["batches"]
        if len(batches) > MANY:
            batches[:-1] = [_merge(batches[:-1])]

    def on_epoch_end(self, net, **kwargs):
        """Remember the weights of the best epoch, and the learning rate."""
        row = net.history[-1]
        for name in ("train", "valid"):
            check_finite(name, row.get(f"{name}_loss", 0.0), net)
        net.history.record("learning_rate", self.rates_[0])
        self.n_epochs_ += 1
        loss = row.get("valid_loss", row["train_loss"])
        if loss < self.best_loss_:
            self.best_loss_ = loss
            self.best_epoch_ = row["epoch"]
            self._keep(module_of(net).state_dict())

    @torch.no_grad()
    def _keep(self, weights):
        if self.best_weights_ is None:
            self.best_weights_ = copy.deepcopy(weights)
            return
        kept = self.best_weights_.values()  # a new copy takes ten times as long
        torch._foreach_copy_(list(kept), list(weights.values()))

    def on_train_end(self, net, **kwargs):
        """Restore the best weights after validation or an interruption."""
        if len(net.history):  # skorch's callbacks look at the last batch
            del net.history[-1]["batches"][:-1]
        interrupted = self.n_epochs_ < net.max_epochs and not net.stopped_
        validated = self.n_epochs_ and "valid_loss" in net.history[0]
        if (interrupted or validated) and self.best_weights_ is not None:
            module_of(net).load_state_dict(self.best_weights_)
        self.interrupted_ = interrupted
        if interrupted:
            warn_of_interruption(self.n_epochs_, net.max_epochs, [self.best_epoch_])
        self.best_weights_ = None


class Schedule(LRScheduler):
    """The schedule of the learning rate, without what a fitted net has no use for."""

    def on_train_end(self, net, **kwargs):
        """Drop torch's, which refers to the weights: pickled, they need a GPU again."""
        del self.lr_scheduler_


class Progress(Callback):
    """One bar that advances with the epochs and shows the losses."""

    def on_train_begin(self, net, **kwargs):
        """Open the bar."""
        from tqdm.auto import tqdm

        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", dynamic_ncols=True)

    def on_epoch_end(self, net, **kwargs):
        """Advance it."""
        row = net.history[-1]
        names = [name for name in ("train_loss", "valid_loss") if name in row]
        # The mean over networks, if there are several.
        losses = {name: f"{np.mean(row[name]):.4g}" for name in names}
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        """Close it: an open bar does not pickle."""
        self.bar_.close()
        del self.bar_


def check_finite(name, value, net):
    """Raise ValueError for a loss that is NaN or infinite."""
    if not isfinite(value):
        raise diverged(name, value, len(net.history))


def diverged(name, value, epoch):
    """Return the error for a loss, "train" or "valid", that is not finite."""
    return ValueError(
        f"The {name} loss became {value} in epoch {epoch}: training diverged. Lower "
        "learning_rate, set gradient_clip (or lower it), keep standardize=True, and "
        "look for extreme values in X and y."
    )


def _merge(batches):
    """Merge the records of some batches into one, with the same mean for skorch."""
    merged = {}
    for name in ("train", "valid"):
        rows = [row for row in batches if f"{name}_loss" in row]
        size = sum(row[f"{name}_batch_size"] for row in rows)
        if size:
            total = sum(row[f"{name}_loss"] * row[f"{name}_batch_size"] for row in rows)
            merged |= {f"{name}_loss": total / size, f"{name}_batch_size": size}
    return merged
