"""Many networks of one shape as one, with stacked weights and values."""

from copy import deepcopy
from itertools import compress

import torch
from torch import nn
from torch.nn import functional as F

from .conv import Conv1D
from .decoder import LabelDecoder, NumberDecoder
from .dense import Dense
from .dropout import drawing
from .heads import Head
from .inputs import Embed, Standardize
from .normalization import EPS
from .recurrent import Recurrent, is_single
from .stacked_cells import StackedGRUCell, StackedLSTMCell, StackedRNNCell
from .tracing import is_watched
from .wavenet import WaveNet

NETWORKS = (Conv1D, Dense, Recurrent, WaveNet)
HEADS = (Head, LabelDecoder, NumberDecoder)


class StackedLinear(nn.Module):
    """Linear layers of several models.

    Parameters
    ----------
    layer : nn.Linear
        With weights (models, n_outputs, n_inputs) and biases (models, n_outputs).
    """

    def __init__(self, layer):
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x):
        """Map the windows of all models, (batch, ..., n_inputs)."""
        rows = _rows(x, self.weight)
        if self.bias is None:
            rows = rows @ self.weight.mT
        else:
            rows = torch.baddbmm(self.bias.unsqueeze(1), rows, self.weight.mT)
        return rows.view(*x.shape[:-1], -1)


class StackedLayerNorm(StackedLinear):
    """Layer normalisations of several models, of weights and biases (models, n)."""

    def forward(self, x):
        """Normalise the windows of all models, (batch, ..., n)."""
        rows = F.layer_norm(_rows(x, self.weight), x.shape[-1:], eps=EPS)
        gain, bias = self.weight.unsqueeze(1), self.bias.unsqueeze(1)
        return torch.addcmul(bias, rows, gain).view_as(x)


class StackedEmbedding(nn.Module):
    """Tables of several models, whose row 0 is always zero.

    Parameters
    ----------
    layer : nn.Embedding
        With weights (models, n_rows, n_features).
    """

    def __init__(self, layer):
        super().__init__()
        self.weight = layer.weight

    def forward(self, rows):
        """Look up rows (models, batch, length) in one table below the other."""
        first = torch.arange(len(rows))[:, None, None] * self.weight.shape[1]
        rows = torch.where(rows > 0, rows + first, 0)
        return F.embedding(rows, self.weight.flatten(0, 1), padding_idx=0)


def _rows(x, weight):
    """Reshape values (batch, ..., n) to (models, rows, n)."""
    return x.reshape(len(weight), -1, x.shape[-1])


STACKED = {
    nn.Linear: StackedLinear,
    nn.LayerNorm: StackedLayerNorm,
    nn.Embedding: StackedEmbedding,
    nn.RNNCell: StackedRNNCell,
    nn.LSTMCell: StackedLSTMCell,
    nn.GRUCell: StackedGRUCell,
}
"""Layers that are replaced by one of several models."""

PLAIN = nn.GELU, nn.Identity, nn.ModuleList, nn.ReLU, nn.Sequential, nn.Tanh
"""Parts without weights, to which all windows are alike."""


def can_stack(module):
    """Tell whether a SequenceModel can be one of a :class:`Stack`.

    A network with hooks, or with weights that are not learned or that layers share,
    cannot, nor one with a part from elsewhere, which may use its weights, or mix its
    windows, in ways that are not known here, or draw random numbers.
    """
    named = list(module.named_parameters(remove_duplicate=False))
    return (
        type(module.inputs) in (Standardize, Embed)
        and type(module.head) in HEADS
        and type(module.network) in NETWORKS
        and all(parameter.requires_grad for _, parameter in named)
        and len(named) == len(list(module.parameters()))
        and not any(map(is_watched, module.modules()))
        and all(map(_is_known, module.modules()))
    )


def _is_known(part):
    kind = type(part)
    if kind is nn.LayerNorm and (part.bias is None or part.eps != EPS):
        return False
    is_ours = kind.__module__.startswith(f"{__package__}.")
    return is_ours or kind in (*STACKED, *PLAIN) or is_single(part)


def stacked(models):
    """Return a module that computes what each of several does, for all their windows.

    Parameters
    ----------
    models : list of nn.Module
        Of one shape, with layers that can be stacked.

    Returns
    -------
    nn.Module
        It maps the windows of all models, as many for each, model by model.
    """
    model = deepcopy(models[0])
    states = [model.state_dict() for model in models]
    for name, value in model.state_dict(keep_vars=True).items():
        rows = torch.stack([state[name] for state in states])
        learned = isinstance(value, nn.Parameter)
        _replace(model, name, nn.Parameter(rows) if learned else rows)
    for name, part in list(model.named_modules()):
        if type(part) in STACKED:
            _replace(model, name, STACKED[type(part)](part))
    return model


