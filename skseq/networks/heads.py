"""Heads: what is read from the states of a network."""

import torch
from torch import nn

POOLINGS = ("last", "mean", "max")


class Head(nn.Module):
    """A linear layer over the states, or a small network where steps ahead are known.

    Parameters
    ----------
    state_size : int
    n_outputs : int
        Values for each step ahead.
    horizon : int
        Steps ahead.
    n_known : int
        Variables known ahead.
    read : {"last", "mean", "max", "every"}
        The state of the last step, what all have in common, or each by itself.
    """

    def __init__(self, state_size, n_outputs, horizon=1, n_known=0, read="last"):
        super().__init__()
        self.read = read
        self.n_known = n_known
        if n_known:
            # Each step ahead looks at the state in its own way, and at what is known
            # of it in the way common to all steps: a holiday is one at any distance.
            self.horizon = horizon
            self.from_state = _linear(state_size, horizon * state_size)
            self.from_known = _linear(n_known, state_size)
            self.out = _linear(state_size, n_outputs)
        else:
            self.out = _linear(state_size, n_outputs * horizon)

    def forward(self, states, known, n_padding):
        """Map states (batch, steps, state_size) to (batch, [steps,] outputs).

        Outputs are ordered output by output, and step by step within one.
        """
        states = self._pool(states, n_padding)
        if not self.n_known:
            return self.out(states)
        if self.read != "every":
            known = known[:, -1]  # of the origin
        ahead = self.from_state(states).unflatten(-1, (self.horizon, -1))
        ahead = torch.relu(ahead + self.from_known(known))  # (..., horizon, state)
        return self.out(ahead).transpose(-1, -2).flatten(start_dim=-2)

    def _pool(self, states, n_padding):
        if self.read == "every":
            return states
        if self.read == "last":
            return states[:, -1]
        if self.read == "mean" and n_padding is None:
            return states.mean(dim=1)
        if self.read == "mean":
            # Padded states are zero.
            n_observed = (states.shape[1] - n_padding).clamp(min=1)
            return states.sum(dim=1) / n_observed[:, None]
        if n_padding is not None:
            step = torch.arange(states.shape[1], device=states.device)
            padded = step < n_padding[:, None]
            lowest = torch.finfo(states.dtype).min
            states = states.masked_fill(padded[:, :, None], lowest)
            states = states * (n_padding < states.shape[1])[:, None, None]
        return states.amax(dim=1)


def _linear(n_in, n_out):
    layer = nn.Linear(n_in, n_out)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
