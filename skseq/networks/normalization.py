"""Products with weights, normalised, one time step after the other.

Values are laid out feature by feature, (units, batch), so that a product needs no
transposing and each gate is contiguous. A module holds what is learned; a product is
the record of one pass over the steps.

The backward passes are written by hand (see :mod:`by_hand`). There, ``d_x`` is the
gradient of ``x``. Constants are tensors, since torch takes longer over numbers.
"""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

EPS = 1e-5


def multiply(weight, x, bias):
    """W x + b for all steps, of x (length, features, batch)."""
    # Of a product without the expansion, each step's result would be transposed.
    return torch.baddbmm(bias, weight.expand(len(x), -1, -1), x)


class Product:
    """y = W h + x, step by step, with a backward pass by hand.

    Parameters
    ----------
    weight : tensor of shape (n_units, hidden)
    mask : tensor of shape (hidden, batch) or None
        Multiplies h.
    """

    def __init__(self, weight, mask=None):
        self.tensors = (weight,)
        self.weight, self.mask = weight, mask
        self.inputs = []  # what the weights were multiplied by, (hidden, batch) each

    def forward(self, h, x):
        """Take the next step: from h (hidden, batch) and x (n_units, batch) to y."""
        return self._multiply(h if self.mask is None else h * self.mask, x)

    def begin_backward(self):
        """Prepare for the backward pass."""
        self.transposed = self.weight.t().contiguous()  # a product with it is faster
        self.d_weight = torch.zeros_like(self.weight)

    def backward(self, t, d_y):
        """Gradient of the h of step t; the last step comes first."""
        d_h = self._multiply_back(t, d_y)
        return d_h if self.mask is None else d_h * self.mask

    def gradients(self):
        """Gradients of ``tensors``, after the backward pass of all steps."""
        return (self.d_weight,)

    def _multiply(self, h, x):
        self.inputs.append(h)
        return torch.addmm(x, self.weight, h)

    def _multiply_back(self, t, d_y):
        self.d_weight.addmm_(d_y, self.inputs[t].t())
        return self.transposed @ d_y


class LayerNorm(nn.LayerNorm):
    """Products with mean 0 and variance 1 over the units of each window.

    With the mean taken out of the weights beforehand, the variance of W h over units
    is the quadratic form h' Q h with Q = W' W / n_units. So W h is normalised by
    scaling h, which has fewer values; centring and gain concern the weights alone.

    Parameters
    ----------
    n_units : int
    length : int
        Not used.
    """

    def __init__(self, n_units, length):
        super().__init__(n_units, eps=EPS, bias=False)

    def share(self, x, n_padding):
        """Return None: windows do not see each other."""

    def project(self, weight, bias, x, share, after):
        """Normalise W x + b of all steps, and add something after.

        Without a bias within, nothing but its sign would be left of one variable.
        """
        weight, form = self._split(torch.cat([weight, bias[:, None]], dim=1))
        x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
        variance = (x * (form @ x)).sum(dim=1, keepdim=True)
        return multiply(weight, x * (variance + EPS).rsqrt(), after)

    def product(self, weight, mask, share):
        """Begin a pass."""
        return _LayerProduct(*self._split(weight), mask)

    def learn(self, product):
        """Learn nothing from a pass."""

    def _split(self, weight):
        """Weights centred and with gain, and the form that gives the variance."""
        centred = weight - weight.mean(dim=0)
        return self.weight[:, None] * centred, centred.t() @ centred / len(weight)


class _LayerProduct(Product):
    def __init__(self, weight, form, mask):
        super().__init__(weight, mask)
        self.tensors = (weight, form)
        self.form = form
        self.ones = torch.ones_like(form[:1])  # to sum with, faster than sum()
        self.eps = form.new_full((1, 1), EPS)
        self.states, self.products, self.scales = [], [], []

    def _multiply(self, h, x):
        product = self.form @ h
        scale = torch.addmm(self.eps, self.ones, h * product).rsqrt_()  # (1, batch)
        self.states.append(h)
        self.products.append(product)
        self.scales.append(scale)
        return super()._multiply(h * scale, x)

    def begin_backward(self):
        super().begin_backward()
        self.d_form = torch.zeros_like(self.form)

    def _multiply_back(self, t, d_y):
        h, product, scale = self.states[t], self.products[t], self.scales[t]
        d_scaled = super()._multiply_back(t, d_y)
        d_scale = self.ones @ (d_scaled * h)
        d_variance = d_scale.mul_(scale).mul_(scale).mul_(scale)  # times -2
        self.d_form.addmm_(h * d_variance, h.t(), alpha=-0.5)
        return torch.addcmul(d_scaled * scale, product, d_variance, value=-1)

    def gradients(self):
        return *super().gradients(), self.d_form


