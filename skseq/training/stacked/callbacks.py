"""Callbacks for each batch and epoch of many fits at once."""

from math import isfinite

import numpy as np
import torch
from skorch.callbacks import Callback
from torch.optim import SGD
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ..batch_norm import SettleBatchNorm, settle, weigh_windows
from ..callbacks import Watch, diverged
from ..gradients import Gradients, gradient, layers_of
from ..interruption import warn_of_interruption


class StackedGradients(Gradients):
    """Record and clip the gradients of each network separately."""

    def on_train_begin(self, net, **kwargs):
        """Find the layers of a model."""
        self.layers_ = layers_of(net.module_.weights)

    def _before_training(self, net, dataset):
        return net.module_.models[0], dataset.datasets[0]

    def on_grad_computed(self, net, **kwargs):
        """Record and clip."""
        gradients = {name: gradient(w) for name, w in net.module_.weights.items()}
        squares = torch.stack(
            [g.flatten(1).square().sum(1) for g in gradients.values()]
        )
        total = squares.sum(0).sqrt()
        if self.clip is not None and self.clip_by == "value":
            gradients = {
                n: g.clamp(-self.clip, self.clip) for n, g in gradients.items()
            }
        elif self.clip is not None:
            factor = (self.clip / (total + 1e-6)).clamp(max=1.0)
            # Not in place: the gradients of two biases may share their memory.
            gradients = {
                name: g * factor.reshape(-1, *[1] * (g.ndim - 1))
                for name, g in gradients.items()
            }
        net.module_.give_gradients(gradients)
        self._note(squares, total)

    def on_epoch_end(self, net, **kwargs):
        """Record the root mean square and the largest of the epoch's batches."""
        squares = self.squares_ / self.n_batches_  # (parameters, models)
        net.history.record("gradient_norm", squares.sum(0).sqrt().tolist())
        net.history.record("gradient_norm_max", self.largest_.tolist())
        for layer, positions in self.layers_.items():
            norm = squares[positions].sum(0).sqrt()
            net.history.record(f"gradient_norm {layer}", norm.tolist())

    def on_train_end(self, net, **kwargs):
        """Drop the sums; the gradients of each network are checked later."""
        self.squares_ = self.largest_ = None


