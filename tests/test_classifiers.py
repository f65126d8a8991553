"""What classifiers do with labels, classes and tokens."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from skseq import (
    DenseClassifier,
    EncoderDecoderClassifier,
    GRUClassifier,
    ModuleClassifier,
    RNNClassifier,
    SlidingWindow,
    TokenVectorizer,
    VectorizedGridSearchCV,
    WaveNetClassifier,
    pad_sequences,
)
from skseq.estimators import ALL
from skseq.networks.heads import pool
from skseq.training import CrossEntropy
from skseq.windows import sliding_windows
from tests.factories import default, parameters

CLASSIFIERS = [cls for cls in ALL if cls.__name__.endswith("Classifier")]


def make(cls, **params):
    """Make a small network that learns fast."""
    small = {"hidden_size": 16, "n_filters": 16}
    known = {name: small[name] for name in parameters(cls) if name in small}
    fast = {"learning_rate": 0.05, "batch_size": 32}
    return default(cls, **known, **fast, **params, random_state=0)


def steps(n=120, length=6, seed=0):
    """Windows that go up or down."""
    rng = np.random.default_rng(seed)
    up = rng.random(n) < 0.5
    slope = np.where(up, 1.0, -1.0)[:, np.newaxis] * np.arange(length)
    return (slope + rng.normal(size=(n, length)))[:, :, np.newaxis], up


@pytest.mark.parametrize("n_members", [1, 3])
def test_logarithms_of_probabilities_do_not_round_to_infinity(n_members):
    X, up = steps()
    X = X.astype(np.float32)
    model = make(GRUClassifier, n_members=n_members, label_smoothing=0, max_epochs=2)
    for net in model.fit(X, up).nets_:
        net.module_.head.out.weight.data *= 30  # more certain than float32 can tell
    found, probability = model.predict_log_proba(X), model.predict_proba(X)
    assert found.dtype == probability.dtype == np.float32
    np.testing.assert_allclose(np.exp(found), probability, rtol=1e-4, atol=1e-30)
    assert np.isfinite(found).all()
    assert n_members > 1 or not probability.all()


@pytest.mark.parametrize("lengths", [None, [5, 2, 3]])
@pytest.mark.parametrize("n_backward", [0, 1])
def test_pooled_states_are_those_of_a_loop(lengths, n_backward):
    states = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    n_padding = None if lengths is None else 5 - torch.tensor(lengths)
    expected = []
    for row, length in zip(states, lengths or [5] * 3, strict=True):
        row[: 5 - length] = 0
        seen = row[5 - length :].numpy()
        last = seen[-1, 0], seen[0 if n_backward else -1, 1]
        expected.append([*last, *seen.mean(axis=0), *seen.max(axis=0)])
    pooled = pool(states, n_padding, "concat", n_backward)
    np.testing.assert_allclose(pooled, expected, rtol=1e-6)


@pytest.mark.parametrize("class_weight", ["balanced", {"rare": 20.0}])
def test_class_weight_finds_the_rare_class(class_weight):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = np.where(X[:, 0] + rng.normal(size=400) > 2.2, "rare", "common")
    plain = DenseClassifier(max_epochs=20, random_state=0).fit(X, y)
    weighted = DenseClassifier(
        max_epochs=20, class_weight=class_weight, random_state=0
    ).fit(X, y)

    def recall(model):
        return (model.predict(X[y == "rare"]) == "rare").mean()

    assert recall(weighted) > recall(plain) + 0.3


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("n_steps", [None, 4])
def test_loss_is_that_of_a_loop(label_smoothing, n_steps):
    rng = np.random.default_rng(0)
    shape = (5,) if n_steps is None else (5, n_steps)
    logits = rng.normal(size=(*shape, 3))
    labels = rng.integers(3, size=shape)
    if n_steps:
        labels[1, :2] = -100  # padding
    weights = rng.random(5)
    losses = np.zeros(shape)
    for place in np.ndindex(shape):
        if labels[place] >= 0:
            target = np.full(3, label_smoothing / 3)
            target[labels[place]] += 1 - label_smoothing
            odds = np.exp(logits[place])
            losses[place] = -target @ np.log(odds / odds.sum())
    criterion = CrossEntropy(label_smoothing)
    logits, labels, weights_ = map(torch.from_numpy, (logits, labels, weights))
    n_given = (labels >= 0).sum().item()
    assert criterion(logits, labels).item() == pytest.approx(losses.sum() / n_given)
    weighted = sum(w * loss.sum() for w, loss in zip(weights, losses, strict=True))
    mean = criterion(logits, (labels, weights_)).item()
    assert mean == pytest.approx(weighted / n_given)


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize("cls", [GRUClassifier, EncoderDecoderClassifier])
def test_a_weight_of_each_label_is_that_of_windows_that_have_one_label(cls, n_members):
    rng = np.random.default_rng(0)
    X, label = rng.normal(size=(60, 4, 1)), rng.integers(3, size=60)
    y = np.repeat(label[:, None], 4, axis=1)
    weights = np.array([1.0, 2.0, 5.0])
    params = {"hidden_size": 4, "max_epochs": 3, "random_state": 0}
    # Weights of windows also count in their moments.
    params |= {"n_members": n_members, "standardize": False, "differences": False}
    by_label = cls(class_weight=dict(enumerate(weights)), **params).fit(X, y)
    by_window = cls(**params).fit(X, y, sample_weight=weights[label])
    assert_allclose(by_label.predict_proba(X), by_window.predict_proba(X), atol=1e-9)


def test_labels_of_steps_are_balanced_in_each_fold():
    """Over the steps that are not padding; a search trains each fold by itself."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 6, 1))
    X[:, :2] = np.nan
    y = (X[:, :, 0] > 1).astype(int)
    y[:20] = X[:20, :, 0] > 0  # so that folds differ
    y[:, :2] = 7
    params = {"hidden_size": 4, "max_epochs": 3, "random_state": 0}
    model = GRUClassifier(class_weight="balanced", **params)
    share = y[:, 2:].mean()
    weights = {0: 0.5 / (1 - share), 1: 0.5 / share}
    given = clone(model).set_params(class_weight=weights).fit(X, y)
    balanced = model.fit(X, y)
    assert_allclose(balanced.predict_proba(X), given.predict_proba(X), atol=1e-9)
    grid = {"learning_rate": [0.001, 0.01]}
    found, expected = (
        search(model, grid, cv=2, scoring=_probability_of_1).fit(X, y)
        for search in (VectorizedGridSearchCV, GridSearchCV)
    )
    for name in ("split0_test_score", "split1_test_score"):
        assert_allclose(found.cv_results_[name], expected.cv_results_[name], atol=1e-9)


