"""Choose which fits are trained as one."""

import pickle
from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from functools import partial
from hashlib import md5
from inspect import isfunction
from io import BytesIO
from time import perf_counter

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from ..networks import Conv1D, WaveNet, can_stack, is_time_steps
from ..windows import pack
from .environment import environment
from .loss import CrossEntropy, OwnLoss, WeightedLoss
from .stacked import train_stacked
from .train import train

AT_ONCE = 2**15
"""Values of a state in a stack, over batch and networks; more do not help."""

SMALL = 4096
"""Values of a state in a batch up to which training networks as one is faster.

Measured by ``tests/benchmarks/together.py``.
"""

PRODUCTS_AT_ONCE = 2**21
"""Products of a state with its width, in a batch and over the steps, up to which the
same holds for convolutions, which compute all steps at once."""

FREE = ("learning_rate", "weight_decay")
"""Settings that may differ within a stack, in addition to irrelevant ones."""

IRRELEVANT = ("n_jobs", "n_members", "random_state", "verbose", "warm_start")

_together = ContextVar("together", default=None)


def train_all(settings, datasets, makers):
    """Fit the networks of one estimator.

    Parameters
    ----------
    settings : Settings
    datasets : list of WindowDataset or None
    makers : list of callable
        Each makes the Job of one network, if that is not trained already.

    Returns
    -------
    list of skorch.NeuralNet, or None
        None if a search, by :class:`Together`, postpones the fit.

    Raises
    ------
    ValueError
        If a loss becomes NaN or infinite.
    """
    together = _together.get()
    if together is None:
        return _fit_one(makers)
    return together.train(settings, datasets, makers)


class Together:
    """Collect fits, train them as one, then return them when asked for.

    A network that is asked for but was not collected is fitted at once.

    Parameters
    ----------
    n_jobs : int, default=None
        Number of processes among which the networks are divided, as in joblib.

    Attributes
    ----------
    seconds : float
        Time that :meth:`run` took.
    """

    def __init__(self, n_jobs=None):
        self._n_jobs = n_jobs
        self._collecting = False
        self._jobs = []
        self._keys = []
        self._datasets = {}
        self._nets = defaultdict(list)
        self.seconds = 0.0

    @contextmanager
    def collecting(self):
        """Postpone all fits."""
        self._collecting = True
        try:
            with self.asking():
                yield
        finally:
            self._collecting = False

    @contextmanager
    def asking(self):
        """Return trained networks in place of all fits."""
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
        jobs = [job for jobs in self._jobs for job in jobs]
        stacks = _stacks(jobs, effective_n_jobs(self._n_jobs))
        trained = Parallel(self._n_jobs)(
            delayed(_tried)([jobs[position] for position in positions])
            for positions in stacks
        )
        nets = iter(_in_order(stacks, trained))
        for key, jobs in zip(self._keys, self._jobs, strict=True):
            members = [next(nets) for _ in jobs]
            if None not in members:  # else they are fitted when they are asked for
                self._nets[key].append(members)
        self._datasets.clear()
        self.seconds = perf_counter() - start

    def train(self, settings, datasets, makers):
        """Collect the networks of one estimator, or return them."""
        if _has_own_parts(settings):  # one by one, and can't be told apart
            return None if self._collecting else _fit_one(makers)
        data = _digest([_contents(dataset) for dataset in datasets])
        # The type is not in the digest, since it might not be picklable.
        key = type(settings), data, _digest(settings.get_params())
        if self._nets[key]:
            return _checked(self._nets[key].pop(0))
        if not self._collecting:
            return _fit_one(makers)
        # Data that several fits share are kept once.
        training, validation = self._datasets.setdefault(data, datasets)
        jobs = [make() for make in makers]
        for job in jobs:
            job.training, job.validation = training, validation
        self._jobs.append(jobs)
        self._keys.append(key)
        return None


def _digest(values):
    """Return a hash of values; ten times as fast as :func:`joblib.hash`.

    Equal values that were made in different ways may have different hashes.
    """
    file = BytesIO()
    _Pickler(file).dump(values)
    return md5(file.getbuffer(), usedforsecurity=False).digest()


class _Pickler(pickle.Pickler):
    """Write each dtype by value, and each function by its identity.

    An object that pickle meets again is written as a reference, so that arrays that
    share a dtype would differ from equal ones read from a file, as by
    ``Pipeline(memory=...)``, of which each has its own. Functions may have no name by
    which pickle would find them; the user's estimator keeps them alive.
    """

    def persistent_id(self, value):
        if isinstance(value, np.dtype):
            return value.str
        return id(value) if isfunction(value) else None


def _contents(dataset):
    """Return what identifies a dataset; for windows, the series behind them."""
    if dataset is None:
        return None
    targets = {k: v for k, v in vars(dataset.targets).items() if k != "windows"}
    kind = type(dataset.targets).__name__, dataset.teach
    return kind, pack(dataset.windows), targets, dataset.weights, dataset.samples


