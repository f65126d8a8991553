"""Heads: layers that map the states of a network to outputs."""

import torch
from torch import nn

from .padding import observed

POOLINGS = ("last", "mean", "max", "concat")


class Head(nn.Module):
    """A linear layer over the states, or a small network if variables are known ahead.

    Parameters
    ----------
    state_size : int
    n_outputs : int
        Values for each step ahead.
    horizon : int
        Steps ahead.
    n_known : int
        Variables known ahead.
    read : {"last", "mean", "max", "concat", "every"}
        The state of the last step, the mean or maximum over all, these three side by
        side, or each state by itself.
    n_levels : int
        Number of quantiles among the values of one step; ``n_outputs`` includes them.
    n_backward : int
        The last units of a state, which read the window from its end: their last state
        is at the first step.
    is_linear : bool
        Whether there is no hidden layer, even with variables known ahead.
    """

    def __init__(
        self,
        state_size,
        n_outputs,
        horizon=1,
        n_known=0,
        read="last",
        n_levels=1,
        n_backward=0,
        is_linear=False,
    ):
        super().__init__()
        state_size = pooled_size(state_size, read)
        self.read = read
        self.n_backward = n_backward
        self.n_known = n_known
        self.n_levels = n_levels
        if n_known:
            # Each step ahead has its own weights for the state, but all share those for
            # what is known ahead: a holiday is one at any distance.
            self.horizon = horizon
            hidden = n_outputs if is_linear else state_size
            self.from_state = linear(state_size, horizon * hidden)
            self.from_known = linear(n_known, hidden)
            self.out = None if is_linear else linear(state_size, n_outputs)
        else:
            self.out = linear(state_size, n_outputs * horizon)

    def forward(self, states, known, n_padding):
        """Map states (batch, steps, state_size) to (batch, [steps,] outputs).

        Outputs are ordered by output, then by step, then by level.
        """
        states = pool(states, n_padding, self.read, self.n_backward)
        if not self.n_known:
            return self.out(states)
        if self.read != "every":
            known = known[:, -1]  # at the origin
        ahead = self.from_state(states).unflatten(-1, (self.horizon, -1))
        ahead = ahead + self.from_known(known)  # (..., horizon, state or outputs)
        steps = ahead if self.out is None else self.out(torch.relu(ahead))
        steps = steps.unflatten(-1, (-1, self.n_levels))
        return steps.transpose(-2, -3).flatten(start_dim=-3)


def pooled_size(state_size, read):
    """Return the length of the states that :func:`pool` returns."""
    return 3 * state_size if read == "concat" else state_size


def pool(states, n_padding, read, n_backward=0):
    """Reduce states to one per sequence, (batch, pooled_size), except for "every".

    Parameters
    ----------
    states : tensor of shape (batch, steps, state_size)
        Zero where padded.
    n_padding : tensor of shape (batch,) or None
    read : {"last", "mean", "max", "concat", "every"}
    n_backward : int
        The last units, which read from the end.
    """
    if read == "every":
        return states
    if read == "concat":
        each = [pool(states, n_padding, r, n_backward) for r in ("last", "mean", "max")]
        return torch.cat(each, dim=-1)
    if read == "last" and n_backward:
        first = 0 if n_padding is None else n_padding.clamp(max=states.shape[1] - 1)
        ends = states[torch.arange(states.shape[0], device=states.device), first]
        return torch.cat([states[:, -1, :-n_backward], ends[:, -n_backward:]], dim=-1)
    if read == "last":
        return states[:, -1]
    if read == "mean" and n_padding is None:
        return states.mean(dim=1)
    if read == "mean":
        n_observed = (states.shape[1] - n_padding).clamp(min=1)
        return states.sum(dim=1) / n_observed[:, None]
    if n_padding is not None:
        lowest = torch.finfo(states.dtype).min
        states = states.masked_fill(~observed(states, n_padding), lowest)
        states = states * (n_padding < states.shape[1])[:, None, None]
    return states.amax(dim=1)


def linear(n_in, n_out):
    """Make a linear layer with Glorot weights and zero bias."""
    layer = nn.Linear(n_in, n_out)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def at_level(outputs, level):
    """Interpolate along the last axis of a tensor or ndarray.

    A level is a place on that axis: 0.5 is halfway between the first and the second.
    """
    left = int(level)
    share = level - left
    if not share:
        return outputs[..., left]
    return (1 - share) * outputs[..., left] + share * outputs[..., left + 1]
