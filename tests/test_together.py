"""Networks trained as one program learn what each learns by itself."""

import pickle
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    TimeSeriesSplit,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch.callbacks import EpochScoring
from torch import nn
from torch.nn import functional as F

import skseq
from skseq import SlidingWindow, VectorizedGridSearchCV
from skseq.networks import Dense
from skseq.training import stacked, together
from skseq.training.batches import WindowDataset
from skseq.training.stacked import grouping
from skseq.training.stacked.batches import StackedBatches
from skseq.training.targets import Targets

# Targets are noise, which continues nothing.
pytestmark = pytest.mark.filterwarnings("ignore:y does not continue")

RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(150, 3))
WINDOWS = SlidingWindow(10).fit_transform(SERIES)  # the first begin with padding
Y = RNG.normal(size=(150, 2))
LABELS = np.array(["a", "b", "c"])[RNG.integers(3, size=150)]
TOKENS = SlidingWindow(10).fit_transform(RNG.integers(7, size=(150, 1)))

MODELS = {
    "RNN": skseq.RNNRegressor(hidden_size=4, n_layers=2, activation="relu"),
    "LSTM": skseq.LSTMRegressor(hidden_size=4, bidirectional=True),
    "GRU": skseq.GRURegressor(hidden_size=4, pooling="concat"),
    "every step": skseq.GRURegressor(hidden_size=4, supervise="every", target=[0, 1]),
    "known ahead": skseq.GRURegressor(hidden_size=4, n_known_ahead=1),
    "Conv1D": skseq.Conv1DRegressor(n_filters=4, hidden_size=4, kernel_size=2),
    "WaveNet": skseq.WaveNetRegressor(n_filters=4),
    "Dense": skseq.DenseRegressor(hidden_layer_sizes=(4,)),
    "quantiles": skseq.DenseRegressor(loss="quantile"),
    "own loss": skseq.GRURegressor(
        hidden_size=4, loss=lambda prediction, target: (prediction - target) ** 4
    ),
    "by value": skseq.DenseRegressor(gradient_clip=0.01, gradient_clip_by="value"),
    "SGD": skseq.DenseRegressor(optimizer="sgd", lr_schedule="cosine"),
    "classifier": skseq.GRUClassifier(
        hidden_size=4,
        recurrent_dropout=0,
        class_weight="balanced",
        label_smoothing=0.1,
    ),
    "GRU, norm": skseq.GRURegressor(hidden_size=4, normalization="layer"),
    "LSTM, norm": skseq.LSTMRegressor(hidden_size=4, normalization="layer"),
    "WaveNet, norm": skseq.WaveNetRegressor(n_filters=4, normalization="layer"),
    "tokens": skseq.GRURegressor(hidden_size=4, embedding_size=3, vocabulary_size=5),
    "GRU, batch norm": skseq.GRURegressor(
        hidden_size=4, normalization="batch", pooling="mean"
    ),
    "LSTM, batch norm": skseq.LSTMRegressor(
        hidden_size=4, bidirectional=True, normalization="batch", recurrent_dropout=0.2
    ),
    "Conv1D, batch norm": skseq.Conv1DRegressor(
        n_filters=4, hidden_size=4, kernel_size=2, normalization="batch"
    ),
    "WaveNet, batch norm": skseq.WaveNetRegressor(
        n_filters=4, normalization="batch", dropout=0.3
    ),
    "RNN, dropout": skseq.RNNRegressor(hidden_size=4, n_layers=2, dropout=0.3),
    "LSTM, dropout": skseq.LSTMRegressor(hidden_size=4, recurrent_dropout=0.3),
    "GRU, dropout": skseq.GRURegressor(
        hidden_size=4, n_layers=2, dropout=0.3, recurrent_dropout=0.2
    ),
    "Conv1D, dropout": skseq.Conv1DRegressor(
        n_filters=4, hidden_size=4, kernel_size=2, dropout=0.3
    ),
    "WaveNet, dropout": skseq.WaveNetRegressor(n_filters=4, dropout=0.3),
    "Dense, dropout": skseq.DenseRegressor(hidden_layer_sizes=(4,), dropout=0.3),
    "classifier, batch norm": skseq.Conv1DClassifier(n_filters=4, n_conv_layers=2),
    "classifier, dropout": skseq.GRUClassifier(
        hidden_size=4, n_layers=2, dropout=0.3, recurrent_dropout=0.2
    ),
    "decoder, RNN": skseq.EncoderDecoderRegressor(
        cell="RNN", hidden_size=4, loss="quantile", pooling="concat"
    ),
    "decoder, LSTM": skseq.EncoderDecoderRegressor(
        cell="LSTM", hidden_size=4, attention=True, n_known_ahead=1
    ),
    "decoder, GRU": skseq.EncoderDecoderRegressor(
        hidden_size=4, n_layers=2, dropout=0.3, bidirectional=True
    ),
    "decoder, attention": skseq.EncoderDecoderRegressor(
        hidden_size=4, n_layers=2, attention=True, dropout=0.3
    ),
    "decoder, two targets": skseq.EncoderDecoderRegressor(
        cell="LSTM", hidden_size=4, n_layers=3, teacher_forcing=1.0
    ),
    "decoder, not taught": skseq.EncoderDecoderRegressor(
        hidden_size=4, teacher_forcing=0.0, dropout=0.3
    ),
    "decoder, batch norm": skseq.EncoderDecoderRegressor(
        hidden_size=4, normalization="batch", recurrent_dropout=0.2
    ),
    "classifier, decoder": skseq.EncoderDecoderClassifier(
        cell="LSTM", hidden_size=4, dropout=0.3, class_weight="balanced"
    ),
    "classifier, tokens": skseq.EncoderDecoderClassifier(
        hidden_size=4, embedding_size=3, vocabulary_size=5, label_smoothing=0.1
    ),
}
WORDS = np.array(["a", "b", "c"])[RNG.integers(3, size=(150, 3))]
TARGETS = {
    "decoder, two targets": RNG.normal(size=(150, 4, 2)),
    "classifier, decoder": WORDS,
    "classifier, tokens": WORDS,
}
UNSTABLE = {"optimizer": "sgd", "weight_decay": 0.01, "gradient_clip": None}
STOPPING = {
    "early_stopping": True,
    "validation_fraction": 0.31,
    "n_iter_no_change": 2,
    "max_epochs": 8,
    "batch_size": 64,  # the last is smaller
}


