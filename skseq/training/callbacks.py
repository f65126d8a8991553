"""What happens around each batch and epoch of a fit."""

import copy
import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from ..networks.conv import BatchNorm
from .batches import LARGE_BATCH, Batches

EXPLODED = 1e3
"""Norm of a gradient, in standardised units, that no good fit comes near."""

VANISHED = 1e-6
"""Share of the output layer's gradient that a layer does not learn from."""

MANY = 1000
"""Batches of an epoch that are remembered one by one; skorch would keep them all."""


class Gradients(Callback):
    """Record the gradient's norm, of all and of each layer, then clip it.

    Parameters
    ----------
    clip : float or None
        Largest norm, or largest value; None only records.
    clip_by : {"norm", "value"}
        What is clipped.
    """

    def __init__(self, clip=None, clip_by="norm"):
        self.clip = clip
        self.clip_by = clip_by

    def on_train_begin(self, net, **kwargs):
        """Find the layers of the module."""
        self.layers_ = {}
        self.parameters_ = []
        for name, parameter in module_of(net).named_parameters():
            if parameter.requires_grad:
                self.layers_.setdefault(layer_of(name), []).append(
                    len(self.parameters_)
                )
                self.parameters_.append(parameter)

    def on_epoch_begin(self, net, **kwargs):
        """Start the sums over the epoch's batches."""
        self.squares_ = 0.0
        self.n_batches_ = 0
        self.total_ = 0.0

    def on_grad_computed(self, net, **kwargs):
        """Record and clip."""
        gradients = [gradient(parameter) for parameter in self.parameters_]
        squares = torch.stack(torch._foreach_norm(gradients)).square()
        total = squares.sum().sqrt()
        if self.clip is not None and self.clip_by == "value":
            torch._foreach_clamp_min_(gradients, -self.clip)
            torch._foreach_clamp_max_(gradients, self.clip)
        elif self.clip is not None:
            torch._foreach_mul_(gradients, (self.clip / (total + 1e-6)).clamp(max=1.0))
        self.squares_ = self.squares_ + squares
        self.total_ = self.total_ + total
        self.n_batches_ += 1

    def on_epoch_end(self, net, **kwargs):
        """Average over the epoch's batches."""
        squares = (self.squares_ / self.n_batches_).tolist()
        net.history.record("gradient_norm", self.total_.item() / self.n_batches_)
        for layer, positions in self.layers_.items():
            norm = sum(squares[i] for i in positions) ** 0.5
            net.history.record(f"gradient_norm {layer}", norm)

    def on_train_end(self, net, **kwargs):
        """Name a gradient that exploded or vanished."""
        # A callback may have frozen some since.
        learning = [
            layer
            for layer, positions in self.layers_.items()
            if any(self.parameters_[i].requires_grad for i in positions)
        ]
        self.squares_ = self.total_ = self.parameters_ = None
        warn_of_gradients(net.history, learning)


def gradient(parameter):
    """Return the gradient of a parameter, zero if it has none."""
    if parameter.grad is None:
        return torch.zeros_like(parameter)
    return parameter.grad


def warn_of_gradients(history, layers):
    """Name a gradient that exploded or vanished.

    Parameters
    ----------
    history : list of dict
        With ``gradient_norm`` and ``gradient_norm LAYER``.
    layers : list of str
    """
    epochs = [row for row in history if "gradient_norm" in row]
    if not epochs:
        return
    largest = max(row["gradient_norm"] for row in epochs)
    if largest > EXPLODED:
        warnings.warn(
            f"The gradient exploded: its norm reached {largest:.3g}. Lower "
            "learning_rate, set gradient_clip, use a saturating activation "
            "('tanh'), or normalization='layer'.",
            ConvergenceWarning,
            stacklevel=3,
        )
    last = [layer for layer in layers if layer.startswith("head")]
    # A normalisation's gain may well have no gradient.
    first = [
        layer for layer in layers if layer.startswith("network") and "norm" not in layer
    ]
    head = sum(row[f"gradient_norm {name}"] for row in epochs for name in last)
    for name in first:
        norm = sum(row[f"gradient_norm {name}"] for row in epochs)
        if norm < VANISHED * head:
            warnings.warn(
                f"The gradient vanished in layer {name!r}: its norm is "
                f"{norm / head:.1g} of the output layer's. Use fewer layers, an "
                "LSTM or GRU cell, normalization='layer', or shorter windows.",
                ConvergenceWarning,
                stacklevel=3,
            )


def layer_of(name):
    """Name the layer that a parameter belongs to."""
    layer, _, parameter = name.rpartition(".")
    return layer or parameter


class WeighBatchNorm(Callback):
    """Tell each batch normalisation how much the windows of a batch weigh."""

    def on_batch_begin(self, net, batch, training, **kwargs):
        """Set the weights."""
        weigh_windows(net, batch)

    def on_train_end(self, net, **kwargs):
        """Remove them."""
        weigh_windows(net, None)


