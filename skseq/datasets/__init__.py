"""Real data, downloaded once or from installed packages, and simulated series."""

from .chicago_ridership import fetch_chicago_ridership
from .generators import make_adding_problem, make_arma, make_seasonal
from .japanese_vowels import load_japanese_vowels
from .us_macroeconomic import load_us_macroeconomic
from .victoria_electricity import load_victoria_electricity

__all__ = [
    "fetch_chicago_ridership",
    "load_japanese_vowels",
    "load_us_macroeconomic",
    "load_victoria_electricity",
    "make_adding_problem",
    "make_arma",
    "make_seasonal",
]
