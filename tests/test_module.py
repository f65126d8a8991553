"""A torch module of one's own, as the body of a regressor or classifier."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_validate,
)
from torch import nn
from torch.nn import functional as F

from skseq import (
    DenseClassifier,
    DenseRegressor,
    GRUClassifier,
    GRURegressor,
    ModuleClassifier,
    ModuleRegressor,
    VectorizedGridSearchCV,
)
from skseq.networks.heads import linear
from skseq.networks.recurrent import initialize
from tests.factories import OwnGRU, Spy, make_windows

LENGTH = 5
SMALL = {"max_epochs": 3, "random_state": 0}
X, Y = make_windows(ModuleRegressor, length=LENGTH)
LABELS = np.where(Y[:, 0] > 0, "up", "down")
PADDED = np.array(X)
PADDED[1, :3] = PADDED[4, :1] = PADDED[7] = np.nan


def same_gru(n_features, **options):
    """Make torch's GRU, with weights drawn as those of GRURegressor."""
    layer = nn.GRU(n_features, 8, batch_first=True, **options)
    initialize(layer)
    return layer


def same_dense(n_features):
    """Make the hidden layer of a DenseRegressor: one state for the window."""
    return nn.Sequential(nn.Flatten(), linear(LENGTH * n_features, 6), nn.ReLU())


