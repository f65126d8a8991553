"""Networks: torch modules, one family a file, and nothing of scikit-learn.

A network maps values ``(batch, length, features)`` and the rows of padding that each
window starts with, ``(batch,)`` or None, to states ``(batch, steps, output_size)``.
Where ``causal`` is true, the state of a step sees nothing after that step.
"""

from .decoder import LabelDecoder, NumberDecoder
from .dense import Dense
from .heads import Head
from .inputs import Embed, Standardize
from .model import SequenceModel
from .recurrent import Recurrent

__all__ = [
    "Dense",
    "Embed",
    "Head",
    "LabelDecoder",
    "NumberDecoder",
    "Recurrent",
    "SequenceModel",
    "Standardize",
]
