"""Callbacks of skorch, its methods, and the progress bar."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import BatchScoring, EpochScoring, TrainEndCheckpoint

from skseq import DenseRegressor, GRURegressor
from skseq.estimators import ALL
from tests.factories import (
    Interrupt,
    Spy,
    make,
    make_windows,
    networks,
    numbered,
    output,
)


@networks
def test_callbacks_are_called_and_left_alone(cls):
    X, y = make_windows(cls)
    spy = Spy()
    callbacks = [spy]
    model = make(cls, max_epochs=3, callbacks=callbacks).fit(X, y)
    assert spy.events == ["begin", "end"]
    assert len(spy.epochs) == 3
    assert callbacks == [spy]
    assert model.callbacks is callbacks


def test_callbacks_of_scikit_learn_are_set_elsewhere():
    monitor = pytest.importorskip("sklearn.callback").ScoringMonitor(scoring="r2")
    X, y = make_windows(GRURegressor)
    with pytest.raises(TypeError, match=r"skorch callbacks, got .* with set_callbacks"):
        make(GRURegressor, callbacks=[monitor]).fit(X, y)
    # There, they change nothing.
    search = GridSearchCV(make(GRURegressor), {"hidden_size": [2, 4]}, cv=2)
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    again = search.set_callbacks(monitor).fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(again, expected)


@networks
def test_a_bar_under_verbose(cls, capfd):
    X, y = make_windows(cls)
    model = make(cls, max_epochs=3, verbose=1).fit(X, y)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "3/3" in captured.err
    assert "train_loss" in captured.err
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(output(again, X), output(model, X))


def test_the_bar_shows_the_validation_loss_and_closes_when_interrupted(capfd):
    X, y = numbered(40)
    model = make(
        GRURegressor,
        verbose=1,
        early_stopping=True,
        max_epochs=5,
        callbacks=[Interrupt("batch end", 3)],
    )
    with pytest.warns(UserWarning, match="2 of 5"):
        model.fit(X, y)
    captured = capfd.readouterr()
    assert "2/5" in captured.err
    assert "valid_loss" in captured.err
    pickle.dumps(model)


@pytest.mark.parametrize("cls", ALL)
def test_silence_without_verbose(cls, capfd):
    X, y = make_windows(cls)
    output(make(cls).fit(X, y), X)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("n_members", [1, 2])
@networks
def test_the_network_is_left_in_evaluation_mode(cls, n_members):
    model = make(cls, n_members=n_members, max_epochs=1).fit(*make_windows(cls))
    parts = [part for net in model.nets_ for part in net.module_.modules()]
    assert not any(part.training for part in parts)


def test_the_network_is_saved_at_the_end(tmp_path):
    """Skorch names the file after the last batch."""
    X, y = make_windows(DenseRegressor)
    save = TrainEndCheckpoint(dirname=tmp_path)
    model = make(DenseRegressor, callbacks=[save]).fit(X, y)
    saved = torch.load(tmp_path / "train_end_params.pt")
    for name, value in model.net_.module_.state_dict().items():
        assert torch.equal(value, saved[name])


def test_the_net_predicts_arrays_as_skorchs_does():
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, standardize=False).fit(X, y)
    np.testing.assert_allclose(model.net_.predict(X), model.predict(X))


@pytest.mark.parametrize("kind", [EpochScoring, BatchScoring])
def test_scores_know_targets_without_weights(kind):
    X, y = numbered(48)
    params = {"batch_size": 16, "max_epochs": 3, "lr_schedule": "constant"}
    scores = []
    for weights in None, np.ones(48):
        score = kind("neg_mean_squared_error", on_train=True, name="score")
        model = make(GRURegressor, callbacks=[score], **params)
        history = model.fit(X, y, sample_weight=weights).net_.history
        scores.append(history[:, "score"])
    assert len(scores[0]) == 3
    np.testing.assert_allclose(*scores, rtol=1e-5)
