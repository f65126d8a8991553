"""What happens around each batch and epoch of a fit."""

import copy
import warnings

import torch
from skorch.callbacks import Callback
from torch.nn.utils import clip_grad_norm_, get_total_norm


class ClipGradients(Callback):
    """Clip the gradient's norm, and record the norm before clipping.

    Parameters
    ----------
    max_norm : float or None
        None only records.
    """

    def __init__(self, max_norm=None):
        self.max_norm = max_norm

    def on_grad_computed(self, net, named_parameters, **kwargs):
        """Clip and record."""
        parameters = [p for _, p in named_parameters if p.grad is not None]
        if self.max_norm is None:
            norm = get_total_norm([p.grad for p in parameters])
        else:
            norm = clip_grad_norm_(parameters, self.max_norm)
        net.history.record_batch("gradient_norm", norm.item())

    def on_epoch_end(self, net, **kwargs):
        """Average the norms of the epoch's batches."""
        norms = net.history[-1, "batches", :, "gradient_norm"]
        net.history.record("gradient_norm", sum(norms) / len(norms))


class Watch(Callback):
    """Stop where the loss is not finite; keep the best weights if interrupted."""

    def on_train_begin(self, net, **kwargs):
        """Start anew."""
        self.best_loss_ = float("inf")
        self.best_weights_ = None
        self.best_epoch_ = 0
        self.n_epochs_ = 0
        self.stopping_ = False

    def on_batch_end(self, net, batch, training, loss=None, **kwargs):
        """Raise ValueError at a loss that is NaN or infinite."""
        value = net.history[-1, "batches", -1, f"{_set(training)}_loss"]
        if value - value != 0:
            raise ValueError(
                f"The {_set(training)} loss became {value} in epoch {len(net.history)}: "
                "training diverged. Lower learning_rate, set gradient_clip (or lower "
                "it), keep standardize=True, and look for extreme values in X and y."
            )

    def on_epoch_end(self, net, **kwargs):
        """Remember the weights of the best epoch, and the learning rate."""
        row = net.history[-1]
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])
        self.n_epochs_ += 1
        loss = row.get("valid_loss", row["train_loss"])
        if loss < self.best_loss_:
            self.best_loss_ = loss
            self.best_epoch_ = row["epoch"]
            with torch.no_grad():
                self.best_weights_ = copy.deepcopy(net.module_.state_dict())

    def on_train_end(self, net, **kwargs):
        """Go back to the best weights if the fit was interrupted."""
        stopped_early = any(
            getattr(callback, "misses_", -1) == getattr(callback, "patience", None)
            for _, callback in net.callbacks_
        )
        if self.n_epochs_ < net.max_epochs and not stopped_early:
            if self.best_weights_ is not None:
                net.module_.load_state_dict(self.best_weights_)
            warnings.warn(
                f"Interrupted after {self.n_epochs_} of {net.max_epochs} epochs. Kept "
                f"the best weights so far, those of epoch {self.best_epoch_}.",
                UserWarning,
                stacklevel=2,
            )
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
        losses = {k: f"{row[k]:.4g}" for k in ("train_loss", "valid_loss") if k in row}
        self.bar_.set_postfix(losses, refresh=False)
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        """Close it: an open bar does not pickle."""
        self.bar_.close()
        del self.bar_


def _set(training):
    return "train" if training else "valid"
