"""Which fits are done as one."""

import pickle
from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from hashlib import md5
from time import perf_counter

from torch import nn

from ..networks import can_stack
from ..windows import series_of
from .environment import environment
from .stacked import train_stacked
from .train import train

AT_ONCE = 2**15
"""Values of a state, over batch and networks, in a stack; more gain nothing."""

SMALL = 1024
"""Values of a state in a batch up to which networks gain by being trained as one.

``tests/benchmarks/together.py`` measures it. Half as many of an LSTM, which torch
computes well by itself.
"""

FREE = ("learning_rate", "weight_decay")
"""Settings that may differ within a stack, beside those that do not matter to it."""

IRRELEVANT = ("n_jobs", "n_members", "random_state", "verbose", "warm_start")

_together = ContextVar("together", default=None)


def train_all(settings, datasets, makers):
    """Fit the networks of one estimator.

    Parameters
    ----------
    settings : Settings
    datasets : list of WindowDataset or None
    makers : list of callable
        Each makes the Job of one network, where it is not trained already.

    Returns
    -------
    list of skorch.NeuralNet, or None
        None where a search, :class:`Together`, puts the fit off.

    Raises
    ------
    ValueError
        Where a loss becomes NaN or infinite.
    """
    together = _together.get()
    if together is None:
        return _fit_one(makers)
    return together.train(settings, datasets, makers)


class Together:
    """Fits that are first collected, then done as one, then asked for.

    What is asked for and was not collected is fitted there and then.

    Attributes
    ----------
    seconds : float
        What :meth:`run` took.
    """

    def __init__(self):
        self._collecting = False
        self._jobs = []
        self._keys = []
        self._datasets = {}
        self._nets = defaultdict(list)
        self.seconds = 0.0

    @contextmanager
    def collecting(self):
        """Put off all fits."""
        self._collecting = True
        try:
            with self.asking():
                yield
        finally:
            self._collecting = False

    @contextmanager
    def asking(self):
        """Answer all fits with what was trained."""
        token = _together.set(self)
        try:
            yield
        finally:
            _together.reset(token)

    @property
    def n_fits(self):
        """Return how many networks were collected."""
        return sum(map(len, self._jobs))

    def run(self):
        """Train what was collected."""
        start = perf_counter()
        nets = iter(_train([job for jobs in self._jobs for job in jobs]))
        for key, jobs in zip(self._keys, self._jobs, strict=True):
            self._nets[key].append([next(nets) for _ in jobs])
        self._datasets.clear()
        self.seconds = perf_counter() - start

    def train(self, settings, datasets, makers):
        """Collect the networks of one estimator, or return them."""
        if settings.callbacks:  # trained one by one, and can't be told apart
            return None if self._collecting else _fit_one(makers)
        data = _digest([_contents(dataset) for dataset in datasets])
        # Without the type, which might be one that can't be pickled.
        key = type(settings), data, _digest(settings.get_params())
        if self._nets[key]:
            return _checked(self._nets[key].pop(0))
        if not self._collecting:
            return _fit_one(makers)
        # What several fits have in common is kept once.
        training, validation = self._datasets.setdefault(data, datasets)
        jobs = [make() for make in makers]
        for job in jobs:
            job.training, job.validation = training, validation
        self._jobs.append(jobs)
        self._keys.append(key)
        return None


def _digest(values):
    """Return what tells values apart; ten times as fast as :func:`joblib.hash`.

    What is equal, but came about in another way, may be told apart, too.
    """
    return md5(pickle.dumps(values), usedforsecurity=False).digest()


def _contents(dataset):
    """Return what tells datasets apart; of windows the series behind them."""
    if dataset is None:
        return None
    targets = dataset.targets
    if hasattr(targets, "__dict__"):
        targets = {k: v for k, v in vars(targets).items() if k != "windows"}
    series = series_of(dataset.windows)
    windows = dataset.windows if series is None else series
    return dataset.windows.shape, windows, targets, dataset.weights, dataset.samples


def _train(jobs, of_one=False):
    """Fit networks, those of one shape as one; returns nets, or errors.

    Where they are ``of_one`` estimator, an interruption holds for all that follow.
    """
    groups = defaultdict(list)
    for position, job in enumerate(jobs):
        groups[_shape(job)].append(position)
    results = [None] * len(jobs)
    for positions in groups.values():
        n_stacks = -(-len(positions) * _size(jobs[positions[0]]) // AT_ONCE)
        n_stacks = min(n_stacks, len(positions))
        for i in range(n_stacks):
            some = positions[i::n_stacks]
            with environment(jobs[some[0]].settings.n_jobs):
                nets = _train_one_shape([jobs[position] for position in some])
            for position, net in zip(some, nets, strict=True):
                results[position] = net
            if of_one and (n_epochs := _interrupted_after(nets[0])):
                jobs = [_shortened(job, n_epochs) for job in jobs]
    return results


def _interrupted_after(net):
    """Return the epochs of a net that was interrupted, at least one, or 0."""
    watch = dict(getattr(net, "callbacks_", [])).get("watch")
    return max(1, watch.n_epochs_) if getattr(watch, "interrupted_", False) else 0


def _shortened(job, n_epochs):
    settings = copy(job.settings)
    settings.max_epochs = n_epochs
    return replace(job, settings=settings)


def _train_one_shape(jobs):
    if len(jobs) > 1:
        return train_stacked(jobs)
    try:
        return [train(jobs[0])]
    except ValueError as error:
        return [error]


def _shape(job):
    """Return what jobs have in common that can be stacked; the job if it cannot."""
    settings = job.settings
    alone = (
        settings.device != "cpu"
        or settings.mixed_precision
        or settings.callbacks
        or settings.lr_schedule == "plateau"
        or not can_stack(job.module)
        or _size(job) > _small(job.module)
    )
    if alone:
        return job
    others = {
        name: value
        for name, value in settings.get_params().items()
        if name not in (*FREE, *IRRELEVANT)
    }
    shapes = [tuple(value.shape) for value in job.module.state_dict().values()]
    n_valid = job.validation and -(-len(job.validation) // job.batch_size)
    data = job.n_steps, n_valid, job.batch_size, job.training.windows.shape[1:]
    weighted = job.training.weights is not None
    return type(settings), _digest([others, shapes, data, weighted])


def _size(job):
    return job.batch_size * job.module.network.output_size


def _small(module):
    is_lstm = any(isinstance(part, nn.LSTM) for part in module.modules())
    return SMALL // 2 if is_lstm else SMALL


def _fit_one(makers):
    """Fit the networks of one estimator, there and then."""
    return _checked(_train([make() for make in makers], of_one=True))


def _checked(nets):
    for net in nets:
        if isinstance(net, ValueError):
            raise net
        net.train_split = None  # else it keeps, and pickles, the validation windows
    return nets
