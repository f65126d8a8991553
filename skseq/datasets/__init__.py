"""Real data that come inside small packages."""

from .victoria_electricity import load_victoria_electricity

__all__ = ["load_victoria_electricity"]