@pytest.fixture
def stacks(monkeypatch):
    """Sizes of the stacks that are trained."""
    sizes = []

    def count(jobs):
        sizes.append(len(jobs))
        return stacked.train_stacked(jobs)

    monkeypatch.setattr(together, "train_stacked", count)
    return sizes


def _assert_members_are_separate_fits(model, y, sample_weight=None, windows=None):
    """In predictions, histories and weights; returns the epochs of each member."""
    method = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    windows = _windows_for(model) if windows is None else windows
    predictions, n_epochs = [], []
    for member, seed in enumerate(model.member_random_states_):
        single = type(model)(
            **{**model.get_params(), "n_members": 1, "random_state": seed}
        ).fit(windows, y, sample_weight=sample_weight)
        predictions.append(getattr(single, method)(windows))
        history = model.history_[model.history_["member"] == member]
        columns = single.history_.columns.drop(["member", "seconds"])
        assert_allclose(history[columns], single.history_[columns], atol=1e-9)
        n_epochs.append(len(history))
        _assert_same_weights(model.nets_[member], single.net_)
    if getattr(model, "loss", None) != "quantile":  # the mean is of each quantile
        mean = np.mean(predictions, axis=0)
        assert_allclose(getattr(model, method)(windows), mean, atol=1e-9)
    return n_epochs


def _assert_same_weights(net, expected):
    """And the same buffers, to rounding."""
    found = net.module_.state_dict()
    for name, value in expected.module_.state_dict().items():
        assert_allclose(found[name], value, atol=1e-9)


def _windows_for(model):
    return WINDOWS if model.embedding_size is None else TOKENS


def _targets_for(name):
    return TARGETS.get(name, LABELS if name.startswith("classifier") else Y)


WEIGHTED = ["LSTM", "every step", "quantiles", "classifier", "GRU, dropout"]
WEIGHTED += ["WaveNet, batch norm", "classifier, batch norm"]
WEIGHTED += ["decoder, LSTM", "decoder, batch norm", "classifier, decoder"]


@pytest.mark.parametrize(
    ("name", "weighted"),
    [*((name, False) for name in MODELS), *((name, True) for name in WEIGHTED)],
)
def test_members_are_separate_fits(name, weighted, stacks):
    """With windows that begin with padding."""
    params = {"max_epochs": 2, "batch_size": 64}  # the last is smaller
    model = clone(MODELS[name]).set_params(**params, n_members=3, random_state=0)
    y = _targets_for(name)
    weights = np.linspace(0.5, 2, len(Y)) if weighted else None
    model.fit(_windows_for(model), y, sample_weight=weights)
    _assert_members_are_separate_fits(model, y, weights)
    assert stacks == [3]


