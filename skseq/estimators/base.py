"""NetworkEstimator: what the faces of all networks share."""

from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

from ..networks import SequenceModel
from ..training import (
    CHOICES,
    SETTINGS_DOC,
    Settings,
    WindowDataset,
    gather,
    threads,
    train,
)
from ..validation import check_fit_windows, check_predict_windows, check_weights
from ..windows import variable_moments

PREDICT_BATCH = 1024
"""Windows that predict sends through the network at once."""

_RANGES = {
    # name: (type, smallest, largest, whether the bounds themselves are allowed)
    "max_epochs": (Integral, 1, None, "both"),
    "batch_size": (Integral, 1, None, "both"),
    "learning_rate": (Real, 0, None, "neither"),
    "weight_decay": (Real, 0, None, "both"),
    "gradient_clip": (Real, 0, None, "neither"),
    "n_iter_no_change": (Integral, 1, None, "both"),
    "tol": (Real, 0, None, "both"),
    "validation_fraction": (Real, 0, 1, "neither"),
    "hidden_size": (Integral, 1, None, "both"),
    "n_layers": (Integral, 1, None, "both"),
    "dropout": (Real, 0, 1, "left"),
}
_OPTIONAL = {"gradient_clip"}

_ATTRIBUTES = """\
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module.
    history_ : DataFrame
        One row an epoch: ``epoch``, ``train_loss``, ``valid_loss`` (with early
        stopping), ``learning_rate``, ``gradient_norm`` (mean, before clipping) and
        ``seconds``. Losses are in standardised units.
    n_features_in_ : int
        Columns of a two-dimensional X, variables of a three-dimensional one.
    window_shape_in_ : tuple of int
        ``(length, n_features)`` of the fitted windows.
"""


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkEstimator(Settings, BaseEstimator):
    """Base of all estimators with a network.

    Subclasses declare parameters as annotated class attributes, from which their
    ``__init__`` is made: it stores and does nothing else. A class that declares
    parameters says what they mean in ``_parameters``; ``{parameters}`` and
    ``{attributes}`` in a docstring stand for all that is inherited.

    A family of networks defines ``_build(n_features, length)``; the regressor and
    classifier bases define the other methods that ``fit`` calls.
    """

    standardize: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    random_state: object = None

    _parameters = (
        """\
    standardize : bool, default=True
        Whether to standardise inputs and targets, with the means and standard
        deviations of the training windows.
    early_stopping : bool, default=False
        Whether to hold out the last windows, stop where their loss no longer falls,
        and go back to the best weights.
    validation_fraction : float, default=0.1
        Share of the windows that early stopping holds out. Windows between, whose
        targets reach into those of the held-out ones, are not used.
    random_state : int, RandomState or None, default=None
        Of initial weights, order of batches and dropout.
"""
        + SETTINGS_DOC
    )
    _any_length = False  # whether windows may have another length in predict

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        dataclass(cls, kw_only=True, eq=False, repr=False)
        inherited = "".join(vars(c).get("_parameters", "") for c in cls.__mro__)
        cls.__doc__ = cls.__doc__.replace("    {parameters}\n", inherited).replace(
            "    {attributes}\n", _ATTRIBUTES
        )

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
            Windows; rows of NaN at the start of one are padding.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the windows in the loss.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For parameters or data that can't be used, and where the loss becomes
            NaN or infinite.
        """
        self._check_parameters()
        windows = check_fit_windows(self, X, y)
        weights = check_weights(sample_weight, windows)
        targets = self._check_targets(y, windows)
        training, validation = self._split(targets, weights)
        if weights is not None:
            # With mean one, the learning rate means the same as without weights.
            weights = weights / weights[training].mean()
        in_training = slice(0, training[-1] + 1)
        used = None if weights is None else weights[in_training]
        mean, scale = self._moments(windows[in_training], used)
        encoded = self._encode_targets(targets, in_training, used)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)

        def dataset(samples):
            return WindowDataset(windows, encoded, weights, samples)

        with threads(self.n_jobs), _seeded(seed, self.device):
            module = SequenceModel(
                self._build(*windows.shape[1:]),
                self._n_network_outputs(encoded),
                torch.from_numpy(mean),
                torch.from_numpy(scale),
            ).to(torch.from_numpy(windows[:0].copy()).dtype)
            self.net_ = train(
                module,
                self._criterion(),
                dataset(training),
                None if validation is None else dataset(validation),
                settings=self,
                seed=seed,
            )
        self.history_ = _history_table(self.net_.history)
        return self

    def _forward(self, X):
        """Run the network over windows; returns (n_samples, n_outputs)."""
        check_is_fitted(self)
        windows = check_predict_windows(self, X, any_length=self._any_length)
        module = self.net_.module_.eval()
        dtype = module.mean.dtype
        outputs = []
        with threads(self.n_jobs), torch.inference_mode():
            for start in range(0, len(windows), PREDICT_BATCH):
                batch = gather(windows, slice(start, start + PREDICT_BATCH))
                outputs.append(module(batch.to(self.device, dtype)).cpu())
        return torch.cat(outputs).numpy()

    def _check_parameters(self):
        for name, (kind, low, high, bounds) in _RANGES.items():
            value = getattr(self, name, low)
            if not hasattr(self, name) or (name in _OPTIONAL and value is None):
                continue
            check_scalar(
                value, name, kind, min_val=low, max_val=high, include_boundaries=bounds
            )
        for name, choices in {**CHOICES, **self._choices}.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(
                    f"{name} must be one of {sorted(choices)}, got {value!r}."
                )

    _choices = {}

    def _split(self, targets, weights):
        """Samples to train on, and the last ones, to validate on (or None)."""
        n_samples = len(targets)
        samples = np.arange(n_samples)
        training, validation = samples, None
        if self.early_stopping:
            n_valid = max(1, int(self.validation_fraction * n_samples))
            # Targets of the windows just before lie among those of the held-out ones.
            gap = int(np.prod(targets.shape[1:])) - 1
            training = samples[: max(0, n_samples - n_valid - gap)]
            validation = samples[n_samples - n_valid :]
        if weights is not None:
            training = training[weights[training] > 0]
        if not len(training):
            raise ValueError(
                f"No window is left to train on: n_samples={n_samples}, of which early "
                f"stopping holds out {self.validation_fraction:.0%} and those that "
                "overlap their targets. Give more windows, or early_stopping=False."
            )
        return training, validation

    def _moments(self, values, weights):
        """Mean and scale of variables, (n_samples, length, n_features), or 0 and 1."""
        if self.standardize:
            return variable_moments(values, weights)
        return np.zeros(values.shape[2]), np.ones(values.shape[2])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


@contextmanager
def _seeded(seed, device):
    """Seed torch for a while; leave the caller's generators as they were."""
    with torch.random.fork_rng(devices=[] if device == "cpu" else None):
        torch.manual_seed(seed)
        yield


def _history_table(history):
    import pandas as pd

    columns = ["epoch", "train_loss", "valid_loss", "learning_rate", "gradient_norm"]
    table = pd.DataFrame(
        [{k: row[k] for k in [*columns, "dur"] if k in row} for row in history]
    )
    return table.rename(columns={"dur": "seconds"})