def weigh_windows(net, batch):
    """Set the weights that batch normalisations know, to those of a batch or None."""
    weights = None
    if batch is not None:
        _, (_, weights) = batch
        weights = weights.to(net.device)
    for part in net.module_.modules():
        if hasattr(part, "window_weights"):
            part.window_weights = weights


class SettleBatchNorm(Callback):
    """At the end, take the statistics of batch normalisation over all windows.

    Until then they are averages over the last batches, for weights that were changing.
    """

    @torch.no_grad()
    def on_train_end(self, net, X=None, **kwargs):
        """Pass the training windows once more, without dropout."""
        norms = [part for part in net.module_.modules() if isinstance(part, BatchNorm)]
        if not norms:
            return
        momentum = norms[0].momentum
        net.module_.eval()
        for i, batch in enumerate(Batches(X, LARGE_BATCH)):
            for norm in norms:
                norm.train()
                norm.momentum = 1 / (i + 1)  # the mean over the batches
            if X.weights is not None:
                weigh_windows(net, batch)
            net.infer(batch[0])
        for norm in norms:
            norm.eval()
            norm.momentum = momentum
        weigh_windows(net, None)


class Watch(Callback):
    """Stop where the loss is not finite; keep the best weights where they are known."""

    def on_train_begin(self, net, **kwargs):
        """Start anew."""
        self.best_loss_ = float("inf")
        self.best_weights_ = None
        self.best_epoch_ = 0
        self.n_epochs_ = 0
        self.stopping_ = False

    def on_epoch_begin(self, net, **kwargs):
        """Forget the batches of the epoch before: there may be millions."""
        if len(net.history) > 1:
            net.history[-2]["batches"].clear()

    def on_batch_end(self, net, batch, training, loss=None, **kwargs):
        """Raise ValueError at a loss that is NaN or infinite."""
        name = set_name(training)
        value = net.history[-1, "batches", -1, f"{name}_loss"]
        if value - value != 0:
            raise diverged(f"{name} loss", value, len(net.history))
        self._forget(net)

    def _forget(self, net):
        batches = net.history[-1]["batches"]
        if len(batches) > MANY:
            batches[:-1] = [_merge(batches[:-1])]

    def on_epoch_end(self, net, **kwargs):
        """Remember the weights of the best epoch, and the learning rate."""
        row = net.history[-1]
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])
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
        """Go back to the best weights if there were others to tell them by."""
        if len(net.history):  # skorch's callbacks look at the last batch
            del net.history[-1]["batches"][:-1]
        stopped_early = any(
            getattr(callback, "misses_", -1) == getattr(callback, "patience", None)
            for _, callback in net.callbacks_
        )
        interrupted = self.n_epochs_ < net.max_epochs and not stopped_early
        validated = self.n_epochs_ and "valid_loss" in net.history[0]
        if (interrupted or validated) and self.best_weights_ is not None:
            module_of(net).load_state_dict(self.best_weights_)
        self.interrupted_ = interrupted
        if interrupted:
            warn_of_interruption(self.n_epochs_, net.max_epochs, [self.best_epoch_])
        self.best_weights_ = None


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
        # The mean of many networks.
        losses = {name: f"{np.mean(row[name]):.4g}" for name in names}
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        """Close it: an open bar does not pickle."""
        self.bar_.close()
        del self.bar_


def module_of(net):
    """Return the network itself, out of what shares it among processes."""
    return getattr(net.module_, "module", net.module_)


def warn_of_interruption(n_epochs, max_epochs, best_epochs):
    """Say which weights each network is left with."""
    best = ", ".join(map(str, sorted(set(best_epochs))))
    kept = f"the best weights so far, those of epoch {best}"
    warnings.warn(
        f"Interrupted after {n_epochs} of {max_epochs} epochs. Kept "
        f"{kept if n_epochs else 'the weights that it had by then'}.",
        UserWarning,
        stacklevel=3,
    )


def diverged(what, value, epoch):
    """Make the error of a loss that is not finite."""
    return ValueError(
        f"The {what} became {value} in epoch {epoch}: training diverged. Lower "
        "learning_rate, set gradient_clip (or lower it), keep standardize=True, and "
        "look for extreme values in X and y."
    )


def _merge(batches):
    """Return the batch of all samples of some: skorch then has the same mean."""
    merged = {}
    for name in ("train", "valid"):
        rows = [row for row in batches if f"{name}_loss" in row]
        size = sum(row[f"{name}_batch_size"] for row in rows)
        if size:
            total = sum(row[f"{name}_loss"] * row[f"{name}_batch_size"] for row in rows)
            merged |= {f"{name}_loss": total / size, f"{name}_batch_size": size}
    return merged


def set_name(training):
    """Name the set that a loss is of."""
    return "train" if training else "valid"
