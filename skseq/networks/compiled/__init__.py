"""The recipes of :mod:`networks.recipes`, compiled by numba for a CPU.

Importing it requires numba.
"""

from .direct import states
from .recipes import LOOPS

__all__ = ["LOOPS", "states"]
