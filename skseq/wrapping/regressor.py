"""Validation of the regressor that another estimator wraps."""

from sklearn.base import is_classifier

WITHOUT_PREDICT = (
    "a StackingRegressor predicts only with a final_estimator, such as RidgeCV(), and "
    "a search only with refit"
)
"""What scikit-learn's regressors may lack."""


def check_regressor(regressor):
    """Raise an error if the parameter ``regressor`` is not an instance of one.

    Raises
    ------
    TypeError
        For a class, a classifier, or anything else that does not predict numbers.
    """
    if isinstance(regressor, type) or not hasattr(regressor, "predict"):
        raise TypeError(
            f"regressor must be an estimator that predicts, got {regressor!r}: give "
            f"an instance, not a class; {WITHOUT_PREDICT}."
        )
    if is_classifier(regressor):
        raise TypeError(
            f"regressor must forecast numbers, got the classifier {regressor!r}: give "
            "a regressor."
        )
