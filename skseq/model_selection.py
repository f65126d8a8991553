"""A grid search that trains networks of the same shape together."""

import warnings
from contextlib import suppress

from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils.metadata_routing import get_routing_for_object, process_routing

from .training import Together


class VectorizedGridSearchCV(GridSearchCV):
    """``GridSearchCV`` that trains networks of the same shape together.

    Candidates are trained together if they differ only in ``learning_rate``,
    ``weight_decay`` or ``random_state``, on folds with the same number of batches.
    Each learns what it would have learned alone, to rounding (which an ill-conditioned
    fit magnifies), and stops early at the same epoch. The results are those of
    scikit-learn's ``GridSearchCV``.

    This is faster for small networks (up to about 128 units in batches of 32), in which
    torch spends most of its time on overhead. Networks with callbacks, an optimizer of
    your own, or a loss that is a module, large networks, and those on a GPU or in mixed
    precision are fitted one after the other. Transformers, and estimators that are not
    networks of this package, are fitted twice, and in one process.

    Parameters
    ----------
    estimator : estimator object
        A network of this package, or a pipeline that ends with one.
    param_grid : dict or list of dict
        Names of parameters, and the values to try.
    scoring : str, callable, list, tuple or dict, default=None
        As in ``GridSearchCV``; None uses the estimator's own score.
    n_jobs : int, default=None
        Number of processes among which the networks are divided, by joblib and the
        backend that is set in it. The best one is fitted, and all are scored, in this
        process.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate on all of X, and by which score to choose it.
    cv : int, cross-validation generator or iterable, default=None
        As in ``GridSearchCV``.
    verbose : int, default=0
        As in ``GridSearchCV``; the estimator's own ``verbose`` shows a progress bar.
    pre_dispatch : int or str, default="2*n_jobs"
        Not used.
    error_score : "raise" or numeric, default=np.nan
        The score of a candidate whose fit fails.
    return_train_score : bool, default=False
        Whether to also compute scores on the training windows.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        As in ``GridSearchCV``; ``mean_fit_time`` includes an equal share of the time
        spent on training together.
    best_estimator_ : estimator
        Fitted on all of X.
    best_params_ : dict
    best_score_ : float
    best_index_ : int
    scorer_ : callable or dict
    n_splits_ : int
    refit_time_ : float
        Seconds.
    multimetric_ : bool

    See Also
    --------
    sklearn.model_selection.GridSearchCV : The same search, one fit after the other.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import GRURegressor, VectorizedGridSearchCV
    >>> X = np.random.default_rng(0).normal(size=(60, 8))
    >>> search = VectorizedGridSearchCV(
    ...     GRURegressor(hidden_size=4, max_epochs=5, random_state=0),
    ...     {"learning_rate": [0.0001, 0.01], "weight_decay": [0, 0.1]},
    ...     cv=3,
    ... )
    >>> search.fit(X, X.mean(axis=1)).best_params_["learning_rate"]
    0.01
    """

    def fit(self, X, y=None, **params):
        """Train all candidates on all folds, then the best one on all of X.

        Parameters
        ----------
        X, y, **params
            As in ``GridSearchCV``.

        Returns
        -------
        self
        """
        given = self.cv, self.n_jobs
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        arguments = {"groups": params.get("groups")}
        if get_config()["enable_metadata_routing"]:
            arguments = process_routing(self, "fit", **params).splitter.split
        # The same splits both times, even if they are random or can be used only once.
        self.cv = _Splits(cv, list(cv.split(X, y, **arguments)))
        together = Together(self.n_jobs)
        try:
            self._collect(together, X, y, params)
            together.run()
            if together.n_fits:
                self.n_jobs = 1  # what is left to do is in this process
            self._seconds = together.seconds
            with together.asking():
                super().fit(X, y, **params)
        finally:
            self.cv, self.n_jobs = given
        self._checked_cv_orig = cv  # scikit-learn keeps the splits
        return self

    def _format_results(self, candidate_params, n_splits, *args):
        """Share the time of training together, before ``refit`` may choose by it."""
        results = super()._format_results(candidate_params, n_splits, *args)
        share = self._seconds / (len(candidate_params) * n_splits)
        results["mean_fit_time"] = results["mean_fit_time"] + share
        return results

    def _collect(self, together, X, y, params):
        """Collect the networks of all candidates, without training them."""
        # No estimator is fitted, so no score can be computed: each becomes the error's.
        options = {"cv": self.cv, "refit": False, "n_jobs": 1, "error_score": 0.0}
        scout = GridSearchCV(
            self.estimator, self.param_grid, scoring=self.scoring, **options
        )
        with together.collecting(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # all are shown again by the search
            # No candidate can be fitted, which the search itself tells, or a scorer
            # returns something else than the score of an error.
            with suppress(TypeError, ValueError):
                scout.fit(X, y, **params)


class _Splits:
    """The splits that a splitter has made, which takes the same metadata."""

    def __init__(self, cv, splits):
        self.cv = cv
        self.splits = splits

    def split(self, X=None, y=None, **_):
        return iter(self.splits)

    def get_n_splits(self, X=None, y=None, **_):
        return len(self.splits)

    def get_metadata_routing(self):
        return get_routing_for_object(self.cv)
