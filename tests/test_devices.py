"""Where a fit computes: on a device, in mixed precision, in several processes."""

import copy
import io
import os
import pickle
import runpy
import subprocess
import sys
import warnings
from itertools import chain

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import is_classifier
from skorch.callbacks import Callback
from skorch.utils import to_device
from torch import nn

from skseq import GRURegressor
from skseq.training import (
    Batches,
    EveryStep,
    Standardized,
    Targets,
    WindowDataset,
    callbacks,
)
from skseq.windows import LazyArray, sliding_windows

from .factories import NETWORKS, make, make_exact, make_windows

networks = pytest.mark.parametrize("cls", NETWORKS, ids=lambda cls: cls.__name__)
# One is lent now and then; what can be told without one is tested on the CPU.
needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="torch finds no CUDA device here"
)


@pytest.fixture
def series():
    return np.random.default_rng(0).normal(size=(60, 2))


def targets_of(kind, windows):
    rng = np.random.default_rng(1)
    y = rng.normal(size=(len(windows), 3))
    moments = rng.normal(size=3), rng.uniform(1, 2, size=3)
    if kind == "every step":
        return EveryStep(windows, y, [1], *moments)
    return Targets(y) if kind == "plain" else Standardized(y, *moments)


@pytest.mark.parametrize("kind", ["plain", "standardised", "every step"])
@pytest.mark.parametrize("form", ["view", "copy", "lazy"])
@pytest.mark.parametrize("chosen", [True, False])
def test_batches_on_a_device_are_those_of_memory(series, kind, form, chosen):
    windows = sliding_windows(series, 5)
    windows = windows if form == "view" else np.array(windows)
    if form == "lazy":
        windows = LazyArray(windows.__getitem__, range(len(windows)))
    samples = np.array([3, 1, 40, 41, 7]) if chosen else range(4, 20)
    weights = np.arange(len(windows)) + 0.5
    dataset = WindowDataset(windows, targets_of(kind, windows), weights, samples)
    moved = dataset.to(torch.device("cpu"))
    batches = Batches(dataset, 3, torch.Generator().manual_seed(0))
    others = Batches(moved, 3, torch.Generator().manual_seed(0))
    assert len(batches) == len(others)
    for (x, (y, w)), (other_x, (other_y, other_w)) in zip(batches, others, strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)
        np.testing.assert_array_equal(w, other_w)


def test_a_device_holds_the_series_not_its_windows(series):
    windows = sliding_windows(series, 20)
    dataset = WindowDataset(windows, targets_of("every step", windows), None, range(5))
    moved = dataset.to(torch.device("cpu"))
    assert moved.windows.shape == windows.shape
    assert moved.windows.untyped_storage().nbytes() == series.nbytes
    assert moved.targets.windows is moved.windows


@pytest.mark.parametrize("n_parts", [1, 2, 3])
def test_parts_of_batches_are_of_one_size_and_make_the_whole(series, n_parts):
    windows = sliding_windows(series, 5)
    dataset = WindowDataset(windows, Targets(np.arange(56)), None, range(52))
    whole = Batches(dataset, 12, torch.Generator().manual_seed(0))
    parts = [
        list(Batches(dataset, 12, torch.Generator().manual_seed(0), (i, n_parts)))
        for i in range(n_parts)
    ]
    for number, (_, y) in enumerate(whole):
        of_each = [part[number][1].tolist() for part in parts]
        assert len({len(of_one) for of_one in of_each}) == 1
        surplus = len(y) % n_parts
        assert sorted(chain(*of_each)) == sorted(y[: len(y) - surplus].tolist())


@networks
def test_mixed_precision_learns_what_single_does(cls):
    X, y = make_windows(cls)
    X = X.astype(np.float32)
    single = make(cls).fit(X, y)
    mixed = make(cls, mixed_precision="bf16").fit(X, y)
    weights = list(mixed.net_.module_.parameters())
    assert {weight.dtype for weight in weights} == {torch.float32}
    assert any(
        not torch.equal(a, b)
        for a, b in zip(weights, single.net_.module_.parameters(), strict=True)
    )
    np.testing.assert_allclose(
        mixed.history_["train_loss"], single.history_["train_loss"], rtol=0.02
    )


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_gpu)])
def test_mixed_precision_is_that_of_products_in_training_alone(series, device):
    seen = []

    class Watched(GRURegressor):
        def _build(self, length, n_features):
            network = super()._build(length, n_features)
            network.register_forward_hook(lambda *call: seen.append(call[2].dtype))
            return network

        def _build_head(self, network):
            head = super()._build_head(network)
            assert isinstance(head.out, nn.Linear)
            head.out.register_forward_hook(lambda *call: seen.append(call[2].dtype))
            return head

    windows = sliding_windows(series.astype(np.float32), 5)
    params = {"max_epochs": 1, "batch_size": 56, "device": device}
    model = Watched(**params, mixed_precision="bf16")
    model.fit(windows, windows[:, 0, 0])
    assert seen == [torch.float32, torch.bfloat16]
    model.predict(windows)
    assert set(seen[2:]) == {torch.float32}


