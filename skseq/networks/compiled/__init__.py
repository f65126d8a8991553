"""The recipes of :mod:`networks.recipes`, compiled by numba for a CPU.

Importing it takes numba.
"""

from .recipes import LOOPS

__all__ = ["LOOPS"]