def _probability_of_1(model, X, y):
    return model.predict_proba(X)[..., 1].mean()


def test_history_has_the_log_loss_of_the_steps_that_are_not_padded():
    X = np.random.default_rng(0).normal(size=(40, 10, 1))
    y = (X[:, :, 0] > 0).astype(int)
    X[:, :5] = np.nan
    options = {"label_smoothing": 0.0, "recurrent_dropout": 0.0, "random_state": 0}
    model = GRUClassifier(max_epochs=1, batch_size=40, dropout=0.0, **options)
    model.set_params(learning_rate=1e-9).fit(X, y)
    expected = log_loss(y[:, 5:].ravel(), model.predict_proba(X)[:, 5:].reshape(-1, 2))
    assert model.history_["train_loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_label_smoothing_makes_a_network_less_certain(cls):
    X, up = steps()
    model = make(cls, max_epochs=15, label_smoothing=0.4).fit(X, up)
    with torch.no_grad():
        outputs = model.net_.module_(torch.from_numpy(X)).reshape(len(X), 2)
    smooth = outputs.softmax(dim=1).amax(dim=1)
    # The loss is least where the class has 1 - 0.4 + 0.4 / 2.
    assert smooth.mean().item() == pytest.approx(0.8, abs=0.05)
    assert model.predict_proba(X).max(axis=1).mean() > 0.9
    certain = make(cls, max_epochs=15, label_smoothing=0.0).fit(X, up)
    assert certain.predict_proba(X).max(axis=1).mean() > 0.9


@pytest.mark.parametrize("weights", [None, "class_weight", "sample_weight"])
@pytest.mark.parametrize(("n_steps", "n_members"), [(1, 1), (1, 2), (4, 1)])
def test_probabilities_are_the_shares_of_the_classes(n_steps, n_members, weights):
    """Counted where the window is the same; the rarest have 1 in 100."""
    shares = np.array([[0.9, 0.09, 0.01], [0.02, 0.28, 0.7]])
    counts = (100 * shares).round().astype(int)
    kind = np.repeat([0, 1], 100)
    label = np.concatenate([np.repeat(np.arange(3), row) for row in counts])
    X = np.repeat(np.array([-1.0, 1.0])[kind][:, None, None], n_steps, axis=1)
    y = label if n_steps == 1 else np.repeat(label[:, None], n_steps, axis=1)
    how, given = {}, {}
    if weights == "class_weight":
        how = {"class_weight": {0: 1.0, 1: 2.0, 2: 3.0}}
    if weights == "sample_weight":
        given = {"sample_weight": label + 1.0}
    if weights:
        shares = shares * [1, 2, 3]
        shares /= shares.sum(axis=1, keepdims=True)
    model = GRUClassifier(
        hidden_size=8, n_members=n_members, batch_size=200, max_epochs=300,
        learning_rate=0.02, recurrent_dropout=0, weight_decay=0, random_state=0,
        **how,
    ).fit(X, y, **given)  # fmt: skip
    assert model.label_smoothing == 0.1
    found = model.predict_proba(X)[[0, -1]].reshape(2, -1, 3)[:, -1]
    assert_allclose(found, shares, atol=0.006)


def test_probability_of_a_rare_event():
    """Simulated, with known probabilities: one window in 50."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 3))
    true = 1 / (1 + np.exp(6 - 2 * X.sum(axis=1)))
    y = np.where(rng.random(6000) < true, "fails", "runs")
    model = DenseClassifier(
        hidden_layer_sizes=(16,), label_smoothing=0.1, max_epochs=20, random_state=0
    )
    found = model.fit(X[:3000], y[:3000]).predict_proba(X[3000:])[:, 0]
    true = true[3000:]
    assert found.mean() == pytest.approx(true.mean(), rel=0.2)
    for part in np.array_split(np.argsort(true), 4):
        assert found[part].mean() == pytest.approx(true[part].mean(), abs=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 5])
def test_label_smoothing_leaves_the_order(n_classes, dtype):
    """Of classes and of windows, however certain a network is, and no class 0."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4, 1)).astype(dtype)
    y = rng.integers(n_classes, size=200)
    smoothing = np.float64(0.1)  # as from a grid: no reason to widen float32
    model = make(GRUClassifier, label_smoothing=smoothing, max_epochs=2).fit(X, y)
    model.net_.module_.head.out.weight.data *= 30
    with torch.no_grad():
        outputs = model.net_.module_(torch.from_numpy(X)).reshape(200, n_classes)
    found = model.set_params(label_smoothing=0).predict_proba(X)  # until the next fit
    assert found.dtype == dtype
    assert found.min() > 0
    assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    logits = outputs.numpy()
    np.testing.assert_array_equal(found.argsort(axis=1), logits.argsort(axis=1))
    if n_classes == 2:
        by_logits = np.argsort(logits[:, 1] - logits[:, 0])
        rises = np.diff(found[by_logits, 1])
        assert (rises >= 0).all()
        assert (rises[: (found[:, 1] < 0.99).sum()] > 0).all()  # 1 is rounded
    assert_allclose(np.exp(model.predict_log_proba(X)), found, rtol=1e-5)
    best = outputs.argmax(dim=1).numpy()
    np.testing.assert_array_equal(found.argmax(axis=1), best)
    np.testing.assert_array_equal(model.predict(X), model.classes_[best])


@pytest.mark.parametrize("sizes", [[4] * 10, [1] * 3 + [2] * 8, [1, 59]])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_early_stopping_learns_from_every_class(sizes, share):
    """However few its samples are, and sorted by class."""
    y = np.repeat(np.arange(len(sizes)), sizes)
    n_valid = int(share * len(y))
    training, held_out = DenseClassifier()._hold_out(y, n_valid)
    assert set(y[training]) == set(y)
    assert sorted([*training, *held_out]) == list(range(len(y)))
    assert 0 < len(held_out) <= n_valid + len(sizes) / 2


def test_tokens_are_embedded_and_unknown_ones_are_zero():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=200)
    # The class is told by one token, 7 or 3, among others.
    tokens = rng.choice([0, 1, 2, 4, 5, 6], size=(200, 5)).astype(float)
    tokens[:, 2] = np.where(y, 7, 3)
    X = tokens[:, :, np.newaxis]
    model = DenseClassifier(
        embedding_size=4, max_epochs=30, learning_rate=0.02, random_state=0
    ).fit(X, y)
    assert model.score(X, y) == 1.0
    assert model.vocabulary_size_ == 8
    unknown = X.copy()
    unknown[:, 2] = 99
    also_unknown = X.copy()
    also_unknown[:, 2] = -5
    np.testing.assert_array_equal(
        model.predict_proba(unknown), model.predict_proba(also_unknown)
    )
    vectors = model.net_.module_.inputs.vectors.weight.detach().numpy()
    np.testing.assert_array_equal(vectors[0], 0)
    assert (vectors[1:] != 0).all()


