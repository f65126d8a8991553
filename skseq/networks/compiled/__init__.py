"""Recurrent cells compiled by numba: what :mod:`cells` computes with torch, on a CPU.

Importing it takes numba.
"""

from .recipes import LOOPS

__all__ = ["LOOPS"]
