"""How torch computes: with how many threads, and on which device."""

from contextlib import ExitStack, contextmanager

import torch
from joblib import effective_n_jobs


@contextmanager
def environment(n_jobs):
    """Let torch use some CPU threads for a while, with its default settings otherwise.

    New tensors are on the CPU and can be differentiated, whatever the caller has set.
    Sums are split among threads, so another number of threads (a worker process has
    fewer) may round differently.

    Parameters
    ----------
    n_jobs : int or None
        None means 1, -1 all processors.
    """
    before = torch.get_num_threads()
    wanted = 1 if n_jobs is None else effective_n_jobs(n_jobs)
    with ExitStack() as stack:
        if torch.get_default_device().type != "cpu":  # each operation costs more then
            stack.enter_context(torch.device("cpu"))
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        if wanted != before:  # setting them takes longer than asking
            stack.callback(torch.set_num_threads, before)
            torch.set_num_threads(wanted)
        yield
