"""Networks: torch modules, one family a file, and nothing of scikit-learn.

A network maps values ``(batch, length, features)`` and the rows of padding that each
window starts with, ``(batch,)`` or None, to states ``(batch, steps, output_size)``.
Where ``causal`` is true, the state of a step sees nothing after that step. There is
a state for every ``stride``-th step, counted back from the last, or one for all (None).
A network with a ``receptive_field`` sees so many steps back, the present included.
With a ``stride`` beside it, it can be asked for a state of ``every_step``. The last
``n_backward`` units of its states, if any, read from the end of the window. A network
that is ``linear`` leaves the values as they are.
"""

from .conv import Conv1D, ConvStack
from .decoder import LabelDecoder, NumberDecoder
from .dense import Dense
from .heads import Head
from .inputs import Embed, Standardize
from .model import SequenceModel
from .one_pass import can_pass_once, one_pass
from .recurrent import Recurrent
from .stack import Stack, can_stack
from .wavenet import WaveNet

__all__ = [
    "Conv1D",
    "ConvStack",
    "Dense",
    "Embed",
    "Head",
    "LabelDecoder",
    "NumberDecoder",
    "Recurrent",
    "SequenceModel",
    "Stack",
    "Standardize",
    "WaveNet",
    "can_pass_once",
    "can_stack",
    "one_pass",
]
