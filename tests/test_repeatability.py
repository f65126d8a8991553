"""The same seed gives the same forecast, anywhere, and touches nobody's generator."""

import multiprocessing
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from skorch.callbacks import Callback

from skseq import DenseRegressor
from skseq.estimators import ALL, GRURegressor
from skseq.networks.threads import n_threads
from tests.factories import NETWORKS, make, make_windows, output, parameters

ROOT = Path(__file__).parents[1]
SEEDED = [cls for cls in ALL if "random_state" in parameters(cls)]


def make_random(cls, **params):
    """An instance in which all that can be random is."""
    known = parameters(cls)
    if "dropout" in known:
        params.setdefault("dropout", 0.3)
    if "n_layers" in known:
        params.setdefault("n_layers", 3)  # enough for WaveNet to see the window
    if "hidden_layer_sizes" in known:
        params.setdefault("hidden_layer_sizes", (8,))
    return make(cls, **params)


def forecasts(cls, **params):
    X, y = make_windows(cls, n_features=3)
    return output(make_random(cls, **params).fit(X, y), X)


def all_forecasts():
    return {cls.__name__: forecasts(cls) for cls in ALL}


@pytest.fixture(scope="module")
def here():
    return all_forecasts()


def assert_equal(first, second):
    for name, expected in first.items():
        np.testing.assert_array_equal(second[name], expected, err_msg=name, strict=True)


def test_in_this_process(here):
    assert_equal(here, all_forecasts())


def test_in_another_process(here, tmp_path):
    path = tmp_path / "forecasts.npz"
    code = (
        "import sys, numpy as np\n"
        "from tests.test_repeatability import all_forecasts\n"
        "np.savez(sys.argv[1], **all_forecasts())\n"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-c", code, path], cwd=ROOT, check=True, env=environment
    )
    assert_equal(here, np.load(path))


def test_in_threads(here):
    """Torch has one generator for all of them."""
    results = joblib.Parallel(n_jobs=4, prefer="threads")(
        joblib.delayed(forecasts)(cls) for cls in ALL
    )
    assert_equal(here, dict(zip((cls.__name__ for cls in ALL), results, strict=True)))


def test_in_workers(here):
    results = joblib.Parallel(n_jobs=2)(joblib.delayed(forecasts)(cls) for cls in ALL)
    assert_equal(here, dict(zip((cls.__name__ for cls in ALL), results, strict=True)))


@pytest.mark.parametrize("cls", SEEDED)
def test_in_a_parallel_grid_search(cls):
    X, y = make_windows(cls)
    searches = [
        GridSearchCV(
            make_random(cls),
            {"learning_rate": [0.001, 0.05]},
            cv=TimeSeriesSplit(2),
            n_jobs=n_jobs,
            error_score="raise",
        ).fit(X, y)
        for n_jobs in (1, 2)
    ]
    one, two = (search.cv_results_ for search in searches)
    for key in (k for k in one if k.startswith(("split", "mean_test", "std_test"))):
        np.testing.assert_array_equal(one[key], two[key])
    np.testing.assert_array_equal(*(output(search, X) for search in searches))


@pytest.mark.parametrize("cls", SEEDED)
@pytest.mark.parametrize("n_jobs", [1, -1])
def test_whatever_number_of_threads_torch_is_set_to(cls, n_jobs, here):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        if n_jobs == 1:
            np.testing.assert_array_equal(forecasts(cls), here[cls.__name__])
        else:
            np.testing.assert_allclose(
                forecasts(cls, n_jobs=n_jobs), here[cls.__name__], rtol=1e-9
            )
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


class Threads(Callback):
    """Count those of torch, and those of time steps."""

    def on_batch_end(self, net, training=False, **kwargs):
        self.seen = torch.get_num_threads(), n_threads()


