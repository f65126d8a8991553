"""One instance of each estimator and transformer, made for scikit-learn's checks.

Networks get all samples in one batch (with several, which sample falls into which
batch matters, and repeating a sample is not the same as weighting it), no dropout (for
the same reason: what is dropped differs from sample to sample) and as many epochs as
their few gradient steps then need. Regressors get the squared error, by
which the checks score: the gradient of the absolute error jumps where it is zero, so
that rounding tells two fits apart that ought to be equal.
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
from skseq.estimators import ALL
from tests.factories import default

TRAINING = {"max_epochs": 40, "batch_size": 512, "learning_rate": 0.05}
NO_DROPOUT = {"dropout": 0.0, "recurrent_dropout": 0.0}
SIZE = {"n_filters": 8}
# The checks' windows are shorter than a week.
ORDERS = {"order": (1, 0, 0), "seasonal_order": (0, 0, 0, 0)}


def instance(cls):
    """Make an estimator that can learn the checks' few samples."""
    parameters = default(cls).get_params()
    chosen = {**TRAINING, **NO_DROPOUT, **SIZE, **ORDERS, "loss": "squared_error"}
    if "class_weight" in parameters:  # enough for labels; rounding errors grow
        chosen["max_epochs"] = 15
    if "hidden_layer_sizes" in parameters:  # linear: takes larger steps, and is fast
        chosen.update(max_epochs=30, learning_rate=0.1)
    return default(cls, **{name: chosen[name] for name in chosen if name in parameters})


# The inner estimators' seeds are not set by the checks.
_INNER = instance(DenseRegressor).set_params(random_state=0)

INSTANCES = [
    *map(instance, ALL),
    ConformalRegressor(_INNER),
    # Not with a Differencer: the checks' y does not continue their X.
    TransformedWindowRegressor(_INNER, StandardScaler()),
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
