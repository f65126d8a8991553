"""How torch computes: with which threads, defaults and random numbers."""

from contextlib import ExitStack, contextmanager

import torch
from joblib import effective_n_jobs

from ..fork_safe import ForkSafe
from ..networks import threads_for_steps
from ..warning import warn

_threads = ForkSafe()
"""Threads take turns, since they share torch's one generator."""


@contextmanager
def environment(n_jobs, for_steps=False):
    """Let torch use some CPU threads for a while, with its default settings otherwise.

    New tensors are on the CPU, can be differentiated, and have the type that they are
    given, whatever the caller has set.
    Sums are split among threads, so another number of threads (a worker process has
    fewer) may round differently.

    Parameters
    ----------
    n_jobs : int or None
        None means 1, -1 all processors. A forked process has 1: it would wait for ever
        for the threads that torch had in the process from which it was forked.
    for_steps : bool, default=False
        Whether time steps alone use the threads, and torch one.
    """
    before = torch.get_num_threads()
    wanted = 1 if n_jobs is None else effective_n_jobs(n_jobs)
    if _threads.forked and wanted > 1:
        wanted = 1
        warn(
            f"n_jobs={n_jobs} has no effect in a forked process, where torch may wait "
            "for threads that were not forked. Start processes by joblib (loky) or by "
            "'spawn', or set n_jobs=None."
        )
    with ExitStack() as stack:
        # Ctrl-C in the middle of a backward pass may leave it off.
        stack.callback(torch.set_grad_enabled, torch.is_grad_enabled())
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        # Else each operation costs more. To ask torch costs more than to make a tensor.
        if torch.empty(0).device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        if for_steps:
            stack.enter_context(threads_for_steps(wanted))
            wanted = 1
        if wanted != before:  # setting them takes longer than asking
            stack.callback(torch.set_num_threads, before)
            torch.set_num_threads(wanted)
        yield


@contextmanager
def seeded(seed, device):
    """Seed torch for a while; leave the caller's generators as they were.

    Other threads wait meanwhile, since they would draw from the same generator. The
    numbers depend neither on the caller's default dtype nor on its default device.
    """
    if seed is None:
        yield
        return
    on_cpu = device.type == "cpu"
    devices = [] if on_cpu else range(torch.cuda.device_count())
    # Torch's own function records its caller for each kind of device.
    seed_all = torch.default_generator.manual_seed if on_cpu else torch.manual_seed
    with _threads.lock, torch.random.fork_rng(devices=devices), _single_precision():
        seed_all(seed)
        yield


@contextmanager
def _single_precision():
    """Give new tensors torch's initial default type, float32."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