@pytest.mark.parametrize(
    ("model", "seen"),
    [
        (GRURegressor(hidden_size=4, n_jobs=2), (1, 2)),
        (GRURegressor(hidden_size=4), (1, 1)),
        # Torch's layer of many units, and dense ones, have no use for ours.
        (GRURegressor(hidden_size=260, n_jobs=2), (2, 2)),
        (DenseRegressor(n_jobs=2), (2, 2)),
    ],
)
def test_threads_of_a_fit_compute_time_steps_or_torchs_operations(model, seen):
    before, threads = torch.get_num_threads(), Threads()
    X, y = make_windows(type(model), n_features=3)
    model.set_params(max_epochs=1, callbacks=[threads]).fit(X, y)
    assert threads.seen == seen
    assert torch.get_num_threads() == n_threads() == before


@pytest.mark.parametrize("cls", SEEDED)
def test_whatever_the_global_generators_hold(cls, here):
    torch.manual_seed(12345)
    np.random.seed(12345)
    np.testing.assert_array_equal(forecasts(cls), here[cls.__name__])


@pytest.fixture(params=["double", "half", "device", "inference"])
def settings(request):
    """What a caller may have told torch, for all that he does with it."""
    if request.param == "inference":
        with torch.inference_mode():
            yield
    elif request.param == "device":
        with torch.device("meta"):  # whose tensors have no values: none may be used
            yield
    else:
        torch.set_default_dtype(getattr(torch, request.param))
        yield
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("cls", SEEDED)
def test_autocast_is_the_callers(cls):
    X, y = make_windows(cls, dtype=np.float32)
    expected = output(make_random(cls).fit(X, y), X)
    with torch.autocast("cpu", torch.bfloat16):
        found = output(make_random(cls).fit(X, y), X)
        assert torch.is_autocast_enabled("cpu")
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("cls", SEEDED)
def test_whatever_torch_is_set_to(cls, here):
    before = generators()
    np.testing.assert_array_equal(forecasts(cls), here[cls.__name__])
    assert generators() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_has_one_thread():
    """More would wait for ever for those of the process it was forked from."""
    X, y = make_windows(GRURegressor, n_timesteps=300)
    model = make(GRURegressor, hidden_size=64, batch_size=150, n_jobs=2)
    expected = model.fit(X, y).predict(X)
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(
        target=_fit_and_listen, args=(there, model, X, y), daemon=False
    )
    child.start()
    try:
        assert here.poll(timeout=60)
        predicted, told = here.recv()
    finally:
        child.kill()
    assert "n_jobs=2" in told
    np.testing.assert_allclose(predicted, expected, atol=1e-5)


