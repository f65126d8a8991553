"""Networks: torch modules, one family per file, without scikit-learn.

A network maps values ``(batch, length, features)`` and the number of padded rows that
each window starts with, ``(batch,)`` or None, to states ``(batch, steps,
output_size)``. If ``causal`` is true, the state of a step sees nothing after that step.
There is a state for every ``stride``-th step, counted back from the last, or with a
``stride`` of None, one for the whole window. A network with a ``receptive_field`` sees
that many steps back, including the present one. If it has a ``stride`` too, it can
return a state for ``every_step``. One that ``computes_only_last`` takes ``only_last``,
with which states before the last may be missing. The last ``n_backward`` units of its
states, if any, read the window from its end. A network that is ``linear`` leaves the
values as they are.
"""

from .conv import Conv1D, ConvStack
from .decoder import LabelDecoder, NumberDecoder
from .dense import Dense
from .heads import Head
from .inputs import Embed, Standardize, padding_known
from .module import OwnModule
from .one_pass import can_pass_once, one_pass
from .recurrent import Recurrent, is_time_steps
from .sequence_model import SequenceModel
from .stack import Stack, can_stack
from .threads import threads_for_steps
from .wavenet import WaveNet
