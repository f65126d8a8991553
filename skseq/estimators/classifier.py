"""NetworkClassifier: targets are labels."""

from functools import reduce

import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import accuracy_score
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from ..networks.heads import POOLINGS
from ..training import CrossEntropy, Targets
from ..validation import label_array, target_array
from ..warning import warn
from ..windows import changes, n_shared, observed
from .base import NetworkEstimator


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """Base of the classifiers with a network."""

    class_weight: dict | str | None = None
    pooling: str = "concat"
    label_smoothing: float = 0.0
    differences: bool = False

    _parameters = """\
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss; "balanced" gives all classes equal weight.
        If a sample has several labels, each has the weight of its class.
    pooling : {"concat", "mean", "max", "last"}, default="concat"
        How the states of the window's steps are summarised: their mean, their maximum,
        the last one, or ("concat") all three side by side.
    label_smoothing : float, default=0.0
        Share of the target's probability that is spread over all classes in training,
        so that no probability is driven to 0 or 1 (Szegedy et al., arXiv:1512.00567).
        ``predict_proba`` takes it back, but leaves a twentieth of what would become 0.
    differences : bool, default=False
        Whether the network also sees the change of each variable since the step
        before, scaled separately, so that small details count as much as the whole.
        Not used for tokens.
"""
    _attributes = """\
    classes_ : ndarray of shape (n_classes,)
        The labels.
"""
    _choices = {"pooling": POOLINGS}
    _every_step = False  # whether there is a label for each step of a window
    _n_shared = 0  # number of following windows that share steps with a window
    _smoothing = 0.0  # label_smoothing of the last fit

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, length, n_classes)
            Classes are in the order of ``classes_``. Averaged over the members.
        """
        total = sum(softmax(one, axis=-1) for one in self._members_outputs(X))
        total /= len(self.nets_)
        if self._smoothing:
            total = _without_smoothing(total, self._smoothing)
        return total

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, length, n_classes)
            That of :meth:`predict_proba`, but finite where this rounds to 0.
        """
        if self._smoothing:
            p = self.predict_proba(X)
            return np.log(np.maximum(p, np.finfo(p.dtype).tiny))
        logs = (log_softmax(one, axis=-1) for one in self._members_outputs(X))
        total = reduce(np.logaddexp, logs)
        total -= np.log(len(self.nets_), dtype=total.dtype)
        return total

    def _members_outputs(self, X):
        """Yield those of one member after the other, which may be many times X."""
        windows = self._check_predict(X)
        for net in self.nets_:
            yield self._forward(windows, net)[:, 0]

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, length)
            Labels of the same type as in ``fit``. They mean nothing at padded steps.
        """
        best = self.predict_proba(X).argmax(axis=-1)
        return self.classes_[best]

    def score(self, X, y, sample_weight=None):
        """Return the accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        y : array-like of shape (n_samples,) or (n_samples, length), or list of \
                sequences
            With labels of steps, each step that is not padding counts as a sample.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        predicted = self.predict(X)
        if not self._every_step:
            y = labels_like(predicted, y)
            return accuracy_score(y, predicted, sample_weight=sample_weight)
        windows = self._check_predict(X)
        counted = observed(windows)
        y = labels_like(predicted, label_array(y, windows, fitted=True), counted)
        right = predicted[counted] == y[counted]
        if sample_weight is not None:
            sample_weight = np.repeat(sample_weight, counted.sum(axis=1))
        return float(np.average(right, weights=sample_weight))

    def _check_targets(self, y, windows):
        _, length, n_features = windows.shape
        # An encoder-decoder may well read a single row.
        if self._any_length and not self._teach and n_features > 10 * length:
            warn(
                f"X has windows of {length} step(s) and {n_features} variables: if "
                "these are sktime's (n, channels, time), give X.transpose(0, 2, 1)."
            )
        y = np.asarray(target_array(y)) if self._teach else label_array(y, windows)
        if y.ndim == 2 and y.shape[1] == 1:
            warn(
                "A column-vector y was passed when a 1d array was expected. Please "
                "change the shape of y to (n_samples,), for example using ravel().",
                DataConversionWarning,
            )
            y = y[:, 0]
        self._check_label_shape(y, windows)
        self._n_shared = n_shared(windows, windows[:, :, :1])  # of any one variable
        self._smoothing = float(self.label_smoothing)  # numpy's would widen float32
        counted = observed(windows) if self._every_step else np.ones(y.shape, bool)
        _refuse_missing(y, counted)
        given = y[counted]
        if not len(given):
            raise ValueError(
                "All steps of X are padding, so y has no label to learn: give at least "
                "one row that is not NaN."
            )
        given = _inferred(given)
        if len(_kinds(given)) > 1:
            raise ValueError(
                "y holds labels that are text and others that are numbers: give all "
                "the same type, for example with y.astype(str)."
            )
        assert_all_finite(given, input_name="y")
        check_classification_targets(given)
        classes, given = np.unique(given, return_inverse=True)
        if self._goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"y has the classes {classes}, but the last fit had {self.classes_}: "
                "give the same classes, or set warm_start=False."
            )
        self.classes_ = classes
        labels = np.full(y.shape, CrossEntropy.PADDING)
        labels[counted] = given
        return labels

    def _check_label_shape(self, y, windows):
        self._every_step = y.ndim == 2
        if y.shape[1:] not in ((), windows.shape[1:2]):
            raise ValueError(
                f"y has shape {y.shape}: expected (n_samples,), or (n_samples, "
                f"{windows.shape[1]}) with a label for each step of the windows. For "
                "sequences of another length, use EncoderDecoderClassifier; for "
                "several labels of a window, scikit-learn's MultiOutputClassifier."
            )

    def _encode_targets(self, targets, windows, fitted, weights):
        return Targets(targets)

    def _weigh(self, weights, targets, windows):
        """Multiply the weights of the windows by those of their classes.

        If a window has several labels, the loss weights each of them.
        """
        self._label_weights = None
        if self.class_weight is None:
            return weights
        class_weight = self.class_weight
        if isinstance(class_weight, dict):
            classes = self.classes_.tolist()
            unknown = [name for name in class_weight if name not in classes]
            # A fold may lack a class that the dict names.
            if unknown and set(classes) - set(class_weight):
                raise ValueError(
                    f"class_weight has {unknown}, which are not among the classes of "
                    f"y, {classes}: use these."
                )
            class_weight = {
                label: class_weight.get(name, 1.0) for label, name in enumerate(classes)
            }
        # A weight of zero takes a window out.
        counted = targets if weights is None else targets[weights > 0]
        labels = counted[counted != CrossEntropy.PADDING]
        by_class = compute_sample_weight(class_weight, labels)
        if not (by_class >= 0).all() or not 0 < by_class.max() < np.inf:
            raise ValueError(
                f"class_weight={self.class_weight!r} must hold finite numbers of at "
                "least 0, and at least one above 0 for a class of y."
            )
        of_class = np.zeros(len(self.classes_), windows.dtype)
        of_class[labels] = by_class / by_class.max()
        if targets.ndim > 1:
            self._label_weights = of_class / of_class[labels].mean()
            return weights
        by_class = of_class[targets]
        return by_class if weights is None else weights * by_class

    def _hold_out(self, targets, n_valid):
        """Validate on the last windows of each class: samples may be sorted by class.

        Windows that share steps with those are not trained on, unless a class would
        have no others. If windows share labels, hold out the last of all, behind a gap.
        """
        if self._n_shared and self._every_step:
            return super()._hold_out(targets, n_valid)
        share = n_valid / len(targets)
        # The class of a window is its first label, or its last: padding comes first.
        classes = targets.reshape(len(targets), -1)[:, -1 if self._every_step else 0]
        _, sizes = np.unique(classes, return_counts=True)
        in_order = np.argsort(classes, kind="stable")
        members = np.split(in_order, np.cumsum(sizes)[:-1])
        counts = np.round(share * sizes)
        if not counts.any():  # classes so small share one window
            counts = np.diff(np.round(share * sizes.cumsum()), prepend=0)
        counts = np.minimum(counts, sizes - 1).astype(int)  # train on one at least
        last = [m[len(m) - n :] for m, n in zip(members, counts, strict=True)]
        validation = np.sort(np.concatenate(last))
        if not len(validation):
            return super()._hold_out(targets, n_valid)
        training = np.delete(np.arange(len(targets)), validation)
        before = np.searchsorted(validation, training - self._n_shared)
        after = np.searchsorted(validation, training + self._n_shared, side="right")
        apart = training[before == after]  # no held-out window is in between
        if len(np.unique(classes[apart])) == len(members):
            training = apart
        return training, validation

    def _input_moments(self, windows, weights):
        moments = super()._input_moments(windows, weights)
        if not self.differences:
            return moments
        mean, scale = self._moments(changes(windows), weights)
        # Scaled about zero, since the change at a window's first step is zero.
        return *moments, np.hypot(mean, scale)

    def _head_outputs(self):
        return {"n_outputs": len(self.classes_)}

    def _criterion(self, dtype):
        return CrossEntropy(self.label_smoothing, self._label_weights)

    def _n_steps_ahead(self):
        return 1 + self._n_shared


