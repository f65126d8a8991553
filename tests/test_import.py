"""What ``import skseq`` brings with it, and what it doesn't."""

import ast
import subprocess
import sys
from importlib.util import resolve_name
from pathlib import Path

import pytest

import skseq

ROOT = Path(__file__).parents[1]
OPTIONAL = ["sktime", "statsmodels", "statsforecast", "matplotlib", "tsdata", "IPython"]


def python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning:skseq", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def imported():
    return python(
        "import random, sys, numpy as np, torch, skorch, sklearn.pipeline\n"
        "print(*sys.modules)\n"
        "np.random.seed(1); torch.manual_seed(1); random.seed(1)\n"
        "before = (np.random.get_state()[1].tolist(), random.getstate(),\n"
        "          torch.get_rng_state().tolist(), torch.get_num_threads(),\n"
        "          torch.get_default_dtype())\n"
        "import skseq\n"
        "print(*sys.modules)\n"
        "after = (np.random.get_state()[1].tolist(), random.getstate(),\n"
        "         torch.get_rng_state().tolist(), torch.get_num_threads(),\n"
        "         torch.get_default_dtype())\n"
        "assert before == after\n"
        "X = np.arange(40.0).reshape(10, 4)\n"
        "skseq.DenseRegressor(max_epochs=1).fit(X, X[:, 0]).predict(X)\n"
        "skseq.NaiveRegressor().fit(X, X[:, 0]).predict(X)\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )


def test_import_loads_no_more_than_torch_skorch_and_scikit_learn(imported):
    """Nor the compiler of torch, which is a part of it that torch itself leaves out."""
    needed, loaded, _ = (line.split() for line in imported.stdout.splitlines())
    packages, needed_packages = (
        {name.split(".")[0] for name in names} for names in (loaded, needed)
    )
    assert packages - sys.stdlib_module_names - needed_packages == {"skseq"}
    assert "torch._dynamo" not in loaded


def test_no_fit_loads_the_compiler_of_torch():
    """It takes longer than a small fit, in each process of a search."""
    python(
        "import sys, numpy as np, skseq\n"
        "X = np.random.default_rng(0).normal(size=(40, 8))\n"
        "y = X[:, 0]\n"
        "params = {'max_epochs': 1, 'random_state': 0}\n"
        "for name in 'adamw', 'adam', 'sgd', 'rmsprop':\n"
        "    skseq.DenseRegressor(optimizer=name, **params).fit(X, y)\n"
        "model = skseq.GRURegressor(early_stopping=True, **params)\n"
        "search = skseq.VectorizedGridSearchCV(model, {'learning_rate': [0.1, 0.2]})\n"
        "search.fit(X, y).predict(X)\n"
        "skseq.EncoderDecoderRegressor(n_members=2, **params).fit(X, y).predict(X)\n"
        "skseq.Conv1DClassifier(**params).fit(X, y > 0).predict(X)\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )


@pytest.mark.parametrize("package", OPTIONAL)
def test_optional_packages_are_not_loaded(imported, package):
    assert package not in imported.stdout.splitlines()[-1].split()


def test_import_says_nothing(imported):
    assert imported.stderr == ""


def test_public_names_exist_are_sorted_and_documented():
    names = skseq.__all__
    assert sorted(names) == names
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(skseq, name).__doc__, name


def test_every_estimator_is_public():
    assert {cls.__name__ for cls in skseq.estimators.ALL} <= set(skseq.__all__)


@pytest.mark.parametrize(
    ("package", "above"),
    [
        ("skseq.windows", ["torch", "sklearn", "pandas", "skorch"]),
        ("skseq.networks", ["sklearn", "skorch", "pandas"]),
    ],
)
def test_lower_layers_are_written_without_the_upper(package, above):
    """Imports run one way: windows are numpy only, networks torch only."""
    folder = ROOT / Path(*package.split("."))
    for path in folder.glob("*.py"):
        for line in path.read_text().splitlines():
            words = line.replace(".", " ").split()
            if words[:1] in (["import"], ["from"]):
                assert not set(words[1:2]) & set(above), f"{path.name}: {line}"


def test_parts_of_skseq_import_only_those_before_them():
    """In the order of its docstring. Imports inside functions could hide a cycle."""
    lines = skseq.__doc__.splitlines()
    parts = [line.split()[0] for line in lines if line.startswith("    ")]
    found = {path.stem for path in ROOT.glob("skseq/[a-z]*")}
    assert set(parts) == found
    for path in ROOT.glob("skseq/**/*.py"):
        *package, _ = path.relative_to(ROOT).parts
        importer = (*package, path.stem)[1]
        if importer.startswith("__"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                name = "." * node.level + (node.module or "")
                imported = resolve_name(name, ".".join(package)).split(".")[1]
                order = parts.index(imported), parts.index(importer)
                assert imported == importer or order[0] < order[1], path
