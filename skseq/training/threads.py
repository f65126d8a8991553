"""How torch computes: by how many threads, and where."""

from contextlib import ExitStack, contextmanager

import torch
from joblib import effective_n_jobs


@contextmanager
def threads(n_jobs):
    """Let torch use some CPU threads for a while.

    Sums are split among threads, so that another number of them (a worker process
    has fewer) may round differently.

    Parameters
    ----------
    n_jobs : int or None
        None means 1, -1 all processors.
    """
    before = torch.get_num_threads()
    wanted = 1 if n_jobs is None else effective_n_jobs(n_jobs)
    if wanted == before:  # setting them takes longer than asking
        yield
        return
    torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def as_usual():
    """Let new tensors lie on the CPU and be differentiated, whatever is set."""
    with ExitStack() as stack:
        if torch.get_default_device().type != "cpu":  # each operation costs more then
            stack.enter_context(torch.device("cpu"))
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        yield
