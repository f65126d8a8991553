"""Batches of the windows of many networks."""

from collections import defaultdict
from itertools import compress

import numpy as np
import torch
from torch.utils.data import Dataset

from ..batches import Batches, cut, order_of
from ..loss import CrossEntropy


class StackedDataset(Dataset):
    """The windows of each network.

    Parameters
    ----------
    datasets : list of WindowDataset
        The windows of a dataset that occurs several times are gathered in one call.
    generators : list of torch.Generator, default=None
        Each shuffles the windows of one network again in every epoch; None keeps their
        order.
    """

    def __init__(self, datasets, generators=None):
        self.datasets = datasets
        self.generators = generators
        self.members = defaultdict(list)
        for position, dataset in enumerate(datasets):
            self.members[dataset].append(position)

    def __len__(self):
        return max(self.lengths)

    @property
    def teach(self):
        """Whether the networks get the targets too."""
        return self.datasets[0].teach

    @property
    def lengths(self):
        """Number of windows of each network."""
        return [len(dataset) for dataset in self.datasets]

    def keep(self, kept):
        """Keep the windows of some networks, given a bool for each."""
        generators = self.generators and list(compress(self.generators, kept))
        self.__init__(list(compress(self.datasets, kept)), generators)

    def orders(self):
        """Return the windows of each network, in their order in an epoch."""
        generators = self.generators or [None] * len(self.datasets)
        pairs = zip(self.lengths, generators, strict=True)
        return [order_of(n, generator).numpy() for n, generator in pairs]

    def __getitem__(self, positions):
        """Gather the windows at positions (models, batch)."""
        gathered = [None] * len(positions)  # windows, targets and any weights of each
        for dataset, members in self.members.items():
            x, y = dataset[np.concatenate([positions[member] for member in members])]
            x = x["x"] if self.teach else x
            values = (x, *y) if isinstance(y, tuple) else (x, y)
            parts = zip(*(v.split(len(positions[0])) for v in values), strict=True)
            for member, part in zip(members, parts, strict=True):
                gathered[member] = part
        x, *y = map(torch.stack, zip(*gathered, strict=True))
        return x, tuple(y) if len(y) > 1 else y[0]


class StackedBatches(Batches):
    """Batches of a StackedDataset, whose datasets all make the same number of them."""

    def __iter__(self):
        orders = self.dataset.orders()
        cuts = [cut(len(order), len(self)) for order in orders]
        for some in zip(*cuts, strict=True):
            rows = [order[part] for order, part in zip(orders, some, strict=True)]
            sizes = [len(some) for some in rows]
            size = max(sizes)
            is_filled = min(sizes) < size
            if is_filled:
                rows = [np.resize(some, size) for some in rows]
            x, y = self.dataset[rows]
            inputs = {"x": x, "sizes": torch.tensor(sizes)}
            if self.dataset.teach:
                inputs["targets"] = y[0] if isinstance(y, tuple) else y
            if is_filled:
                y = _without_repeated(y, sizes, size)
            yield inputs, y


def _without_repeated(y, sizes, size):
    """Exclude the repeated windows, which follow those of each network, from the loss.

    Parameters
    ----------
    y : tensor of shape (models, size, ...), or a pair of that and (models, size)
        Targets, or targets and weights.
    sizes : list of int
        Number of windows of each network that count; they are the first ones.
    size : int
    """
    targets, weights = y if isinstance(y, tuple) else (y, None)
    repeated = torch.arange(size) >= torch.tensor(sizes)[:, None]
    # The mean does not count such targets.
    is_number = targets.is_floating_point()
    targets = targets.clone()  # a decoder may be given all
    targets[repeated] = torch.nan if is_number else CrossEntropy.PADDING
    return targets if weights is None else (targets, weights)
