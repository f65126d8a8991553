"""One instance of each estimator and transformer, made for scikit-learn's checks.

Networks get all samples in one batch (with several, which sample falls into which
batch matters, and repeating a sample is not the same as weighting it) and as many
epochs as their few gradient steps then need.
"""

from sklearn.preprocessing import StandardScaler

from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    KnownAhead,
    SlidingWindow,
    TransformedWindowRegressor,
)
from skseq.estimators import ALL, NaiveRegressor

TRAINING = {"max_epochs": 60, "batch_size": 512, "learning_rate": 0.03}

INSTANCES = [
    *(cls() if cls is NaiveRegressor else cls(**TRAINING) for cls in ALL),
    ConformalRegressor(DenseRegressor(**TRAINING, random_state=0)),
    TransformedWindowRegressor(
        # Not Differencer: the checks' y does not continue their X.
        DenseRegressor(**TRAINING, random_state=0),
        StandardScaler(),
    ),
    SlidingWindow(length=2),
    Differencer(),
    KnownAhead(),
]

_EXCHANGEABLE = "a row depends on the rows before it, which the check takes away"
EXPECTED_FAILURES = {
    cls: {
        "check_methods_subset_invariance": _EXCHANGEABLE,
        "check_methods_sample_order_invariance": _EXCHANGEABLE,
    }
    for cls in (SlidingWindow, Differencer)
}