def test_tokens_must_be_one_variable():
    with pytest.raises(ValueError, match="embedding_size=4 takes X as tokens"):
        DenseClassifier(embedding_size=4).fit(np.zeros((4, 3, 2)), [0, 1, 0, 1])


@pytest.mark.parametrize("cls", [c for c in CLASSIFIERS if c._any_length])
def test_sequences_of_different_lengths(cls):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=150)
    sequences = [
        (1 if label else -1) * np.ones(rng.integers(3, 12)) + rng.normal(size=1)
        for label in y
    ]
    X = pad_sequences(sequences)
    model = make(cls, max_epochs=10).fit(X, y)
    assert model.score(X, y) > 0.7
    longer = pad_sequences(sequences, length=20)
    np.testing.assert_allclose(
        model.predict_proba(longer), model.predict_proba(X), atol=1e-9
    )


def test_one_class_and_bad_shapes():
    X = np.zeros((4, 3, 1))
    assert (DenseClassifier(max_epochs=1).fit(X, ["a"] * 4).predict(X) == "a").all()
    with pytest.raises(ValueError, match="a label for each step"):
        DenseClassifier().fit(X, np.zeros((4, 2)))
    for cls in (GRUClassifier, EncoderDecoderClassifier):
        with pytest.raises(ValueError, match=r"y has shape \(4, 3, 1\): expected"):
            cls().fit(X, np.zeros((4, 3, 1)))
    model = GRUClassifier(max_epochs=1).fit(X, np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"y has shape \(4, 2\), but .* \(4, 3\)"):
        model.score(X, np.zeros((4, 2)))


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_differences_are_one_more_variable_of_each(cls):
    """The same as given beside the windows, in units of their own."""
    X, up = steps()
    X = np.concatenate([X, np.random.default_rng(1).normal(5, 2, X.shape)], axis=2)
    change = np.zeros_like(X)
    for step in range(1, X.shape[1]):
        change[:, step] = X[:, step] - X[:, step - 1]
    scale = np.sqrt((change[:, 1:] ** 2).mean(axis=(0, 1)))
    params = {"max_epochs": 2, "random_state": 0}
    model = default(cls, differences=True, **params).fit(X, up)
    by_hand = (X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1))
    by_hand = np.concatenate([by_hand, change / scale], axis=2)
    expected = default(cls, differences=False, standardize=False, **params)
    np.testing.assert_allclose(
        model.predict_proba(X),
        expected.fit(by_hand, up).predict_proba(by_hand),
        atol=1e-6,
    )


