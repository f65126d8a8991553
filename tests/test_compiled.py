"""What the compiled time steps compute with, against numpy and torch."""

import shutil
import sys
from ctypes import CFUNCTYPE, c_void_p
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config, njit
from numba.core.errors import TypingError
from numba.extending import get_cython_function_address

from skseq.networks import cells
from skseq.networks.cells import Cell, compiled
from skseq.networks.compiled import blas, parts, products
from skseq.networks.compiled.cache import compiled as compile_and_cache
from skseq.networks.compiled.tanh import sigmoid, tanh
from skseq.networks.memory import SIZES, TOTAL, empty
from skseq.networks.recurrent import CELLS, Recurrent, initialize

TYPES = (np.float32, np.float64)


@njit
def _tanh(values):
    return np.array([tanh(value) for value in values])


@njit
def _sigmoid(values):
    return np.array([sigmoid(value) for value in values])


@pytest.mark.parametrize("dtype", TYPES)
def test_tanh_and_sigmoid_to_a_few_ulp(dtype):
    sizes = np.logspace(-30, 2, 2001)
    x = np.concatenate([-sizes, [-0.0, 0.0], sizes]).astype(dtype)
    truth = np.tanh(x.astype(np.longdouble))
    eps = np.finfo(dtype).eps
    assert _tanh(x).dtype == dtype
    np.testing.assert_allclose(_tanh(x), truth.astype(dtype), rtol=4 * eps)
    truth = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    np.testing.assert_allclose(_sigmoid(x), truth.astype(dtype), rtol=0, atol=2 * eps)


@pytest.mark.parametrize("dtype", TYPES)
def test_what_is_not_finite(dtype):
    x = np.array([np.nan, -np.inf, np.inf], dtype)
    np.testing.assert_array_equal(_tanh(x), [np.nan, -1, 1])
    np.testing.assert_array_equal(_sigmoid(x), [np.nan, 0, 1])


@njit
def _dot(a, b, out):
    blas.dot(a, b, out)


@njit
def _add_product(a, b, total):
    blas.add_product(a, b, total)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "sizes", [(32, 16, 48), (7, 9, 5), (64, 64, 192), (32, 8, 24), (1, 16, 48)]
)
def test_products_do_not_depend_on_places_in_memory(dtype, sizes):
    """Else a fit would differ in its last digits from one process to the next."""
    rng = np.random.default_rng(0)
    n_rows, n_inner, n_columns = sizes
    values = (
        rng.normal(size=shape).astype(dtype)
        for shape in [(n_rows, n_inner), (n_inner, n_columns), (n_rows, n_columns)]
    )
    rooms = [(np.empty(v.size + 16, dtype), v) for v in values]
    out, total = (np.empty(n * n_columns + 16, dtype) for n in (n_rows, n_inner))
    results = []
    for start in range(16):
        a, b, d = (_placed(room, start, v.shape) for room, v in rooms)
        for place, (_, v) in zip((a, b, d), rooms, strict=True):
            place[:] = v
        y = _placed(out, start, d.shape)
        d_b = _placed(total, start, b.shape)
        d_b[:] = 1
        _dot(a, b, y)
        _add_product(a, d, d_b)
        results.append((y.copy(), d_b.copy()))
    for y, d_b in results[1:]:
        np.testing.assert_array_equal(y, results[0][0])
        np.testing.assert_array_equal(d_b, results[0][1])


def _placed(room, start, shape):
    return room[start : start + np.prod(shape)].reshape(shape)


@pytest.mark.parametrize(("name", "dtype"), [("sgemm", "f4"), ("dgemm", "f8")])
def test_products_are_those_of_scipy_where_torch_hides_its_own(
    name, dtype, monkeypatch
):
    found = blas._address(name)
    monkeypatch.setattr(blas, "_TORCH", object())
    others = blas._address(name)
    assert others == get_cython_function_address("scipy.linalg.cython_blas", name)
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(3, 3)).astype(dtype) for _ in range(2))
    one, three = np.ones(1, dtype), np.full(1, 3, np.int32)
    for address in (found, others):
        out = np.zeros((3, 3), dtype)
        # Its columns are contiguous: out' = b' a'.
        arguments = [b"n", b"n", *3 * [three], one, b, three, a, three, one, out, three]
        product = CFUNCTYPE(None, *13 * [c_void_p])(address)
        product(*(v if isinstance(v, bytes) else v.ctypes.data for v in arguments))
        np.testing.assert_allclose(out, a @ b, rtol=1e-5)


@pytest.mark.parametrize("dtype", TYPES)
@settings(max_examples=60, deadline=None)
@given(
    n_rows=st.integers(1, 300),
    n_inner=st.integers(1, 300),
    n_columns=st.integers(1, 300),
    seed=st.integers(0, 99),
)
def test_products_in_tiles(dtype, n_rows, n_inner, n_columns, seed):
    rng = np.random.default_rng(seed)
    a, b, total = (
        rng.normal(size=shape).astype(dtype)
        for shape in [(n_rows, n_inner), (n_inner, n_columns), (n_rows, n_columns)]
    )
    close = partial(np.testing.assert_allclose, rtol=0, atol=1e3 * np.finfo(dtype).eps)
    out = np.full_like(total, np.nan)
    _dot(a, b, out)
    close(out, a.astype(float) @ b)
    before = total.astype(float)
    _add_product(np.ascontiguousarray(a.T), b, total)
    close(total, before + a.astype(float) @ b)


