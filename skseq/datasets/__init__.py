"""Real data: fetched once, or inside small packages."""

from .chicago_ridership import fetch_chicago_ridership
from .victoria_electricity import load_victoria_electricity

__all__ = ["fetch_chicago_ridership", "load_victoria_electricity"]
