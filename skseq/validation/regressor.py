"""Validation of the regressor that another estimator wraps."""

from sklearn.base import is_classifier


def check_regressor(regressor):
    """Raise an error if the parameter ``regressor`` is not an instance of one.

    Parameters
    ----------
    regressor : object

    Raises
    ------
    TypeError
        For a class, a classifier, or anything else that does not predict numbers.
    """
    if isinstance(regressor, type) or not hasattr(regressor, "predict"):
        raise TypeError(
            f"regressor must be an estimator that predicts, got {regressor!r}: give "
            "an instance, not a class; a StackingRegressor with its final_estimator, "
            "such as RidgeCV(); a search with refit."
        )
    if is_classifier(regressor):
        raise TypeError(
            f"regressor must forecast numbers, got the classifier {regressor!r}: give "
            "a regressor."
        )