class StackedWatch(Watch):
    """Follow the losses of each network, and stop training those that are done.

    A network is done if its loss is not finite, or has not fallen for ``patience``
    epochs. Its best weights are kept as in a fit of its own.

    Parameters
    ----------
    training, validation : StackedDataset
        Validation may be None: then there is no early stopping.
    patience : int
        Number of epochs without progress after which a network is done.
    tol : float
        Relative fall of the validation loss that counts as progress.

    Attributes
    ----------
    errors_ : dict of int to ValueError
        Errors of the networks that diverged, by position.
    members_ : ndarray of int
        Positions of the networks that are still trained.
    """

    def __init__(self, training, validation, patience, tol):
        self.datasets = {"train": training}
        if validation is not None:
            self.datasets["valid"] = validation
        self.patience = patience
        self.tol = tol

    def on_train_begin(self, net, **kwargs):
        """Start anew."""
        n_members = len(self.datasets["train"].datasets)
        self.members_ = np.arange(n_members)
        self.errors_ = {}
        self.best_ = {name: np.full(n_members, np.inf) for name in self.datasets}
        self.best_epochs_ = np.zeros(n_members, int)
        self.threshold_ = np.full(n_members, np.inf)
        self.misses_ = np.zeros(n_members, int)
        self.n_epochs_ = 0

    def on_epoch_begin(self, net, **kwargs):
        """Start the sums over the epoch's batches."""
        super().on_epoch_begin(net, **kwargs)
        self.sums_ = dict.fromkeys(self.datasets, 0.0)

    def on_batch_end(self, net, batch, training, **kwargs):
        """Add up the losses; note those that are not finite."""
        name = "train" if training else "valid"
        losses = net.criterion_.losses
        self.sums_[name] = self.sums_[name] + losses * batch[0]["sizes"].double()
        if not isfinite(net.history[-1, "batches", -1, f"{name}_loss"]):
            each = zip(self.members_.tolist(), losses.tolist(), strict=True)
            for member, loss in each:
                if not isfinite(loss):
                    error = diverged(name, loss, len(net.history))
                    self.errors_.setdefault(member, error)
            if len(self._left()) == 0:
                raise KeyboardInterrupt
        self._note(net, training)

    def on_epoch_end(self, net, **kwargs):
        """Record each loss and learning rate; drop the networks that are done."""
        members = self.members_
        net.history.record("members", members.tolist())
        self.n_epochs_ += 1
        for name, dataset in self.datasets.items():
            losses = (self.sums_[name] / torch.tensor(dataset.lengths)).numpy()
            best = losses < self.best_[name][members]
            self.best_[name][members[best]] = losses[best]
            net.history.record(f"{name}_loss", losses.tolist())
            net.history.record(f"{name}_loss_best", best.tolist())
        rates = [
            rate
            for rate, size in zip(self.rates_, net.module_.sizes, strict=True)
            for _ in range(size)
        ]
        net.history.record("learning_rate", rates)  # last: the epoch has ended
        # From here on, losses are those of the validation set, if there is one.
        self.best_epochs_[members[best]] = self.n_epochs_
        net.module_.unstack(best)
        if "valid" in self.datasets:
            self._stop(losses)
        left = self._left()
        if not len(left):
            raise KeyboardInterrupt
        if len(left) < len(members):
            kept = np.isin(members, left)
            net.module_.keep(kept, net.optimizer_)
            for dataset in self.datasets.values():
                dataset.keep(kept)
            self.members_ = left

    def _stop(self, losses):
        """Count the epochs without progress, as skorch's EarlyStopping does."""
        members = self.members_
        progress = losses < self.threshold_[members]
        self.misses_[members] = np.where(progress, 0, self.misses_[members] + 1)
        self.threshold_[members[progress]] = (losses - self.tol * losses)[progress]

    def _left(self):
        """Positions of the networks that are not done."""
        members = self.members_
        failed = np.isin(members, list(self.errors_))
        return members[~failed & (self.misses_[members] < self.patience)]

    def on_train_end(self, net, **kwargs):
        """Take the last weights, unless the best are kept."""
        left = self._left()
        self.interrupted_ = self.n_epochs_ < net.max_epochs and len(left) > 0
        kept = self.interrupted_ or "valid" in self.datasets
        if not self.n_epochs_ or not kept:
            net.module_.unstack()
        if self.interrupted_:
            epochs = self.best_epochs_[left].tolist()
            warn_of_interruption(self.n_epochs_, net.max_epochs, epochs)


class StackedPlateau(Callback):
    """Lower the learning rate of each network when its loss has stopped falling.

    Each has a group of parameters of its own in the optimizer.

    Parameters
    ----------
    monitor : str
        Name of the loss in the history.
    patience : int
        Number of epochs without progress after which the rate is lowered.
    """

    def __init__(self, monitor, patience):
        self.monitor = monitor
        self.patience = patience

    def on_train_begin(self, net, **kwargs):
        """Give each network torch's schedule."""
        self.schedules_ = []
        for group in net.optimizer_.param_groups:
            only = SGD(group["params"], lr=group["lr"])  # of torch's kind, never used
            only.param_groups = [group]
            self.schedules_.append(ReduceLROnPlateau(only, patience=self.patience))

    def on_epoch_end(self, net, **kwargs):
        """Tell each its own loss."""
        row = net.history[-1]
        for member, loss in zip(row["members"], row[self.monitor], strict=True):
            self.schedules_[member].step(loss)


class StackedBatchNorm(SettleBatchNorm):
    """Weigh the windows of each network, and settle its statistics before validation.

    Those of the trained networks are settled later.
    """

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        """Leave windows that fill a batch out of the statistics."""
        super().on_batch_begin(net, training=training)
        inputs, y = batch
        size, sizes = inputs["x"].shape[1], inputs["sizes"]
        weights = y[1] if isinstance(y, tuple) else None
        if sizes.min() < size:
            counted = torch.arange(size) < sizes[:, None]
            weights = counted if weights is None else counted * weights
        weigh_windows(net.module_, None if weights is None else weights.flatten())

    def on_train_end(self, net, **kwargs):
        """Forget the training windows."""
        self.windows_ = None

    def _settle(self, net, windows):
        views = net.module_.views()
        for view, dataset in zip(views, windows.datasets, strict=True):
            settle(view, dataset, view)