@pytest.mark.parametrize("name", MODELS)
def test_members_are_separate_fits_though_most_steps_are_padding(name, stacks):
    """A batch is as long as its longest sequence, in a stack that of any member."""
    params = {"max_epochs": 2, "batch_size": 8, "n_members": 3, "random_state": 0}
    model = clone(MODELS[name]).set_params(**params)
    lengths = np.random.default_rng(0).choice([1, 2, 3, 4, 10], size=150)
    padded = np.arange(10, 0, -1) > lengths[:, np.newaxis]
    windows = np.where(padded[:, :, np.newaxis], np.nan, _windows_for(model))
    model.fit(windows, _targets_for(name))
    _assert_members_are_separate_fits(model, _targets_for(name), windows=windows)
    assert stacks == [3]


@pytest.mark.parametrize(
    ("name", "weighted"),
    [*((name, False) for name in MODELS), ("GRU", True), ("classifier", True)],
)
def test_each_member_stops_by_itself(name, weighted, stacks):
    """At an epoch of its own, with the weights of its best epoch."""
    # At 0.03 an LSTM with norms is chaotic: it makes 1e-4 of 1e-15 in nine epochs,
    # also of a change of that size in the windows of a single fit.
    # Members of the others all stop in one epoch at 0.06.
    # Three learn so slowly that no member of theirs would stop.
    rates = {"GRU": 0.1, "WaveNet, dropout": 0.1, "quantiles": 0.2, "SGD": 0.2}
    slow = ["LSTM, norm", "GRU, batch norm", "classifier", "classifier, dropout"]
    slow += ["decoder, batch norm", "Conv1D, batch norm"]
    rate = (rates | dict.fromkeys(slow, 0.01)).get(name, 0.06)
    model = clone(MODELS[name]).set_params(
        **STOPPING, learning_rate=rate, n_members=3, random_state=3
    )
    y = _targets_for(name)
    weights = np.linspace(0.5, 2, len(Y)) if weighted else None
    model.fit(_windows_for(model), y, sample_weight=weights)
    n_epochs = _assert_members_are_separate_fits(model, y, weights)
    assert stacks == [3]
    assert len(set(n_epochs)) > 1


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
def test_each_member_lowers_its_own_rate(optimizer, early_stopping, stacks):
    """When its own loss no longer falls."""
    model = skseq.GRURegressor(
        hidden_size=4,
        lr_schedule="plateau",
        optimizer=optimizer,
        learning_rate=0.2,
        max_epochs=16,
        early_stopping=early_stopping,
        validation_fraction=0.31,
        n_iter_no_change=3,
        n_members=3,
        random_state=0,
    ).fit(WINDOWS, Y)
    _assert_members_are_separate_fits(model, Y)
    assert stacks == [3]
    rates = model.history_.groupby("member")["learning_rate"]
    assert (rates.min() < 0.2).any()
    lowered = [tuple(np.flatnonzero(np.diff(rate))) for _, rate in rates]
    assert len(set(lowered)) > 1


def test_what_cannot_be_stacked_is_fitted_one_by_one(stacks):
    for model in (
        skseq.GRURegressor(hidden_size=512),
        skseq.WaveNetRegressor(n_filters=120, pooling="mean"),
    ):
        model.set_params(max_epochs=1, n_members=2)
        assert len(model.fit(WINDOWS[:40], Y[:40]).nets_) == 2
    assert stacks == []


class SquaredError(nn.Module):
    """A loss that knows nothing of several models."""

    def forward(self, prediction, target):
        return (prediction - target).square().mean()


class Noise(nn.Module):
    """Has no weights, but draws random numbers."""

    def forward(self, x):
        return x + torch.randn_like(x) if self.training else x


class Centred(nn.Sequential):
    """Mixes the windows of a batch."""

    def forward(self, x):
        return super().forward(x - x.mean(0)) if self.training else super().forward(x)


OTHER_LAYERS = {
    "a layer": nn.PReLU,
    "a layer with other options": lambda: nn.LayerNorm(4, eps=0.5),
    "a layer without weights": Noise,
}


