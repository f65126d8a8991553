"""``warm_start``: a fit that goes on where the last one ended."""

import subprocess
import sys

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skseq import (
    DenseClassifier,
    DenseRegressor,
    EncoderDecoderRegressor,
    GRURegressor,
)
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
    with pytest.raises(ValueError, match=r"n_members=3, but .* trained 2"):
        model.set_params(n_members=3).fit(X, y)


def test_a_model_in_a_read_only_file_goes_on(tmp_path):
    """In a process of its own, which writing to the file would kill."""
    X, y = make_windows(DenseRegressor)
    model = make(DenseRegressor, warm_start=True).fit(X, y)
    joblib.dump((model, X, y), tmp_path / "model")
    code = (
        "import sys, joblib\n"
        "model, X, y = joblib.load(sys.argv[1], mmap_mode='r')\n"
        "joblib.dump(model.fit(X, y).predict(X), sys.argv[2])\n"
    )
    paths = tmp_path / "model", tmp_path / "forecast"
    subprocess.run([sys.executable, "-W", "error", "-c", code, *paths], check=True)
    assert_array_equal(joblib.load(paths[1]), model.fit(X, y).predict(X))


def test_other_shapes_cannot_go_on():
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="y has 1 columns, but the last fit had"):
        model.fit(X, y[:, :1])
    with pytest.raises(ValueError, match="warm_start=True continues to train"):
        model.set_params(hidden_size=3).fit(X, y)
    model = make(GRURegressor, warm_start=True).fit(X, y)
    forecast = model.predict(X)
    with pytest.raises(ValueError, match=r"windows of shape \(5, 1\), but"):
        model.fit(X[..., :1], y)
    assert_array_equal(model.predict(X), forecast)  # the last fit still holds
    model.fit(X, y)


@pytest.mark.parametrize(("n_before", "n_after"), [(3, 5), (3, 1), (1, 3)])
def test_a_decoder_cannot_go_on_with_other_steps(n_before, n_after):
    # Its weights have the same shapes for any number of steps.
    X, y = make_windows(EncoderDecoderRegressor)
    y = y[:, :1] * np.arange(1, 6)
    model = make(EncoderDecoderRegressor, warm_start=True).fit(X, y[:, :n_before])
    forecast = model.predict(X)
    with pytest.raises(ValueError, match=f"y has {n_after} columns, .* {n_before}"):
        model.fit(X, y[:, :n_after])
    assert_array_equal(model.predict(X), forecast)


def test_what_cannot_go_on_changes_nothing():
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, warm_start=True).fit(X, y[:, 0])
    forecast = model.predict(X)
    for other in ((X, y), (X[..., :1], y[:, 0]), (X, y[:, 0] * np.nan)):
        with pytest.raises(ValueError, match=r"warm_start|NaN"):
            model.fit(*other)
        assert_array_equal(model.predict(X), forecast)
        assert model.n_features_in_ == X.shape[2]


def test_other_classes_cannot_go_on():
    X, y = make_windows(DenseClassifier)
    model = make(DenseClassifier, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="but the last fit had"):
        model.fit(X, ["left" if label == "up" else "right" for label in y])


@pytest.mark.parametrize(
    ("before", "after", "had"),
    [
        ({}, {"embedding_size": 2}, "had no tokens"),
        ({"embedding_size": 2}, {"embedding_size": None}, "embedded 4 tokens"),
        ({"embedding_size": 2}, {"vocabulary_size": 9}, "embedded 4 tokens"),
    ],
)
def test_other_tokens_cannot_go_on(before, after, had):
    X = np.arange(60.0).reshape(12, 5) % 4
    model = make(GRURegressor, warm_start=True, **before).fit(X, X[:, -1])
    with pytest.raises(ValueError, match=f"{had}: give the same parameters"):
        model.set_params(**after).fit(X, X[:, -1])
