"""Sphinx: `make docs` builds out/docs, and takes a warning as an error."""

import skseq

project = "skseq"
author = copyright = "The skseq developers"
version = release = skseq.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
]
html_theme = "furo"
html_title = f"skseq {version}"

templates_path = ["templates"]
numpydoc_show_class_members = False  # the template of a class has them
autodoc_default_options = {"members": True, "inherited-members": True}

nb_execution_mode = "off"  # `make notebooks` runs them
myst_heading_anchors = 2


def is_documented_elsewhere(app, what, name, obj, skip, options):  # noqa: ARG001 - Sphinx's hook
    """Leave out what scikit-learn's and sktime's own bases give to each estimator."""
    module = getattr(getattr(obj, "fget", obj), "__module__", None) or "skseq"
    return skip or not module.startswith("skseq")


def setup(app):
    """Register the hook."""
    app.connect("autodoc-skip-member", is_documented_elsewhere)
