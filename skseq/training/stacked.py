"""Many networks of one shape, trained as one."""

from collections import defaultdict
from functools import partial
from itertools import groupby

import numpy as np
import torch
from skorch import NeuralNet
from torch import nn
from torch.utils.data import Dataset

from ..networks import Stack
from .batches import cut
from .callbacks import (
    Gradients,
    Progress,
    Watch,
    diverged,
    gradient,
    layer_of,
    warn_of_gradients,
)
from .train import OPTIMIZERS, new_net, schedule


def train_stacked(jobs):
    """Fit networks that differ in weights, windows, learning rate and weight decay.

    Each learns what it would have learned alone, to rounding.

    Parameters
    ----------
    jobs : list of Job
        Of modules of one shape that can be stacked, windows of one shape that make as
        many batches, and otherwise the same settings.

    Returns
    -------
    list of skorch.NeuralNet or ValueError
        The error where that network's loss became NaN or infinite.
    """
    order = sorted(range(len(jobs)), key=lambda i: _rates(jobs[i]))
    stacked = [jobs[i] for i in order]
    groups = [list(group) for _, group in groupby(stacked, _rates)]
    stack = Stack([[job.module for job in group] for group in groups])
    optimizer = partial(_optimizer, stack, [_rates(group[0]) for group in groups])
    first = stacked[0]
    dataset = StackedDataset([job.training for job in stacked])
    watch = StackedWatch(dataset.lengths)
    callbacks = [
        (
            "gradients",
            StackedGradients(
                first.settings.gradient_clip, first.settings.gradient_clip_by
            ),
        ),
        ("watch", watch),
        *schedule(first, [_rates(group[0])[0] for group in groups]),
    ]
    if first.settings.verbose:
        callbacks.append(("progress", Progress()))
    net = NeuralNet(
        stack,
        criterion=StackedLoss(first.criterion),
        optimizer=partial(optimizer, OPTIMIZERS[first.settings.optimizer]),
        max_epochs=first.settings.max_epochs,
        batch_size=first.batch_size,
        iterator_train=StackedBatches,
        iterator_train__generators=[job.order() for job in stacked],
        train_split=None,
        callbacks=callbacks,
        callbacks__print_log=None,
        verbose=0,
    )
    try:
        net.fit(dataset)
    except ValueError:
        if len(watch.errors_) < len(jobs):
            raise
    stack.unstack()
    results = [None] * len(jobs)
    for position, (place, job) in enumerate(zip(order, stacked, strict=True)):
        error = watch.errors_.get(position)
        results[place] = error or _member(job, net.history, position, len(jobs))
    return results


def _rates(job):
    return job.settings.learning_rate, job.settings.weight_decay


def _optimizer(stack, rates, make, _, **__):
    """Make the optimizer, with the rates of each group of models."""
    return make(
        [
            {"params": list(group.parameters()), "lr": rate, "weight_decay": decay}
            for group, (rate, decay) in zip(stack.groups, rates, strict=True)
        ]
    )


def _member(job, history, position, n_members):
    """Make the net of one network, with its part of the history."""
    net = new_net(job).initialize()
    for row in history:
        if "learning_rate" not in row:
            continue  # interrupted in its middle
        net.history.new_epoch()
        for name, value in row.items():
            if name != "batches":
                value = value[position] if isinstance(value, list) else value
                net.history.record(name.removeprefix("each "), value)
        net.history.record("dur", row["dur"] / n_members)
    layers = {layer_of(name) for name, _ in job.module.named_parameters()}
    warn_of_gradients(net.history, sorted(layers))
    return net


class StackedDataset(Dataset):
    """The windows of each network.

    Parameters
    ----------
    datasets : list of WindowDataset
        What is in it twice is gathered at once.
    """

    def __init__(self, datasets):
        self.datasets = datasets
        self.lengths = [len(dataset) for dataset in datasets]
        self.members = defaultdict(list)
        for position, dataset in enumerate(datasets):
            self.members[dataset].append(position)

    def __len__(self):
        return max(self.lengths)

    def __getitem__(self, positions):
        """Gather the windows at positions (models, batch)."""
        x, y = [None] * len(positions), [None] * len(positions)
        for dataset, members in self.members.items():
            rows = np.concatenate([positions[member] for member in members])
            some_x, some_y = dataset[rows]
            for i, member in enumerate(members):
                part = slice(i * len(positions[0]), (i + 1) * len(positions[0]))
                x[member] = some_x[part]
                y[member] = (
                    [values[part] for values in some_y]
                    if isinstance(some_y, tuple)
                    else some_y[part]
                )
        if isinstance(y[0], list):  # with weights
            return torch.stack(x), tuple(map(torch.stack, zip(*y, strict=True)))
        return torch.stack(x), torch.stack(y)


class StackedBatches:
    """Batches of all networks, each in its own order.

    Parameters
    ----------
    dataset : StackedDataset
    batch_size : int
    generators : list of torch.Generator
    """

    def __init__(self, dataset, batch_size, generators):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generators = generators

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        orders = [
            torch.randperm(n, generator=generator, dtype=torch.int32).numpy()
            for n, generator in zip(self.dataset.lengths, self.generators, strict=True)
        ]
        cuts = [cut(len(order), len(self)) for order in orders]
        for some in zip(*cuts, strict=True):
            rows = [order[part] for order, part in zip(orders, some, strict=True)]
            sizes = [len(some) for some in rows]
            size = max(sizes)
            if min(sizes) == size:
                yield self.dataset[rows]
            else:
                x, y = self.dataset[[np.resize(some, size) for some in rows]]
                yield x, _without_repeated(y, sizes, size)


