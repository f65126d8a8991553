"""Padding at the start of sequences: where it is, and how it moves to the end.

``n_padding`` is the number of padded rows of each, (batch,).
"""

import torch


def observed(x, n_padding):
    """Tell which steps of x, (batch, length, features), are not padding.

    The result has shape (batch, length, 1); it is None if there is no padding.
    """
    if n_padding is None:
        return None
    step = torch.arange(x.shape[1], device=x.device)
    return (step >= n_padding[:, None])[:, :, None]


def zero_padding(x, n_padding):
    """Set the padded rows of x, (batch, length, features), to zero."""
    return x if n_padding is None else x * observed(x, n_padding)


def strided(n_padding, length, stride):
    """Count the padding that is left if only every ``stride``-th step is kept.

    That is the last of ``length`` steps, and every ``stride``-th one before it.
    """
    return (n_padding - length) // stride - -length // stride


def to_end(x, n_padding):
    """Roll each sequence so that its padding comes last.

    A recurrent layer then starts at the first observed row, and sees no padding before
    the states that are read.
    """
    return _roll(x, n_padding)


def to_start(x, n_padding):
    """Undo :func:`to_end`, and set the padded rows to zero."""
    return zero_padding(_roll(x, -n_padding), n_padding)


def _roll(x, shift):
    batch, length, _ = x.shape
    step = torch.arange(length, device=x.device)
    source = (step + shift[:, None]) % length  # (batch, length)
    return x[torch.arange(batch, device=x.device)[:, None], source]
