"""Docstrings tell all parameters, defaults and learned attributes, and no other."""

import inspect
import pydoc
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

import skseq
from tests.factories import every, make, make_windows, parameters

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def sections(cls):
    """Sections of a numpydoc docstring: name -> text."""
    parts = SECTION.split(inspect.getdoc(cls))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(text):
    """Names in a section, with what follows the colon and the description."""
    found = {}
    names = []
    for line in text.strip("\n").splitlines():
        if line and not line.startswith(" "):
            head, _, kind = line.partition(" : ")
            names = [name.strip() for name in head.split(",")]
            for name in names:
                assert name not in found, f"{name} twice"
                found[name] = [kind, ""]
        elif names:
            for name in names:
                found[name][1] += line.strip() + " "
    return found


PUBLIC = [
    thing
    for thing in (getattr(skseq, name) for name in skseq.__all__)
    if inspect.isclass(thing) and issubclass(thing, BaseEstimator)
]


@pytest.mark.parametrize("cls", PUBLIC)
def test_all_parameters_are_documented_and_no_other(cls):
    documented = entries(sections(cls)["Parameters"])
    assert set(documented) == set(parameters(cls))
    for name, (kind, description) in documented.items():
        assert kind, name
        assert description.strip(), name


@pytest.mark.parametrize("cls", PUBLIC)
def test_documented_defaults_are_the_defaults(cls):
    documented = entries(sections(cls)["Parameters"])
    for name, default in parameters(cls).items():
        kind = documented[name][0]
        if default is inspect.Parameter.empty:
            assert "default" not in kind, name
            continue
        told = re.search(r"default=(.*)$", kind)
        assert told, name
        np.testing.assert_equal(eval(told[1], {"np": np}), default, name)


@pytest.mark.parametrize("cls", PUBLIC)
def test_documented_choices_hold_the_default(cls):
    documented = entries(sections(cls)["Parameters"])
    for name, (kind, _) in documented.items():
        choices = re.match(r"\{(.*)\}", kind)
        if choices:
            told = eval(f"[{choices[1]}]", {"np": np})
            assert parameters(cls)[name] in [*told, None], name


def learned(model):
    return {
        name for name in vars(model) if name.endswith("_") and not name.startswith("_")
    }


@every
def test_all_learned_attributes_are_documented(cls):
    documented = set(entries(sections(cls)["Attributes"]))
    X, y = make_windows(cls, n_features=1)
    known = parameters(cls)
    always = learned(make(cls).fit(X, y))
    sometimes = learned(
        make(cls).fit(pd.DataFrame(X[:, :, 0], columns=list("abcde")), y)
    )
    if "early_stopping" in known:
        sometimes |= learned(make(cls, early_stopping=True).fit(X, y))
    if "embedding_size" in known:
        tokens = np.abs(np.rint(X)).astype(int)
        sometimes |= learned(make(cls, embedding_size=2).fit(tokens, y))
    if "order" in known:
        sometimes |= learned(make(cls, order="auto").fit(X, y))
    assert always - documented == set()
    assert sometimes - documented == set()
    assert documented - always - sometimes == set()


@every
def test_help_is_complete(cls):
    text = pydoc.plain(pydoc.render_doc(cls))
    assert "{parameters}" not in text
    assert "{attributes}" not in text
    for name in parameters(cls):
        assert re.search(rf"\b{name}\b", text), name
    assert ">>> " in inspect.getdoc(cls)
    for method in ("fit", "predict"):
        assert set(entries(sections(getattr(cls, method))["Parameters"])) == set(
            inspect.signature(getattr(cls, method)).parameters
        ) - {"self"}