def _fit_and_listen(connection, model, X, y):
    with pytest.warns(UserWarning, match="forked process") as told:
        predicted = model.fit(X, y).predict(X)
    connection.send((predicted, str(told[0].message)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_in_a_process_forked_while_another_thread_fits(here):
    """Which holds what threads take turns by, and is not there to let go."""
    from skorch.callbacks import Callback

    fitting, forked = threading.Event(), threading.Event()

    class Wait(Callback):
        def on_epoch_end(self, net, **kwargs):
            fitting.set()
            forked.wait()

    fit = threading.Thread(
        target=forecasts, args=(GRURegressor,), kwargs={"callbacks": [Wait()]}
    )
    fit.start()
    fitting.wait()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=lambda: sender.send(forecasts(GRURegressor)))
    process.start()
    forked.set()
    fit.join()
    try:
        assert receiver.poll(60)
        np.testing.assert_array_equal(receiver.recv(), here["GRURegressor"])
    finally:
        process.kill()


@pytest.mark.parametrize("strategy", ["direct", "iterated"])
def test_dropout_is_drawn_while_another_thread_fits(strategy):
    """Which has torch's generator, that a server's forecasts would wait for."""
    X, y = make_windows(GRURegressor, n_features=1)
    model = make_random(GRURegressor, strategy=strategy).fit(X, y)
    expected, before = model.predict_samples(X), generators()
    found = []

    class Draw(Callback):
        def on_epoch_begin(self, net, **kwargs):
            draw = threading.Thread(
                target=lambda: found.append(model.predict_samples(X))
            )
            draw.start()
            draw.join(timeout=20)
            found.append(None)  # if it still waits

    beside = make_random(GRURegressor, max_epochs=1, callbacks=[Draw()]).fit(X, y)
    np.testing.assert_array_equal(found[0], expected)
    assert generators() == before
    alone = make_random(GRURegressor, max_epochs=1).fit(X, y)
    np.testing.assert_array_equal(beside.predict(X), alone.predict(X))


@pytest.mark.parametrize("cls", SEEDED)
def test_refitting_starts_anew(cls, here):
    X, y = make_windows(cls, n_features=3)
    model = make_random(cls).fit(X[:20] + 5, y[:20])
    np.testing.assert_array_equal(output(model.fit(X, y), X), here[cls.__name__])


@pytest.mark.parametrize("cls", SEEDED)
def test_different_seeds_differ(cls, here):
    assert (forecasts(cls, random_state=1) != here[cls.__name__]).any()


@pytest.mark.parametrize("cls", SEEDED)
def test_each_part_that_is_random_follows_the_seed(cls):
    """With the initial weights alone, and with one batch, seeds still differ."""
    one = forecasts(cls, max_epochs=1, batch_size=500, learning_rate=1e-12)
    two = forecasts(
        cls, max_epochs=1, batch_size=500, learning_rate=1e-12, random_state=1
    )
    assert (one != two).any()


@pytest.mark.parametrize("cls", SEEDED)
def test_random_state_instances(cls, here):
    state = np.random.RandomState(0)
    first = forecasts(cls, random_state=state)
    np.testing.assert_array_equal(first, here[cls.__name__])
    assert (forecasts(cls, random_state=state) != first).any()


@pytest.mark.parametrize("state", [np.random.RandomState(0), None])
def test_a_single_member_repeats_though_it_had_no_integer(state):
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, random_state=state).fit(X, y)
    again = make(GRURegressor, random_state=model.member_random_states_[0]).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("cls", SEEDED)
def test_no_seed_follows_numpys_global_one(cls):
    def fit(seed):
        np.random.seed(seed)
        return forecasts(cls, random_state=None)

    first = fit(3)
    np.testing.assert_array_equal(fit(3), first)
    assert (forecasts(cls, random_state=None) != first).any()


def generators():
    kind, keys, *rest = np.random.get_state()
    return (
        kind,
        keys.tolist(),
        rest,
        random.getstate(),
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
    )


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("cls", ALL)
def test_global_state_is_left_alone(cls):
    X, y = make_windows(cls)
    before = generators()
    model = make_random(cls).fit(X, y)
    assert generators() == before
    output(model, X)
    assert generators() == before


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("cls", ALL)
def test_global_state_is_left_alone_by_what_fails(cls):
    X, y = make_windows(cls)
    model = make_random(cls).fit(X, y)
    before = generators()
    with pytest.raises(ValueError, match="infinity"):
        make_random(cls).fit(np.where(X > 1, np.inf, X), y)
    with pytest.raises(ValueError, match="features"):
        model.predict(X[:, :, :1])
    assert generators() == before


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("cls", NETWORKS)
def test_global_state_is_left_alone_by_a_fit_that_fails_midway(cls):
    from skorch.callbacks import Callback

    class Fail(Callback):
        def on_grad_computed(self, net, **kwargs):
            raise RuntimeError("midway")

    X, y = make_windows(cls)
    before = generators()
    with pytest.raises(RuntimeError, match="midway"):
        make_random(cls, callbacks=[Fail()]).fit(X, y)
    assert generators() == before


@pytest.mark.parametrize("cls", SEEDED)
def test_clones_repeat(cls, here):
    X, y = make_windows(cls, n_features=3)
    model = clone(make_random(cls).fit(X, y))
    np.testing.assert_array_equal(output(model.fit(X, y), X), here[cls.__name__])


@pytest.mark.parametrize("cls", NETWORKS)
def test_predictions_repeat_though_there_is_dropout(cls):
    X, y = make_windows(cls)
    model = make_random(cls).fit(X, y)
    np.testing.assert_array_equal(output(model, X), output(model, X))