def _replace(module, name, part):
    """Replace a part of a module, a parameter or a buffer, by its name."""
    owner, _, name = name.rpartition(".")
    setattr(module.get_submodule(owner), name, part)


class Stack(nn.Module):
    """Computes several models, each on its own windows.

    Parameters
    ----------
    groups : list of list of SequenceModel
        Models of one shape, by group.
    random_states : list of tensor
        States of the generators from which the models draw dropout masks.

    Attributes
    ----------
    weights : dict of str to nn.Parameter
        The stacked parameters, by their names in a model.
    statistics : dict of str to tensor
        The stacked moments of the inputs, statistics of batch normalisations, and
        counts of gradient steps.
    groups : list of list of nn.Parameter
        Their rows for each group, in the same memory, which an optimizer updates.
    sizes : list of int
        Number of models in each group.
    """

    def __init__(self, groups, random_states):
        super().__init__()
        self.generators = [torch.Generator().set_state(s) for s in random_states]
        self.models = tuple(model for group in groups for model in group)
        self.sizes = [len(group) for group in groups]
        self.stacked = stacked(self.models)
        self.weights = dict(self.stacked.named_parameters())
        self.statistics = dict(self.stacked.named_buffers())
        self.groups = [[nn.Parameter(v) for v in g] for g in self._split(self.weights)]

    def forward(self, x, sizes, targets=None):
        """Map windows to outputs.

        Parameters
        ----------
        x : tensor of shape (models, batch, length, features)
        sizes : tensor of shape (models,)
            Number of windows of each model; further ones are repeats that fill the
            batch.
        targets : tensor of shape (models, batch, ...), default=None
            True outputs for decoders, in training.
        """
        arguments = (
            None if argument is None else argument.flatten(0, 1)
            for argument in (*self.stacked.shortened(x), targets)
        )
        with drawing(self.generators, sizes):
            outputs = self.stacked.after_inputs(*arguments)
        outputs = self.stacked.lengthened(outputs, x.shape[2])
        return outputs.unflatten(0, x.shape[:2])

    def views(self):
        """Yield a copy of each model with the stack's parameters and buffers.

        They are in the same memory, so what a model learns about its inputs, the stack
        knows too.
        """
        values = self.weights | self.statistics
        for i, model in enumerate(self.models):
            view = deepcopy(model)
            for name, value in view.state_dict(keep_vars=True).items():
                value.data = values[name].data[i]
            yield view

    @torch.no_grad()
    def unstack(self, some=None):
        """Give the models, or some of them, what the stack has learned.

        Parameters
        ----------
        some : sequence of bool, one for each model, default=None
        """
        values = self.weights | self.statistics
        learned = zip(*(v.unbind() for v in values.values()), strict=True)
        pairs = zip(self.models, learned, strict=True)
        for model, row in pairs if some is None else compress(pairs, some):
            own = model.state_dict()
            torch._foreach_copy_([own[name] for name in values], list(row))

    def keep(self, kept, optimizer):
        """Keep only some of the models.

        Parameters
        ----------
        kept : ndarray of bool of shape (models,)
        optimizer : torch.optim.Optimizer
            Optimizer of the parameters; its state for the other models is dropped too.
        """
        self.models = tuple(compress(self.models, kept))
        self.generators = list(compress(self.generators, kept))
        for values in (*self.weights.values(), *self.statistics.values()):
            values.data = values.data[kept]
        parts = torch.from_numpy(kept).split(self.sizes)
        self.sizes = [int(part.sum()) for part in parts]
        views = self._split(self.weights)
        for group, part, values in zip(self.groups, parts, views, strict=True):
            for parameter, value in zip(group, values, strict=True):
                state = optimizer.state[parameter]
                for name, known in state.items():
                    if known.shape == parameter.shape:
                        state[name] = known[part]
                parameter.data = value

    def give_gradients(self, gradients):
        """Pass the gradients of the weights, by name, to the groups."""
        for weight in self.weights.values():
            weight.grad = None
        for group, values in zip(self.groups, self._split(gradients), strict=True):
            for parameter, value in zip(group, values, strict=True):
                parameter.grad = value

    def _split(self, tensors):
        """Split tensors of all models, by name, into a list for each group."""
        parts = (tensor.detach().split(self.sizes) for tensor in tensors.values())
        return list(zip(*parts, strict=True))