def test_an_unknown_precision_is_an_error(series):
    windows = sliding_windows(series, 5)
    model = GRURegressor(mixed_precision="fp8")
    with pytest.raises(ValueError, match=r"mixed_precision.*bf16.*'fp8'"):
        model.fit(windows, windows[:, 0, 0])


@networks
def test_mixed_precision_refuses_float64_which_it_would_not_change(cls):
    X, y = make_windows(cls)
    model = make(cls, mixed_precision="bf16")
    with pytest.raises(ValueError, match=r"mixed_precision.*float64.*astype"):
        model.fit(X, y)
    model.fit(X.astype("float32"), y)


def test_accelerate_that_is_missing_is_named_with_its_extra(series, monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    windows = sliding_windows(series, 5)
    with pytest.raises(ImportError, match=r"skseq\[accelerate\]"):
        GRURegressor(device="accelerate").fit(windows, windows[:, 0, 0])


SCRIPT = """\
import pickle, sys
import numpy as np
from skorch.callbacks import Callback
from skseq import DenseRegressor, GRURegressor, WaveNetRegressor
from skseq.windows import LazyArray, sliding_windows


class Seen(Callback):
    def on_train_begin(self, net, **kwargs):
        self.rows = []

    def on_batch_begin(self, net, batch=None, **kwargs):
        self.rows += batch[0][:, 0].tolist()


device, path = sys.argv[1:]
series = np.random.default_rng(0).normal(size=(135, 2)).cumsum(axis=0)
windows, y = sliding_windows(series[:-1], 7)[:128], series[7:135]
results = []
for cls in (DenseRegressor, GRURegressor, WaveNetRegressor):
    for early_stopping in (False, True):
        model = cls(
            max_epochs=3,
            batch_size=16,
            early_stopping=early_stopping,
            validation_fraction=0.12,  # leaves 112, whole batches
            random_state=0,
            device=device,
            verbose=1,
        ).fit(windows, y)
        model = pickle.loads(pickle.dumps(model))
        history = model.history_.drop(columns="seconds").to_numpy()
        results.append((model.predict(windows), history))
seen = Seen()  # by a fit whose seed each process draws for itself
DenseRegressor(max_epochs=1, callbacks=[seen], device=device).fit(windows, y)
if device == "accelerate":
    from accelerate import PartialState

    assert PartialState().num_processes == 2
    path += str(PartialState().process_index)
with open(path, "wb") as file:
    pickle.dump((results, seen.rows), file)
"""


def test_two_processes_learn_what_one_does(tmp_path, monkeypatch, capsys):
    pytest.importorskip(
        "accelerate", reason="processes are started by the extra skseq[accelerate]"
    )
    script = tmp_path / "fit.py"
    script.write_text(SCRIPT)
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    launch += ["--master-port=0", "--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0"]
    env = {**os.environ, "ACCELERATE_USE_CPU": "1", "OMP_NUM_THREADS": "1"}
    paths = [tmp_path / name for name in ("cpu", "shared0", "shared1")]
    monkeypatch.setattr(sys, "argv", [str(script), "cpu", str(paths[0])])
    runpy.run_path(str(script))
    alone = capsys.readouterr()
    command = [*launch, script, "accelerate", tmp_path / "shared"]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    for out, err in (alone, (done.stdout, done.stderr)):
        assert not out
        assert err.count("| 0/3 [") == 6  # one bar for each fit
    (alone, rows), *shared = (np.load(path, allow_pickle=True) for path in paths)
    assert sorted(shared[0][1] + shared[1][1]) == sorted(rows)
    for results, _ in shared:
        for one, other in zip(alone, results, strict=True):
            for expected, got in zip(one, other, strict=True):
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@networks
def test_a_step_asks_no_device_for_values(cls):
    """A GPU would be waited for. torch's device "meta", without values, refuses."""
    seen = []

    class Seen(Callback):
        def on_batch_begin(self, net, batch=None, **kwargs):
            seen.append(batch)

    X, y = make_windows(cls)
    net = make(cls, max_epochs=1, callbacks=[Seen()]).fit(X, y).net_
    for part in (net.module_, net.criterion_):
        part.to("meta")
    net.device, net.has_padding = "meta", False
    step = net.train_step_single(to_device(seen[0], "meta"))
    assert step["loss"].device.type == "meta"
    assert any(weight.grad is not None for weight in net.module_.parameters())


@pytest.mark.parametrize("form", ["view", "copy", "lazy"])
@pytest.mark.parametrize("n_padded", [0, 3])
def test_a_dataset_knows_whether_windows_are_padded(series, form, n_padded):
    series[:n_padded] = np.nan
    windows = sliding_windows(series, 5)
    windows = windows if form == "view" else np.array(windows)
    if form == "lazy":
        windows = LazyArray(windows.__getitem__, range(len(windows)))
    dataset = WindowDataset(windows, Targets(np.arange(56)), None, range(52))
    assert dataset.has_padding() is (None if form == "lazy" else n_padded > 0)


class TensorPickler(pickle.Pickler):
    """Note the types of the tensors that are pickled."""

    def __init__(self):
        super().__init__(io.BytesIO())
        self.types = set()

    def reducer_override(self, value):
        if isinstance(value, torch.Tensor):
            self.types.add(value.dtype)
        return NotImplemented


@pytest.mark.parametrize("lr_schedule", ["onecycle", "cosine", "plateau", "constant"])
@networks
def test_what_is_pickled_of_a_net_can_be_put_on_another_device(cls, lr_schedule):
    X, y = make_windows(cls)
    state = make(cls, lr_schedule=lr_schedule).fit(X, y).net_.__getstate__()
    # skorch puts this on a device that there is; all else needs the one of the fit.
    del state["__cuda_dependent_attributes__"]
    pickler = TensorPickler()
    pickler.dump(state)
    assert pickler.types <= {torch.uint8}  # of a generator, which is on the CPU


def test_the_criterion_is_put_on_another_device_too(series):
    windows = sliding_windows(series, 5)
    params = {"loss": "quantile", "output_weights": [1.0], "max_epochs": 1}
    model = GRURegressor(**params).fit(windows, windows[:, 0, 0])
    state = model.net_.__getstate__()
    del state["__cuda_dependent_attributes__"]
    pickler = TensorPickler()
    pickler.dump(state)
    assert pickler.types <= {torch.uint8}


@needs_gpu
@networks
def test_a_model_of_a_gpu_predicts_without_one(cls, tmp_path):
    X, y = make_windows(cls)
    model = make(cls, device="cuda").fit(X, y)
    joblib.dump((model, X), tmp_path / "model")
    code = (
        "import joblib, sys; model, X = joblib.load(sys.argv[1]); "
        "joblib.dump(model.predict(X), sys.argv[2])"
    )
    command = [sys.executable, "-c", code, tmp_path / "model", tmp_path / "y"]
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert "no CUDA devices are available" in done.stderr
    predicted = joblib.load(tmp_path / "y")
    if is_classifier(model):
        np.testing.assert_array_equal(predicted, model.predict(X))
    else:
        np.testing.assert_allclose(predicted, model.predict(X), rtol=1e-6)


@needs_gpu
def test_cudnn_finds_the_weights_of_a_copy_in_one_block():
    X, y = make_windows(GRURegressor)
    model = copy.deepcopy(make(GRURegressor, device="cuda").fit(X, y))
    weights = model.net_.module_.network.layers.parameters()
    assert len({weight.untyped_storage().data_ptr() for weight in weights}) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X)


