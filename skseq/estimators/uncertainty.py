"""Error bars of regressors, from dropout masks, several networks, or quantiles."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_scalar

from ..networks.heads import at_level
from .parameters import as_floats

N_DRAWS = 100
"""Number of dropout masks that a standard deviation is computed from."""


class UncertaintyMixin:
    """Error bars of a regressor with a network."""

    _to_drop = "set dropout above 0 (recurrent_dropout for a single recurrent layer)"

    def predict_samples(self, X, n_samples=100):
        """Draw predictions, each from a random dropout mask and member.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        n_samples : int, default=100
            Number of draws for each window.

        Returns
        -------
        ndarray of shape (n_windows, [n_outputs,] n_samples)
            Repeatable: the same for the same ``random_state``.

        Raises
        ------
        ValueError
            If the estimator has neither dropout nor more than one member.

        References
        ----------
        .. [1] Y. Gal and Z. Ghahramani, "Dropout as a Bayesian approximation:
           representing model uncertainty in deep learning", ICML 2016.
        .. [2] B. Lakshminarayanan et al., "Simple and scalable predictive uncertainty
           estimation using deep ensembles", NeurIPS 2017.
        """
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        samples = self._samples(self._check_predict(X), n_samples)
        return self._decode(np.moveaxis(samples, 1, -1))

    def predict_quantiles(self, X, q=(0.1, 0.5, 0.9)):
        """Predict quantiles of the targets.

        With ``loss="quantile"``, these are the learned quantiles, with linear
        interpolation between them. Otherwise they are those of
        :meth:`predict_samples`, which show how unsure the network is but leave out
        the noise of the data, so they are too narrow: :class:`ConformalRegressor`
        calibrates them. With ``strategy="iterated"``, learned quantiles of later
        steps are too narrow, because each forecast treats the ones before as true.

        Parameters
        ----------
        X : array-like of shape (n_samples, length, n_features) or (n_samples, length)
        q : sequence of float, default=(0.1, 0.5, 0.9)
            Levels between 0 and 1.

        Returns
        -------
        ndarray of shape (n_windows, [n_outputs,] len(q))
            Ascending along the last axis for ascending ``q``.

        Raises
        ------
        ValueError
            If ``q`` is not between 0 and 1 or reaches beyond the learned quantiles, or,
            without them, the estimator has neither dropout nor more than one member.
        """
        levels = np.atleast_1d(as_floats(q, float))
        within = (levels > 0) & (levels < 1)
        if levels.ndim != 1 or not levels.size or not within.all():
            raise ValueError(f"q must hold levels between 0 and 1, got {q!r}.")
        windows = self._check_predict(X)
        if self._fitted.loss != "quantile":
            samples = self._samples(windows)
            quantiles = np.moveaxis(np.quantile(samples, levels, axis=1), 0, -1)
            quantiles = quantiles.astype(samples.dtype)
        else:
            learned = np.asarray(self._fitted.quantiles)
            # A computed level, such as (1 - 0.8) / 2, is not exactly the learned one.
            near = levels.clip(learned[0], learned[-1])
            if np.abs(levels - near).max() > 1e-9:
                raise ValueError(
                    f"q={q!r} reaches beyond the learned "
                    f"quantiles={self._fitted.quantiles}: fit with a wider range."
                )
            y = self._mean_outputs(windows)
            places = np.interp(near, learned, np.arange(len(learned))).tolist()
            quantiles = np.stack([at_level(y, place) for place in places], axis=-1)
        return self._decode(quantiles)

    def _samples(self, windows, n_draws=None):
        """Draws in the units of y, (n_windows, n_draws, ...).

        ``n_draws=None`` gives as many as a standard deviation is computed from.
        """
        n_members = len(self.nets_)
        alive = _drops(self.net_.module_)
        if not alive and n_members == 1:
            learned = (
                "take the learned quantiles (predict_quantiles)"
                if self._fitted.loss == "quantile"
                else "set loss='quantile' and use predict_quantiles"
            )
            raise ValueError(
                f"{type(self).__name__} has no dropout masks or networks to draw from: "
                f"{self._to_drop}, or set n_members above 1, or {learned}, or use "
                "ConformalRegressor with conformity_score='absolute'."
            )
        if not alive:
            draws = [self._point(self._outputs(windows, net)) for net in self.nets_]
            draws = np.concatenate(draws, axis=1)
            return (
                draws if n_draws is None else draws[:, np.arange(n_draws) % n_members]
            )
        n_draws = n_draws or N_DRAWS
        draws = [
            self._point(self._outputs(windows, net, -(-n_draws // n_members), seed))
            for net, seed in zip(self.nets_, self._draw_seeds, strict=True)
        ]
        if n_members == 1:  # which may take gigabytes
            return draws[0]
        # The members take turns, so that none is left out.
        draws = np.stack(draws, axis=2)
        return draws.reshape(len(draws), -1, *draws.shape[3:])[:, :n_draws]


def _drops(module):
    """Tell whether a network has active dropout.

    The parameter ``dropout`` is not enough: it has no effect in a single recurrent
    layer, since it acts between layers, nor in a linear model.
    """
    shares = [
        getattr(part, name, 0)
        for part in module.modules()
        for name in ("p", "dropout", "recurrent_dropout")
    ]
    return any(isinstance(share, Real) and 0 < share < 1 for share in shares)
