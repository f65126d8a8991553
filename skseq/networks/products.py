"""Products of states and weights, one time step after the other.

The backward pass is written by hand (see :mod:`by_hand`). There, ``d_x`` is the
gradient of ``x``.
"""

import torch


class Product:
    """y = h W' + x, or norm(h W') + x, step by step, with a backward pass by hand.

    Parameters
    ----------
    weight : tensor of shape ([models,] n_units, hidden)
    mask : tensor of shape ([models,] batch, hidden) or None
        Multiplies h.
    norm : object or None
        The pass begun by a normalisation.
    """

    def __init__(self, weight, mask, norm):
        self.weight, self.mask, self.norm = weight, mask, norm
        self.transposed = weight.mT.contiguous()  # a product is faster
        self.add = torch.addmm if weight.ndim == 2 else torch.baddbmm
        self.inputs = []  # what the weights were multiplied by, (batch, hidden) each

    def forward(self, h, x):
        """Take the next step: from h (batch, hidden) and x (batch, n_units) to y."""
        if self.mask is not None:
            h = h * self.mask
        self.inputs.append(h)
        if self.norm is None:
            return self.add(x, h, self.transposed)
        return self.norm.forward(h @ self.transposed, x)

    def begin_backward(self):
        """Prepare for the backward pass."""
        self.d_products, self.d_weight = [], 0.0
        if self.norm is not None:
            self.norm.begin_backward()

    def backward(self, t, d_y):
        """Return the gradient of the h of step t; the last step comes first."""
        if self.norm is not None:
            d_y = self.norm.backward(t, d_y)
        self.d_products.append(d_y)
        d_h = d_y @ self.weight
        return d_h if self.mask is None else d_h * self.mask

    def add_up(self, block):
        """Add the weight's gradient at a slice of steps, after their backward pass."""
        # ([models,] steps and windows, units)
        d_products = torch.stack(self.d_products[::-1], dim=-3).flatten(-3, -2)
        inputs = torch.stack(self.inputs[block], dim=-3).flatten(-3, -2)
        self.d_weight = self.d_weight + d_products.mT @ inputs
        self.d_products = []
        if self.norm is not None:
            self.norm.add_up(block)

    def gradients(self):
        """Gradients of weight and gain, after the backward pass of all steps."""
        return self.d_weight, self.norm and self.norm.gradient()
