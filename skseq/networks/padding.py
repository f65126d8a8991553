"""Padding at the start of sequences: where it is, and how it moves to the end."""

import torch


def observed(x, n_padding):
    """Tell which steps of sequences are not padding.

    Parameters
    ----------
    x : tensor of shape (batch, length, features)
    n_padding : tensor of shape (batch,)

    Returns
    -------
    tensor of bool of shape (batch, length)
    """
    return torch.arange(x.shape[1], device=x.device) >= n_padding[:, None]


def strided(n_padding, length, stride):
    """Count the padding that is left if only every ``stride``-th step is kept.

    Parameters
    ----------
    n_padding : tensor of shape (batch,)
    length : int
        Steps of the sequences.
    stride : int
        The last step is kept, and every ``stride``-th one before it.

    Returns
    -------
    tensor of shape (batch,)
    """
    return (n_padding - length) // stride - -length // stride


def to_end(x, n_padding):
    """Roll each sequence so that its padding comes last.

    A recurrent layer then starts at the first observed row, and sees no padding before
    the states that are read.

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
    x = _roll(x, -n_padding)
    return x * observed(x, n_padding)[:, :, None]


def _roll(x, shift):
    batch, length, _ = x.shape
    step = torch.arange(length, device=x.device)
    source = (step + shift[:, None]) % length  # (batch, length)
    return x[torch.arange(batch, device=x.device)[:, None], source]
