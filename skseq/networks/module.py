"""OwnModule: any torch module as a network."""

from copy import deepcopy

import torch
from torch import nn

from .padding import zero_padding

N_WINDOWS = 3
"""Windows of a trial, of which the one between the others is changed."""


class OwnModule(nn.Module):
    """A module of the user's. What it returns is found out by a trial.

    Parameters
    ----------
    module : nn.Module or callable
        Maps values (batch, length, n_features) to states (batch, length, output_size)
        or (batch, output_size), or to a tuple that begins with them; or makes such a
        module from n_features. Copied.
    length : int
        Steps of the windows.
    n_features : int
    dtype : torch.dtype

    Attributes
    ----------
    causal : bool
        Whether there is a state for each step, which sees nothing after it.
    stride : int or None
        1, or None if there is one state for the whole window.

    Raises
    ------
    TypeError, ValueError
        If the module is none, or can't be used.
    """

    def __init__(self, module, length, n_features, dtype):
        super().__init__()
        self.body = _make(module, n_features).to("cpu", dtype).eval()
        generator = torch.Generator().manual_seed(0)
        shape = N_WINDOWS, length, n_features
        x = torch.randn(shape, generator=generator, dtype=dtype)
        with torch.no_grad():
            states = self._try(x)
            self.output_size = states.shape[-1]
            self.stride = 1 if states.ndim == 3 else None
            self.causal = self._is_causal(x, generator)
        self.body.train()  # even if it was given in evaluation mode

    def forward(self, x, n_padding):
        """Map values (batch, length, features) to states (batch, steps, units)."""
        states = _first(self.body(x))
        if self.stride is None:
            return states.unsqueeze(1)
        return zero_padding(states, n_padding)

    def _try(self, x):
        """Return the states of a first batch, if they are such."""
        try:
            states = _first(self.body(x))
        except Exception as error:  # the user's code, which may raise anything
            raise ValueError(
                f"module can't read values of shape {tuple(x.shape)}, that is (batch, "
                f"length, n_features), and {x.dtype}: {error}"
            ) from error
        if not isinstance(states, torch.Tensor) or not states.is_floating_point():
            got = getattr(states, "dtype", type(states).__name__)
            raise TypeError(
                "module must return a tensor of floating-point states, or a tuple that "
                f"begins with one, got {got}."
            )
        if states.ndim not in (2, 3) or states.shape[:-1] != x.shape[: states.ndim - 1]:
            raise ValueError(
                "module must return states of shape (batch, length, n_units), one for "
                "each step, or (batch, n_units), one for the window. From values of "
                f"shape {tuple(x.shape)} it made {tuple(states.shape)}: transpose them "
                "in its forward, or leave out the output layer, which is skseq's."
            )
        return states

    def _is_causal(self, x, generator):
        """Tell whether states depend on no later step; on other windows, they must not.

        Both are properties of the module, so the weights are changed a little: some,
        such as those of a branch that starts at zero, would hide a dependence.
        """
        body = deepcopy(self.body)
        for p in body.parameters():
            if p.requires_grad:
                noise = torch.randn(p.shape, generator=generator, dtype=p.dtype)
                p += 0.1 * noise
        changed = x.clone()
        changed[1, -1] = torch.randn(x.shape[2], generator=generator, dtype=x.dtype)
        states, others = _first(body(x)), _first(body(changed))
        if not _are_close(states, _first(body(x)), equal_nan=True):
            raise ValueError(
                "module gives other states each time, though in evaluation mode: use "
                "layers of torch.nn.Dropout, or torch.nn.functional.dropout with "
                "training=self.training, and keep nothing of earlier batches."
            )
        if not _are_close(states[::2], others[::2], equal_nan=True):
            raise ValueError(
                "module mixes windows: the states of one depend on others of its "
                "batch, which is the first axis. Set batch_first=True in layers of "
                "torch, or transpose the values in the module's forward."
            )
        return states.ndim == 3 and _are_close(states[1, :-1], others[1, :-1])


def _make(module, n_features):
    """Return a module of its own for a network."""
    if isinstance(module, nn.Module):
        return _copied(module)
    if not callable(module):
        raise TypeError(
            "module must be a torch.nn.Module, or a class or function that makes one "
            f"from the number of variables, got {module!r}."
        )
    try:
        body = module(n_features)
    except TypeError as error:
        raise TypeError(
            f"module can't be called with the number of variables alone: {error}. Give "
            "further arguments by functools.partial."
        ) from error
    if not isinstance(body, nn.Module):
        raise TypeError(
            f"module must make a torch.nn.Module, but from {n_features} variables it "
            f"made {body!r}: give a class such as torch.nn.GRU, or a functools.partial "
            "of it."
        )
    return _copied(body)  # a function may return the same one each time


def _copied(body):
    """Copy a module, which torch.nn.utils.weight_norm, for example, prevents."""
    try:
        return deepcopy(body)
    except RuntimeError as error:
        raise ValueError(
            f"module can't be copied: {error}. Layers of "
            "torch.nn.utils.parametrizations can, such as its weight_norm."
        ) from error


def _first(states):
    """Return states without what else recurrent layers of torch return."""
    return states[0] if isinstance(states, tuple) else states


def _are_close(states, others, equal_nan=False):
    """Tell whether states are equal but for rounding."""
    return torch.allclose(states, others, rtol=1e-5, atol=1e-5, equal_nan=equal_nan)
