"""``warm_start``: a fit that goes on where the last one ended."""

import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skseq import DenseClassifier, DenseRegressor, GRURegressor
from tests.factories import NETWORKS, make, make_windows, output, parameters

STILL = {"learning_rate": 1e-12, "weight_decay": 0.0}


@pytest.mark.parametrize("cls", NETWORKS)
def test_goes_on_with_weights_and_standardisation(cls):
    X, y = make_windows(cls)
    # Batch normalisation goes by the batch, whatever the learning rate.
    plain = {"normalization": None} if "normalization" in parameters(cls) else {}
    model = make(cls, warm_start=True, **plain).fit(X, y)
    first = output(model, X)
    other = (10 * X, y) if y.dtype.kind == "U" else (10 * X, 10 * y)
    model.set_params(**STILL).fit(*other)  # as good as no training
    assert_allclose(output(model, X), first, rtol=1e-6, atol=1e-9)


def test_every_member_goes_on():
    X, y = make_windows(DenseRegressor)
    model = make(DenseRegressor, warm_start=True, n_members=2).fit(X, y)
    first = model.history_.groupby("member")["train_loss"].last()
    assert (
        model.fit(X, y).history_.groupby("member")["train_loss"].last() < first
    ).all()
    with pytest.raises(ValueError, match=r"n_members=3, where .* trained 2"):
        model.set_params(n_members=3).fit(X, y)


def test_starts_anew_without():
    X, y = make_windows(DenseRegressor)
    model = make(DenseRegressor).fit(X, y)
    first = model.predict(X)
    assert_array_equal(model.fit(X, y).predict(X), first)


def test_other_shapes_cannot_go_on():
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=True goes on with"):
        model.fit(X, y[:, :1])
    model = make(GRURegressor, warm_start=True).fit(X, y)
    forecast = model.predict(X)
    with pytest.raises(ValueError, match=r"windows of shape \(5, 1\), where"):
        model.fit(X[..., :1], y)
    assert_array_equal(model.predict(X), forecast)  # the last fit still holds
    model.fit(X, y)


def test_other_classes_cannot_go_on():
    X, y = make_windows(DenseClassifier)
    model = make(DenseClassifier, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="where the last fit had"):
        model.fit(X, ["left" if label == "up" else "right" for label in y])
