"""NetworkEstimator: what the estimators of all networks share."""

from copy import deepcopy
from functools import partial
from numbers import Integral

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..networks import Embed, Head, SequenceModel, Standardize
from ..training import (
    Job,
    Settings,
    WindowDataset,
    device_of,
    environment,
    history_table,
    seeded,
    train_all,
)
from ..validation import (
    check_fit_windows,
    check_predict_windows,
    check_weights,
    largest_token,
)
from ..windows import variable_moments
from .declared_parameters import DeclaredParameters
from .outputs import outputs
from .parameters import check_parameters, plain, warn_of_idle
from .warm_start import go_on, trained_nets, unchanged_by_errors


class NetworkEstimator(Settings, DeclaredParameters):
    """Base of all estimators with a network.

    Each family of networks defines ``_build(length, n_features)``. The bases of the
    regressors and classifiers define what depends on the kind of target.
    """

    standardize: bool = True
    early_stopping: bool = False
    validation_fraction: float | int = 0.1
    n_members: int = 1
    embedding_size: int | None = None
    vocabulary_size: int | None = None
    warm_start: bool = False
    random_state: object = None

    _parameters = """\
    standardize : bool, default=True
        Whether to standardise inputs and targets, with the means and standard
        deviations of the training windows. A variable that is constant in all of these
        is ignored, even if it varies later.
    early_stopping : bool, default=False
        Whether to hold out the last windows (of labels, the last of each class), stop
        when the loss on them no longer falls, and restore the best weights.
    validation_fraction : float or int, default=0.1
        Share of the windows that early stopping holds out, or their number, such as 365
        to stop by the last year of days (with labels, rounded for each class). The
        windows just before them, whose targets overlap theirs, are not used. Nor are
        windows with labels that share steps with them, unless a class has no others.
    n_members : int, default=1
        Number of networks in the ensemble, each with its own initial weights and
        order of batches. Their predictions are averaged.
    embedding_size : int, default=None
        Length of the vector learned for each token, if X holds one variable of
        integer tokens; None if X holds measurements.
    vocabulary_size : int, default=None
        Tokens are 0 to ``vocabulary_size - 1``; with None, up to the largest in X.
        Any other token, such as a larger one in ``predict``, is embedded as zero.
    warm_start : bool, default=False
        Whether ``fit`` continues training the networks of the previous ``fit``, with
        their standardisation, instead of starting anew.
    random_state : int, RandomState or None, default=None
        Seed of the initial weights, the order of batches, and dropout.
"""
    _attributes = """\
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module.
    nets_ : list of skorch.NeuralNet
        The trained nets of all members; ``net_`` is the first.
    member_random_states_ : list
        Random states of the members. To refit one member alone, use ``n_members=1``
        and its entry as ``random_state``.
    history_ : DataFrame
        One row per epoch (and member): ``epoch``, ``train_loss``, ``valid_loss`` (with
        early stopping), ``learning_rate`` (of the epoch's last batch),
        ``gradient_norm`` (root mean square over the batches, before clipping),
        ``gradient_norm_max`` (the largest of a batch), the gradient norm of each
        layer, and ``seconds``. Losses are in standardised units.
    n_features_in_ : int
        Number of columns of a two-dimensional X, or of variables of a
        three-dimensional one.
    feature_names_in_ : ndarray of str
        Column names, if X was a table.
    window_shape_in_ : tuple of int
        ``(length, n_features)`` of the windows in ``fit``.
    vocabulary_size_ : int
        Number of known tokens, with ``embedding_size``.
"""

    _any_length = False  # whether windows may have another length in predict
    _teach = False  # whether the head is given the targets in training

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
            Windows; rows of NaN at the start of a window are padding.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or \
                (n_samples, length, n_outputs)
            Targets; in the last form, one for each step of the window. Labels have
            shape (n_samples,), or (n_samples, length) with one for each step, or are a
            list with a sequence for each window, as long as that without padding. What
            is given for padded steps is ignored, and may be NaN or None; not so in
            encoder-decoders, whose output has steps of its own.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the windows in the loss.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If parameters or data can't be used, or the loss becomes NaN or infinite.
        """
        check_parameters(self)
        self._goes_on = self.warm_start and hasattr(self, "nets_")
        if self._goes_on:
            trained = trained_nets(self)
        else:  # so that an error does not leave an old network with new scales
            trained = [None] * self.n_members
            for name in ("nets_", "net_", "history_"):
                vars(self).pop(name, None)
        with unchanged_by_errors(self):
            return self._fit(X, y, sample_weight, trained)

    def _fit(self, X, y, sample_weight, trained):
        windows = self._check_windows(X, y)
        weights = check_weights(sample_weight, windows)
        targets = self._check_targets(y, windows)
        self._check_pooling()
        weights = self._weigh(weights, targets, windows)
        training, validation = self._split(targets, weights)
        if weights is not None:
            # With mean one, the learning rate means the same as without weights.
            weights = weights / weights[training].mean()
        fitted = slice(0, training[-1] + 1)
        fitted_weights = _weights_in(training, weights)
        if not self._goes_on:
            self._learn_inputs(windows[fitted], fitted_weights)
        encoded = self._encode_targets(targets, windows, fitted, fitted_weights)
        how = {"weights": weights, "teach": self._teach}
        datasets = [WindowDataset(windows, encoded, samples=training, **how), None]
        if validation is not None:
            encoded = encoded.held_out()
            datasets[1] = WindowDataset(windows, encoded, samples=validation, **how)
        seeds = self._seed_members()
        member = plain(self)
        jobs = [
            partial(member._job, seed, net, *datasets)
            for seed, net in zip(seeds, trained, strict=True)
        ]
        nets = train_all(member, datasets, jobs)
        if nets is None:  # a search trains them later
            return self
        self.nets_ = nets
        self.net_ = self.nets_[0]
        self.history_ = history_table(nets)
        return self

    def _check_windows(self, X, y):
        """Return the windows in X, if the network can train on them."""
        known_shape = self.window_shape_in_ if self._goes_on else None
        windows = check_fit_windows(self, X, y)
        if known_shape not in (None, windows.shape[1:]):
            raise ValueError(
                f"X has windows of shape {windows.shape[1:]}, but the last fit had "
                f"{known_shape}: give windows of the same shape, or set "
                "warm_start=False."
            )
        if self.mixed_precision is not None and windows.dtype == np.float64:
            # torch.autocast leaves float64 as it is.
            raise ValueError(
                f"mixed_precision={self.mixed_precision!r} takes X in float32, but X "
                "was read as float64: give X.astype('float32'), or set "
                "mixed_precision=None."
            )
        self._dtype = torch.from_numpy(np.empty(0, windows.dtype)).dtype
        return windows

    def _seed_members(self):
        """Return a seed for the fit of each member; keep those of its draws."""
        states = [self.random_state]
        if self.n_members > 1:
            states = check_random_state(self.random_state)
            states = states.randint(np.iinfo(np.int32).max, size=self.n_members)
            states = states.tolist()
        self.member_random_states_ = [
            one if isinstance(one, Integral) else deepcopy(check_random_state(one))
            for one in states  # a copy, before anything is drawn from it
        ]
        seeds = [
            check_random_state(state).randint(np.iinfo(np.int32).max, size=2).tolist()
            for state in states
        ]
        self._draw_seeds = [draw_seed for _, draw_seed in seeds]
        return [fit_seed for fit_seed, _ in seeds]

    def _job(self, seed, trained, training, validation):
        with environment(self.n_jobs), seeded(seed, device_of(self.device)):
            inputs = self._build_inputs()
            network = self._build(training.windows.shape[1], inputs.n_features)
            self._check_network(network)
            module = SequenceModel(inputs, network, self._build_head(network))
            module.to(self._dtype)
            if trained is not None:
                go_on(module, trained.module_)
            return Job(
                module=module,
                criterion=self._criterion(training.windows.dtype),
                training=training,
                validation=validation,
                settings=self,
                seed=seed,
                random_state=torch.get_rng_state(),
            )

    def _learn_inputs(self, windows, weights):
        """Learn the vocabulary, or the moments of each variable."""
        n_features = windows.shape[2]
        if self.embedding_size is None:
            self._moments_ = self._input_moments(windows, weights)
            return
        if n_features != 1:
            raise ValueError(
                f"embedding_size={self.embedding_size} takes X as tokens, which are a "
                f"single variable, but X has {n_features}: give one variable, or set "
                "embedding_size=None."
            )
        largest = largest_token(windows)
        self.vocabulary_size_ = self.vocabulary_size or 1 + largest

    def _build_inputs(self):
        if self.embedding_size is not None:
            return Embed(self.vocabulary_size_, self.embedding_size)
        n_known, n_ahead, horizon = self._ahead()
        return Standardize(
            *map(torch.tensor, self._moments_),  # copies: a loaded file is read-only
            n_known=n_known,
            n_ahead=n_ahead,
            horizon=horizon,
            every=self._every_step,
        )

    def _input_moments(self, windows, weights):
        """Return the arguments of Standardize that are learned from the inputs."""
        return self._moments(windows, weights)

    def _ahead(self):
        """Count variables known ahead, their steps in X, and those the head reads."""
        return 0, 1, 1

    def _check_network(self, network):
        """Raise ValueError where a network can't do what the targets ask for."""
        if self._every_step and network.stride != 1:
            advice = "give targets for the whole window"
            if hasattr(self, "supervise"):
                advice += " and supervise='last'"
            if hasattr(self, "stride"):
                advice += ", set stride=1"
            raise ValueError(
                f"{type(self).__name__} has no state, and so no output, for each step "
                f"of the window: {advice}, or use another network, such as a GRU."
            )

    def _check_pooling(self):
        if self._every_step:
            where = "to one output for the window. Here, each step has its own"
            warn_of_idle(self, "pooling", where)

    def _build_head(self, network):
        return Head(
            network.output_size,
            **self._head_outputs(),
            read="every" if self._every_step else self.pooling,
            n_backward=getattr(network, "n_backward", 0),
            is_linear=getattr(network, "linear", False),
        )

    def _forward(self, windows, net, n_draws=1, seed=None, run=None):
        """Run a net over windows; returns (n_samples, n_draws, ...) outputs.

        ``run``, if given, maps a module and a batch to something other than outputs.
        """
        last_step = run is None and self._reads_last_step()
        with environment(self.n_jobs):
            return outputs(
                net.module_, windows, run or self._run, n_draws, seed, last_step
            )

    def _run(self, module, batch):
        return module(batch)

    def _reads_last_step(self):
        """Whether only the output for the last step of each window is needed."""
        return not self._every_step

    def _check_predict(self, X):
        if not hasattr(self, "nets_"):  # faster than check_is_fitted
            check_is_fitted(self, "nets_")
        windows = check_predict_windows(self, X, any_length=self._any_length)
        if isinstance(self.net_.module_.inputs, Embed):
            largest_token(windows)
        return windows

    def _split(self, targets, weights):
        """Choose samples to train on, and those held out to validate on (or None)."""
        if weights is not None:  # a weight of zero takes a window out
            counted = np.flatnonzero(weights)
            targets = targets[counted]
        training, validation, n_valid = range(len(targets)), None, 0
        if self.early_stopping:
            n_valid = self._n_held_out(len(targets))
            training, validation = self._hold_out(targets, n_valid)
        if weights is not None:
            training = counted[training]
            validation = None if validation is None else counted[validation]
        if not len(training) or n_valid >= len(targets):
            raise ValueError(
                f"No window is left to train on: n_samples={len(targets)}, of which "
                f"early stopping holds out {n_valid}, and leaves out "
                f"{self._n_steps_ahead() - 1} whose targets overlap theirs. Give more "
                "windows, or a smaller validation_fraction, or set "
                "early_stopping=False."
            )
        return training, validation

    def _n_held_out(self, n_samples):
        if isinstance(self.validation_fraction, Integral):
            return self.validation_fraction
        return max(1, int(self.validation_fraction * n_samples))

    def _hold_out(self, targets, n_valid):
        """Train on the first windows, validate on the last."""
        n_samples = len(targets)
        # The targets of the windows just before overlap those of the held-out ones.
        gap = self._n_steps_ahead() - 1
        return (
            range(max(0, n_samples - n_valid - gap)),
            range(n_samples - n_valid, n_samples),
        )

    def _weigh(self, weights, targets, windows):
        """Weights of the windows in the loss, given the user's weights."""
        return weights

    def _moments(self, values, weights):
        """Mean and scale of variables, (n_samples, length, n_features), or 0 and 1."""
        if self.standardize:
            return variable_moments(values, weights)
        return np.zeros(values.shape[2]), np.ones(values.shape[2])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _weights_in(training, weights):
    """Weights of the windows up to the last training window, 0 if not trained on."""
    if weights is None and isinstance(training, range):
        return None
    used = np.zeros(training[-1] + 1)
    used[training] = 1.0 if weights is None else weights[training]
    return used
