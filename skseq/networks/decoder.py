"""Decoders: heads that emit one step after another."""

import torch
from torch import nn
from torch.nn.functional import one_hot

from .attention import Attention
from .dropout import Dropout, draw_uniform
from .heads import at_level, linear, pool, pooled_size
from .padding import observed
from .recurrent import initialize

CELLS = {"RNN": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}


class Decoder(nn.Module):
    """A recurrent network whose input is its own last output.

    It starts from the states that it is given, and also sees what is known ahead for
    each step. In training, some inputs are the true last output: at first the share
    ``teacher_forcing``, in the end none.

    Subclasses define how an output becomes an input.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    state_size : int
        Size of the states that it reads.
    hidden_size, n_layers : int
    n_inputs : int
        Values of an output that is fed back.
    n_outputs : int
        Values of an output.
    horizon : int
        Steps to emit.
    n_known : int
        Variables known ahead.
    read : {"last", "mean", "max", "concat"}
        The state that it starts from: the last one, the mean or maximum over all, or
        these three side by side.
    n_backward : int
        The last units of a state, which read the window from its end.
    attention : bool
        Whether each step attends to all the states.
    dropout : float
        On the states read, between the layers and before the output.
    teacher_forcing : float
        Share of inputs that are true outputs, at the start of training.
    n_updates : int
        Gradient steps after which that share is zero.

    Attributes
    ----------
    update : tensor of shape ([models])
        Gradient steps that were taken.

    References
    ----------
    .. [1] I. Sutskever et al., "Sequence to sequence learning with neural networks",
       NeurIPS 2014.
    .. [2] S. Bengio et al., "Scheduled sampling for sequence prediction with recurrent
       neural networks", NeurIPS 2015.
    """

    def __init__(
        self,
        cell,
        state_size,
        hidden_size,
        n_layers,
        n_inputs,
        n_outputs,
        horizon,
        n_known=0,
        read="last",
        n_backward=0,
        attention=False,
        dropout=0.0,
        teacher_forcing=0.0,
        n_updates=1,
    ):
        super().__init__()
        self.n_inputs = n_inputs
        self.horizon = horizon
        self.n_layers = n_layers
        self.read = read
        self.n_backward = n_backward
        self.teacher_forcing = teacher_forcing
        self.n_updates = n_updates
        self.register_buffer("update", torch.tensor(0))
        self.dropout = Dropout(dropout)
        self.n_memories = 2 if cell == "LSTM" else 1  # a state, and the cell's state
        self.begin = linear(
            pooled_size(state_size, read), self.n_memories * n_layers * hidden_size
        )
        self.layers = nn.ModuleList()
        for size in [n_inputs + n_known] + [hidden_size] * (n_layers - 1):
            # A layer would take longer than a cell for a single step.
            self.layers.append(CELLS[cell](size, hidden_size))
            initialize(self.layers[-1])
        self.attention = None
        if attention:
            self.attention = Attention(hidden_size, state_size)
            self.combine = linear(hidden_size + state_size, hidden_size)
        self.out = linear(hidden_size, n_outputs)

    def forward(self, states, known, n_padding, targets=None):
        """Map states (batch, length, state_size) to outputs in the targets' layout.

        known : (batch, length, horizon, n_known) or None
        """
        steps, _ = self.decode(states, known, n_padding, targets)
        return self.arrange(steps)

    def decode(self, states, known, n_padding, targets=None):
        """Return the outputs of the steps, and the attention weights (or None).

        outputs : (batch, horizon, n_outputs)
        weights : (batch, horizon, length)
        """
        taught = self._teach(targets)
        states = self.dropout(states, observed(states, n_padding))
        memory = self._begin(pool(states, n_padding, self.read, self.n_backward))
        fed = states.new_zeros(states.shape[0], self.n_inputs)
        outputs, weights = [], []
        for step in range(self.horizon):
            if known is not None:
                fed = torch.cat([fed, known[:, -1, step]], dim=-1)
            hidden, memory = self._step(fed, memory)
            if self.attention is not None:
                context, weight = self.attention(hidden, states, n_padding)
                hidden = self.combine(torch.cat([hidden, context], dim=-1)).tanh()
                weights.append(weight)
            outputs.append(self.out(self.dropout(hidden)))
            fed = self.feed(outputs[-1])
            if taught is not None and step + 1 < self.horizon:
                truth, use = taught
                fed = torch.where(use[:, step], truth[:, step], fed)
        weights = torch.stack(weights, dim=1) if weights else None
        return torch.stack(outputs, dim=1), weights

    def _begin(self, state):
        """Map the encoder's state to what each layer starts from."""
        sizes = self.n_memories, self.n_layers, -1
        memory = self.begin(state).tanh().unflatten(-1, sizes)
        if self.n_memories == 1:
            return memory.squeeze(1).unbind(1)
        return [layer.unbind(1) for layer in memory.unbind(2)]

    def _step(self, x, memory):
        """Take one step; return the last layer's state, and the memory of all.

        x, state : (batch, n_inputs + n_known), (batch, hidden)
        """
        after = []
        for i, (layer, before) in enumerate(zip(self.layers, memory, strict=True)):
            after.append(layer(self.dropout(x) if i else x, before))
            x = after[-1] if self.n_memories == 1 else after[-1][0]
        return x, after

    def _teach(self, targets):
        """Draw which inputs are true outputs; None if there are none."""
        if not self.training or targets is None:
            return None
        share = self.teacher_forcing * (1 - self.update.float() / self.n_updates)
        self.update += 1
        if not self.teacher_forcing or self.horizon == 1:
            return None
        # Drawn even if all shares are zero: in a stack, that of another model may not
        # be, and what is drawn next must not depend on it.
        numbers = draw_uniform((len(targets), self.horizon), targets.device)
        share = share.view(-1, 1, 1)  # (models, 1, 1)
        use = numbers.unflatten(0, (len(share), -1)) < share
        if use.device.type == "cpu" and not use.any():  # a GPU would be waited for
            return None
        return self.expose(targets), use.flatten(0, 1).unsqueeze(-1)


