"""Recurrent cells with normalisation and dropout of the state, which torch lacks."""

import warnings
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec

import torch
from torch import nn

from .by_hand import by_hand
from .dropout import draw_mask
from .layout import of_models, steps_first, windows_first
from .normalization import NORMALIZATIONS
from .precision import in_full_precision
from .products import Product
from .projection import Projected
from .recipes import RECIPES
from .tracing import is_traced

USE_NUMBA = find_spec("numba") is not None
"""Whether the time steps are compiled if possible."""

COMPILED_TYPES = (torch.float32, torch.float64)


class Cell(nn.Module):
    """A recurrent layer with dropout of the state and normalisation inside the cell.

    Without either it computes the same as torch's layer; names, shapes and gate order
    of its weights are those of ``nn.LSTMCell`` and the like.

    Dropout multiplies the state that enters the recurrent product by one mask per
    sequence, the same at all steps, as in [1]_. What a gated cell carries on past that
    product is not dropped, so memory lasts.

    Normalisation is applied separately to the product with the input and to that with
    the state, and in the LSTM to the memory on its way to the state: over the units as
    in [2]_, or over the windows of a batch, separately for each step, as in [3]_.
    Biases are added after it; layer normalisation of the input also has one before.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    n_features, hidden_size : int
    length : int
        Number of steps whose statistics batch normalisation keeps.
    activation : {"tanh", "relu"}
        Activation of the simple RNN.
    recurrent_dropout : float
    normalization : {None, "layer", "batch"}

    References
    ----------
    .. [1] Y. Gal and Z. Ghahramani, "A theoretically grounded application of dropout
       in recurrent neural networks", NeurIPS 2016.
    .. [2] J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", 2016,
       arXiv:1607.06450.
    .. [3] T. Cooijmans et al., "Recurrent batch normalization", ICLR 2017.
    """

    def __init__(
        self,
        kind,
        n_features,
        hidden_size,
        length,
        activation="tanh",
        recurrent_dropout=0.0,
        normalization=None,
    ):
        super().__init__()
        self.kind = kind
        self.hidden_size = hidden_size
        self.activation = activation
        self.recurrent_dropout = recurrent_dropout
        self.normalization = normalization
        n_units = RECIPES[kind].n_gates * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(n_units, n_features))
        self.weight_hh = nn.Parameter(torch.empty(n_units, hidden_size))
        # Batch normalisation would remove a bias again.
        has_bias = normalization != "batch"
        self.bias_ih = nn.Parameter(torch.zeros(n_units)) if has_bias else None
        self.bias_hh = nn.Parameter(torch.zeros(n_units))
        norm = NORMALIZATIONS[normalization]
        self.norm_input = norm and norm(n_units, length)
        self.norm_state = norm and norm(n_units, length)
        self.norm_memory = self.bias_memory = None
        if norm and kind == "LSTM":
            self.norm_memory = norm(hidden_size, length)
            self.bias_memory = nn.Parameter(torch.zeros(hidden_size))

    @in_full_precision
    def forward(self, x, n_padding=None, only_last=False):
        """Map values (batch, length, features) to states (batch, length, hidden).

        Parameters
        ----------
        x : tensor of shape (batch, length, n_features)
        n_padding : tensor of shape (batch,), default=None
            Number of padded rows that each window *ends* with. They do not affect
            other rows, and their states have no meaning.
        only_last : bool, default=False
            Whether states before the last may be missing.
        """
        share = self.norm_input and self.norm_input.share(x, n_padding)
        mask = self._draw_mask(x)
        x = steps_first(x, self.weight_hh)
        after, bias = self.bias_hh, self.bias_memory
        if self.kind == "GRU":  # its bias is inside the reset gate
            after, bias = torch.zeros_like(after), after
        norm = self.norm_state and self.norm_state.begin(share)
        memory = self.norm_memory and self.norm_memory.begin(share)
        project = ()
        if self.norm_input is None:
            project = self.weight_ih, self.bias_ih + after
        else:
            weights = self.weight_ih, self.bias_ih
            x = self.norm_input.project(*weights, x.contiguous(), share, after)
        states = iterate(
            self.kind,
            x,
            self.weight_hh,
            bias,
            project=project,
            mask=mask,
            norm=norm,
            memory=memory,
            activation=self.activation,
            only_last=only_last,
        )
        if norm is not None:
            self.norm_state.learn(norm)
        if memory is not None:
            self.norm_memory.learn(memory)
        return windows_first(states, self.weight_hh)

    def _draw_mask(self, x):
        """Mask of the state for the whole sequence, or None."""
        if not self.training or not self.recurrent_dropout:
            return None
        mask = draw_mask(x, (len(x), self.hidden_size), self.recurrent_dropout)
        return of_models(mask, self.weight_hh)