def _without_smoothing(smoothed, share):
    """Return the p of which (1 - share) * p + share / n_classes are given.

    With smoothed labels, the loss is least at these. Where a network goes beyond, p
    would be 0, which it can't know, and windows would no longer differ: a twentieth of
    what is given stays.
    """
    p = np.maximum(smoothed - share / smoothed.shape[-1], smoothed / 20)
    p /= p.sum(axis=-1, keepdims=True)
    return p


def labels_like(predicted, y, counted=None):
    """Return true labels in the shape of the predicted ones, (n_samples, [steps]).

    Raises ValueError if y has another shape, or of those labels that are counted (all,
    by default), one is missing, or they are text where the predicted ones are not, or
    the other way round.
    """
    y = np.asarray(y)
    if y.shape[1:] == (1,):  # raveled in fit, too
        y = y[:, 0]
    if y.shape != predicted.shape:
        raise ValueError(
            f"y has shape {y.shape}, but the labels predicted from X have shape "
            f"{predicted.shape}: give a true label for each of them."
        )
    counted = np.ones(y.shape, bool) if counted is None else counted
    _refuse_missing(y, counted)
    given, fitted = _kinds(y[counted]), _kinds(predicted)
    if given and given.isdisjoint(fitted):
        raise ValueError(
            f"The labels in y are {given.pop()}, but those of fit are {fitted.pop()}: "
            "all would count as wrong. Give labels of the type that y had in fit."
        )
    return _inferred(y)


def _refuse_missing(y, counted):
    if (missing := np.argwhere(pd.isna(y) & counted)).size:
        sample, *step = missing[0]
        where = f" at step {step[0]}" if step else ""
        where += "" if counted.all() else ", which is not padding"
        raise ValueError(
            f"Input y contains NaN or None: sample {sample} has no label{where}. "
            "Drop such windows, or give what has no label a label of its own."
        )


def _inferred(labels):
    """Return numbers that are objects, since there was a None beside them, as such."""
    if labels.dtype != object or labels.ndim > 1:
        return labels
    return pd.Series(labels).infer_objects().to_numpy()


def _kinds(labels):
    """Tell text from numbers; an array of objects may hold both."""
    if labels.dtype != object:
        return {"text" if labels.dtype.kind in "UT" else "numbers"}
    return {"text" if isinstance(label, str) else "numbers" for label in labels.flat}