def test_products_of_views_are_refused():
    x = np.ones((20, 40))
    with pytest.raises(TypingError):
        _add_product(x[:, ::2], x, x)


def test_a_change_in_any_file_is_compiled_anew(tmp_path, monkeypatch):
    """numba alone looks at the file of the function, not at those of what it calls."""
    copy = tmp_path / "networks"
    no_cache = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(cells.__file__).parent, copy, ignore=no_cache)
    monkeypatch.syspath_prepend(tmp_path)
    # Python tells bytecode by date and size, which a quick change may not alter.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def greatest():
        for name in [name for name in sys.modules if name.startswith("networks")]:
            monkeypatch.delitem(sys.modules, name)
        imported = import_module("networks.cells")
        cell, x = imported.Cell("RNN", 2, 2, 2), torch.zeros(1, 2, 2)
        for parameter in cell.parameters():
            torch.nn.init.zeros_(parameter)
        assert imported.compiles(x)
        return cell(x).max()

    assert greatest() == 0
    file = copy / "compiled" / "tanh.py"
    file.write_text(file.read_text().replace("e / (e + two)", "e / (e + two) + one"))
    assert greatest() >= 1


def test_what_cannot_be_cached_is_compiled_all_the_same(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")  # Windows has none
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    twice = compile_and_cache(lambda x: x + x)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # like a full disk
    try:
        result = twice(2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result == 4
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", CELLS)
@settings(max_examples=15, deadline=None)
@given(
    batch=st.integers(1, 70),
    hidden=st.integers(1, 70),
    length=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_sizes_of_all_kinds(kind, batch, hidden, length, seed):
    """Products are cut into pieces, vectors have rests: states and gradients."""
    torch.manual_seed(seed)
    layer = CELLS[kind](3, hidden, batch_first=True)
    cell = Cell(kind, 3, hidden, length)
    cell.load_state_dict(
        {n.removesuffix("_l0"): p for n, p in layer.named_parameters()}
    )
    x = torch.randn(batch, length, 3)
    weights = torch.randn(batch, length, hidden)
    seen = []
    for module in (cell, lambda x: layer(x)[0]):
        inputs = x.clone().requires_grad_()
        states = module(inputs)
        (states * weights).sum().backward()
        seen.append((states.detach(), inputs.grad))
    seen = [*zip(*seen, strict=True)]
    seen += zip(*[[p.grad for p in m.parameters()] for m in (cell, layer)], strict=True)
    for ours, theirs in seen:
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [*CELLS, "RNN with ReLU"])
@settings(max_examples=20, deadline=None)
@given(
    batch=st.integers(1, 20),
    n_features=st.integers(1, 80),
    hidden=st.integers(1, 40),
    length=st.integers(1, 40),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 99),
)
def test_few_windows_without_gradients(
    kind, batch, n_features, hidden, length, dtype, seed
):
    torch.manual_seed(seed)
    cell, *relu = kind.split(" with ")
    options = {"nonlinearity": "relu"} if relu else {}
    layer = CELLS[cell](n_features, hidden, batch_first=True, dtype=dtype, **options)
    x = torch.randn(length, batch, n_features, dtype=dtype).transpose(0, 1)
    with torch.inference_mode():
        ours = compiled().states(layer, x)
    torch.testing.assert_close(ours, layer(x)[0].detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_few_windows_are_those_among_many(cell):
    network = Recurrent(cell, 3, 8, 2, 0.0)
    x = torch.randn(1000, 9, 3)
    x[0, :4] = 0
    n_padding = torch.zeros(1000, dtype=torch.int64)
    n_padding[0] = 4
    for padding in (None, n_padding):
        with torch.no_grad():
            many = network(x, padding)[:2]
            few = network(x[:2], padding if padding is None else padding[:2])
        torch.testing.assert_close(few, many)
        torch.testing.assert_close(few, network(x, padding)[:2].detach())


@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("kind", CELLS)
def test_a_nan_is_not_lost(kind, normalization):
    cell = Cell(kind, 2, 4, 5, normalization=normalization)
    initialize(cell)
    x = torch.zeros(3, 5, 2)
    x[1, 2, 0] = torch.nan
    assert cell(x)[1, 2:].isnan().all()


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_whoever_computes_the_states_are_the_same(kind, n_threads):
    """Of many units torch's layer is taken, of few the compiled steps."""
    network = Recurrent(kind, 2, 150, 1, 0.0), Recurrent(kind, 2, 16, 1, 0.0)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(n_threads)
        for module in network:
            x = torch.randn(8, 6, 2)
            expected = module.layers[0](x)[0]
            torch.testing.assert_close(module(x, None), expected)
            with torch.no_grad():
                torch.testing.assert_close(module(x, None), expected)
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def _three_threads(monkeypatch):
    """Let three threads share even the smallest loops."""
    monkeypatch.setattr(parts, "LEAST_WORK", 1)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("recurrent_dropout", [0.0, 0.3])
@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.usefixtures("_three_threads")
def test_threads_share_the_windows(kind, normalization, recurrent_dropout):
    """States and gradients are those of one thread, up to the order of sums."""
    options = {"recurrent_dropout": recurrent_dropout, "normalization": normalization}
    cell = Cell(kind, 2, 5, 6, **options).double()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter, 0.5, 0.5)
    x = torch.randn(7, 6, 2, dtype=torch.float64, requires_grad=True)
    seen = []
    for n_threads in (1, 3):
        torch.set_num_threads(n_threads)
        torch.manual_seed(0)
        states = cell(x)
        wanted = x, *cell.parameters()
        seen.append([states, *torch.autograd.grad(states.square().sum(), wanted)])
    torch.testing.assert_close(*seen)


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.usefixtures("_three_threads")
def test_gradients_are_added_up_in_the_loop_or_after_it(kind, n_threads, monkeypatch):
    """With windows that begin with padding, which has no gradient."""
    torch.set_num_threads(n_threads)
    network = Recurrent(kind, 2, 5, 2, 0.0).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0.5, 0.5)
    x = torch.randn(7, 6, 2, dtype=torch.float64, requires_grad=True)
    n_padding = torch.tensor([0, 1, 0, 5, 6, 2, 0])
    wanted, seen = (x, *network.parameters()), []
    # None, those of the first layer's inputs, of all inputs and states.
    for most in (0, 3 * len(wanted[1]), products.MOST_WEIGHTS):
        monkeypatch.setattr(products, "MOST_WEIGHTS", most)
        states = network(x, n_padding)
        seen.append([states, *torch.autograd.grad(states.square().sum(), wanted)])
        assert not seen[-1][1][3, :5].any()
    torch.testing.assert_close(seen[0], seen[1])
    torch.testing.assert_close(seen[0], seen[2])


