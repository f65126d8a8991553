"""scikit-learn's own checks, and what must hold for every estimator alike."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.instances import EXPECTED_FAILURES, INSTANCES


@parametrize_with_checks(
    INSTANCES, expected_failed_checks=lambda e: EXPECTED_FAILURES.get(type(e), {})
)
def test_sklearn_checks(estimator, check):
    check(estimator)
