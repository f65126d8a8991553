"""Recurrent cells with what torch's lack: normalisation, and dropout of the state."""

import warnings
from functools import cache, partial
from importlib.util import find_spec

import torch
from torch import nn

from .by_hand import by_hand, gradient_like, in_full_precision
from .dropout import draw_mask
from .normalization import NORMALIZATIONS, Product
from .projection import Projected

USE_NUMBA = find_spec("numba") is not None
"""Whether the time steps are compiled where they can be."""

COMPILED_TYPES = (torch.float32, torch.float64)


class Cell(nn.Module):
    """A recurrent layer with dropout of the state and normalisation inside the cell.

    Without either it computes what torch's layer does, with weights of the names,
    shapes and order of gates of ``nn.LSTMCell`` and its like.

    Dropout multiplies the state that enters the recurrent product by one mask a
    sequence, the same at all steps, as in [1]_. What a gated cell carries on past that
    product is not dropped, so that memory lasts.

    Normalisation is applied apart to the product with the input and to that with the
    state, and in the LSTM to the memory on its way to the state: over the units as in
    [2]_, or over the windows of a batch, each step by itself, as in [3]_. The biases
    come after it; layer normalisation has another one of the input before it.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    n_features, hidden_size : int
    length : int
        Steps whose statistics batch normalisation keeps.
    activation : {"tanh", "relu"}
        Of the simple RNN.
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
        n_units = LOOPS[kind].n_gates * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(n_units, n_features))
        self.weight_hh = nn.Parameter(torch.empty(n_units, hidden_size))
        # Batch normalisation would take it out again.
        has_bias = normalization != "batch"
        self.bias_ih = nn.Parameter(torch.zeros(n_units)) if has_bias else None
        self.bias_hh = nn.Parameter(torch.zeros(n_units))
        norm = NORMALIZATIONS[normalization]
        self.norm_input = norm and norm(n_units, length)
        self.norm_state = norm and norm(n_units, length)
        self.norm_memory = None
        if norm and kind == "LSTM":
            self.norm_memory = norm(hidden_size, length)
            self.bias_memory = nn.Parameter(torch.zeros(hidden_size))

    @in_full_precision
    def forward(self, x, n_padding=None):
        """Map values (batch, length, features) to states (batch, length, hidden).

        Parameters
        ----------
        x : tensor of shape (batch, length, n_features)
        n_padding : tensor of shape (batch,), default=None
            Rows of padding that each window *ends* with. They have no effect on other
            rows, and their states mean nothing.
        """
        share = self.norm_input and self.norm_input.share(x, n_padding)
        x = x.transpose(0, 1)  # (length, batch, features)
        bias_hh = self.bias_hh
        # The GRU's is inside the reset gate.
        after = torch.zeros_like(bias_hh) if self.kind == "GRU" else bias_hh
        norm = self.norm_state and self.norm_state.begin(share)
        mask = self._draw_mask(x)
        project = ()
        if self.norm_input is None:
            project = self.weight_ih, self.bias_ih + after
        else:
            weights = self.weight_ih, self.bias_ih
            x = self.norm_input.project(*weights, x.contiguous(), share, after)
        states = self._run(x, project, norm, mask, share)
        if norm is not None:
            self.norm_state.learn(norm)
        return states.transpose(0, 1)

    def _run(self, x, project, norm, mask, share):
        """Iterate over the steps of x, inputs to project or their products."""
        tensors = (self.weight_hh, *(norm.tensors if norm else ()))
        memory = self.norm_memory and self.norm_memory.begin(share)
        if memory is None:
            options = {"norm": norm, "mask": mask, "activation": self.activation}
            tensors = self.bias_hh, *tensors
            return steps(self.kind, x, *tensors, project=project, **options)

        def lstm(x, weight, gain, bias, gain_memory, mask):
            product = Product(weight, mask, norm.scaled_by(gain))
            return recipe("LSTM", x, product, memory.scaled_by(gain_memory), bias)

        tensors = *tensors, self.bias_memory, *memory.tensors
        states = by_hand(lstm, x, *tensors, mask)
        self.norm_memory.learn(memory)
        return states

    def _draw_mask(self, x):
        """Mask of the state for the whole sequence, (batch, hidden_size), or None."""
        if not self.training or not self.recurrent_dropout:
            return None
        return draw_mask(x, (x.shape[1], self.hidden_size), self.recurrent_dropout)


def steps(
    kind,
    x,
    bias,
    *tensors,
    project=(),
    n_padding=None,
    mask=None,
    norm=None,
    activation=None,
):
    """Iterate a plain cell.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    x : tensor of shape (length, batch, n_features) or (length, batch, n_units)
        The inputs, or their products with the weights, biases included.
    bias : tensor of shape (n_units,)
        Of the GRU, inside the reset gate.
    *tensors : tensor
        The weights (n_units, hidden), and what ``norm`` computes with.
    project : tuple of tensor
        Weights and bias of the inputs; none where x is their products.
    n_padding : tensor of shape (batch,) or None
        Rows of padding that each window starts with, whose states are zero. Only with
        ``project``.
    mask : tensor of shape (batch, hidden) or None
        Multiplies the state on its way to the next step.
    norm : object or None
        The pass that a normalisation of the products with the state began.
    activation : {"tanh", "relu"}
        Of the RNN.

    Returns
    -------
    tensor of shape (length, batch, hidden)
    """
    options = [activation] if kind == "RNN" else []
    if kind == "GRU":
        tensors = bias, *tensors

    def make(x, *tensors):
        *others, mask = tensors
        inner_bias = [others.pop(0)] if kind == "GRU" else []
        weight, *gain = others
        product = Product(weight, mask, norm and norm.scaled_by(*gain))
        return recipe(kind, x, product, *inner_bias, *options)

    if project:
        make = partial(Projected, make, LOOPS[kind].at_rest)
        project = n_padding, *project
    return by_hand(make, x, *project, *tensors, mask)


def compiles(x):
    """Whether numba compiles the time steps of values like x."""
    if not USE_NUMBA or x.device.type != "cpu" or x.dtype not in COMPILED_TYPES:
        return False
    return _compiled_loops() is not None


def recipe(kind, x, *arguments):
    """Make the recipe of a cell over x ([models,] length, batch, n_units)."""
    if compiles(x):
        return _compiled_loops()[kind](x, *arguments)
    if x.ndim == 4:
        return _OfModels(LOOPS[kind], x, *arguments)
    return LOOPS[kind](x, *arguments)


@cache
def _compiled_loops():
    try:
        from .compiled import LOOPS
    except ImportError as error:  # such as for a numpy too new
        warnings.warn(
            f"numba is installed, but can't be imported ({error}): time steps are not "
            "compiled, which takes longer. Reinstall it: pip install 'skseq[fast]'.",
            stacklevel=2,
        )
        return None
    return LOOPS


class _OfModels:
    """A recipe for several models, whose axis is the first only outside of it."""

    def __init__(self, make, x, *arguments):
        self.recipe = make(x.transpose(0, 1), *arguments)

    def forward(self):
        return self.recipe.forward().transpose(0, 1)

    def backward(self, d_states):
        d_x, *others = self.recipe.backward(d_states.transpose(0, 1))
        return d_x.transpose(0, 1), *others


# The time steps of one pass, of values ([models,] batch, units). Gates are in torch's
# order. In the backward passes, ``slope`` is the derivative of the state, or of the
# LSTM's memory, by each gate's sum.


BLOCK = 2**18
"""Values of gates that a backward pass goes through at once; more miss the cache."""


def _blocks(gates):
    """Return slices of steps, the last first."""
    length = len(gates)
    size = max(1, BLOCK // gates[0].numel())
    return [slice(max(0, stop - size), stop) for stop in range(length, 0, -size)]


def _backwards(block, *tensors):
    """Return the number and the tensors of each step, the last step first."""
    steps = zip(*(tensor.unbind(0) for tensor in tensors), strict=True)
    return reversed(list(enumerate(steps, start=block.start)))


SHUT = 1000.0
"""Beyond it a gate is 0 or 1 without rest."""


class _RNN:
    n_gates = 1
    at_rest = (0.0,)

    def __init__(self, x, product, activation):
        self.x, self.product, self.activation = x, product, activation

    def forward(self):
        """Iterate h = tanh(W h + x)."""
        activation = getattr(torch, self.activation)
        h = torch.zeros_like(self.x[0])
        self.states = []
        for x in self.x:
            h = activation(self.product.forward(h, x))
            self.states.append(h)
        return torch.stack(self.states)

    def backward(self, d_states):
        d_x = gradient_like(self.x)
        d_h = torch.zeros_like(d_x[0])
        self.product.begin_backward()
        for block in _blocks(d_x):
            h = torch.stack(self.states[block])
            slope = 1 - h**2 if self.activation == "tanh" else h.sign()
            steps = _backwards(block, d_states[block], slope, d_x[block])
            for t, (d_state, slope, d) in steps:
                torch.mul(d_state + d_h, slope, out=d)
                d_h = self.product.backward(t, d)
            self.product.add_up(block)
        return d_x, *self.product.gradients()


class _LSTM:
    n_gates = 4
    at_rest = (-SHUT, 0.0, 0.0, 0.0)

    def __init__(self, x, product, memory=None, bias=None):
        self.x, self.product, self.memory = x, product, memory
        self.bias = None if bias is None else bias.unsqueeze(-2)

    def forward(self):
        """Iterate c = f c + i g, h = o tanh(c)."""
        self.gates = torch.empty_like(self.x)
        i, f, g, o = gates = self._split(self.gates)
        self.memories, self.outs, states = (torch.empty_like(i) for _ in range(3))
        h = c = torch.zeros_like(i[0])
        sums_g = slice(2 * h.shape[-1], 3 * h.shape[-1])
        steps = zip(
            self.x, self.gates, *gates, self.memories, self.outs, states, strict=True
        )
        for x, gates, i, f, g, o, memory, out, state in steps:
            y = self.product.forward(h, x)
            torch.sigmoid(y, out=gates)
            torch.tanh(y[..., sums_g], out=g)
            c = torch.addcmul(f * c, i, g, out=memory)
            n = c if self.memory is None else self.memory.forward(c, self.bias)
            torch.tanh(n, out=out)
            h = torch.mul(o, out, out=state)
        return states

    def backward(self, d_states):
        d_x = gradient_like(self.gates)
        d_h = d_c = f_after = torch.zeros_like(self.outs[0])
        d_bias = 0.0
        self.product.begin_backward()
        if self.memory is not None:
            self.memory.begin_backward()
        for block in _blocks(d_x):
            gates, outs = self.gates[block], self.outs[block]
            i, f, g, o = self._split(gates)
            slope = torch.addcmul(gates, gates, gates, value=-1).unflatten(-1, (4, -1))
            slope[..., 0, :] *= g
            if block.start:
                slope[..., 1, :] *= self.memories[block.start - 1 : block.stop - 1]
            else:
                slope[1:, ..., 1, :] *= self.memories[: block.stop - 1]
                slope[0, ..., 1, :] = 0
            slope[..., 2, :] = i - i * g**2
            slope[..., 3, :] *= outs
            slope_out = o - o * outs**2
            d_gates, d_outs = d_x[block].unflatten(-1, (4, -1)), torch.empty_like(outs)
            slopes = slope[..., :3, :], slope[..., 3, :], slope_out
            buffers = d_gates[..., :3, :], d_gates[..., 3, :], d_x[block], d_outs
            for t, step in _backwards(block, d_states[block], f, *slopes, *buffers):
                d_state, f, slope_ifg, slope_o, slope_out, d_ifg, d_o, d, d_out = step
                d_h = d_state + d_h
                torch.mul(d_h, slope_out, out=d_out)
                torch.mul(d_h, slope_o, out=d_o)
                if self.memory is not None:
                    d_out = self.memory.backward(t, d_out)
                d_c = torch.addcmul(d_out, d_c, f_after)
                f_after = f
                torch.mul(d_c.unsqueeze(-2), slope_ifg, out=d_ifg)
                d_h = self.product.backward(t, d)
            self.product.add_up(block)
            if self.memory is not None:
                self.memory.add_up(block)
                d_bias = d_bias + d_outs.sum((0, -2))
        gradients = d_x, *self.product.gradients()
        if self.memory is None:
            return gradients
        return *gradients, d_bias, *self.memory.gradients()

    @staticmethod
    def _split(gates):
        return gates.chunk(4, dim=-1)  # i, f, g, o


class _GRU:
    n_gates = 3
    at_rest = (0.0, SHUT, 0.0)

    def __init__(self, x, product, bias):
        self.x, self.product, self.bias = x, product, bias.unsqueeze(-2)

    def forward(self):
        """Iterate n = tanh(x + r (W h + b)), h = (1 - z) n + z h."""
        self.gates = torch.empty_like(self.x)
        gates = self.gates.chunk(3, dim=-1)  # r, z, n
        h = torch.zeros_like(gates[0][0])
        rz, last = slice(0, 2 * h.shape[-1]), slice(2 * h.shape[-1], None)
        self.states, self.products = [h], []
        sums = self.x[..., rz], self.x[..., last]
        steps = zip(*sums, self.gates[..., rz], *gates, strict=True)
        for x_rz, x_n, gates_rz, r, z, n in steps:
            y = self.product.forward(h, self.bias)
            torch.sigmoid(x_rz + y[..., rz], out=gates_rz)
            y = y[..., last]
            torch.addcmul(x_n, r, y, out=n).tanh_()
            h = torch.lerp(n, h, z)
            self.products.append(y)
            self.states.append(h)
        return torch.stack(self.states[1:])

    def backward(self, d_states):
        d_x = gradient_like(self.gates)
        d_h = torch.zeros_like(self.states[0])
        d_bias = 0.0
        self.product.begin_backward()
        for block in _blocks(d_x):
            gates, y = self.gates[block], torch.stack(self.products[block])
            r, z, n = gates.chunk(3, dim=-1)
            slope = torch.addcmul(gates, gates, gates, value=-1).unflatten(-1, (3, -1))
            slope_n = (1 - z) * (1 - n**2)
            slope[..., 0, :] *= slope_n * y
            slope[..., 1, :] *= torch.stack(self.states[block]) - n
            slope[..., 2, :] = slope_n * r
            d_y, d_hs = d_x[block].unflatten(-1, (3, -1)), torch.empty_like(y)
            buffers = d_y, d_hs, d_x[block]
            for t, step in _backwards(block, d_states[block], z, slope, *buffers):
                d_state, z, slope, d, d_total, d_flat = step
                torch.add(d_state, d_h, out=d_total)
                torch.mul(d_total.unsqueeze(-2), slope, out=d)
                d_h = torch.addcmul(self.product.backward(t, d_flat), d_total, z)
            d_bias = d_bias + d_x[block].sum((0, -2))
            self.product.add_up(block)
            # Of x, which the reset gate does not multiply.
            torch.mul(d_hs, slope_n, out=d_y[..., 2, :])
        return d_x, d_bias, *self.product.gradients()


LOOPS = {"RNN": _RNN, "LSTM": _LSTM, "GRU": _GRU}
