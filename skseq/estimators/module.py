"""Module estimators: a torch module of one's own as the network."""

from ..networks import OwnModule
from .base import NetworkEstimator
from .classifier import NetworkClassifier
from .regressor import NetworkRegressor


class _ModuleEstimator(NetworkEstimator):
    """The module, and how it becomes a network."""

    module: object

    _parameters = """\
    module : callable or torch.nn.Module
        Makes a module from the number of values at each step, as a class does: that
        of the variables of X (twice as many with the ``differences`` of a classifier;
        of variables known ahead, only the next values count), or ``embedding_size``.
        Give further arguments by ``functools.partial``. If it is a module itself, each
        fit trains a copy, which starts from its weights; so does each member.
"""

    def _build(self, length, n_features):
        return OwnModule(self.module, length, n_features, self._dtype)


class ModuleRegressor(NetworkRegressor, _ModuleEstimator):
    """A torch module of your own.

    The module is the body of the network: it maps values (batch, length, n_features) to
    states, either (batch, length, n_units), one for each step, or (batch, n_units), one
    for the window. If it returns a tuple, as :class:`torch.nn.GRU` does, the states are
    its first element; set ``batch_first=True`` there. The output layer, its steps and
    quantiles, what is known ahead, standardisation, training and error bars are those
    of all networks here.

    The module does not learn where a window is padded: it sees zeros at these steps,
    which are the means with ``standardize``. Their states do not count, but may have an
    effect on later ones. Windows in ``predict`` must be as long as those in ``fit``.

    An output for each step (``supervise="every"``, or such targets) needs a state for
    each, in which no later step has a part. A trial with random values tells.
    ``return_std`` needs active dropout in the module, or ``n_members``. A batch
    normalisation of torch takes the batches as they are, without weights, and padded
    steps for values.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    GRURegressor : One of the networks of this package, on which padding has no effect.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from skseq import ModuleRegressor, SlidingWindow, horizon_targets
    >>> from torch import nn
    >>> wave = np.sin(np.arange(200) / 4)[:, None]
    >>> X, y = horizon_targets(wave, horizon=2)
    >>> windows = SlidingWindow(length=12).fit_transform(X)
    >>> gru = partial(nn.GRU, hidden_size=8, batch_first=True)
    >>> model = ModuleRegressor(module=gru, max_epochs=20, random_state=0)
    >>> model.fit(windows, y).predict(windows[-1:]).shape
    (1, 2)
    """

    _to_drop = "put a layer of torch.nn.Dropout into module"


class ModuleClassifier(NetworkClassifier, _ModuleEstimator):
    """A torch module of your own.

    The module is the body of the network: it maps values (batch, length, n_features) to
    states, either (batch, length, n_units), one for each step, or (batch, n_units), one
    for the window. If it returns a tuple, as :class:`torch.nn.GRU` does, the states are
    its first element; set ``batch_first=True`` there. The output layer, with a value
    for each class, standardisation and training are those of all networks here.

    The module does not learn where a window is padded: it sees zeros at these steps,
    which are the means with ``standardize``. Their states do not count, but may have an
    effect on later ones. Windows in ``predict`` must be as long as those in ``fit``.

    Labels for each step need a state for each.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    GRUClassifier : One of the networks of this package, on which padding has no effect.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import ModuleClassifier
    >>> from torch import nn
    >>> class Peaks(nn.Module):
    ...     def __init__(self, n_features):
    ...         super().__init__()
    ...         self.conv = nn.Conv1d(n_features, 8, kernel_size=3)
    ...
    ...     def forward(self, x):  # (batch, length, n_features)
    ...         return self.conv(x.mT).relu().amax(dim=2)  # (batch, 8)
    >>> time = np.arange(30) + np.arange(40)[:, None]
    >>> X = np.concatenate([np.sin(time), np.sign(np.sin(time))])
    >>> y = ["sine"] * 40 + ["square"] * 40
    >>> model = ModuleClassifier(module=Peaks, max_epochs=20, random_state=0)
    >>> model.fit(X, y).predict(X[[0, -1]])
    array(['sine', 'square'], dtype='<U6')
    """