@pytest.mark.parametrize(
    "part",
    [
        "a network",
        *OTHER_LAYERS,
        "layers that mix windows",
        "a loss",
        "a loss that is a module",
        "a hook",
        "a forward",
        "frozen weights",
        "shared weights",
    ],
)
def test_what_is_from_elsewhere_is_fitted_one_by_one(part, stacks):
    class Network(Dense):
        """Its layers can be stacked, but nothing is known of what it does."""

    class Regressor(skseq.DenseRegressor):
        def _build(self, length, n_features):
            kind = Network if part == "a network" else Dense
            network = kind(length * n_features, (4, 4), "relu", 0.0)
            first, second = (x for x in network.layers if isinstance(x, nn.Linear))
            if part in OTHER_LAYERS:
                network.layers[1] = OTHER_LAYERS[part]()
            elif part == "layers that mix windows":
                network.layers = Centred(*network.layers)
            elif part == "a forward":
                network.layers[1].forward = torch.tanh
            elif part == "a hook":
                first.register_forward_hook(lambda *call: 2 * call[2])
            elif part == "frozen weights":
                first.requires_grad_(False)
            elif part == "shared weights":
                second.bias = first.bias
            return network

        def _criterion(self, dtype):
            return SquaredError() if part == "a loss" else super()._criterion(dtype)

    model = Regressor(max_epochs=1, n_members=2, random_state=0)
    if part == "a loss that is a module":
        model.set_params(loss=nn.L1Loss(reduction="none"))
    _assert_members_are_separate_fits(model.fit(WINDOWS, Y), Y)
    assert stacks == []


def test_a_single_fit_takes_parameters_that_cannot_be_pickled():
    class Regressor(skseq.DenseRegressor):
        activate: object = None

    model = Regressor(max_epochs=1, activate=lambda x: x).fit(WINDOWS, Y)
    assert np.isfinite(model.predict(WINDOWS)).all()


def test_ensemble_goes_on_from_the_last_fit(stacks):
    params = {"hidden_size": 4, "max_epochs": 2, "warm_start": True, "random_state": 0}
    model = skseq.GRURegressor(n_members=2, **params).fit(WINDOWS, Y)
    model.fit(WINDOWS, Y)
    single = skseq.GRURegressor(**params)
    single.random_state = model.member_random_states_[1]
    single.fit(WINDOWS, Y)
    # The second fit of the ensemble drew other seeds of the order only if not an int.
    again = single.fit(WINDOWS, Y).history_["train_loss"]
    assert_allclose(model.history_.query("member == 1")["train_loss"], again)
    assert stacks == [2, 2]


def test_decoders_that_stopped_at_different_epochs_go_on(stacks):
    """One that is still taught, beside one that is no more, is as if it were alone."""
    params = {**STOPPING, "learning_rate": 0.06, "warm_start": True, "random_state": 3}
    params |= {"hidden_size": 4, "dropout": 0.3, "max_epochs": 12, "batch_size": 32}
    model = skseq.EncoderDecoderRegressor(n_members=3, **params).fit(WINDOWS, Y)
    updates = [int(net.module_.head.update) for net in model.nets_]
    short = {"early_stopping": False, "max_epochs": 2}
    model.set_params(**short).fit(WINDOWS, Y)
    assert min(updates) < model.net_.module_.head.n_updates < max(updates)
    for member, seed in enumerate(model.member_random_states_):
        single = skseq.EncoderDecoderRegressor(**{**params, "random_state": seed})
        single.fit(WINDOWS, Y).set_params(**short).fit(WINDOWS, Y)
        _assert_same_weights(model.nets_[member], single.net_)
    assert stacks == [3, 3]


def test_ensemble_that_diverges_raises():
    model = skseq.DenseRegressor(n_members=2, learning_rate=1e30, **UNSTABLE)
    with pytest.raises(ValueError, match=r"train loss became .* Lower learning_rate"):
        model.fit(WINDOWS, Y)


@pytest.mark.parametrize("n_stacks", [1, 2])
def test_interrupted_ensemble_keeps_its_weights(n_stacks, monkeypatch, stacks):
    """Later stacks end where the interrupted one did."""
    monkeypatch.setattr(grouping, "AT_ONCE", 2 * 32 * 4)
    batches = StackedBatches.__iter__
    epochs = []

    def interrupted(self):
        epochs.append(1)
        if len(epochs) == 3:
            raise KeyboardInterrupt
        return batches(self)

    monkeypatch.setattr(StackedBatches, "__iter__", interrupted)
    model = skseq.GRURegressor(hidden_size=4, max_epochs=9, n_members=2 * n_stacks)
    with pytest.warns(UserWarning, match="Interrupted after 2 of 9 epochs"):
        model.fit(WINDOWS, Y)
    assert stacks == n_stacks * [2]
    assert model.history_.groupby("member")["epoch"].max().tolist() == n_stacks * [2, 2]
    assert np.isfinite(model.predict(WINDOWS)).all()


