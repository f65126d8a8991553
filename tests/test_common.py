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
        # Two steps as large as those of the others make some seeds diverge, and some
        # checks leave the seed to chance.
        few = {"max_epochs": 2, "learning_rate": 0.005}
        names = estimator.get_params()
        few = {name: few[end] for name in names if (end := name.split("__")[-1]) in few}
        estimator = clone(estimator).set_params(**few)
    check(estimator)
