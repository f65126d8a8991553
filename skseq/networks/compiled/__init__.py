"""The recipes of :mod:`networks.recipes`, compiled by numba for a CPU.

Importing it requires numba.
"""

from .direct import states
from .products import adds_up
from .projection import Projected
from .recipes import RECIPES

__all__ = ["RECIPES", "Projected", "adds_up", "states"]