def iterate(
    kind,
    x,
    weight,
    bias=None,
    *,
    project=(),
    n_padding=None,
    mask=None,
    norm=None,
    memory=None,
    activation=None,
    only_last=False,
):
    """Iterate a cell.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    x : tensor of shape (length, batch, n_features) or (length, batch, n_units)
        The inputs, or their products with the weights, including biases.
    weight : tensor of shape (n_units, hidden)
    bias : tensor or None
        That of the GRU inside the reset gate, (n_units,), or that of the LSTM's
        normalised memory, (hidden,).
    project : tuple of tensor
        Weights and bias of the inputs; empty if x holds their products.
    n_padding : tensor of shape (batch,) or None
        Number of padded rows that each window starts with; their states are zero. Only
        with ``project``.
    mask : tensor of shape (batch, hidden) or None
        Multiplies the state on its way to the next step.
    norm, memory : object or None
        The passes begun by the normalisations of the products with the state, and of
        the LSTM's memory.
    activation : {"tanh", "relu"}
        Activation of the RNN.
    only_last : bool
        Whether states before the last may be missing.

    Returns
    -------
    tensor of shape (length, batch, hidden)
    """

    # The passes hold their gains, which are given for the sake of their gradients.
    def make(x, weight, _gain, bias, _memory_gain):
        own = {"RNN": [activation], "LSTM": [memory, bias], "GRU": [bias]}[kind]
        product = Product(weight, mask, norm)
        return recipe(kind, x, product, *own, only_last=only_last)

    if project:
        make = partial(_projected, make, RECIPES[kind].at_rest)
        project = n_padding, *project
    gain, memory_gain = (one and one.weight for one in (norm, memory))
    return by_hand(make, x, *project, weight, gain, bias, memory_gain)


def compiles(x):
    """Whether the time steps of values like x are compiled by numba."""
    if not USE_NUMBA or x.device.type != "cpu" or x.dtype not in COMPILED_TYPES:
        return False
    if is_traced():
        return False
    return compiled() is not None


def recipe(kind, x, product, *arguments, only_last=False):
    """Make the recipe of a cell over x ([models,] length, batch, n_units).

    With ``only_last``, states before the last may be missing.
    """
    if compiles(product.weight):
        return compiled().RECIPES[kind](x, product, *arguments, only_last=only_last)
    if x.ndim == 4:
        return _OfModels(RECIPES[kind], x, product, *arguments)
    return RECIPES[kind](x, product, *arguments)


def _projected(make, at_rest, x, n_padding, weight, *tensors):
    """Make the recipe of a cell and of its products with the inputs."""
    in_loop = compiles(x) and compiled().adds_up(weight)
    kind = compiled().Projected if in_loop else Projected
    return kind(make, at_rest, x, n_padding, weight, *tensors)


@cache
def compiled():
    """Return :mod:`compiled`, or None if numba can't be imported."""
    try:
        return import_module(".compiled", __package__)
    except ImportError as error:  # such as for a numpy too new
        warnings.warn(
            f"numba is installed, but can't be imported ({error}): time steps are not "
            "compiled, so networks are slower. Reinstall it: pip install "
            "'skseq[fast]'.",
            stacklevel=2,
        )
        return None


class _OfModels:
    """A recipe for several models, whose axis is the first one only outside of it."""

    def __init__(self, make, x, *arguments):
        self.recipe = make(x.transpose(0, 1), *arguments)

    def forward(self):
        return self.recipe.forward().transpose(0, 1)

    def backward(self, d_states):
        d_x, *others = self.recipe.backward(d_states.transpose(0, 1))
        return d_x.transpose(0, 1), *others