def test_interrupted_ensemble_keeps_the_best_weights_of_each(monkeypatch):
    """Also of a member that had stopped before."""
    params = {**STOPPING, "learning_rate": 0.1, "lr_schedule": "constant"}
    model = skseq.DenseRegressor(n_members=4, random_state=1, **params)
    batches = StackedBatches.__iter__
    epochs = []

    def interrupted(self):
        epochs.append(self.dataset.generators is not None)
        if sum(epochs) == 6:
            raise KeyboardInterrupt
        return batches(self)

    with monkeypatch.context() as patch:
        patch.setattr(StackedBatches, "__iter__", interrupted)
        with pytest.warns(UserWarning, match="Interrupted after 5 of 8 epochs"):
            model.fit(WINDOWS, Y)
    model.max_epochs = 5
    n_epochs = _assert_members_are_separate_fits(model, Y)
    assert min(n_epochs) < max(n_epochs) == 5


def _pipeline(**params):
    return make_pipeline(
        SlidingWindow(10),
        skseq.GRURegressor(max_epochs=2, batch_size=56, random_state=0, **params),
    )


GRID = {
    "gruregressor__hidden_size": [3, 4],
    "gruregressor__learning_rate": [0.001, 0.01],
    "gruregressor__weight_decay": [0, 0.1],
}


@pytest.mark.parametrize(
    ("cv", "sizes"),
    [(3, [12, 12]), (TimeSeriesSplit(2), [4] * 4), (KFold(4), [8] * 4)],
)
def test_search_has_the_results_of_scikit_learn(cv, sizes, stacks):
    """KFold(4) trains on 112 or 113 windows, which are 2 or 3 batches of 56."""
    options = {
        "cv": cv,
        "scoring": ["r2", "neg_mean_absolute_error"],
        "refit": "r2",
        "return_train_score": True,
    }
    expected = GridSearchCV(_pipeline(), GRID, **options).fit(SERIES, Y)
    assert stacks == []
    search = VectorizedGridSearchCV(_pipeline(), GRID, **options).fit(SERIES, Y)
    assert stacks == sizes
    assert list(search.cv_results_) == list(expected.cv_results_)
    for name, values in expected.cv_results_.items():
        if "score" in name and "time" not in name:
            assert_allclose(search.cv_results_[name], values, atol=1e-9)
    assert search.best_params_ == expected.best_params_
    assert_allclose(search.predict(SERIES), expected.predict(SERIES))
    assert search.get_params()["cv"] is cv


# The few windows of a fold, in few batches, take more epochs.
STOPPING_IN_FOLDS = STOPPING | {"max_epochs": 12}
KINDS = skseq.GRUClassifier, skseq.GRURegressor
KINDS += skseq.EncoderDecoderClassifier, skseq.EncoderDecoderRegressor


@pytest.mark.parametrize(
    ("params", "weights"),
    [
        ({"max_epochs": 2}, None),
        ({"max_epochs": 2}, np.linspace(0.5, 2, 34)),
        ({"max_epochs": 2, "embedding_size": 3, "vocabulary_size": 5}, None),
        (STOPPING_IN_FOLDS, None),
        (
            STOPPING_IN_FOLDS
            | {"n_layers": 2, "dropout": 0.3, "recurrent_dropout": 0.2},
            np.linspace(0.5, 2, 34),
        ),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_search_on_folds_of_different_size(kind, weights, params, stacks):
    """Batches differ by a window, held-out ones too; each counts as in a fit alone."""
    model = kind(hidden_size=4, random_state=0, **params)
    _assert_folds_are_separate_fits(model, weights)
    assert stacks == [8]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        skseq.GRURegressor(hidden_size=4, normalization="batch"),
        skseq.Conv1DClassifier(n_filters=4, n_conv_layers=2),
    ],
)
def test_windows_that_fill_a_batch_have_no_part_in_its_statistics(
    model, weighted, stacks
):
    model = clone(model).set_params(**STOPPING_IN_FOLDS, random_state=0)
    weights = np.linspace(0.5, 2, 34) if weighted else None
    _assert_folds_are_separate_fits(model, weights)
    assert stacks == [8]


def test_a_batch_of_one_window_is_not_filled(stacks):
    """It has no statistics of its own, but those of the batches before."""
    model = skseq.GRURegressor(hidden_size=4, normalization="batch", random_state=0)
    # Pairs that are nearly equal magnify rounding, from epoch to epoch.
    _assert_folds_are_separate_fits(model.set_params(max_epochs=1), None, batch_size=2)
    assert stacks == [4, 4]


