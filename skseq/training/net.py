"""Net: a skorch net with optional mixed precision."""

from typing import NamedTuple

import torch
from joblib.externals.loky.backend.reduction import dumps
from skorch import NeuralNet
from torch import nn

from ..networks import padding_known
from .history import History
from .interruption import is_raised

PRECISIONS = {"bf16": torch.bfloat16}


class Net(NeuralNet):
    """A net that may train in mixed precision.

    Parameters
    ----------
    *args, **kwargs
        As for skorch's NeuralNet.
    mixed_precision : {"bf16", None}, default=None
    has_padding : bool or None, default=None
        Whether windows of the fit have padding; None looks at each batch.
    """

    # As prefixes: also what the net is given, and then moves to its device.
    cuda_dependent_attributes_ = ["module", "criterion"]

    def __init__(self, *args, mixed_precision=None, has_padding=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.mixed_precision = mixed_precision
        self.has_padding = has_padding

    def __getstate__(self):
        """Pickle as skorch does, but also modules and losses of a notebook's code.

        Pickle finds no such class or function, so they would not come back from the
        processes of joblib, which knows how to send them there.
        """
        state = vars(self).copy()
        prefixes = tuple(self.cuda_dependent_attributes_)
        own = {
            name: state.pop(name) for name in vars(self) if name.startswith(prefixes)
        }
        state["__cuda_dependent_attributes__"] = bytes(dumps(own))
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        for layer in self.module.modules():
            if isinstance(layer, nn.RNNBase):  # cuDNN wants one block of memory
                layer.flatten_parameters()

    def initialize_history(self):
        """Begin an empty history."""
        self.history_ = History()
        return self

    def fit_loop(self, *args, **kwargs):
        """Train, and note whether a callback has stopped the fit before its end."""
        self.stopped_ = False
        try:
            return super().fit_loop(*args, **kwargs)
        except KeyboardInterrupt as error:
            self.stopped_ = is_raised(error)
            raise

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Train, or validate, for an epoch; a GPU is asked for the losses at its end.

        It would be waited for at each batch, and then wait for the next one.
        """
        if torch.device(self.device).type != "cpu":
            step_fn = _without_waiting(step_fn)
        try:
            super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)
        finally:
            self.read_losses(f"{prefix}_loss")

    def read_losses(self, name):
        """Replace the losses of batches that are on a device."""
        rows = [row for row in self.history[-1]["batches"] if name in row]
        rows = [row for row in rows if isinstance(row[name], torch.Tensor)]
        if rows:
            losses = torch.stack([row[name] for row in rows]).tolist()
            for row, loss in zip(rows, losses, strict=True):
                row[name] = loss

    def train_step_single(self, batch, **fit_params):
        """Take a gradient step."""
        with padding_known(self.has_padding):
            return super().train_step_single(batch, **fit_params)

    def validation_step(self, batch, **fit_params):
        """Compute the loss of a batch that is held out."""
        with padding_known(self.has_padding):
            return super().validation_step(batch, **fit_params)

    def notify(self, method_name, **kwargs):
        """Tell the callbacks, which score a batch by its targets without weights."""
        if method_name == "on_batch_end":
            x, y = kwargs["batch"]
            kwargs["batch"] = x, y[0] if isinstance(y, tuple) else y
            if isinstance(kwargs["loss"], _Unread):
                kwargs["loss"] = kwargs["loss"].tensor
        super().notify(method_name, **kwargs)

    def infer(self, x, **fit_params):
        """Map a batch to outputs."""
        if self.mixed_precision is None:
            return super().infer(x, **fit_params)
        dtype = next(self.module_.parameters()).dtype
        precision = PRECISIONS[self.mixed_precision]
        with torch.autocast(torch.device(self.device).type, precision):
            return super().infer(x, **fit_params).to(dtype)


class _Unread(NamedTuple):
    """A loss whose number stays on its device."""

    tensor: torch.Tensor

    def item(self):
        """Return what is recorded for now."""
        return self.tensor.detach()


def _without_waiting(step_fn):
    """Wrap a step of skorch, which asks for the loss."""

    def step(batch, **fit_params):
        result = step_fn(batch, **fit_params)
        return {**result, "loss": _Unread(result["loss"])}

    return step


def module_of(net):
    """Return the network itself, without a wrapper that shares it among processes."""
    return getattr(net.module_, "module", net.module_)
