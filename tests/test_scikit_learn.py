"""Scikit-learn's manners: clones, pickles, weights by name, search over pipelines."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn.base import clone, is_classifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skseq import (
    ConformalRegressor,
    DenseRegressor,
    Differencer,
    SlidingWindow,
    TransformedWindowRegressor,
    horizon_targets,
)
from tests.factories import (
    NETWORKS,
    REGRESSORS,
    REQUIRED,
    WEIGHTED,
    default,
    every,
    fitted,
    make,
    make_series,
    make_windows,
    output,
    parameters,
    targets_for,
)

weighted_ones = pytest.mark.parametrize("cls", WEIGHTED)


@every
def test_pickle_joblib_and_deepcopy(cls, tmp_path):
    model, X = fitted(cls)
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    copies = [
        pickle.loads(pickle.dumps(model)),
        pickle.loads(pickle.dumps(model, protocol=5)),
        joblib.load(path),
        joblib.load(path, mmap_mode="r"),
        copy.deepcopy(model),
    ]
    for again in copies:
        assert again.get_params() == model.get_params()
        assert vars(again).keys() == vars(model).keys()
        np.testing.assert_array_equal(output(again, X), output(model, X))


@every
def test_a_fitted_estimator_weighs_little(cls):
    """It keeps neither the windows nor the optimizer's copy of them."""
    sizes = []
    for n_timesteps in (100, 1000):
        X, y = make_windows(cls, n_timesteps=n_timesteps)
        model = make(cls, **({"batch_size": 1000} if cls in NETWORKS else {}))
        sizes.append(len(pickle.dumps(model.fit(X, y))))
    assert sizes[1] - sizes[0] < 1000


def test_a_subclass_has_its_defaults_with_or_without_their_types():
    class Short(DenseRegressor):
        """{parameters}{attributes}"""

        max_epochs = 2
        n_members: int = 3

    changed = {"max_epochs": 2, "n_members": 3}
    assert Short().get_params() == DenseRegressor(**changed).get_params()
    assert clone(Short(max_epochs=5)).max_epochs == 5
    for name, value in changed.items():
        assert f"{name} : int, default={value}\n" in Short.__doc__


def test_types_of_parameters_may_be_text():
    """As in a module with ``from __future__ import annotations``."""

    class Own(DenseRegressor):
        """A network."""

        max_epochs: "int" = 1
        gradient_clip: "float | None" = 1.0
        is_large: "bool" = False

    X, y = make_windows(DenseRegressor)
    Own(gradient_clip=None).fit(X, y)
    for name, value in {"max_epochs": None, "gradient_clip": 0, "is_large": 2}.items():
        with pytest.raises((TypeError, ValueError), match=name):
            Own(**{name: value}).fit(X, y)


def test_a_class_that_workers_return_has_subclasses():
    """It is pickled by value if it is not in a module, as in a notebook."""

    class Own(DenseRegressor):
        """A network."""

        n_more: int = 1

    X, y = make_windows(DenseRegressor)
    cross_validate(Own(max_epochs=1), X, y, cv=2, n_jobs=2, return_estimator=True)

    class Further(Own):
        """Another one."""

        n_other: int = 2

    expected = DenseRegressor().get_params() | {"n_more": 1, "n_other": 2}
    assert Further().get_params() == expected
    Further(max_epochs=1).fit(X, y)


@every
def test_repr_shows_only_what_was_changed(cls):
    known = parameters(cls)
    if "module" in known:  # which has no default, and so is always shown
        assert repr(default(cls)) == f"{cls.__name__}(module={REQUIRED['module']!r})"
        return
    assert repr(cls()) == f"{cls.__name__}()"
    numbers = ["hidden_size", "max_epochs", "season", "max_iter"]
    name = next(name for name in numbers if name in known)
    assert repr(cls(**{name: 3})) == f"{cls.__name__}({name}=3)"


@every
def test_html_repr(cls):
    model, _ = fitted(cls)
    for estimator in (
        default(cls),
        model,
        make_pipeline(SlidingWindow(3), default(cls)),
    ):
        html = estimator._repr_html_()
        assert cls.__name__ in html
        assert estimator_html_repr(estimator).startswith("<style>")


@every
def test_feature_names(cls):
    X, y = make_windows(cls, n_features=1)
    frame = pd.DataFrame(X[:, :, 0], columns=[f"t-{4 - i}" for i in range(5)])
    model = make(cls).fit(frame, y)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    output(model, frame)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])
    assert not hasattr(model.fit(X, y), "feature_names_in_")