def _assert_folds_are_separate_fits(model, weights, batch_size=12):
    model.batch_size = batch_size
    grid = {"learning_rate": [0.001, 0.1]}
    # Of overlapping windows, classifiers leave out of some folds more than of others.
    X = _windows_for(model)[::4][:34]
    y, scoring = Y[:34], "r2"
    if isinstance(model, skseq.EncoderDecoderClassifier):
        y, scoring = WORDS[:34], _mean_probability
    elif is_classifier(model):
        y, scoring = LABELS[:34], "neg_log_loss"
    results = []
    for search in (GridSearchCV, VectorizedGridSearchCV):
        search = search(model, grid, cv=KFold(4), refit=False, error_score="raise")
        search.scoring = scoring
        results.append(search.fit(X, y, sample_weight=weights).cv_results_)
    for fold in range(4):
        name = f"split{fold}_test_score"
        assert_allclose(results[1][name], results[0][name], atol=1e-9)


def _mean_probability(model, X, y, sample_weight=None):
    """Of the first label; scikit-learn has no score of several labels."""
    return model.predict_proba(X)[..., 0].mean()


@pytest.mark.parametrize("supervise", ["last", "every"])
def test_search_in_two_processes(supervise, stacks):
    """Also with early stopping."""
    model = skseq.GRURegressor(
        hidden_size=3, supervise=supervise, target=[0, 1], random_state=0, **STOPPING
    )
    pipeline = make_pipeline(SlidingWindow(10), model)
    grid = {
        "gruregressor__learning_rate": [0.001, 0.01],
        "gruregressor__hidden_size": [2, 3],
        "gruregressor__loss": ["squared_error", "absolute_error"],
    }
    expected = GridSearchCV(pipeline, grid, cv=2).fit(SERIES, Y)
    search = VectorizedGridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(SERIES, Y)
    assert stacks == []  # none in this process
    for name in ("split0_test_score", "split1_test_score"):
        assert_allclose(search.cv_results_[name], expected.cv_results_[name], atol=1e-9)
    assert search.get_params()["n_jobs"] == 2
    assert_allclose(search.predict(SERIES), expected.predict(SERIES))


def test_what_a_process_gets_is_the_series():
    X = SlidingWindow(40).fit_transform(np.arange(1000.0)[:, None])
    data = WindowDataset(X, Targets(np.arange(1000.0)), None, range(10, 1000))
    written = pickle.dumps(data)
    assert len(written) < 3 * 8 * 1000
    few = np.array([0, 7])
    for found, expected in zip(pickle.loads(written)[few], data[few], strict=True):
        assert_array_equal(found, expected)


def test_search_of_random_networks_and_random_folds(stacks):
    grid = {"gruregressor__learning_rate": [0.001, 0.01]}
    pipeline = _pipeline(hidden_size=4).set_params(gruregressor__random_state=None)
    search = VectorizedGridSearchCV(pipeline, grid, cv=KFold(3, shuffle=True))
    search.fit(SERIES, Y)
    assert stacks == [6]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("early_stopping", "n_jobs", "sizes"),
    [(False, None, [4]), (True, None, [4]), (True, 2, [])],
)
def test_search_drops_only_what_diverges(early_stopping, n_jobs, sizes, stacks):
    grid = {"learning_rate": [0.01, 1e250]}
    params = {**UNSTABLE, "max_epochs": 3, "early_stopping": early_stopping}
    results = []
    for kind in (GridSearchCV, VectorizedGridSearchCV):
        model = skseq.DenseRegressor(**params, random_state=0)
        search = kind(model, grid, cv=2, n_jobs=n_jobs)
        with (
            pytest.warns(FitFailedWarning, match="training diverged"),
            pytest.warns(UserWarning, match="scores are non-finite"),
        ):
            results.append(search.fit(WINDOWS, Y).cv_results_)
    expected, result = (each["mean_test_score"] for each in results)
    assert stacks == sizes
    assert np.isnan(expected[1])
    assert_allclose(result, expected)


class FailsIfSmall(skseq.DenseRegressor):
    """A network that fails in training with some parameters."""

    def _build(self, length, n_features):
        class Network(Dense):
            def forward(self, x, n_padding):
                if self.output_size < 3:
                    raise RuntimeError("too small")
                return super().forward(x, n_padding)

        return Network(length * n_features, self.hidden_layer_sizes, "relu", 0.0)


