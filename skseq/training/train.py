"""The one place that turns parameters and data into a fitted skorch net."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from skorch.callbacks import EarlyStopping
from skorch.helper import predefined_split
from torch import nn
from torch.optim import lr_scheduler

from .batch_norm import SettleBatchNorm, WeighBatchNorm
from .batches import Batches, WindowDataset
from .callbacks import Progress, Schedule, Watch
from .devices import ACCELERATE, accelerated, device_of, seed_of_first
from .environment import seeded
from .gradients import Gradients
from .net import PRECISIONS, Net
from .optimizers import OPTIMIZERS


@dataclass(kw_only=True, eq=False, repr=False)
class Settings:
    """How to train. The estimators inherit these parameters and their description."""

    max_epochs: int = 40
    batch_size: int = 32
    optimizer: str | Callable = "adamw"
    learning_rate: float = 0.005
    weight_decay: float | None = None
    lr_schedule: str = "onecycle"
    gradient_clip: float | None = 1.0
    gradient_clip_by: str = "norm"
    n_iter_no_change: int = 10
    tol: float = 1e-4
    device: str = "cpu"
    mixed_precision: str | None = None
    n_jobs: int | None = None
    verbose: int = 0
    callbacks: list | None = None

    _parameters = """\
    max_epochs : int, default=40
        Number of passes over the training windows.
    batch_size : int, default=32
        Largest number of windows in a gradient step. All batches have nearly the same
        size.
    optimizer : {"adamw", "adam", "sgd", "rmsprop"} or callable, default="adamw"
        Optimiser of torch; "sgd" has momentum 0.9. For any other, give its class, such
        as ``torch.optim.NAdam``, or a ``functools.partial`` of it.
    learning_rate : float, default=0.005
        Largest learning rate that the schedule reaches.
    weight_decay : float or None, default=None
        Decoupled weight decay with "adamw", an L2 penalty with the others, where the
        same number does much more. None means 0.01 with "adamw", 0 with the others, and
        its own with a class.
    lr_schedule : {"onecycle", "cosine", "plateau", "constant"}, default="onecycle"
        How the learning rate changes: "onecycle" raises it during 30 % of the steps,
        then lowers it to zero; "cosine" only lowers it; "plateau" divides it by ten
        when the loss stops falling.
    gradient_clip : float or None, default=1.0
        Largest norm, or value, that the gradient may have; None does not clip.
    gradient_clip_by : {"norm", "value"}, default="norm"
        Whether to clip the norm of the whole gradient, or each of its values.
    n_iter_no_change : int, default=10
        Number of epochs without progress after which early stopping ends the fit.
    tol : float, default=1e-4
        Smallest relative fall of the validation loss that counts as progress.
    device : str, default="cpu"
        Device that torch computes on, such as "cuda". "accelerate" leaves the choice
        to the launcher of Hugging Face's library accelerate: it may be several GPUs or
        machines, which share every batch.
    mixed_precision : {"bf16", None}, default=None
        Data type of large matrix products in training. "bf16" is faster on a GPU, but
        keeps only three digits. Weights, the loss and recurrent layers keep the type of
        X, which must be float32.
    n_jobs : int or None, default=None
        Number of CPU threads used in fit and predict. None means 1, with
        which a fit is equal bit for bit in any process of a machine; -1 uses all.
    verbose : int, default=0
        Whether to show a progress bar (1) or not (0).
    callbacks : list of skorch.callbacks.Callback, default=None
        Further callbacks, called in addition to those of this package.