@pytest.mark.filterwarnings("ignore:y does not continue")  # it is of other rows
@pytest.mark.parametrize(
    ("cls", "wrapped"),
    [
        (cls, wrapped)
        for cls in WEIGHTED
        # A classifier has no targets to difference.
        for wrapped in ([False, True] if cls in REGRESSORS else [False])
    ],
)
def test_metadata_routing(cls, wrapped):
    X, y = make_windows(cls)
    series = make_series(60)[4:][: len(X)]  # y holds its next values
    weight = np.random.default_rng(0).uniform(0.1, 5, len(X))

    def steps(final):
        if wrapped:
            final = TransformedWindowRegressor(final, Differencer(1))
        return SlidingWindow(5), final

    windows = SlidingWindow(5).fit_transform(series)
    expected = steps(make(cls))[1].fit(windows, y, sample_weight=weight)
    with sklearn.config_context(enable_metadata_routing=True):
        final = make(cls).set_fit_request(sample_weight=True)
        pipe = make_pipeline(*steps(final)).fit(series, y, sample_weight=weight)
        np.testing.assert_array_equal(output(pipe, series), output(expected, windows))
        deaf = make(cls).set_fit_request(sample_weight=False)
        pipe = make_pipeline(*steps(deaf)).fit(series, y)
        with pytest.raises((TypeError, sklearn.exceptions.UnsetMetadataPassedError)):
            make_pipeline(*steps(make(cls))).fit(series, y, sample_weight=weight)
    if cls in NETWORKS:
        assert (output(pipe, series) != output(expected, windows)).any()


@pytest.mark.parametrize(
    "wrap",
    [
        ConformalRegressor,
        lambda inner: TransformedWindowRegressor(inner, Differencer()),
    ],
)
def test_a_wrapper_asks_for_the_weights_of_its_score(wrap):
    X, y = make_windows(DenseRegressor)
    weight = np.random.default_rng(0).uniform(size=len(X)) ** 8
    cv = KFold(2)
    expected = [
        wrap(make(DenseRegressor)).fit(X[a], y[a]).score(X[b], y[b], weight[b])
        for a, b in cv.split(X)
    ]
    with sklearn.config_context(enable_metadata_routing=True):
        model = wrap(make(DenseRegressor).set_fit_request(sample_weight=False))
        given = {"cv": cv, "params": {"sample_weight": weight}}
        with pytest.raises(UnsetMetadataPassedError, match=r"Regressor\.score"):
            cross_val_score(model, X, y, **given)
        model.set_score_request(sample_weight=True)
        assert cross_val_score(model, X, y, **given).tolist() == expected


@every
def test_tensors_are_arrays_also_where_scikit_learn_dispatches(cls):
    X, y = make_windows(cls, dtype=np.float32)
    if is_classifier(default(cls)):
        y = (y == "up").astype(int)
    expected = output(make(cls).fit(X, y), X)
    X, y = torch.tensor(X), torch.tensor(y)
    with sklearn.config_context(array_api_dispatch=True):
        model = make(cls).fit(X, y)
        assert isinstance(model.score(X, y), float)
    np.testing.assert_array_equal(output(model, X), expected)


@pytest.mark.filterwarnings("ignore:y does not continue")  # it is of other rows
@weighted_ones
def test_weights_by_the_name_of_the_step(cls):
    X, y = make_windows(cls)
    series = make_series(60)[: len(X)]
    weight = np.random.default_rng(0).uniform(0.1, 5, len(X))
    pipe = make_pipeline(SlidingWindow(5), make(cls))
    step = pipe.steps[-1][0]
    pipe.fit(series, y, **{f"{step}__sample_weight": weight})
    windows = SlidingWindow(5).fit_transform(series)
    expected = make(cls).fit(windows, y, sample_weight=weight)
    np.testing.assert_array_equal(output(pipe, series), output(expected, windows))


@every
def test_grid_search_over_a_pipeline(cls):
    index = pd.date_range("2024-01-01", periods=60, freq="D")
    frame = pd.DataFrame(make_series(60), index=index, columns=["rail", "bus"])
    X, y = horizon_targets(frame, target="rail", horizon=3)
    pipe = make_pipeline(SlidingWindow(length=6), make(cls))
    known = parameters(cls)
    name, values = next(
        (name, values)
        for name, values in {
            "hidden_size": [2, 4],
            "hidden_layer_sizes": [(), (3,)],
            "season": [1, 2],
            "trend": [None, "c"],
            "max_epochs": [1, 2],
        }.items()
        if name in known
    )
    grid = {"slidingwindow__length": [3, 6], f"{pipe.steps[-1][0]}__{name}": values}
    scoring = "neg_mean_absolute_error" if cls in REGRESSORS else "accuracy"
    search = GridSearchCV(
        pipe,
        grid,
        cv=TimeSeriesSplit(2, gap=2),
        scoring=scoring,
        error_score="raise",
    )
    search.fit(X, targets_for(cls, y))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X[-1:]).shape == ((1, 3) if cls in REGRESSORS else (1,))


@every
def test_a_column_transformer_of_scikit_learn_before_the_windows(cls):
    X, y = horizon_targets(make_series(60), target=0, horizon=2)
    scaler = StandardScaler().fit(X)
    y = (y - scaler.mean_[0]) / scaler.scale_[0]  # as what it continues
    pipe = make_pipeline(StandardScaler(), SlidingWindow(5), make(cls))
    pipe.fit(X, targets_for(cls, y))
    assert len(output(pipe, X)) == len(X)