def _without_repeated(y, sizes, size):
    """Let what follows the first windows of each network count for nothing.

    Parameters
    ----------
    y : tensor of shape (models, size, ...), or a pair of that and (models, size)
        Targets, or targets and weights.
    sizes : list of int
        Windows of each network that count.
    size : int
    """
    targets, weights = y if isinstance(y, tuple) else (y, None)
    repeated = torch.arange(size) >= torch.tensor(sizes)[:, None]
    if targets.is_floating_point():
        targets[repeated] = torch.nan  # and so it is not counted in the mean
        return targets if weights is None else (targets, weights)
    share = torch.tensor(sizes) / size
    kept = ~repeated / share[:, None]
    return targets, kept if weights is None else weights * kept


class StackedLoss(nn.Module):
    """The sum of the losses of all networks, none of which the others see.

    Parameters
    ----------
    criterion : WeightedLoss or CrossEntropy

    Attributes
    ----------
    losses : tensor of shape (models,)
        Of the last batch.
    """

    def __init__(self, criterion):
        super().__init__()
        self.criterion = criterion

    def forward(self, prediction, target):
        """Compare predictions (models, batch, ...) with targets of as many axes."""
        losses = self.criterion(prediction, target, n_models=len(prediction))
        self.losses = losses.detach()
        return losses.sum()


class StackedGradients(Gradients):
    """Record and clip the gradients of each network by itself."""

    def on_train_begin(self, net, **kwargs):
        """Find the layers of a model."""
        self.layers_ = {}
        for i, name in enumerate(net.module_.groups[0]):
            self.layers_.setdefault(layer_of(name.replace("/", ".")), []).append(i)

    def on_grad_computed(self, net, named_parameters, **kwargs):
        """Record and clip."""
        groups = [[gradient(p) for p in group.values()] for group in net.module_.groups]
        squares = [
            torch.stack([g.flatten(1).square().sum(1) for g in group])
            for group in groups
        ]
        totals = [each.sum(0).sqrt() for each in squares]
        parameters = [list(group.values()) for group in net.module_.groups]
        for group, total, params in zip(groups, totals, parameters, strict=True):
            if self.clip is not None and self.clip_by == "value":
                torch._foreach_clamp_min_(group, -self.clip)
                torch._foreach_clamp_max_(group, self.clip)
            elif self.clip is not None:
                factor = (self.clip / (total + 1e-6)).clamp(max=1.0)
                # Not in place: the gradients of two biases may share their memory.
                for p, g in zip(params, group, strict=True):
                    p.grad = g * factor.reshape(-1, *[1] * (g.ndim - 1))
        self.squares_ = self.squares_ + torch.cat(squares, dim=1)
        self.total_ = self.total_ + torch.cat(totals)
        self.n_batches_ += 1

    def on_epoch_end(self, net, **kwargs):
        """Average over the epoch's batches."""
        squares = self.squares_ / self.n_batches_  # (parameters, models)
        net.history.record("gradient_norm", (self.total_ / self.n_batches_).tolist())
        for layer, positions in self.layers_.items():
            norm = squares[positions].sum(0).sqrt()
            net.history.record(f"gradient_norm {layer}", norm.tolist())

    def on_train_end(self, net, **kwargs):
        """Forget the sums; the gradients of each network are looked at later."""
        self.squares_ = self.total_ = None


class StackedWatch(Watch):
    """Note which losses are not finite; keep the losses of each network.

    Parameters
    ----------
    lengths : list of int
        Windows of each network.

    Attributes
    ----------
    errors_ : dict of int to ValueError
        By the position of the network.
    """

    def __init__(self, lengths):
        self.lengths = lengths

    def on_train_begin(self, net, **kwargs):
        """Start anew."""
        super().on_train_begin(net, **kwargs)
        self.errors_ = {}

    def on_epoch_begin(self, net, **kwargs):
        """Start the sums over the epoch's batches."""
        super().on_epoch_begin(net, **kwargs)
        self.total_, self.left_ = 0.0, torch.tensor(self.lengths)

    def on_batch_end(self, net, batch, training, loss=None, **kwargs):
        """Add up the losses; raise ValueError where no network is left."""
        losses = net.criterion_.losses
        size = batch[0].shape[1]
        self.total_ = self.total_ + losses * self.left_.clamp(max=size)
        self.left_ = self.left_ - size
        value = net.history[-1, "batches", -1, "train_loss"]
        if value - value != 0:
            for position in (~losses.isfinite()).nonzero().flatten().tolist():
                error = diverged(
                    "train loss", losses[position].item(), len(net.history)
                )
                self.errors_.setdefault(position, error)
            if len(self.errors_) == len(losses):
                raise self.errors_[0]
        self._forget(net)

    def on_epoch_end(self, net, **kwargs):
        """Record the losses of each network, and its learning rate."""
        super().on_epoch_end(net, **kwargs)
        losses = (self.total_ / torch.tensor(self.lengths)).tolist()
        net.history.record("each train_loss", losses)
        rates = [
            rate["lr"]
            for rate, group in zip(
                net.optimizer_.param_groups, net.module_.groups, strict=True
            )
            for _ in next(iter(group.values()))
        ]
        net.history.record("learning_rate", rates)
