"""Move padding from the start of sequences to their end, and back."""

import torch


def to_end(x, n_padding):
    """Roll each sequence so that its padding comes last.

    A recurrent layer that starts with the first observed row never sees the
    padding before the states that are read.

    Parameters
    ----------
    x : tensor of shape (batch, length, features)
    n_padding : tensor of shape (batch,)

    Returns
    -------
    tensor of shape (batch, length, features)
    """
    return _roll(x, n_padding)


def to_start(x, n_padding):
    """Undo :func:`to_end`, and set the padded rows to zero."""
    length = x.shape[1]
    x = _roll(x, -n_padding)
    observed = torch.arange(length, device=x.device) >= n_padding[:, None]
    return x * observed[:, :, None]


def _roll(x, shift):
    batch, length, _ = x.shape
    step = torch.arange(length, device=x.device)
    source = (step + shift[:, None]) % length  # (batch, length)
    return x[torch.arange(batch, device=x.device)[:, None], source]
