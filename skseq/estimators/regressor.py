"""NetworkRegressor: targets are numbers."""

import numpy as np
from sklearn.base import RegressorMixin

from ..training import LOSSES, WeightedLoss
from ..validation import check_targets
from .base import NetworkEstimator


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Base of the regressors with a network."""

    loss: str = "huber"

    _parameters = """\
    loss : {"huber", "squared_error", "absolute_error"}, default="huber"
        In standardised units.
"""

    _choices = {"loss": tuple(LOSSES)}

    def predict(self, X):
        """Predict the targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        y = self._forward(X) * self._y_scale + self._y_mean
        return y[:, 0] if self._one_dimensional else y

    def _check_targets(self, y, windows):
        y = check_targets(y, windows.dtype)
        if y.ndim > 2:
            raise ValueError(
                f"y has shape {y.shape}: expected (n_samples,) or (n_samples, "
                "n_outputs). Lay the steps of several targets side by side, as "
                "horizon_targets does."
            )
        self._one_dimensional = y.ndim == 1
        return y.reshape(len(y), -1)

    def _encode_targets(self, targets, in_training, weights):
        mean, scale = self._moments(targets[in_training, np.newaxis], weights)
        self._y_mean = mean.astype(targets.dtype)
        self._y_scale = scale.astype(targets.dtype)
        return (targets - self._y_mean) / self._y_scale

    def _n_network_outputs(self, encoded):
        return encoded.shape[1]

    def _criterion(self):
        return WeightedLoss(self.loss)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
