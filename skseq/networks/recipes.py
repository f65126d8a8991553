"""The time steps of recurrent cells, forward and backward, with torch on any device.

Recipes for a pass by hand (see :mod:`by_hand`), over values ([models,] batch, units) at
each step. Gates are in torch's order. In the backward passes, ``slope`` is the
derivative of the state, or of the LSTM's memory, with respect to each gate's sum.
``plain`` computes the states by operations that torch can record, without a backward
pass by hand.
:mod:`compiled.recipes` computes the same on a CPU with numba.
"""

import torch

from .by_hand import gradient_like

BLOCK = 2**18
"""Values of gates that a backward pass handles at once; more exceed the cache."""


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
"""A sum of this size makes a gate exactly 0 or 1."""


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

    plain = forward

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

    def plain(self):
        h = c = torch.zeros_like(self._split(self.x[0])[0])
        states = []
        for x in self.x:
            i, f, g, o = self._split(self.product.forward(h, x))
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            n = c if self.memory is None else self.memory.forward(c, self.bias)
            h = o.sigmoid() * n.tanh()
            states.append(h)
        return torch.stack(states)

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
        return *gradients, d_bias, self.memory.gradient()

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

    def plain(self):
        h = torch.zeros_like(self.x[0].chunk(3, dim=-1)[0])
        states = []
        for x in self.x:
            x_r, x_z, x_n = x.chunk(3, dim=-1)
            y_r, y_z, y_n = self.product.forward(h, self.bias).chunk(3, dim=-1)
            r, z = (x_r + y_r).sigmoid(), (x_z + y_z).sigmoid()
            h = torch.lerp((x_n + r * y_n).tanh(), h, z)
            states.append(h)
        return torch.stack(states)

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
        return d_x, *self.product.gradients(), d_bias


RECIPES = {"RNN": _RNN, "LSTM": _LSTM, "GRU": _GRU}