class Attention(nn.Module):
    """Self-attention, added with a weight that starts at zero."""

    def __init__(self, n_features, is_masked):
        super().__init__()
        self.is_masked = is_masked
        self.inputs = nn.Linear(n_features, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        x, mask = self.inputs(x), None
        if self.is_masked:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
            mask = mask.to(x)
        seen, _ = self.attention(x, x, x, attn_mask=mask, need_weights=False)
        return x + self.weight * seen


class MeanSoFar(nn.Module):
    """A layer over the mean of a step and those before it, by fixed weights."""

    def __init__(self, n_features):
        super().__init__()
        steps = torch.ones(LENGTH, LENGTH).tril()
        weight = steps / steps.sum(dim=1, keepdim=True)
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.out = nn.Linear(n_features, 4)

    def forward(self, x):
        return self.out(self.weight @ x)


class Argmax(nn.Module):
    def forward(self, x):
        return x.argmax(dim=1, keepdim=True)


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def dropping(n_features, p=0.5):
    return nn.Sequential(nn.Linear(n_features, 16), nn.ReLU(), nn.Dropout(p))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"supervise": "every"},
        {"loss": "quantile", "pooling": "concat"},
        {"n_known_ahead": 1, "n_members": 2},
        {"n_known_ahead": 1, "supervise": "every"},
        {"strategy": "iterated", "n_known_ahead": 1},
        {"early_stopping": True, "pooling": "max"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:y does not continue")
def test_a_gru_is_what_gru_regressor_is(params):
    windows = X
    if "n_known_ahead" in params:
        windows = np.concatenate([X, X[:, :, 1:]], axis=2)
    own = ModuleRegressor(module=same_gru, **SMALL, **params).fit(windows, Y)
    ours = GRURegressor(hidden_size=8, **SMALL, **params).fit(windows, Y)
    assert_allclose(own.predict(windows), ours.predict(windows), atol=1e-9)
    losses = ours.history_["train_loss"]
    assert_allclose(own.history_["train_loss"], losses, rtol=1e-9)


def test_targets_for_each_step():
    each = np.cumsum(X, axis=1)
    own = ModuleRegressor(module=same_gru, **SMALL).fit(X, each)
    ours = GRURegressor(hidden_size=8, **SMALL).fit(X, each)
    assert_allclose(own.predict(X), ours.predict(X), atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_state_for_a_window_is_what_the_dense_network_has(dtype):
    """Which does not know where padding is either."""
    windows, y = PADDED.astype(dtype), Y.astype(dtype)
    own = ModuleRegressor(module=same_dense, **SMALL).fit(windows, y)
    ours = DenseRegressor(hidden_layer_sizes=(6,), **SMALL).fit(windows, y)
    assert own.predict(windows).dtype == dtype
    assert_array_equal(own.predict(windows), ours.predict(windows))
    own = ModuleClassifier(module=same_dense, **SMALL).fit(windows, LABELS)
    ours = DenseClassifier(hidden_layer_sizes=(6,), **SMALL).fit(windows, LABELS)
    assert_array_equal(own.predict_proba(windows), ours.predict_proba(windows))


@pytest.mark.parametrize("y", [LABELS, np.where(X[:, :, 0] > 0, "up", "down")])
def test_classes_of_windows_and_of_steps(y):
    own = ModuleClassifier(module=same_gru, differences=True, **SMALL).fit(X, y)
    plain = {"bidirectional": False, "dropout": 0, "recurrent_dropout": 0}
    ours = GRUClassifier(hidden_size=8, label_smoothing=0, **plain, **SMALL).fit(X, y)
    assert_allclose(own.predict_proba(X), ours.predict_proba(X), atol=1e-9)


def test_tokens_reach_the_module_as_vectors():
    tokens = np.abs(np.rint(3 * X[:, :, :1])).astype(int)
    params = {"embedding_size": 4, **SMALL}
    own = ModuleRegressor(module=same_gru, **params).fit(tokens, Y)
    ours = GRURegressor(hidden_size=8, **params).fit(tokens, Y)
    assert_allclose(own.predict(tokens), ours.predict(tokens), atol=1e-6)


def test_a_fit_is_a_loop_of_torch():
    """A module that was trained by hand, or by skorch, needs no other code."""
    spy = Spy()
    model = ModuleRegressor(
        module=OwnGRU,
        loss="squared_error",
        optimizer="sgd",
        learning_rate=0.05,
        lr_schedule="constant",
        gradient_clip=None,
        batch_size=len(X),
        standardize=False,
        max_epochs=20,
        random_state=0,
        callbacks=[spy],
    ).fit(X, Y)
    body, head = spy.module.network.body, spy.module.head.out
    optimizer = torch.optim.SGD(
        [*body.parameters(), *head.parameters()], lr=0.05, momentum=0.9
    )
    x, y = torch.from_numpy(np.array(X)), torch.from_numpy(np.array(Y))
    for _ in range(20):
        optimizer.zero_grad()
        F.mse_loss(head(body(x)[0][:, -1]), y).backward()
        optimizer.step()
    expected = head(body(x)[0][:, -1]).detach().numpy()
    assert_allclose(model.predict(X), expected, atol=1e-9)


def pretrained(**options):
    torch.manual_seed(1)
    return nn.GRU(2, 6, batch_first=True, dtype=torch.float64, **options)


def test_a_module_is_the_start_and_stays_as_it_is():
    module, spy = pretrained(), Spy()
    before = copy.deepcopy(module.state_dict())
    model = ModuleRegressor(module=module, n_members=2, callbacks=[spy], **SMALL)
    forecast = model.fit(X, Y).predict(X)
    start = spy.module.network.body.state_dict()
    for name, value in before.items():
        assert torch.equal(module.state_dict()[name], value)
        assert torch.equal(start[name], value)  # of the last member, in float64
    first, second = (net.module_.network.body.state_dict() for net in model.nets_)
    for name, value in before.items():
        assert (first[name] != value).any()
        assert (first[name] != second[name]).any()
    assert_array_equal(model.fit(X, Y).predict(X), forecast)


def test_frozen_weights_stay():
    module = pretrained(num_layers=2)
    for name, parameter in module.named_parameters():
        parameter.requires_grad = name.endswith("l1")
    fitted = ModuleRegressor(module=module, weight_decay=0.1, **SMALL).fit(X, Y)
    trained = fitted.net_.module_.network.body
    for name, parameter in trained.named_parameters():
        same = torch.equal(parameter, module.get_parameter(name))
        assert same is not parameter.requires_grad


def test_a_function_may_return_the_same_module_each_time():
    module = pretrained()
    before = copy.deepcopy(module.state_dict())
    ModuleRegressor(module=lambda n_features: module, **SMALL).fit(X, Y)
    for name, value in before.items():
        assert torch.equal(module.state_dict()[name], value)


def test_dropout_is_on_in_training_though_the_module_was_given_without():
    module = dropping(2)
    torch.manual_seed(0)
    losses = [
        ModuleRegressor(module=given, **SMALL).fit(X, Y).history_["train_loss"]
        for given in (module.train(), copy.deepcopy(module).eval(), module[:2])
    ]
    assert_array_equal(losses[0], losses[1])
    assert (losses[0] != losses[2]).all()


def test_error_bars_by_dropout_of_torch():
    model = ModuleRegressor(module=dropping, **SMALL).fit(X, Y)
    point = model.predict(X)
    _, std = model.predict(X, return_std=True)
    assert (std > 0).all()
    assert_array_equal(std, model.predict(X, return_std=True)[1])
    assert_array_equal(point, model.predict(X))
    module = model.net_.module_.train()
    x = torch.from_numpy(np.repeat(X[:1], 4000, axis=0))
    with torch.no_grad():
        draws = module(x).numpy() * model.y_scale_ + model.y_mean_
    assert_allclose(std[0], draws.std(axis=0), rtol=0.3)


class Lagged(OwnGRU):
    p = 7  # no share


@pytest.mark.parametrize("module", [partial(dropping, p=0.0), OwnGRU, Lagged])
def test_no_error_bars_without_dropout(module):
    model = ModuleRegressor(module=module, **SMALL).fit(X, Y)
    with pytest.raises(ValueError, match="Dropout into module, or set n_members"):
        model.predict(X, return_std=True)


class Always(nn.Module):
    """Dropout also in evaluation mode, as that of functional is by default."""

    def forward(self, x):
        return F.dropout(x)


class Halved(nn.Linear):
    """With a tensor computed from its weights, as of torch.nn.utils.weight_norm."""

    def __init__(self, *args):
        super().__init__(*args)
        self.half = self.weight / 2


@pytest.mark.parametrize(
    ("module", "error", "message"),
    [
        (nn.Linear, TypeError, "number of variables alone: .*functools.partial"),
        (lambda n: n, TypeError, "module must make a torch.nn.Module.* it made 2"),
        (partial(nn.GRU, hidden_size=3), ValueError, "mixes .* batch_first=True"),
        (
            lambda n: nn.Sequential(nn.Linear(n, 3), Always()),
            ValueError,
            "evaluation mode",
        ),
        (lambda n: Halved(n, 3), ValueError, "can't be copied: .*parametrizations can"),
        (lambda n: nn.Linear(n + 1, 3), ValueError, r"\(3, 5, 2\).*float64.*\(15x2"),
        (lambda n: nn.Conv1d(n, 3, 1), ValueError, r"can't read .* \(3, 5, 2\)"),
        (lambda n: nn.Flatten(0), ValueError, r"made \(30,\)"),
        (lambda n: nn.AdaptiveAvgPool2d(3), ValueError, r"made \(3, 3, 3\): transpose"),
        (lambda n: nn.ModuleList(), ValueError, "can't read"),
        (lambda n: nn.Sequential(nn.Flatten(), Argmax()), TypeError, "torch.int64"),
        (lambda n: nn.Sequential(OwnGRU(n), Pair()), TypeError, "got tuple"),
    ],
)
def test_modules_that_cannot_be_the_body(module, error, message):
    with pytest.raises(error, match=message) as caught:
        ModuleRegressor(module=module, **SMALL).fit(X, Y)
    assert "module" in str(caught.value)


def test_module_is_required():
    with pytest.raises(TypeError, match="'module'"):
        ModuleRegressor()


LOOK_AHEAD = {
    "both ways": partial(same_gru, bidirectional=True),
    "attention": partial(Attention, is_masked=False),
    "window": same_dense,
}


@pytest.mark.parametrize("name", LOOK_AHEAD)
def test_an_output_for_each_step_must_not_see_later_ones(name):
    """Even if a weight that starts at zero hides it."""
    model = ModuleRegressor(module=LOOK_AHEAD[name], **SMALL)
    model.fit(X, Y)
    with pytest.raises(ValueError, match="looks at the whole window at once"):
        model.set_params(supervise="every").fit(X, Y)
    with pytest.raises(ValueError, match="looks at the whole window at once"):
        model.set_params(supervise="last").fit(X, X)


@pytest.mark.parametrize(
    "module", [OwnGRU, partial(Attention, is_masked=True), MeanSoFar, dropping]
)
def test_causal_modules_are_recognised(module):
    ModuleRegressor(module=module, supervise="every", **SMALL).fit(X, Y)


def test_labels_of_steps_need_a_state_for_each():
    y = np.where(X[:, :, 0] > 0, "up", "down")
    model = ModuleClassifier(module=same_dense, **SMALL)
    with pytest.raises(ValueError, match="no state, and so no output, for each step"):
        model.fit(X, y)
    model.set_params(module=LOOK_AHEAD["attention"]).fit(X, y)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat"])
def test_padding_has_no_effect_if_steps_do_not_see_each_other(pooling):
    """The states of padded steps do not count."""
    own = {"module": partial(nn.Linear, out_features=6), "pooling": pooling}
    model = ModuleRegressor(standardize=False, **own, **SMALL).fit(PADDED, Y)
    module = model.net_.module_
    with torch.no_grad():
        x = torch.from_numpy(PADDED)
        short = [module(x[1:2, 3:]), module(x[4:5, 1:])]
    assert_allclose(model.predict(PADDED)[[1, 4]], torch.cat(short), atol=1e-12)


def test_the_module_sees_zeros_where_a_window_is_padded():
    model = ModuleRegressor(module=OwnGRU, standardize=False, **SMALL).fit(PADDED, Y)
    zeros = np.nan_to_num(PADDED)
    assert_allclose(model.predict(zeros)[:7], model.predict(PADDED)[:7], atol=1e-12)
    assert (model.predict(zeros)[7] != model.predict(PADDED)[7]).all()


def test_windows_of_another_length_are_refused():
    model = ModuleRegressor(module=OwnGRU, **SMALL).fit(X, Y)
    with pytest.raises(ValueError, match="4 time steps"):
        model.predict(X[:, 1:])


@pytest.mark.parametrize("module", [OwnGRU, pretrained()])
def test_clones_and_pickles(module):
    model = ModuleRegressor(module=module, **SMALL)
    forecast = model.fit(X, Y).predict(X)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), forecast)
    assert_array_equal(clone(model).fit(X, Y).predict(X), forecast)


