"""scikit-learn's own checks, and what must hold for every estimator alike."""

from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.instances import EXPECTED_FAILURES, INSTANCES

SCORED = (
    "check_classifiers_train",
    "check_class_weight_classifiers",
    "check_regressors_train",
)
"""The checks that ask how well an estimator has learned; to others a few epochs do."""


@parametrize_with_checks(
    INSTANCES, expected_failed_checks=lambda e: EXPECTED_FAILURES.get(type(e), {})
)
def test_sklearn_checks(estimator, check):
    if check.func.__name__ not in SCORED:
        few = {name: 2 for name in estimator.get_params() if "max_epochs" in name}
        estimator = clone(estimator).set_params(**few)
    check(estimator)