"""
    _choices = {
        "optimizer": OPTIMIZERS,
        "lr_schedule": ("constant", "onecycle", "cosine", "plateau"),
        "gradient_clip_by": ("norm", "value"),
        "mixed_precision": (None, *PRECISIONS),
    }


@dataclass(eq=False)
class Job:
    """All that is needed to fit one network.

    Parameters
    ----------
    module : nn.Module
    criterion : nn.Module
        Maps a prediction and a target to a loss.
    training, validation : WindowDataset
        Validation may be None: then there is no early stopping.
    settings : Settings
    seed : int
        For the order of the batches, and for random numbers on a GPU.
    random_state : tensor
        State of torch's generator on the CPU, from which dropout is drawn.
    """

    module: nn.Module
    criterion: nn.Module
    training: WindowDataset
    validation: WindowDataset | None
    settings: Settings
    seed: int
    random_state: torch.Tensor

    @property
    def batch_size(self):
        """Largest number of windows in a gradient step."""
        return min(self.settings.batch_size, len(self.training))

    @property
    def weight_decay(self):
        """What the optimizer takes off the weights; None leaves it to one's own."""
        settings = self.settings
        if settings.weight_decay is not None or callable(settings.optimizer):
            return settings.weight_decay
        return 0.01 if settings.optimizer == "adamw" else 0.0

    @property
    def n_steps(self):
        """Gradient steps of the fit."""
        return self.settings.max_epochs * -(-len(self.training) // self.batch_size)

    def order(self):
        """Return the generator for the order of the batches."""
        return torch.Generator().manual_seed(self.seed)


def train(job):
    """Fit a network; return a skorch.NeuralNet."""
    device, has_padding = device_of(job.settings.device), None
    if device.type != "cpu":
        has_padding = job.training.has_padding()
        validation = job.validation and job.validation.to(device)
        job = replace(job, training=job.training.to(device), validation=validation)
    with seeded(job.seed, device):
        torch.set_rng_state(job.random_state)
        if job.settings.device != ACCELERATE:
            return new_net(job, has_padding=has_padding).fit(job.training)
        return _share(job, has_padding)


def _share(job, has_padding):
    """Fit a network together with other processes."""
    cls, (number, n_processes) = accelerated()
    if job.batch_size < n_processes:
        raise ValueError(
            f"A batch of {job.batch_size} windows can't be shared by {n_processes} "
            "processes: raise batch_size, give more windows, or start fewer "
            "processes."
        )
    # Theirs differ if random_state=None, and parts of different orders have windows in
    # common.
    job = replace(job, seed=seed_of_first(job.seed))
    net = new_net(job, cls, (number, n_processes), has_padding)
    history = net.fit(job.training).history
    net = new_net(job).initialize()  # which can be pickled
    net.history = history
    return net


def new_net(job, cls=Net, part=(0, 1), has_padding=None):
    """Make a skorch.NeuralNet that is not fitted yet.

    Parameters
    ----------
    job : Job
    cls : type, default=Net
    part : tuple of int, default=(0, 1)
        Which part of each batch it trains on, and the number of parts.
    has_padding : bool or None, default=None
        Whether windows of the job have padding, if that is known.
    """
    settings, validation = job.settings, job.validation
    return cls(
        job.module,
        criterion=job.criterion,
        **_optimizer(job),
        lr=settings.learning_rate,
        max_epochs=settings.max_epochs,
        batch_size=job.batch_size,
        iterator_train=Batches,
        iterator_train__generator=job.order(),
        iterator_train__part=part,
        iterator_valid=Batches,
        train_split=None if validation is None else predefined_split(validation),
        callbacks=_callbacks(job, part[0]),
        callbacks__print_log=None,
        device=device_of(settings.device),
        mixed_precision=settings.mixed_precision,
        has_padding=has_padding,
        verbose=0,
    )


def _optimizer(job):
    """Return the net's arguments for the optimizer."""
    given = job.settings.optimizer
    arguments = {"optimizer": given if callable(given) else OPTIMIZERS[given]}
    if job.weight_decay is not None:
        arguments["optimizer__weight_decay"] = job.weight_decay
    return arguments


def _callbacks(job, process):
    settings = job.settings
    callbacks = [
        ("gradients", Gradients(settings.gradient_clip, settings.gradient_clip_by)),
        ("watch", Watch()),
        *schedule(job, settings.learning_rate),
    ]
    if job.validation is not None:
        # Watch restores the best weights.
        stopping = EarlyStopping(
            patience=settings.n_iter_no_change, threshold=settings.tol
        )
        callbacks.append(("early_stopping", stopping))
    if job.training.weights is not None:
        callbacks.append(("weigh_batch_norm", WeighBatchNorm()))
    callbacks.append(("settle_batch_norm", SettleBatchNorm()))
    if settings.verbose and process == 0:
        callbacks.append(("progress", Progress()))
    return callbacks + list(settings.callbacks or [])


def schedule(job, learning_rate):
    """Return a list with the named callback of the schedule, or an empty one.

    Parameters
    ----------
    job : Job
    learning_rate : float or list of float
        The largest rate, for all parameters or for each group of them.
    """
    settings = job.settings
    if settings.lr_schedule == "onecycle":
        options = {
            "policy": lr_scheduler.OneCycleLR,
            "step_every": "batch",
            "max_lr": learning_rate,
            "total_steps": job.n_steps + 1,
            "cycle_momentum": False,
        }
    elif settings.lr_schedule == "cosine":
        options = {
            "policy": lr_scheduler.CosineAnnealingLR,
            "step_every": "batch",
            "T_max": job.n_steps,
        }
    elif settings.lr_schedule == "plateau":
        options = {"policy": lr_scheduler.ReduceLROnPlateau, **plateau(job)}
    else:
        return []
    return [("lr_schedule", Schedule(**options))]


def plateau(job):
    """Return which loss the schedule of that name follows, and its patience."""
    return {
        "monitor": "train_loss" if job.validation is None else "valid_loss",
        "patience": max(1, job.settings.n_iter_no_change // 2),
    }