def test_a_search_over_modules():
    sizes = [partial(nn.GRU, hidden_size=n, batch_first=True) for n in (2, 4)]
    grid = {"module": [*sizes, dropping], "learning_rate": [0.01, 0.05]}
    folds = TimeSeriesSplit(2)
    search = GridSearchCV(ModuleRegressor(module=OwnGRU, **SMALL), grid, cv=folds)
    search.fit(X, Y)
    assert search.best_params_["module"] in grid["module"]
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 6
    together = VectorizedGridSearchCV(search.estimator, grid, cv=folds).fit(X, Y)
    assert_array_equal(together.cv_results_["mean_test_score"], scores)


def test_a_search_with_a_class_that_cannot_be_pickled():
    class Local(OwnGRU):
        pass

    model = ModuleClassifier(module=Local, **SMALL)
    grid = {"learning_rate": [0.01, 0.05]}
    searches = [
        search(model, grid, cv=2, error_score="raise").fit(X, LABELS)
        for search in (GridSearchCV, VectorizedGridSearchCV)
    ]
    assert_array_equal(*(s.cv_results_["mean_test_score"] for s in searches))


def test_a_class_without_a_place_comes_back_from_a_process():
    class Local(OwnGRU):
        pass

    model = ModuleRegressor(module=Local, **SMALL)
    found = cross_validate(model, X, Y, cv=2, return_estimator=True, n_jobs=2)
    for one, (training, _) in zip(found["estimator"], KFold(2).split(X), strict=True):
        assert type(one.net_.module_.network.body) is Local
        expected = clone(model).fit(X[training], Y[training]).predict(X)
        assert_allclose(one.predict(X), expected)


def test_a_lazy_module_learns_its_sizes():
    def module(n_features):
        return nn.Sequential(nn.Flatten(), nn.LazyLinear(6), nn.ReLU())

    model = ModuleRegressor(module=module, **SMALL).fit(X, Y)
    assert model.net_.module_.network.body[1].in_features == 10


def test_warm_start_goes_on():
    model = ModuleRegressor(module=pretrained(), warm_start=True, **SMALL)
    losses = [model.fit(X, Y).history_["train_loss"].iloc[0] for _ in range(2)]
    assert losses[1] < losses[0]


def test_callers_random_numbers_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    ModuleRegressor(module=dropping, **SMALL).fit(X, Y)
    assert torch.equal(torch.rand(1), expected)
