"""Many networks of one shape as one: their weights stacked, their values too."""

from contextlib import contextmanager

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from .cells import Cell
from .conv import Conv1D
from .dense import Dense
from .heads import Head
from .inputs import Standardize
from .recurrent import Recurrent
from .wavenet import WaveNet

NETWORKS = (Conv1D, Dense, Recurrent, WaveNet)


def can_stack(module):
    """Tell whether a SequenceModel can be one of a :class:`Stack`.

    What draws random numbers or learns statistics as it goes cannot, nor what is not
    known to be made for :func:`torch.vmap`.
    """
    return (
        isinstance(module.inputs, Standardize)
        and isinstance(module.head, Head)
        and isinstance(module.network, NETWORKS)
        and not any(
            isinstance(part, (Cell, _BatchNorm))
            or (isinstance(part, nn.Dropout) and part.p > 0)
            for part in module.modules()
        )
    )


class Stack(nn.Module):
    """Computes several models, each of its own windows.

    Parameters
    ----------
    groups : list of list of SequenceModel
        Models of one shape, by group. The parameters of a group are one tensor each,
        with the models as the first axis.

    Attributes
    ----------
    groups : nn.ModuleList of nn.ParameterDict
        The stacked parameters, by the names that they have in a model.
    """

    def __init__(self, groups):
        super().__init__()
        self.models = tuple(model for group in groups for model in group)
        self.groups = nn.ModuleList(nn.ParameterDict(_stacked(g)) for g in groups)
        # In a tuple, so that its parameters are not the stack's.
        self._after_inputs = (_AfterInputs(self.models[0]),)

    def forward(self, x):
        """Map windows (models, batch, length, features) to outputs."""
        names = self.groups[0].keys()
        weights = {
            f"model.{name.replace('/', '.')}": torch.cat(
                [group[name] for group in self.groups]
            )
            if len(self.groups) > 1
            else self.groups[0][name]
            for name in names
        }
        inputs = [model.inputs(v) for model, v in zip(self.models, x, strict=True)]
        values, known, n_padding = zip(*inputs, strict=True)
        values = torch.stack(values)
        known = None if known[0] is None else torch.stack(known)
        if any(n is not None for n in n_padding):
            none = torch.zeros(x.shape[1], dtype=torch.long, device=x.device)
            n_padding = torch.stack([none if n is None else n for n in n_padding])
        else:
            n_padding = None
        axes = [None if argument is None else 0 for argument in (known, n_padding)]
        with _stackable(self.models[0]):
            return torch.vmap(self._compute, in_dims=(0, 0, *axes))(
                weights, values, known, n_padding
            )

    def _compute(self, weights, *arguments):
        return functional_call(*self._after_inputs, weights, arguments)

    @torch.no_grad()
    def unstack(self):
        """Give the models the parameters that the stack has learned."""
        position = 0
        for group in self.groups:
            stacked = {n.replace("/", "."): value for n, value in group.items()}
            for i in range(len(next(iter(stacked.values())))):
                for name, parameter in self.models[position].named_parameters():
                    parameter.copy_(stacked[name][i])
                position += 1


class _AfterInputs(nn.Module):
    """A model without its input stage, and with recurrences that can be stacked."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, values, known, n_padding):
        return self.model.after_inputs(values, known, n_padding)


@contextmanager
def _stackable(model):
    recurrent = [part for part in model.modules() if isinstance(part, Recurrent)]
    for part in recurrent:
        part.stacked = True
    try:
        yield
    finally:
        for part in recurrent:
            part.stacked = False


def _stacked(models):
    """Stack the parameters of models; "/" stands for the "." of their names."""
    parameters = [dict(model.named_parameters()) for model in models]
    return {
        name.replace(".", "/"): nn.Parameter(
            torch.stack([values[name].detach() for values in parameters])
        )
        for name in parameters[0]
    }