def test_differences_of_padded_and_overlapping_windows():
    series = np.random.default_rng(0).normal(size=(40, 2)).cumsum(axis=0)
    windows = sliding_windows(series, 5)
    y = np.arange(len(windows)) % 2
    model = GRUClassifier(
        differences=True, pooling="last", max_epochs=1, random_state=0
    )
    copied = clone(model).fit(windows.copy(), y)
    model.fit(windows, y)
    np.testing.assert_allclose(
        model.predict_proba(windows), copied.predict_proba(windows.copy()), rtol=1e-6
    )
    # What is before the first observed step is not there, nor a change to it.
    padded = np.concatenate([np.full((len(windows), 3, 2), np.nan), windows], axis=1)
    np.testing.assert_allclose(
        model.predict_proba(padded), model.predict_proba(windows), rtol=1e-6
    )
    # One pass along the series would see a change at a window's first step.
    causal = WaveNetClassifier(
        causal=True, differences=True, pooling="last", max_epochs=1, random_state=0
    ).fit(windows, y)
    np.testing.assert_allclose(
        causal.predict_proba(windows), causal.predict_proba(windows.copy()), rtol=1e-6
    )


def test_early_stopping_validates_on_no_label_that_was_trained_on():
    rng = np.random.default_rng(0)
    series, labels = rng.normal(size=(200, 1)), rng.integers(0, 2, 200)
    windows = sliding_windows(series, 10)
    y = sliding_windows(labels[:, np.newaxis], 10)[:, :, 0]
    model = GRUClassifier(hidden_size=2, max_epochs=1, early_stopping=True)
    split = {}

    def spy(targets, n_valid):
        split["parts"] = type(model)._hold_out(model, targets, n_valid)
        return split["parts"]

    model._hold_out = spy
    model.fit(windows, y)
    training, validation = split["parts"]
    assert max(training) + 9 < min(validation)
    model.fit(windows[::10].copy(), y[::10])  # sequences that share nothing
    training, validation = split["parts"]
    assert len(training) + len(validation) == 20