def test_search_goes_on_after_any_error():
    model = FailsIfSmall(max_epochs=1, random_state=0)
    found = []
    for kind in (GridSearchCV, VectorizedGridSearchCV):
        search = kind(model, {"hidden_layer_sizes": [(2,), (4,)]}, cv=2)
        with (
            pytest.warns(FitFailedWarning, match="too small"),
            pytest.warns(UserWarning, match="scores are non-finite"),
        ):
            found.append(search.fit(WINDOWS, Y).cv_results_["mean_test_score"])
        with pytest.raises(RuntimeError, match="too small"):
            search.set_params(error_score="raise").fit(WINDOWS, Y)
    assert_allclose(*found)


def test_a_stack_that_fails_is_fitted_one_by_one(stacks):
    """Here, the warning of one network is an error."""
    params = {**UNSTABLE, "lr_schedule": "constant", "max_epochs": 4, "n_members": 2}
    model = skseq.DenseRegressor(**params, loss="squared_error", random_state=0)
    found = []
    for kind in (GridSearchCV, VectorizedGridSearchCV):
        search = kind(model, {"learning_rate": [0.01, 5.0]}, cv=2)
        with (
            pytest.warns(FitFailedWarning, match="gradient exploded"),
            pytest.warns(UserWarning, match="scores are non-finite"),
            warnings.catch_warnings(action="error", category=ConvergenceWarning),
        ):
            found.append(search.fit(WINDOWS, Y).cv_results_["mean_test_score"])
    assert max(stacks) == 8
    assert np.isnan(found[1]).tolist() == [False, True]
    assert_allclose(*found)


def test_search_of_both_precisions_is_computed_in_each(stacks):
    pipeline = make_pipeline(FunctionTransformer(), skseq.DenseRegressor(max_epochs=1))
    casts = [FunctionTransformer(np.ndarray.astype, kw_args={"dtype": d}) for d in "fd"]
    search = VectorizedGridSearchCV(pipeline, {"functiontransformer": casts}, cv=2)
    search.fit(np.array(WINDOWS), Y)
    assert stacks == [2, 2]


def test_search_trains_once_what_a_pipeline_reads_from_its_memory(tmp_path, stacks):
    model = skseq.DenseRegressor(max_epochs=1, n_members=2, random_state=0)
    pipeline = make_pipeline(StandardScaler(), model, memory=str(tmp_path))
    grid = {"denseregressor__learning_rate": [0.01, 0.1]}
    VectorizedGridSearchCV(pipeline, grid, cv=2, refit=False).fit(SERIES, Y)
    assert stacks == [8]


