"""One step of torch's recurrent cells, for several models."""

import torch
from torch import nn

from .layout import of_models


class _StackedCell(nn.Module):
    """Cells of several models.

    Parameters
    ----------
    cell : nn.RNNCell, nn.LSTMCell or nn.GRUCell
        With weights (models, n_units, n_inputs) and biases (models, n_units).
    """

    def __init__(self, cell):
        super().__init__()
        for name, parameter in cell.named_parameters():
            self.register_parameter(name, parameter)

    def _add(self, to, values, weight):
        """Add products of values (batch, n_inputs), to (models, [batch,] n_units)."""
        to = to.unsqueeze(1) if to.ndim == 2 else to
        return torch.baddbmm(to, of_models(values, weight), weight.mT)

    def _sum(self, x, h):
        """Add up the products of inputs and states, and the biases."""
        products = self._add(self.bias_ih + self.bias_hh, x, self.weight_ih)
        return self._add(products, h, self.weight_hh)


class StackedRNNCell(_StackedCell):
    """Simple cells of several models."""

    def forward(self, x, h):
        """Map inputs (batch, n_inputs) and states (batch, hidden) to new states."""
        return self._sum(x, h).tanh().flatten(0, 1)


class StackedLSTMCell(_StackedCell):
    """LSTM cells of several models."""

    def forward(self, x, memory):
        """Map inputs, and states and their memories, to new states and memories."""
        h, c = memory
        i, f, g, o = self._sum(x, h).flatten(0, 1).chunk(4, dim=-1)
        c = torch.addcmul(f.sigmoid() * c, i.sigmoid(), g.tanh())
        return o.sigmoid() * c.tanh(), c


class StackedGRUCell(_StackedCell):
    """GRU cells of several models."""

    def forward(self, x, h):
        """Map inputs (batch, n_inputs) and states (batch, hidden) to new states."""
        x = self._add(self.bias_ih, x, self.weight_ih).flatten(0, 1)
        y = self._add(self.bias_hh, h, self.weight_hh).flatten(0, 1)
        sizes = 2 * h.shape[-1], h.shape[-1]
        x_rz, x_n = x.split(sizes, dim=-1)
        y_rz, y_n = y.split(sizes, dim=-1)
        r, z = (x_rz + y_rz).sigmoid().chunk(2, dim=-1)
        return torch.lerp(torch.addcmul(x_n, r, y_n).tanh(), h, z)
