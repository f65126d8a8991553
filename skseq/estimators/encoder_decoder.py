"""Encoder-decoder estimators: one sequence in, another out, step by step."""

import numpy as np
import pandas as pd

from ..networks import LabelDecoder, NumberDecoder
from ..networks.recurrent import CELLS
from ..validation import target_array
from ..warning import warn
from .classifier import NetworkClassifier, labels_like
from .recurrent import RecurrentEstimator
from .regressor import NetworkRegressor

FEW = 20
"""Number of texts that may well be labels."""


class _EncoderDecoderEstimator(RecurrentEstimator):
    """The parameters of a decoder, and how it is built."""

    cell: str = "GRU"
    attention: bool = False
    teacher_forcing: float = 0.5

    _parameters = """\
    cell : {"RNN", "LSTM", "GRU"}, default="GRU"
        Kind of recurrent cell in the encoder and the decoder, which have the same size
        and number of layers. ``bidirectional``, ``normalization`` and
        ``recurrent_dropout`` apply to the encoder only. ``dropout`` also applies to
        the states that the decoder reads, and to its own states before the output, with
        a single layer too.
    attention : bool, default=False
        Whether each step of the decoder looks at the states of all steps of the
        window, which long sequences of tokens need. Without attention, the decoder
        only starts from one state (see ``pooling``).
    teacher_forcing : float, default=0.5
        The decoder's input is its previous output. In training, this share of the
        inputs is replaced by the true values. The share falls linearly to zero in the
        course of the first fit; with ``warm_start``, later ones have none.
"""
    _choices = {"cell": CELLS}
    _drops_between_layers_only = False
    _teach = True

    @property
    def _cell(self):
        return self.cell

    def attention_weights(self, X):
        """Return how much each output step looks at each step of the window.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of shape (n_samples, horizon, length)
            The weights sum to one over the window, and are zero at padding. Averaged
            over the members.

        Raises
        ------
        ValueError
            If the estimator was fitted with ``attention=False``.
        """
        windows = self._check_predict(X)
        if self.net_.module_.head.attention is None:
            raise ValueError(
                f"This {type(self).__name__} has no attention: fit it with "
                "attention=True."
            )
        weights = [self._forward(windows, net, run=_attend) for net in self.nets_]
        return np.mean(weights, axis=0)[:, 0]

    def _split(self, targets, weights):
        training, validation = super()._split(targets, weights)
        self._n_updates = self.max_epochs * -(-len(training) // self.batch_size)
        return training, validation

    def _decoder_arguments(self, network):
        return {
            "cell": self.cell,
            "state_size": network.output_size,
            "hidden_size": self.hidden_size,
            "n_layers": self.n_layers,
            "horizon": self._horizon,
            "read": self.pooling,
            "n_backward": network.n_backward,
            "attention": self.attention,
            "dropout": self.dropout,
            "teacher_forcing": self.teacher_forcing,
            "n_updates": self._n_updates,
        }


class EncoderDecoderRegressor(NetworkRegressor, _EncoderDecoderEstimator):
    """Encoder-decoder network: reads the window, then emits numbers step by step.

    Each step of the decoder sees its output for the step before, the variables known
    ahead for its own step (``n_known_ahead``) and, with attention, the whole window.
    The output may be longer or shorter than the window, which may be a single row.

    Targets have shape ``(n_samples,)``, ``(n_samples, n_targets * horizon)``, target
    by target, or ``(n_samples, horizon, n_targets)``. Predictions have the same shape.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] I. Sutskever et al., "Sequence to sequence learning with neural networks",
       NeurIPS 2014.
    .. [2] M.-T. Luong et al., "Effective approaches to attention-based neural machine
       translation", EMNLP 2015 (attention, with the "general" score).
    .. [3] S. Bengio et al., "Scheduled sampling for sequence prediction with recurrent
       neural networks", NeurIPS 2015 (``teacher_forcing``).

    Examples
    --------
    One row in, a sequence out: a wave of given amplitude.

    >>> import numpy as np
    >>> from skseq import EncoderDecoderRegressor
    >>> amplitudes = np.linspace(1, 2, 30)
    >>> X = amplitudes.reshape(30, 1, 1)
    >>> y = amplitudes[:, None] * np.sin(np.arange(8))
    >>> model = EncoderDecoderRegressor(hidden_size=8, max_epochs=20, random_state=0)
    >>> model.fit(X, y).predict([[[1.5]]]).shape
    (1, 8)
    """

    def _check_targets(self, y, windows):
        for name, only in (("supervise", "last"), ("strategy", "direct")):
            if (value := getattr(self, name)) != only:
                raise ValueError(
                    f"{name}={value!r} can't be used with a decoder, which emits all "
                    f"steps itself, each from the one before: set {name}={only!r}, or "
                    "use a network such as GRURegressor."
                )
        y = target_array(y)
        self._sequence = y.ndim == 3
        if not self._sequence:
            return super()._check_targets(y, windows)
        if pd.isna(y).any():
            raise ValueError(
                "Input y contains NaN: its steps are not those of X, so none of them "
                "is padding. Drop the windows where y is not known for all steps, or "
                "use GRURegressor for values at the steps of X."
            )
        y = y.swapaxes(1, 2)  # (n_samples, n_targets, horizon)
        self._n_in_step = y.shape[1]
        return super()._check_targets(y.reshape(len(y), -1), windows)

    def _n_targets(self):
        return self._n_in_step if self._sequence else super()._n_targets()

    def _decode(self, y):
        if not self._sequence:
            return super()._decode(y)
        return y.reshape(len(y), self._n_in_step, -1, *y.shape[2:]).swapaxes(1, 2)

    def _build_head(self, network):
        return NumberDecoder(
            **self._decoder_arguments(network),
            n_known=self.n_known_ahead,
            n_targets=self._n_targets(),
            n_levels=self._n_levels(),
            level=self._median(),
        )


class EncoderDecoderClassifier(NetworkClassifier, _EncoderDecoderEstimator):
    """Encoder-decoder network: reads the window, then emits labels step by step.

    The labels may be characters or tokens; all steps share ``classes_``. Targets have
    shape ``(n_samples, steps)``, for windows of any length. Fill up shorter sequences
    with an extra label: texts become ``numpy.array([list(text.ljust(steps)) for text in
    texts])``. Targets of shape ``(n_samples,)`` are one label per window.

    Each step sees the most probable label of the step before, so ``predict_proba`` of
    a step depends on the labels chosen before it. Each member of an ensemble chooses
    its own, so where several sequences are as good, their mean may mix these.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] I. Sutskever et al., "Sequence to sequence learning with neural networks",
       NeurIPS 2014.
    .. [2] M.-T. Luong et al., "Effective approaches to attention-based neural machine
       translation", EMNLP 2015 (attention, with the "general" score).
    .. [3] S. Bengio et al., "Scheduled sampling for sequence prediction with recurrent
       neural networks", NeurIPS 2015 (``teacher_forcing``).

    Examples
    --------
    The window's three tokens, backwards, as letters.

    >>> import numpy as np
    >>> from skseq import EncoderDecoderClassifier
    >>> X = np.random.default_rng(0).integers(3, size=(200, 3))
    >>> y = np.array(["a", "b", "c"])[X[:, ::-1]]
    >>> model = EncoderDecoderClassifier(
    ...     embedding_size=4, hidden_size=16, max_epochs=10, random_state=0
    ... )
    >>> model.fit(X, y).predict([[0, 1, 2]])
    array([['c', 'b', 'a']], dtype='<U1')
    """

    pooling: str = "last"
    attention: bool = True

    def score(self, X, y, sample_weight=None):
        """Return the share of windows of which all labels are predicted correctly.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of shape (n_samples,) or (n_samples, steps)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        predicted = self.predict(X)
        right = predicted == labels_like(predicted, y)
        right = right.reshape(len(right), -1).all(axis=1)
        return float(np.average(right, weights=sample_weight))

    def _check_label_shape(self, y, windows):
        if y.ndim > 2:
            raise ValueError(
                f"y has shape {y.shape}: expected (n_samples,), or (n_samples, steps) "
                "with the labels of a sequence."
            )
        self._horizon = y.shape[1] if y.ndim == 2 else 1
        texts = {text for text in y if isinstance(text, str)} if y.ndim == 1 else ()
        if FEW < len(texts) > len(y) / 2:
            warn(
                f"y holds {len(texts)} different texts, each of which counts as one "
                "label: to learn to write them, give their characters or tokens, such "
                f"as numpy.array([list(text.ljust({max(map(len, texts))})) for text in "
                "y])."
            )

    def _build_head(self, network):
        return LabelDecoder(
            **self._decoder_arguments(network), n_classes=len(self.classes_)
        )


def _attend(module, batch):
    return module.head.decode(*module.encode(batch))[1]