class NumberDecoder(Decoder):
    """Decoder of numbers, or of some of their quantiles.

    Parameters
    ----------
    *args, **kwargs
        As for :class:`Decoder`, without ``n_inputs`` and ``n_outputs``.
    n_targets : int
        Numbers for each step.
    n_levels : int
        Quantiles of each number.
    level : float
        Place among the quantiles of what is fed back, between two if not whole.
    """

    def __init__(self, *args, n_targets, n_levels=1, level=0.0, **kwargs):
        sizes = {"n_inputs": n_targets, "n_outputs": n_targets * n_levels}
        super().__init__(*args, **sizes, **kwargs)
        self.n_targets = n_targets
        self.n_levels = n_levels
        self.level = level

    def feed(self, output):
        """Map an output (batch, n_targets * n_levels) to the next input."""
        if self.n_levels == 1:
            return output
        return at_level(output.unflatten(-1, (-1, self.n_levels)), self.level)

    def expose(self, targets):
        """Map targets (batch, n_targets * horizon) to the inputs after them."""
        return targets.unflatten(-1, (self.n_targets, -1)).transpose(1, 2)

    def arrange(self, outputs):
        """Order outputs by target, then by step."""
        outputs = outputs.unflatten(-1, (self.n_targets, self.n_levels))
        return outputs.transpose(1, 2).flatten(start_dim=1)


class LabelDecoder(Decoder):
    """Decoder of labels; its outputs are logits.

    Parameters
    ----------
    *args, **kwargs
        As for :class:`Decoder`, without ``n_inputs`` and ``n_outputs``.
    n_classes : int
    """

    def __init__(self, *args, n_classes, **kwargs):
        super().__init__(*args, n_inputs=n_classes, n_outputs=n_classes, **kwargs)

    def feed(self, output):
        """Map logits (batch, n_classes) to the most probable label, one-hot."""
        return one_hot(output.argmax(dim=-1), self.n_inputs).to(output.dtype)

    def expose(self, targets):
        """Map labels (batch, horizon) to the inputs after them."""
        return one_hot(targets, self.n_inputs).to(self.out.weight.dtype)

    def arrange(self, outputs):
        """Drop the axis of the steps if there is only one."""
        return outputs.squeeze(1)
