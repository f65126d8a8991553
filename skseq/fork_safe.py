"""ForkSafe: a lock for threads that is free in a forked process."""

import os
from functools import partial
from threading import RLock


class ForkSafe:
    """A lock for threads.

    A forked process has a new lock, since it lacks the thread that held the old one.

    Attributes
    ----------
    lock : RLock
    forked : bool
        Whether this is a forked process.
    """

    def __init__(self):
        self._start(forked=False)
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=partial(self._start, forked=True))

    def _start(self, forked):
        self.lock, self.forked = RLock(), forked
