"""Which networks are trained as one."""

from collections import defaultdict
from functools import partial
from inspect import isfunction

from ...networks import Conv1D, WaveNet, can_stack
from ..digest import digest
from ..loss import CrossEntropy, OwnLoss, WeightedLoss

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


def stacks_of(jobs, n_processes=1):
    """Return lists of the positions of jobs to be trained as one, the longest first.

    None makes more than its share of all gradient steps, if that can be avoided.
    """
    groups = defaultdict(list)
    for position, job in enumerate(jobs):
        groups[_key(job)].append(position)
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


def in_order(stacks, trained):
    """Return the results of each job, in the order of the jobs."""
    results = {}
    for positions, nets in zip(stacks, trained, strict=True):
        results.update(zip(positions, nets, strict=True))
    return [results[position] for position in range(len(results))]


def has_own_parts(settings):
    """Whether the user gave callbacks, an optimizer, a module, or a loss that is one.

    A module may have a state, which each network has for itself.
    """
    loss = getattr(settings, "loss", None)
    loss = loss.func if isinstance(loss, partial) else loss
    own_loss = callable(loss) and not isfunction(loss)
    own = callable(settings.optimizer) or own_loss or hasattr(settings, "module")
    return own or bool(settings.callbacks)


def _key(job):
    """Return a key that is equal for jobs that can be stacked, or the job itself."""
    settings = job.settings
    alone = (
        settings.device != "cpu"
        or settings.mixed_precision
        or has_own_parts(settings)
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
    return type(settings), digest([others, shapes, data, n_if_pairs, weighted, loss])


def _size(job):
    return job.batch_size * job.module.network.output_size


def _products_at_once(job):
    """Count the products of each unit that convolutions compute at once."""
    network = job.module.network
    if job.module.computes_only_last or not isinstance(network, (Conv1D, WaveNet)):
        return 0
    n_steps = job.training.windows.shape[1] // network.stride
    return n_steps * network.output_size
