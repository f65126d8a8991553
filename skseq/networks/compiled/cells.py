"""The time steps of recurrent cells, forward and backward, compiled by numba.

Arrays are (models, steps, windows, units); ``states`` and ``memories`` have a step of
zeros before the first. Gates are in torch's order. ``x`` is what the inputs give to the
gates, see :mod:`projection`, and ``product`` what the states give, see :mod:`products`;
both also hold gradients. That of the states, which comes from outside, has the axes
(models, windows, steps, units), and all steps or only the last ones. A call computes
one part of the models and windows, see :mod:`parts`; ``d_bias`` is (parts, models,
units). ``room`` (arrays, models, windows, units) is zero, and holds what is computed in
one step: loops that make no arrays are compiled in half the time. The arithmetic
contains no Python numbers, which would turn it into float64.
"""

from numba import njit

from .cache import compiled
from .normalization import normalize, normalize_backward
from .options import INLINED, OPTIONS
from .parts import at, in_turn, of
from .products import multiply, multiply_backward
from .projection import project, project_backward
from .tanh import sigmoid, tanh


@compiled
def rnn_forward(part, x, product, room, states, relu):
    """Iterate h = tanh(W h + x)."""
    for m in range(*part.models):
        y, sums = at(room, 0, m, part), at(room, 1, m, part)
        for t in range(x.values.shape[1]):
            multiply(part, m, t, product, states, y)
            of_x = project(part, m, t, x, sums)
            rnn_state(y, of_x, at(states, m, t + 1, part), relu)


@njit(**INLINED)
def rnn_state(y, x, h, relu):
    """Compute a step's h from what the states and the inputs give."""
    zero = h.dtype.type(0)
    for b in range(len(h)):
        if relu:
            for j in range(h.shape[1]):
                h[b, j] = max(y[b, j] + x[b, j], zero)
        else:
            for j in range(h.shape[1]):
                h[b, j] = tanh(y[b, j] + x[b, j])


@compiled
def rnn_backward(part, x, product, room, d_states, states, relu):
    """Differentiate :func:`rnn_forward`."""
    zero = states.dtype.type(0)
    for m in range(*part.models):
        d_h = at(room, 0, m, part)
        for t in range(x.values.shape[1] - 1, -1, -1):
            h, d = at(states, m, t + 1, part), in_turn(x.d_sums, m, t, part)
            _add_step(t - x.values.shape[1], of(d_states, m, part), d_h)
            for b in range(len(d)):
                if relu:
                    for j in range(d.shape[1]):
                        d[b, j] = d_h[b, j] if h[b, j] > zero else zero
                else:
                    for j in range(d.shape[1]):
                        d[b, j] = d_h[b, j] - d_h[b, j] * h[b, j] * h[b, j]
            project_backward(part, m, t, x, d)
            if product.norm.kind:  # else they are the same array
                copy(d, in_turn(product.d_products, m, t, part))
            multiply_backward(part, m, t, product, d_h)


@compiled
def lstm_forward(part, x, product, room, states, gates, memories, outs, memory, bias):
    """Iterate c = f c + i g, h = o tanh(norm(c) + bias)."""
    for m in range(*part.models):
        y, sums = at(room, 0, m, part), at(room, 1, m, part)
        for t in range(x.values.shape[1]):
            multiply(part, m, t, product, states, y)
            of_x = project(part, m, t, x, sums)
            gate, c = at(gates, m, t, part), at(memories, m, t + 1, part)
            lstm_memory(y, of_x, at(memories, m, t, part), gate, c)
            out = at(outs, m, t, part)
            copy(c, out)
            if memory.kind:
                normalize(part, m, t, memory, out)
            lstm_state(bias[m], gate, out, at(states, m, t + 1, part))


@njit(**INLINED)
def lstm_memory(y, x, before, gate, c):
    """Compute a step's gates and c from the memory before."""
    n = c.shape[1]
    for b in range(len(c)):
        for j in range(2 * n):
            gate[b, j] = sigmoid(y[b, j] + x[b, j])
        for j in range(n):
            k = 2 * n + j
            gate[b, k] = tanh(y[b, k] + x[b, k])
        for j in range(n):
            k = 3 * n + j
            gate[b, k] = sigmoid(y[b, k] + x[b, k])
        for j in range(n):
            kept = gate[b, n + j] * before[b, j]
            c[b, j] = kept + gate[b, j] * gate[b, 2 * n + j]


@njit(**INLINED)
def lstm_state(bias, gate, out, h):
    """Compute h, and out from the normalised memory in it."""
    n = h.shape[1]
    for b in range(len(h)):
        for j in range(n):
            out[b, j] = tanh(out[b, j] + bias[j])
        for j in range(n):
            h[b, j] = gate[b, 3 * n + j] * out[b, j]


@compiled
def lstm_backward(
    part, x, product, room, d_states, gates, memories, outs, memory, d_bias
):
    """Differentiate :func:`lstm_forward`."""
    for m in range(*part.models):
        d_h, d_c = at(room, 0, m, part), at(room, 1, m, part)
        d_out = at(room, 2, m, part)
        for t in range(x.values.shape[1] - 1, -1, -1):
            gate, d = at(gates, m, t, part), in_turn(x.d_sums, m, t, part)
            _add_step(t - x.values.shape[1], of(d_states, m, part), d_h)
            _lstm_state_backward(d_h, gate, at(outs, m, t, part), d, d_out)
            if memory.kind:
                _add_rows(d_out, d_bias[part.index, m])
                normalize_backward(part, m, t, memory, d_out)
            _lstm_memory_backward(d_out, d_c, gate, at(memories, m, t, part), d)
            project_backward(part, m, t, x, d)
            if product.norm.kind:  # else they are the same array
                copy(d, in_turn(product.d_products, m, t, part))
            multiply_backward(part, m, t, product, d_h)


