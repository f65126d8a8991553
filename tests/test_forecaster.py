"""SequenceForecaster: sktime's checks, what it computes, and where it fits in."""

import pytest
from sktime.utils.estimator_checks import check_estimator

from skseq.forecasting import SequenceForecaster


@pytest.mark.filterwarnings("default")  # sktime's own
def test_passes_all_checks_of_sktime():
    results = check_estimator(SequenceForecaster, verbose=False)
    assert [name for name, result in results.items() if result != "PASSED"] == []
    assert len(results) > 1000