@needs_gpu
@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_losses_of_a_gpu_are_read_after_an_epoch(early_stopping, monkeypatch):
    losses = []

    class Losses(Callback):
        def on_batch_end(self, net, loss=None, training=None, **kwargs):
            if training:
                losses.append(loss.detach())

    monkeypatch.setattr(callbacks, "MANY", 5)  # records, before they are merged
    X, y = make_windows(GRURegressor, n_timesteps=200)
    params = {"device": "cuda", "early_stopping": early_stopping, "max_epochs": 1}
    model = make(GRURegressor, **params, batch_size=16, callbacks=[Losses()]).fit(X, y)
    name = "valid_loss" if early_stopping else "train_loss"
    assert isinstance(model.net_.history[0]["batches"][-1][name], float)
    assert {loss.device.type for loss in losses} == {"cuda"}
    mean = float(torch.stack(losses).mean())  # of batches that differ by one in size
    assert mean == pytest.approx(model.history_["train_loss"][0], rel=0.02)


@needs_gpu
def test_a_gpu_reports_a_loss_that_is_not_finite():
    X, y = make_windows(GRURegressor)
    model = make(GRURegressor, loss="squared_error", device="cuda", max_epochs=9)
    model.set_params(optimizer="sgd", gradient_clip=None, learning_rate=1e30)
    with pytest.raises(ValueError, match=r"train loss became (nan|inf) in epoch"):
        model.fit(X, y)


@needs_gpu
@pytest.mark.parametrize("mixed_precision", [None, "bf16"])
@networks
def test_a_gpu_learns_what_a_cpu_does(cls, mixed_precision):
    X, y = make_windows(cls, dtype=np.float32 if mixed_precision else np.float64)
    cpu = make_exact(cls).fit(X, y)
    gpu = make_exact(cls, device="cuda", mixed_precision=mixed_precision).fit(X, y)
    np.testing.assert_allclose(
        gpu.history_["train_loss"], cpu.history_["train_loss"], rtol=0.1
    )
    assert next(gpu.net_.module_.parameters()).device.type == "cuda"
    assert len(gpu.predict(X)) == len(X)