def test_class_weight_of_no_class_is_refused():
    X, up = steps()
    y = np.where(up, "up", "down")
    model = DenseClassifier(max_epochs=1, class_weight={"Up": 2.0})
    with pytest.raises(ValueError, match=r"\['Up'\], which are not among the cl"):
        model.fit(X, y)
    # A fold may lack one.
    model.set_params(class_weight={"up": 2, "down": 1, "flat": 3}).fit(X, y)


@pytest.mark.parametrize("weights", ["balance", [1.0, 2.0], np.ones(2), 2.0])
def test_class_weights_without_their_classes(weights):
    """scikit-learn's function takes lists too, but as dicts of several outputs."""
    model = DenseClassifier(max_epochs=1, class_weight=weights)
    with pytest.raises(ValueError, match=r"class_weight must be 'balanced', None or"):
        model.fit(np.zeros((4, 3)), [0, 1, 0, 1])


@pytest.mark.parametrize("weight", [np.inf, np.nan, -1.0])
def test_a_class_weight_that_is_no_weight(weight):
    X, y = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 2
    model = DenseClassifier(max_epochs=1, class_weight={0: weight, 1: 1.0})
    with pytest.raises(ValueError, match="must hold finite numbers of at least 0"):
        model.fit(X, y)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["up", None] * 10, dtype=object),
        np.array([1.0, np.nan] * 10),
        pd.Series(["up", pd.NA] * 10, dtype="string"),
        pd.Series([1, pd.NA] * 10, dtype="Int64"),
    ],
)
def test_missing_labels(labels):
    X = np.random.default_rng(0).normal(size=(20, 4))
    with pytest.raises(ValueError, match="y contains NaN or None: sample 1 has no lab"):
        DenseClassifier(max_epochs=1).fit(X, labels)


def test_score_of_the_next_direction():
    """True and False are objects if the last one is unknown, and then left out."""
    close = pd.Series(np.random.default_rng(0).normal(size=60).cumsum())
    X = SlidingWindow(4).fit_transform(close)[3:]
    up = (close.shift(-1) > close).where(close.shift(-1).notna())[3:]
    known = up.notna()
    assert up[known].dtype == object
    model = DenseClassifier(max_epochs=2, random_state=0).fit(X[known], up[known])
    assert model.predict(X).dtype == bool
    right = model.predict(X[known]) == up[known].to_numpy(bool)
    assert model.score(X[known], up[known]) == pytest.approx(right.mean())
    with pytest.raises(ValueError, match="contains NaN or None: sample 56 has no lab"):
        model.score(X, up)


