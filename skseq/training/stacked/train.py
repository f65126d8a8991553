"""Many networks of the same shape, trained as one."""

from functools import partial
from itertools import groupby

from skorch import NeuralNet
from skorch.helper import predefined_split
from torch import nn

from ...networks import Stack
from ..batch_norm import batch_norms, settle
from ..callbacks import Progress
from ..gradients import layers_of, warn_of_trouble
from ..optimizers import OPTIMIZERS
from ..train import new_net, plateau, schedule
from .batches import StackedBatches, StackedDataset
from .callbacks import (
    StackedBatchNorm,
    StackedGradients,
    StackedPlateau,
    StackedWatch,
)


def train_stacked(jobs):
    """Fit networks that differ in weights, windows, learning rate and weight decay.

    Each learns what it would have learned alone, up to rounding, in as many epochs.

    Parameters
    ----------
    jobs : list of Job
        Their modules have one shape and can be stacked; their windows have one shape
        and make the same number of batches; all other settings are the same.

    Returns
    -------
    list of skorch.NeuralNet or ValueError
        An error for each network whose loss became NaN or infinite.
    """
    order = sorted(range(len(jobs)), key=lambda i: _rates(jobs[i]))
    stacked = [jobs[i] for i in order]
    first, groups = stacked[0], _groups(stacked)
    settings = first.settings
    stack = Stack(
        [[job.module for job in group] for group in groups],
        [job.random_state for job in stacked],
    )
    rates = [_rates(group[0]) for group in groups]
    training = StackedDataset(
        [job.training for job in stacked], [job.order() for job in stacked]
    )
    validation = None
    if first.validation is not None:
        validation = StackedDataset([job.validation for job in stacked])
    watch = StackedWatch(training, validation, settings.n_iter_no_change, settings.tol)
    net = NeuralNet(
        stack,
        criterion=StackedLoss(first.criterion),
        optimizer=partial(_optimizer, stack, rates, OPTIMIZERS[settings.optimizer]),
        max_epochs=settings.max_epochs,
        batch_size=first.batch_size,
        iterator_train=StackedBatches,
        iterator_valid=StackedBatches,
        train_split=validation and predefined_split(validation),
        callbacks=_callbacks(first, stack, watch, [rate for rate, _ in rates]),
        callbacks__print_log=None,
        verbose=0,
    ).fit(training)
    results = [None] * len(jobs)
    for position, (place, job) in enumerate(zip(order, stacked, strict=True)):
        error = watch.errors_.get(position)
        results[place] = error or _member(job, net.history, position, watch)
    return results


def _rates(job):
    return job.settings.learning_rate, job.weight_decay


def _groups(jobs):
    """Group sorted jobs by what the optimizer does to all parameters of a group."""
    if jobs[0].settings.lr_schedule == "plateau":  # each lowers its own rate
        return [[job] for job in jobs]
    return [list(group) for _, group in groupby(jobs, _rates)]


def _callbacks(job, stack, watch, learning_rates):
    settings = job.settings
    gradients = StackedGradients(settings.gradient_clip, settings.gradient_clip_by)
    callbacks = [
        ("gradients", gradients),
        ("watch", watch),
        *_schedule(job, learning_rates),
    ]
    if batch_norms(stack):
        callbacks.append(("batch_norm", StackedBatchNorm()))
    if settings.verbose:
        callbacks.append(("progress", Progress()))
    return callbacks


def _schedule(job, learning_rates):
    if job.settings.lr_schedule == "plateau":
        return [("lr_schedule", StackedPlateau(**plateau(job)))]
    return schedule(job, learning_rates)


def _optimizer(stack, rates, make, _, **__):
    """Make the optimizer, with the rates of each group of models."""
    return make(
        [
            {"params": group, "lr": rate, "weight_decay": decay}
            for group, (rate, decay) in zip(stack.groups, rates, strict=True)
        ]
    )


def _member(job, history, position, watch):
    """Make the skorch net of one network, with its part of the history."""
    net = new_net(job).initialize()
    settle(net.module_, job.training, net.infer)
    own = dict(net.callbacks_)["watch"]
    own.n_epochs_, own.interrupted_ = watch.n_epochs_, watch.interrupted_
    for row in history:
        members = row.get("members", [])  # an interrupted epoch has none
        if position not in members:
            continue
        place = members.index(position)
        net.history.new_epoch()
        for name, value in row.items():
            if name not in ("batches", "members"):
                value = value[place] if isinstance(value, list) else value
                net.history.record(name, value)
        net.history.record("dur", row["dur"] / len(members))
    layers = layers_of(name for name, _ in job.module.named_parameters())
    warn_of_trouble(net.history, layers, job.settings.gradient_clip)
    return net


class StackedLoss(nn.Module):
    """The sum of the losses of all networks, which do not affect each other.

    Parameters
    ----------
    criterion : WeightedLoss or CrossEntropy

    Attributes
    ----------
    losses : tensor of shape (models,)
        Losses of the last batch.
    """

    def __init__(self, criterion):
        super().__init__()
        self.criterion = criterion

    def forward(self, prediction, target):
        """Compare predictions (models, batch, ...) with targets in the same layout."""
        losses = self.criterion(prediction, target, n_models=len(prediction))
        self.losses = losses.detach()
        return losses.sum()
