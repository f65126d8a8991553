"""Networks: torch modules, one family a file, and nothing of scikit-learn."""

from .dense import Dense
from .model import SequenceModel
from .recurrent import Recurrent

__all__ = ["Dense", "Recurrent", "SequenceModel"]
