"""What is inside an estimator: the one that does the work, and parameters of all."""

from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline


def innermost(estimator, *wrappers):
    """Return the estimator at the end of Pipelines and in searches, fitted or not.

    Also in a FrozenEstimator, and in those of the classes ``wrappers``.
    """
    if isinstance(estimator, Pipeline):
        return innermost(estimator[-1], *wrappers)
    if isinstance(estimator, (BaseSearchCV, FrozenEstimator, *wrappers)):
        return innermost(held_by(estimator), *wrappers)
    return estimator


def unwrap(model, X):
    """Return the final estimator of fitted searches and Pipelines, and its X."""
    if isinstance(model, FrozenEstimator):
        return unwrap(model.estimator, X)
    if isinstance(model, BaseSearchCV):
        return unwrap(model.best_estimator_, X)
    if isinstance(model, Pipeline):
        return unwrap(model[-1], model[:-1].transform(X) if len(model) > 1 else X)
    return model, X


def held_by(estimator):
    """Return the estimator that another one holds, or None."""
    return getattr(estimator, "estimator", getattr(estimator, "regressor", None))


def members_of(estimator):
    """Return the estimators of an ensemble such as VotingRegressor."""
    several = getattr(estimator, "estimators", None) or []
    inner = [one[-1] if isinstance(one, tuple) else one for one in several]
    return [one for one in inner if hasattr(one, "fit")]


def parts_of(estimator):
    """Return an estimator and its parameters, also those in a FrozenEstimator."""
    parts = [estimator, *estimator.get_params().values()]
    frozen = [part.estimator for part in parts if isinstance(part, FrozenEstimator)]
    return parts + [part for one in frozen for part in parts_of(one)]


def inner_parameters(estimator, name):
    """Find a parameter in an estimator and in all estimators inside it.

    Returns full names, such as "gruregressor__target", and values.
    """
    return {
        whole: value
        for whole, value in estimator.get_params().items()
        if whole.rpartition("__")[2] == name
    }
