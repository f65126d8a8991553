"""Fits that are postponed, to be trained as one."""

from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from time import perf_counter

from joblib import Parallel, delayed, effective_n_jobs

from ..networks import is_time_steps
from ..windows import pack
from .digest import digest
from .environment import environment
from .stacked import has_own_parts, in_order, stacks_of, train_stacked
from .train import train

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
        self._collected = []  # a key, and the jobs, of each estimator
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
        return sum(len(jobs) for _, jobs in self._collected)

    def run(self):
        """Train what was collected."""
        start = perf_counter()
        jobs = [job for _, jobs in self._collected for job in jobs]
        stacks = stacks_of(jobs, effective_n_jobs(self._n_jobs))
        trained = Parallel(self._n_jobs)(
            delayed(_tried)([jobs[position] for position in positions])
            for positions in stacks
        )
        nets = iter(in_order(stacks, trained))
        for key, jobs in self._collected:
            members = [next(nets) for _ in jobs]
            if None not in members:  # else they are fitted when they are asked for
                self._nets[key].append(members)
        self._datasets.clear()
        self.seconds = perf_counter() - start

    def train(self, settings, datasets, makers):
        """Collect the networks of one estimator, or return them."""
        if has_own_parts(settings):  # one by one, and can't be told apart
            return None if self._collecting else _fit_one(makers)
        data = digest([_contents(dataset) for dataset in datasets])
        # The type is not in the digest, since it might not be picklable.
        key = type(settings), data, digest(settings.get_params())
        if self._nets[key]:
            return _checked(self._nets[key].pop(0))
        if not self._collecting:
            return _fit_one(makers)
        # Data that several fits share are kept once.
        training, validation = self._datasets.setdefault(data, datasets)
        jobs = [make() for make in makers]
        for job in jobs:
            job.training, job.validation = training, validation
        self._collected.append((key, jobs))
        return None


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
    stacks = stacks_of(jobs) if len(jobs) > 1 else [[0]]
    trained = []
    for positions in stacks:
        trained.append(_checked(_train([jobs[position] for position in positions])))
        if n_epochs := _interrupted_after(trained[-1][0]):
            jobs = [_shortened(job, n_epochs) for job in jobs]
    return in_order(stacks, trained)


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


def _checked(nets):
    for net in nets:
        if isinstance(net, Exception):
            raise net
    return nets
