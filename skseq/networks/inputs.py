"""Input stages: from raw windows to the inputs of a network."""

from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import nn

from .tracing import is_traced

_known = ContextVar("known", default=None)


class Standardize(nn.Module):
    """Standardise each variable, and separate what is known ahead.

    Parameters
    ----------
    mean, scale : tensor of shape (n_features,)
        Subtracted, and divided by.
    change_scale : tensor of shape (n_features,) or None
        Scale of the change of each variable since the step before; the network then
        also gets the scaled changes.
    n_known : int
        Variables known ahead. Their next values are the last ``n_known * n_ahead``
        columns, variable by variable.
    n_ahead : int
        Steps ahead in the columns of each variable.
    horizon : int
        Steps ahead that the head forecasts, and thus reads; at most ``n_ahead``.
    every : bool, default=False
        Whether the head reads what is known ahead at each step of a window, not only
        at the last one.
    """

    def __init__(
        self,
        mean,
        scale,
        change_scale=None,
        n_known=0,
        n_ahead=1,
        horizon=1,
        every=False,
    ):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.register_buffer("change_scale", change_scale)
        self.n_known = n_known
        self.n_ahead = n_ahead
        self.horizon = horizon
        self.every = every
        self.n_past = len(mean) - n_known * n_ahead
        self.n_features = self.n_past + n_known
        if change_scale is not None:
            self.n_features += len(change_scale)

    def forward(self, x, shorten=False):
        """Return values, values known ahead (or None), rows of padding (or None).

        x : ([models,] batch, length, n_features), with moments ([models,] n_features)
        shorten : whether the results may lack the first steps (see :func:`look`)
        values : (batch, length, self.n_features), with those known for the next step
        known : (batch, length, horizon, n_known); of length 1 unless ``every``
        """
        x, n_padding = look(x, shorten)
        known = None
        if self.n_known:
            known = self.known_ahead(x if self.every else x[..., -1:, :])
        values = self._standardized(x, self._next_step)
        if self.change_scale is not None:
            changes = x.diff(dim=-2, prepend=x[..., :1, :])
            changes = changes / _for_steps(self.change_scale)
            values = torch.cat([values, changes], dim=-1)
        if n_padding is not None:
            values = values.nan_to_num(nan=0.0)
            known = None if known is None else known.nan_to_num(nan=0.0)
        return values, known, n_padding

    def known_ahead(self, x):
        """Return values known ahead (batch, length, horizon, n_known)."""
        known = self._standardized(x, lambda columns: columns[..., self.n_past :])
        known = known.unflatten(-1, (self.n_known, self.n_ahead))
        return known[..., : self.horizon].transpose(-1, -2)

    def _standardized(self, x, choose):
        """Standardise some columns: all, known for many steps, may be far more."""
        mean, scale = map(_for_steps, (self.mean, self.scale))
        return (choose(x) - choose(mean)) / choose(scale)

    def _next_step(self, columns):
        """Choose the past, and of what is known ahead the next step."""
        if not self.n_known or self.n_ahead == 1:  # all columns
            return columns
        past, ahead = columns[..., : self.n_past], columns[..., self.n_past :]
        return torch.cat([past, ahead[..., :: self.n_ahead]], dim=-1)


def _for_steps(values):
    """Reshape values ([models,] n_features) to broadcast over windows and steps."""
    return values if values.ndim == 1 else values[:, None, None, :]


class Embed(nn.Module):
    """Look up a vector for each integer token.

    Parameters
    ----------
    vocabulary_size : int
        Tokens are 0 to ``vocabulary_size - 1``; all others share one vector of zeros.
    embedding_size : int
        Length of a vector.
    """

    def __init__(self, vocabulary_size, embedding_size):
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.n_features = embedding_size
        self.vectors = nn.Embedding(vocabulary_size + 1, embedding_size, padding_idx=0)

    def forward(self, x, shorten=False):
        """Return values (batch, length, embedding_size), None, rows of padding."""
        x, n_padding = look(x, shorten)
        tokens = x[..., 0].nan_to_num(nan=-1.0).long()
        known = (tokens >= 0) & (tokens < self.vocabulary_size)
        # Row 0 of the table, always zero, is for unknown tokens and for padding.
        return self.vectors(torch.where(known, tokens + 1, 0)), None, n_padding


def look(x, shorten):
    """Return windows, and the rows of padding that each starts with, or None if none.

    Padding is at the start, so the first row tells whether there is any.

    Parameters
    ----------
    x : tensor of shape ([models,] batch, length, n_features)
    shorten : bool
        Whether to leave out the steps that are padding in all windows, except the last
        of these. A network whose states there are the same then takes as long as its
        longest sequence needs. Without effect where values can't be looked at.
    """
    if not is_traced() and not _has_padding(x):
        return x, None
    n_padding = x[..., 0].isnan().sum(dim=-1)
    if shorten and not is_traced() and _known.get() is None:
        n_left_out = max(0, int(n_padding.min()) - 1)
        x, n_padding = x[..., n_left_out:, :], n_padding - n_left_out
    return x, n_padding


def _has_padding(x):
    known = _known.get()
    return x[..., 0, 0].isnan().any() if known is None else known


@contextmanager
def padding_known(known):
    """Let networks know for a while whether some windows have padding.

    A network that looks for it on a GPU waits until all before is computed there.

    Parameters
    ----------
    known : bool or None
        None lets them look.
    """
    token = _known.set(known)
    try:
        yield
    finally:
        _known.reset(token)