@njit(**INLINED)
def _lstm_state_backward(d_h, gate, out, d, d_out):
    n = d_h.shape[1]
    for b in range(len(d)):
        for j in range(n):
            o = gate[b, 3 * n + j]
            d[b, 3 * n + j] = d_h[b, j] * out[b, j] * (o - o * o)
        for j in range(n):
            d_tanh = d_h[b, j] * gate[b, 3 * n + j]
            d_out[b, j] = d_tanh - d_tanh * out[b, j] * out[b, j]


@njit(**INLINED)
def _lstm_memory_backward(d_out, d_c, gate, before, d):
    n = d_c.shape[1]
    for b in range(len(d)):
        for j in range(n):
            d_c[b, j] += d_out[b, j]
        for j in range(n):
            i, g = gate[b, j], gate[b, 2 * n + j]
            d[b, j] = d_c[b, j] * g * (i - i * i)
        for j in range(n):
            d_g, g = d_c[b, j] * gate[b, j], gate[b, 2 * n + j]
            d[b, 2 * n + j] = d_g - d_g * g * g
        for j in range(n):
            f = gate[b, n + j]
            d[b, n + j] = d_c[b, j] * before[b, j] * (f - f * f)
        for j in range(n):
            d_c[b, j] *= gate[b, n + j]


@compiled
def gru_forward(part, x, product, room, states, gates, products, bias):
    """Iterate n = tanh(x + r (W h + bias)), h = (1 - z) n + z h."""
    for m in range(*part.models):
        y, sums = at(room, 0, m, part), at(room, 1, m, part)
        for t in range(x.values.shape[1]):
            multiply(part, m, t, product, states, y)
            of_x = project(part, m, t, x, sums)
            gate, inside = at(gates, m, t, part), at(products, m, t, part)
            before, h = at(states, m, t, part), at(states, m, t + 1, part)
            gru_state(y, of_x, bias[m], gate, inside, before, h)


@njit(**INLINED)
def gru_state(y, x, bias, gate, inside, before, h):
    """Compute a step's gates and h, and what is inside the reset gate."""
    n = h.shape[1]
    for b in range(len(h)):
        for j in range(2 * n):
            gate[b, j] = sigmoid(x[b, j] + y[b, j] + bias[j])
        for j in range(n):
            inside[b, j] = y[b, 2 * n + j] + bias[2 * n + j]
        # Not yet to the gates: a loop that also reads them is not vectorised.
        for j in range(n):
            y[b, j] = x[b, 2 * n + j] + gate[b, j] * inside[b, j]
        for j in range(n):
            gate[b, 2 * n + j] = tanh(y[b, j])
        for j in range(n):
            new = gate[b, 2 * n + j]
            h[b, j] = new + gate[b, n + j] * (before[b, j] - new)


@compiled
def gru_backward(part, x, product, room, d_states, states, gates, products, d_bias):
    """Differentiate :func:`gru_forward`."""
    for m in range(*part.models):
        d_h, d_before = at(room, 0, m, part), at(room, 1, m, part)
        for t in range(x.values.shape[1] - 1, -1, -1):
            d = in_turn(x.d_sums, m, t, part)
            d_y = in_turn(product.d_products, m, t, part)
            gate, inside = at(gates, m, t, part), at(products, m, t, part)
            before = at(states, m, t, part)
            _add_step(t - x.values.shape[1], of(d_states, m, part), d_h)
            _gru_state_backward(d_h, gate, inside, before, d, d_y, d_before)
            project_backward(part, m, t, x, d)
            _add_rows(d_y, d_bias[part.index, m])
            multiply_backward(part, m, t, product, d_h)
            for b in range(len(d_h)):
                for j in range(d_h.shape[1]):
                    d_h[b, j] += d_before[b, j]


@njit(**INLINED)
def _gru_state_backward(d_h, gate, inside, before, d, d_y, d_before):
    n = d_h.shape[1]
    for b in range(len(d)):
        d_new = d_before[b]  # until the end
        for j in range(n):
            z, new = gate[b, n + j], gate[b, 2 * n + j]
            d[b, n + j] = d_h[b, j] * (before[b, j] - new) * (z - z * z)
        for j in range(n):
            new = gate[b, 2 * n + j]
            rest = d_h[b, j] - d_h[b, j] * gate[b, n + j]
            d_new[j] = rest - rest * new * new
        for j in range(n):
            r = gate[b, j]
            d[b, j] = d_new[j] * inside[b, j] * (r - r * r)
            d[b, 2 * n + j] = d_new[j]
        for j in range(2 * n):
            d_y[b, j] = d[b, j]
        for j in range(n):
            d_y[b, 2 * n + j] = d_new[j] * gate[b, j]
        for j in range(n):
            d_before[b, j] = d_h[b, j] * gate[b, n + j]


@njit(**OPTIONS)
def _add_step(t, d_states, d_h):
    """Add the gradient from outside, if there is one for this step (-1 is the last)."""
    t += d_states.shape[1]
    if t < 0:
        return
    for b in range(len(d_h)):
        for j in range(d_h.shape[1]):
            d_h[b, j] += d_states[b, t, j]


@njit(**OPTIONS)
def _add_rows(rows, total):
    for b in range(len(rows)):
        for j in range(len(total)):
            total[j] += rows[b, j]


@njit(**OPTIONS)
def copy(rows, out):
    """Write rows to out: ``out[:] = rows`` takes seconds longer to compile."""
    for b in range(len(rows)):
        for j in range(rows.shape[1]):
            out[b, j] = rows[b, j]