@pytest.mark.parametrize("cls", [GRUClassifier, EncoderDecoderClassifier])
@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_missing_label_of_a_step_is_not_scored_as_wrong(cls, missing):
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    y = np.where(X[:, :, 0] > 0, "up", "down").astype(object)
    model = make(cls, max_epochs=1).fit(X, y)
    y[3, 2] = missing
    with pytest.raises(ValueError, match="sample 3 has no label at step 2"):
        model.score(X, y)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("classes", [["a", "b"], [1, 7], [-1.0, 2.0]])
@pytest.mark.parametrize("ignored", [None, np.nan, "", "c", 1])
def test_labels_at_padded_steps_are_ignored(classes, ignored, early_stopping):
    rng = np.random.default_rng(0)
    X = pad_sequences([rng.normal(size=n) for n in rng.integers(1, 6, 40)])
    padded = np.isnan(X[:, :, 0])
    expected = np.where(X[:, :, 0] > 0, *classes)
    y = expected.astype(object)
    y[padded] = ignored
    model = GRUClassifier(hidden_size=3, max_epochs=1, random_state=0)
    model.set_params(early_stopping=early_stopping)
    probabilities = [
        clone(model).fit(X, labels).predict_proba(X) for labels in (expected, y)
    ]
    np.testing.assert_array_equal(*probabilities)
    assert model.fit(X, y).classes_.tolist() == classes
    right = (model.predict(X) == expected)[~padded]
    assert model.score(X, y) == pytest.approx(right.mean())
    weight = rng.random(40)
    weights = np.repeat(weight[:, np.newaxis], 5, axis=1)[~padded]
    assert model.score(X, y, weight) == pytest.approx(
        (right * weights / weights.sum()).sum()
    )


def tagged(n_samples, seed):
    """Sentences of different lengths, and a list of tags for each."""
    rng = np.random.default_rng(seed)
    words = {"D": ["the", "a"], "A": ["big", "old"], "N": ["dog", "ship"]}
    tags = [["D", *"A" * rng.integers(4), "N"] for _ in range(n_samples)]
    return [" ".join(rng.choice(words[t]) for t in tag) for tag in tags], tags


@pytest.mark.parametrize("kind", [list, pd.Series, tuple])
def test_a_sequence_of_labels_for_each_window(kind):
    """As if they were padded as the windows are."""
    texts, tags = tagged(40, seed=0)
    by_hand = np.full((40, 5), None)
    for row, tag in zip(by_hand, tags, strict=True):
        row[5 - len(tag) :] = tag
    network = RNNClassifier(embedding_size=4, max_epochs=20, random_state=0)
    model = make_pipeline(TokenVectorizer(), network.set_params(learning_rate=0.02))
    expected = clone(model).fit(texts, by_hand).predict_proba(texts)
    model.fit(texts, kind(tags))
    np.testing.assert_array_equal(model.predict_proba(texts), expected)
    assert model.score(texts, kind(tags)) == model.score(texts, by_hand) > 0.9
    assert model.score(texts[:1], tags[:1]) > 0  # of one length
    assert model.score(["a"], [["D"]]) == 1
    for numbers in (
        [[1] * len(tag) for tag in tags],
        np.where(pd.isna(by_hand), None, 1),
    ):
        with pytest.raises(ValueError, match="of the type that y had in fit"):
            model.score(texts, numbers)  # also beside None
    assert model.predict(["the big dog"])[0, -3:].tolist() == ["D", "A", "N"]


def test_sequences_of_numbers_in_tensors():
    X = pad_sequences([[0.0, 1.0, 0.0], [1.0], [0.0, 0.0], [1.0, 1.0]])
    labels = [[0, 1, 0], [1], [0, 0], [1, 1]]
    model = RNNClassifier(max_epochs=2, random_state=0)
    expected = clone(model).fit(X, labels).predict_proba(X)
    model.fit(X, [torch.tensor(one) for one in labels])
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    assert model.classes_.tolist() == [0, 1]