def _fit_one(makers):
    """Fit the networks of one estimator; an interruption shortens all later fits."""
    jobs = [make() for make in makers]
    # One alone is compared with no other, and may have parameters that do not pickle.
    stacks = _stacks(jobs) if len(jobs) > 1 else [[0]]
    trained = []
    for positions in stacks:
        trained.append(_checked(_train([jobs[position] for position in positions])))
        if n_epochs := _interrupted_after(trained[-1][0]):
            jobs = [_shortened(job, n_epochs) for job in jobs]
    return _in_order(stacks, trained)


def _stacks(jobs, n_processes=1):
    """Return lists of the positions of jobs to be trained as one, the longest first.

    None makes more than its share of all gradient steps, if that can be avoided.
    """
    groups = defaultdict(list)
    for position, job in enumerate(jobs):
        groups[_shape(job)].append(position)
    n_steps = sum(job.n_steps for job in jobs)
    stacks = []
    for positions in groups.values():
        n, one = len(positions), jobs[positions[0]]
        # In integers: rounding might make a stack more than there are processes.
        for_size = -(-n * _size(one) // AT_ONCE)
        for_share = -(-n * one.n_steps * n_processes // n_steps)
        n_stacks = min(max(for_size, for_share), n)
        stacks += [positions[i::n_stacks] for i in range(n_stacks)]
    return sorted(stacks, key=lambda some: -len(some) * jobs[some[0]].n_steps)


def _in_order(stacks, trained):
    """Return the results of each job, in the order of the jobs."""
    results = {}
    for positions, nets in zip(stacks, trained, strict=True):
        results.update(zip(positions, nets, strict=True))
    return [results[position] for position in range(len(results))]


def _interrupted_after(net):
    """Return the epochs of an interrupted net, at least one, or 0 if it was not."""
    watch = dict(getattr(net, "callbacks_", [])).get("watch")
    return max(1, watch.n_epochs_) if getattr(watch, "interrupted_", False) else 0


def _shortened(job, n_epochs):
    settings = copy(job.settings)
    settings.max_epochs = n_epochs
    return replace(job, settings=settings)


def _tried(jobs):
    """Fit networks of one shape as one; return nets, or errors.

    Of an error in a stack, nobody knows whose it is: then all are None.
    """
    try:
        return _train(jobs)
    except Exception as error:
        # Whatever it is, a search may go on with its other networks, and knows by
        # error_score whether it does: it raises the error again when it asks for them.
        return [error] if len(jobs) == 1 else [None] * len(jobs)


def _train(jobs):
    """Fit networks of one shape as one; return nets, or errors of those that diverged.

    Any other error is raised.
    """
    job = jobs[0]
    for_steps = is_time_steps(job.module.network, job.batch_size)
    with environment(job.settings.n_jobs, for_steps):
        nets = train_stacked(jobs) if len(jobs) > 1 else [train(job)]
    for net in nets:
        if not isinstance(net, Exception):
            net.train_split = None  # else it keeps the validation windows
            net.has_padding = None  # others may be fitted to it
            net.module_.eval()
    return nets


def _shape(job):
    """Return a key that is equal for jobs that can be stacked, or the job itself."""
    settings = job.settings
    alone = (
        settings.device != "cpu"
        or settings.mixed_precision
        or _has_own_parts(settings)
        or type(job.criterion) not in (CrossEntropy, WeightedLoss, OwnLoss)
        or not can_stack(job.module)
        or _size(job) > SMALL
        or _size(job) * _products_at_once(job) > PRODUCTS_AT_ONCE
    )
    if alone:
        return job
    others = {
        name: value
        for name, value in settings.get_params().items()
        if name not in (*FREE, *IRRELEVANT)
    }
    shapes = [(v.dtype, tuple(v.shape)) for v in job.module.state_dict().values()]
    n_valid = job.validation and -(-len(job.validation) // job.batch_size)
    samples = job.training.windows, job.training.targets.targets
    data = job.n_steps, n_valid, job.batch_size, [v.shape[1:] for v in samples]
    # A batch of one window, which has no variance, must not be filled up to two.
    n_if_pairs = len(job.training) if job.batch_size == 2 else None
    weighted = job.training.weights is not None
    # Those of labels may differ between folds, and a stack has one loss for all.
    loss = [value.tolist() for value in job.criterion.buffers()]
    return type(settings), _digest([others, shapes, data, n_if_pairs, weighted, loss])


def _has_own_parts(settings):
    """Whether the user gave callbacks, an optimizer, a module, or a loss that is one.

    A module may have a state, which each network has for itself.
    """
    loss = getattr(settings, "loss", None)
    loss = loss.func if isinstance(loss, partial) else loss
    own_loss = callable(loss) and not isfunction(loss)
    own = callable(settings.optimizer) or own_loss or hasattr(settings, "module")
    return own or bool(settings.callbacks)


def _size(job):
    return job.batch_size * job.module.network.output_size


def _products_at_once(job):
    """Count the products of each unit that convolutions compute at once."""
    network = job.module.network
    if job.module.computes_only_last or not isinstance(network, (Conv1D, WaveNet)):
        return 0
    n_steps = job.training.windows.shape[1] // network.stride
    return n_steps * network.output_size


def _checked(nets):
    for net in nets:
        if isinstance(net, Exception):
            raise net
    return nets