def test_search_of_functions_for_losses(stacks):
    """Candidates with the same one are trained together, to the results of each."""
    grid = {
        "learning_rate": [0.001, 0.01],
        "loss": [
            lambda prediction, target: (prediction - target) ** 4,
            lambda prediction, target: (prediction - target).abs(),
            partial(F.huber_loss, reduction="none"),
        ],
    }
    model = skseq.DenseRegressor(max_epochs=2, random_state=0)
    search = VectorizedGridSearchCV(model, grid, cv=3, refit=False).fit(WINDOWS, Y)
    expected = GridSearchCV(model, grid, cv=3, refit=False).fit(WINDOWS, Y)
    assert stacks == [6, 6, 6]
    assert_allclose(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_search_of_other_estimators_and_bad_parameters():
    search = VectorizedGridSearchCV(Ridge(), {"alpha": [1, 10]}).fit(SERIES, Y)
    expected = GridSearchCV(Ridge(), {"alpha": [1, 10]}).fit(SERIES, Y)
    assert search.best_score_ == expected.best_score_
    search = VectorizedGridSearchCV(_pipeline(), {"gruregressor__hidden_size": [-1]})
    with pytest.raises(ValueError, match="hidden_size"):
        search.fit(SERIES, Y)


def test_what_cannot_be_pickled_is_searched_one_by_one():
    score = EpochScoring(lambda net, X, y: 0.0, name="zero")
    model = skseq.DenseRegressor(max_epochs=2, random_state=0, callbacks=[score])
    grid = {"learning_rate": [0.01, 0.1]}
    found = [
        kind(model, grid, cv=2).fit(WINDOWS, Y).cv_results_["mean_test_score"]
        for kind in (GridSearchCV, VectorizedGridSearchCV)
    ]
    assert_allclose(*found)


GROUPS = np.arange(len(Y)) % 3


@pytest.mark.parametrize("who", ["splitter", "inner splitter", "scorer"])
def test_metadata_are_routed_as_by_scikit_learn(who):
    model = skseq.DenseClassifier(max_epochs=2, random_state=0)
    name, cv, metadata = "learning_rate", GroupKFold(3), {"groups": GROUPS}
    found = []
    with config_context(enable_metadata_routing=True):
        if who == "inner splitter":
            model = CalibratedClassifierCV(model, cv=cv)
            name, cv = "estimator__learning_rate", KFold(3)
        elif who == "scorer":
            model.set_fit_request(sample_weight=False)
            model.set_score_request(sample_weight=True)
            cv, metadata = KFold(3), {"sample_weight": np.arange(150.0)}
        for kind in (GridSearchCV, VectorizedGridSearchCV):
            search = kind(model, {name: [0.01, 0.1]}, cv=cv)
            found.append(search.fit(WINDOWS, LABELS, **metadata).cv_results_)
    assert_allclose(*(each["mean_test_score"] for each in found))
    assert search.cv is cv


@pytest.mark.parametrize("kind", [GridSearchCV, VectorizedGridSearchCV])
def test_metadata_that_nothing_asks_for_are_refused(kind):
    search = kind(skseq.DenseClassifier(), {"learning_rate": [0.01]}, cv=KFold(3))
    with (
        config_context(enable_metadata_routing=True),
        pytest.raises(TypeError, match=r"unexpected argument.*groups"),
    ):
        search.fit(WINDOWS, LABELS, groups=GROUPS)


def test_search_in_the_processes_of_a_configuration(stacks):
    grid = {"learning_rate": [0.01, 0.1]}
    model = skseq.DenseRegressor(max_epochs=2, random_state=0)
    expected = GridSearchCV(model, grid, cv=2).fit(WINDOWS, Y).cv_results_
    search = VectorizedGridSearchCV(model, grid, cv=2)
    with parallel_config("threading", n_jobs=2):
        found = search.fit(WINDOWS, Y).cv_results_
    assert stacks == [2, 2]
    assert_allclose(found["mean_test_score"], expected["mean_test_score"])


def test_decoders_of_different_horizons_are_trained_apart(stacks):
    """Their weights have the same shapes."""
    model = skseq.EncoderDecoderRegressor(hidden_size=4, max_epochs=2, random_state=0)
    model = TransformedTargetRegressor(
        model, inverse_func=lambda y: y[:, [0, -1]], check_inverse=False
    )
    grid = {"func": [lambda y: y, lambda y: y[:, [0, 1, 0]]]}
    expected, found = (
        cls(model, grid, cv=2).fit(WINDOWS, Y).cv_results_["mean_test_score"]
        for cls in (GridSearchCV, VectorizedGridSearchCV)
    )
    assert_allclose(found, expected)
    assert stacks == [2, 2]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("kind", ["Regressor", "Classifier"])
def test_search_teaches_only_decoders(kind, order):
    tiny = {"hidden_size": 4, "max_epochs": 3, "random_state": 0}
    models = [getattr(skseq, name + kind)(**tiny) for name in ("GRU", "EncoderDecoder")]
    y = Y if kind == "Regressor" else LABELS
    searches = [
        cls(Pipeline([("model", models[0])]), {"model": models[::order]}, cv=2)
        for cls in (GridSearchCV, VectorizedGridSearchCV)
    ]
    expected, found = (
        search.fit(WINDOWS, y).cv_results_["mean_test_score"] for search in searches
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("order", [1, -1])
def test_search_by_a_scorer_of_several_scores_among_other_models(order):
    models = [Ridge(), skseq.DenseRegressor(max_epochs=2, random_state=0)]
    searches = [
        cls(
            Pipeline([("model", models[0])]),
            {"model": models[::order]},
            scoring=lambda model, X, y: {
                "r2": model.score(X, y),
                "mean": model.predict(X).mean(),
            },
            refit="r2",
            cv=3,
        )
        for cls in (GridSearchCV, VectorizedGridSearchCV)
    ]
    expected, found = (
        search.fit(SERIES, Y).cv_results_["mean_test_mean"] for search in searches
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_refit_may_choose_by_the_time_and_no_splits_are_kept():
    seen = []

    def first(results):
        seen.append(results["mean_fit_time"])
        return 0

    search = VectorizedGridSearchCV(
        skseq.DenseRegressor(max_epochs=20), {"learning_rate": [0.1, 0.2]}, refit=first
    ).fit(WINDOWS, Y)
    np.testing.assert_array_equal(seen[0], search.cv_results_["mean_fit_time"])
    assert not any(hasattr(value, "splits") for value in vars(search).values())
