"""How many threads compute the time steps of recurrent layers."""

from contextlib import contextmanager
from contextvars import ContextVar

import torch

_n_threads = ContextVar("n_threads", default=None)


def n_threads():
    """Return the number of threads for time steps: torch's, unless set."""
    return _n_threads.get() or torch.get_num_threads()


@contextmanager
def threads_for_steps(n):
    """Set that number for a while.

    Torch is best left with one thread then. After each operation its others wait for
    the next with all the power of their processors, which the time steps need.
    """
    token = _n_threads.set(n)
    try:
        yield
    finally:
        _n_threads.reset(token)