def test_labels_of_windows_that_were_cut():
    texts, tags = tagged(40, seed=0)
    network = RNNClassifier(embedding_size=4, max_epochs=2, random_state=0)
    model = make_pipeline(TokenVectorizer(length=3), network)
    shorter = [tag[-3:] for tag in tags]
    expected = clone(model).fit(texts, shorter).predict_proba(texts)
    np.testing.assert_array_equal(model.fit(texts, tags).predict_proba(texts), expected)
    assert model.score(texts, tags) == model.score(texts, shorter)
    # The longest texts are in one of the folds.
    model.set_params(tokenvectorizer__length=None)
    longest = np.argsort([len(tag) for tag in tags], kind="stable")
    texts, tags = [texts[i] for i in longest], [tags[i] for i in longest]
    scores = cross_val_score(model, texts, tags, cv=KFold(4), error_score="raise")
    assert len(scores) == 4


def test_sequences_of_labels_that_do_not_fit():
    texts, tags = tagged(40, seed=0)
    network = RNNClassifier(embedding_size=4, max_epochs=1, random_state=0)
    model = make_pipeline(TokenVectorizer(), network)
    n = len(tags[3])
    tags[3] = [*tags[3], "N"]
    message = rf"y\[3\] has {n + 1} labels and window 3 of X has {n} steps"
    with pytest.raises(ValueError, match=message):
        model.fit(texts, tags)
    X = np.zeros((3, 2))
    for longer in (["abc", "abcd", "abc"], ["ab", "abc", "ab"]):
        with pytest.raises(ValueError, match=r"y holds separate .*EncoderDecoder"):
            RNNClassifier().fit(X, [list(labels) for labels in longer])


@pytest.mark.parametrize("text", [str, object])
@pytest.mark.parametrize(
    ("cls", "n_labels"),
    [
        (GRUClassifier, 1),
        (GRUClassifier, 6),
        (EncoderDecoderClassifier, 1),
        (EncoderDecoderClassifier, 3),
    ],
)
def test_text_is_not_scored_against_numbers(cls, n_labels, text):
    X = np.random.default_rng(0).normal(size=(20, 6, 1))
    y = np.resize([0, 1], (20, n_labels))
    y = y[:, 0] if n_labels == 1 else y
    as_text = y.astype(str).astype(text)
    model = make(cls, max_epochs=1)
    for fitted, same, other in ((y, y.astype(float), as_text), (as_text, as_text, y)):
        model.fit(X, fitted)
        right = (model.predict(X) == same).reshape(20, -1)
        right = right.all(axis=1) if cls is EncoderDecoderClassifier else right
        assert model.score(X, same) == pytest.approx(right.mean())
        with pytest.raises(ValueError, match="of the type that y had in fit"):
            model.score(X, other)


@pytest.mark.parametrize("labels", [["a", 1], ["a", 1.5], [True, "a"]])
def test_text_among_numbers_is_no_label(labels):
    """Scikit-learn would say that str and int can't be compared."""
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    y = np.array(labels * 40, dtype=object)
    for one in (y[:20], y.reshape(20, 4)):
        with pytest.raises(ValueError, match="y holds labels that are text and others"):
            GRUClassifier(max_epochs=1).fit(X, one)


def test_a_missing_label_at_an_observed_step():
    X = np.random.default_rng(0).normal(size=(20, 4, 1))
    y = np.where(X[:, :, 0] > 0, 1.0, 0.0)
    X[:, 0] = y[:, 0] = y[3, 2] = np.nan
    with pytest.raises(ValueError, match="sample 3 has no label at step 2, which is n"):
        GRUClassifier(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="All steps of X are padding"):
        GRUClassifier(max_epochs=1).fit(X * np.nan, y)


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_channels_before_time_are_noticed(cls, n_channels):
    """Unless one step is what the network may be meant to read."""
    X, up = steps(20, length=12 * n_channels)
    X = np.repeat(X, n_channels, axis=2)
    turned = X.transpose(0, 2, 1)
    model = make(cls, max_epochs=1).fit(X, up)
    if cls in (DenseClassifier, EncoderDecoderClassifier, ModuleClassifier):
        model.fit(turned, up)
        return
    message = rf"{n_channels} step\(s\) and {12 * n_channels} variables.*transpose"
    with pytest.warns(UserWarning, match=message):
        model.fit(turned, up)
