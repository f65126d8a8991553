"""Many networks of one shape as one, with stacked weights and values."""

from contextlib import contextmanager
from itertools import compress

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from .conv import Conv1D
from .dense import Dense
from .dropout import drawing
from .heads import Head
from .inputs import Standardize, stack_stages
from .recurrent import Recurrent
from .wavenet import WaveNet

NETWORKS = (Conv1D, Dense, Recurrent, WaveNet)


def can_stack(module):
    """Tell whether a SequenceModel can be one of a :class:`Stack`.

    A network with batch normalisation cannot, nor one with parts not known to work
    under :func:`torch.vmap`.
    """
    return (
        isinstance(module.inputs, Standardize)
        and isinstance(module.head, Head)
        and isinstance(module.network, NETWORKS)
        and not any(isinstance(part, _BatchNorm) for part in module.modules())
    )


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
    weights : nn.ParameterDict
        The stacked parameters, by their names in a model.
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
        self.weights = nn.ParameterDict(_stacked(self.models))
        self.groups = [[nn.Parameter(v) for v in g] for g in self._split(self.weights)]
        self.inputs = stack_stages([model.inputs for model in self.models])
        # In a tuple, so that its parameters are not registered in the stack.
        self._after_inputs = (_AfterInputs(self.models[0]),)
        self._named = {
            f"model.{name.replace('/', '.')}": w for name, w in self.weights.items()
        }
        parts = self.models[0].modules()
        self._recurrent = tuple(part for part in parts if isinstance(part, Recurrent))

    def forward(self, x, sizes):
        """Map windows to outputs.

        Parameters
        ----------
        x : tensor of shape (models, batch, length, features)
        sizes : tensor of shape (models,)
            Number of windows of each model; further ones are repeats that fill the
            batch.
        """
        values, known, n_padding = self.inputs(x)
        axes = [None if argument is None else 0 for argument in (known, n_padding)]
        with self._recurrent_layers_stacked(), drawing(self.generators, sizes):
            return torch.vmap(self._compute, in_dims=(0, 0, *axes))(
                self._named, values, known, n_padding
            )

    def _compute(self, weights, *arguments):
        return functional_call(
            *self._after_inputs, weights, arguments, tie_weights=False
        )

    @contextmanager
    def _recurrent_layers_stacked(self):
        for part in self._recurrent:
            part.stacked = True
        try:
            yield
        finally:
            for part in self._recurrent:
                part.stacked = False

    def train(self, mode=True):
        """Set the mode of the stack, and of the model that computes all."""
        self._after_inputs[0].train(mode)
        return super().train(mode)

    @torch.no_grad()
    def unstack(self, some=None):
        """Give the models, or some of them, the parameters that the stack has learned.

        Parameters
        ----------
        some : sequence of bool, one for each model, default=None
        """
        learned = zip(*(w.unbind() for w in self.weights.values()), strict=True)
        pairs = zip(self.models, learned, strict=True)
        for model, parameters in pairs if some is None else compress(pairs, some):
            torch._foreach_copy_(list(model.parameters()), list(parameters))

    def keep(self, kept, optimizer):
        """Keep only some of the models.

        Parameters
        ----------
        kept : ndarray of bool of shape (models,)
        optimizer : torch.optim.Optimizer
            Optimizer of the parameters; its state for the other models is dropped too.
        """
        self.models = tuple(compress(self.models, kept))
        self.inputs = stack_stages([model.inputs for model in self.models])
        self.generators = list(compress(self.generators, kept))
        for weight in self.weights.values():
            weight.data = weight.data[kept]
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


class _AfterInputs(nn.Module):
    """A model without its input stage, with recurrent layers that can be stacked."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, values, known, n_padding):
        return self.model.after_inputs(values, known, n_padding)


def _stacked(models):
    """Stack the parameters of models; "/" replaces the "." in their names."""
    names = [name.replace(".", "/") for name, _ in models[0].named_parameters()]
    values = zip(*(model.parameters() for model in models), strict=True)
    stacked = [nn.Parameter(torch.stack([v.detach() for v in some])) for some in values]
    return zip(names, stacked, strict=True)  # in this order; a dict would be sorted
