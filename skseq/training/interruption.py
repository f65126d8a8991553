"""Ctrl-C in a fit."""

import dis
from time import monotonic

from ..warning import warn

AGAIN = 2.0
"""Seconds within which a second Ctrl-C stops more than one fit."""

_last_interruption = [float("-inf")]


def is_raised(error):
    """Tell whether code has raised an error, as skorch's callbacks do to stop a fit.

    Ctrl-C raises KeyboardInterrupt between two instructions, or within a call.
    """
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    instruction = traceback.tb_frame.f_code.co_code[traceback.tb_lasti]
    return dis.opname[instruction] == "RAISE_VARARGS"


def warn_of_interruption(n_epochs, max_epochs, best_epochs):
    """Warn of an interruption, and say which weights each network keeps.

    Raises
    ------
    KeyboardInterrupt
        If the last one was just before, so that a search or a loop of fits ends too.
    """
    before, _last_interruption[0] = _last_interruption[0], monotonic()
    if _last_interruption[0] - before < AGAIN:
        raise KeyboardInterrupt
    best = ", ".join(map(str, sorted(set(best_epochs))))
    kept = f"the best weights so far, those of epoch {best}"
    warn(
        f"Interrupted after {n_epochs} of {max_epochs} epochs. Kept "
        f"{kept if n_epochs else 'the weights at that point'}. Press Ctrl-C twice to "
        "stop a search or a loop of fits."
    )