@given(
    n_models=st.integers(1, 9),
    n_windows=st.integers(1, 40),
    work=st.integers(0, 10 * parts.LEAST_WORK),
    windows_depend=st.booleans(),
)
@pytest.mark.usefixtures("_three_threads")
def test_parts_are_all_windows_of_all_models_once(
    n_models, n_windows, work, windows_depend
):
    found = np.zeros((n_models, n_windows))
    divided = parts.parts(n_models, n_windows, work, windows_depend)
    assert [part.index for part in divided] == list(range(len(divided)))
    assert len(divided) <= 3
    for part in divided:
        found[slice(*part.models), slice(*part.windows)] += 1
        assert not windows_depend or part.windows == (0, n_windows)
    assert (found == 1).all()


@pytest.mark.usefixtures("_three_threads")
def test_an_error_in_a_thread_is_raised():
    with pytest.raises(ZeroDivisionError):
        parts.in_threads(lambda part: 1 / (part.index - 1), parts.parts(3, 4, 12))


def test_numba_that_cannot_be_imported_is_told_and_done_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "skseq.networks.compiled", None)
    monkeypatch.setattr(cells, "compiled", cache(cells.compiled.__wrapped__))
    cell, x = Cell("GRU", 2, 4, 5), torch.randn(3, 5, 2)
    initialize(cell)
    with pytest.warns(UserWarning, match="can't be imported"):
        states = cell(x)
    torch.testing.assert_close(cell(x), states)  # and is told once
    monkeypatch.undo()
    torch.testing.assert_close(cell(x), states)


@settings(max_examples=50, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(TYPES), st.booleans())),
    as_tensor=st.booleans(),
)
def test_memory_in_use_is_not_given_again(steps, as_tensor):
    used = {}
    for number, (place, dtype, large) in enumerate(steps):
        used.pop(place, None)
        array = empty((3, 2**17 if large else 2**10), np.dtype(dtype))
        array[...] = number
        array = array[1:, 5:]  # a view keeps it
        used[place] = number, torch.from_numpy(array) if as_tensor else array
    for number, array in used.values():
        assert (array == number).all()


def test_memory_is_used_again_and_has_an_end():
    size = SIZES[1] // 4
    array = empty((size,), np.dtype(np.float32))
    tensor = torch.from_numpy(array)
    del array
    address = tensor.data_ptr()
    other = empty((size,), np.dtype(np.float32))
    assert other.ctypes.data != address
    del tensor
    assert empty((size,), np.dtype(np.float32)).ctypes.data == address
    kept = [empty((size,), np.dtype(np.float32)) for _ in range(20)]
    assert sum(array.nbytes for array in kept) > 2 * TOTAL
    from skseq.networks.memory import _kept

    assert sum(block.nbytes for block in _kept.blocks) <= TOTAL