class BatchNorm(_BatchNorm):
    """Products with mean 0 and variance 1 over the windows, by itself for each step.

    The first steps of a sequence, before the state has settled, have statistics of
    their own, so that each step keeps a running mean and variance. A step beyond those
    seen in training takes those of the last one seen.

    Parameters
    ----------
    n_units : int
    length : int
        Steps.

    Attributes
    ----------
    window_weights : tensor of shape (batch,) or None
        Weights of the windows of a batch in training.
    """

    window_weights = None

    def __init__(self, n_units, length):
        super().__init__(n_units, eps=EPS)
        self.bias = None
        # A larger gain saturates tanh, and gradients vanish (Cooijmans et al., 2017).
        nn.init.constant_(self.weight, 0.1)
        self.running_mean = torch.zeros(length, n_units, 1)
        self.running_var = torch.ones(length, n_units, 1)
        self.num_batches_tracked = torch.zeros(length, dtype=torch.long)

    def share(self, x, n_padding):
        """Weights of the windows in the statistics of each step.

        Parameters
        ----------
        x : tensor of shape (batch, length, n_features)
        n_padding : tensor of shape (batch,) or None
            Rows of padding that each window ends with.

        Returns
        -------
        tensor of shape (length, batch, 1)
            Of sum 1, or 0 where no window is observed.
        """
        batch, length, _ = x.shape
        share = x.new_ones(length, batch)
        if n_padding is not None:
            step = torch.arange(length, device=x.device)[:, None]
            share = share * (step < length - n_padding)
        if self.window_weights is not None:
            share = share * self.window_weights
        total = share.sum(dim=1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
        return (share / total)[:, :, None]

    def project(self, weight, bias, x, share, after):
        """Normalise W x of all steps, and add something after.

        Parameters
        ----------
        weight : tensor of shape (n_units, n_features)
        bias : None
            It would have no effect.
        x : tensor of shape (length, n_features, batch)
        share : tensor of shape (length, batch, 1)
        after : tensor of shape (n_units, 1)

        Returns
        -------
        tensor of shape (length, n_units, batch)
        """
        gain = self.weight[:, None]
        if not self._use_batch(share):
            mean, scale = self._running(len(x))
            scale = scale * gain  # (length, n_units, 1)
            return multiply(scale * weight, x, after - scale * mean)
        # The variance of W x over windows is W C W', with C the covariance of x.
        mean = x @ share
        x = x - mean
        covariance = (x * share.mT) @ x.mT
        variance = ((weight @ covariance) * weight).sum(dim=2, keepdim=True)
        self._learn(weight @ mean, variance, share)
        return multiply(gain * (variance + EPS).rsqrt() * weight, x, after)

    def product(self, weight, mask, share):
        """Begin a pass."""
        statistics = None if self._use_batch(share) else self._running(len(share))
        return _BatchProduct(weight, self.weight[:, None], mask, share, statistics)

    def learn(self, product):
        """Learn the running statistics from a pass."""
        if product.statistics is None:
            mean = product.weight @ torch.stack(product.means)
            self._learn(mean, torch.stack(product.scales) ** -2 - EPS, product.share)

    def _use_batch(self, share):
        return self.training and share.shape[1] > 1  # one window has no variance

    def _running(self, length):
        """Mean and 1 / standard deviation of each step, (length, n_units, 1)."""
        last = max(int(self.num_batches_tracked.count_nonzero()), 1) - 1
        step = torch.arange(length, device=self.weight.device).clamp(max=last)
        return self.running_mean[step], (self.running_var[step] + EPS).rsqrt()

    @torch.no_grad()
    def _learn(self, mean, variance, share):
        # Steps at which more than one window has a weight: the first n.
        n = int(((share > 0).sum(dim=1) > 1).sum())
        self.num_batches_tracked[:n] += 1
        # The first ten batches count alike: what is there before them is made up.
        rate = (1 / self.num_batches_tracked[:n, None, None]).clamp(min=0.1).to(mean)
        self.running_mean[:n].lerp_(mean[:n], rate)
        self.running_var[:n].lerp_(variance[:n], rate)


class _BatchProduct(Product):
    """y = (W h - mean) * scale * gain + x, of given statistics or those of the batch.

    Parameters
    ----------
    gain : tensor of shape (n_units, 1)
    share : tensor of shape (length, batch, 1)
    statistics : None or pair of tensors of shape (length, n_units, 1)
        Mean and scale.
    """

    def __init__(self, weight, gain, mask, share, statistics):
        super().__init__(weight, mask)
        self.tensors = (weight, gain)
        self.gain, self.share, self.statistics = gain, share, statistics
        self.shares = share.unbind(0)
        self.ones = share.new_ones(share.shape[1], 1)
        self.eps = share.new_full((1, 1), EPS)
        self.means, self.products, self.scales, self.gains = [], [], [], []

    def _multiply(self, h, x):
        t = len(self.inputs)
        if self.statistics is None:
            mean = h @ self.shares[t]  # (hidden, 1)
            h = h - mean
            product = self.weight @ h  # (n_units, batch)
            scale = torch.addmm(self.eps, product * product, self.shares[t]).rsqrt_()
            self.means.append(mean)
        else:
            mean, scale = (statistic[t] for statistic in self.statistics)
            product = torch.addmm(-mean, self.weight, h)
        gain = scale * self.gain  # (n_units, 1)
        self.inputs.append(h)
        self.products.append(product)
        self.scales.append(scale)
        self.gains.append(gain)
        return torch.addcmul(x, product, gain)

    def begin_backward(self):
        super().begin_backward()
        self.d_gain = torch.zeros_like(self.gain)

    def _multiply_back(self, t, d_y):
        product, scale, gain = self.products[t], self.scales[t], self.gains[t]
        d_scale = (d_y * product) @ self.ones  # with the gain
        self.d_gain.addcmul_(d_scale, scale)
        d_product = d_y * gain
        if self.statistics is not None:
            return super()._multiply_back(t, d_product)
        share = self.shares[t].t()
        d_variance = d_scale.mul_(gain).mul_(scale).mul_(scale)  # times -2
        d_product.addcmul_(product * d_variance, share, value=-1)
        d_h = super()._multiply_back(t, d_product)
        # Of h less its mean to that of h.
        return d_h.addcmul_(d_h @ self.ones, share, value=-1)

    def gradients(self):
        return *super().gradients(), self.d_gain


NORMALIZATIONS = {None: None, "layer": LayerNorm, "batch": BatchNorm}
