"""DeclaredParameters: estimators whose parameters are annotated class attributes."""

import re
from dataclasses import MISSING, dataclass
from functools import cache
from inspect import cleandoc, get_annotations
from textwrap import dedent
from typing import dataclass_transform

from sklearn.base import BaseEstimator


@dataclass_transform(kw_only_default=True, eq_default=False)  # editors show __init__
class DeclaredParameters(BaseEstimator):
    """Base of estimators that declare each parameter, with its default, once.

    Parameters are annotated class attributes. ``__init__`` is generated from these, and
    only stores the values. A class that declares parameters describes them in
    ``_parameters``, and what it learns in ``_attributes``. In a docstring,
    ``{parameters}`` and ``{attributes}`` are replaced by all inherited descriptions.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for base in cls.__mro__[1:]:
            for name, field in vars(base).get("__dataclass_fields__", {}).items():
                # A class of a notebook has a copy, once workers have returned it.
                field.default_factory = MISSING
                if name in vars(cls):  # a changed default, with or without its type
                    annotations = {name: field.type} | get_annotations(cls)
                    cls.__annotations__ = annotations
        dataclass(cls, kw_only=True, eq=False, repr=False)
        # A subclass may change a default.
        parameters = re.sub(
            r"(?m)^((\w+) : .*default=).*$",
            lambda line: line[1] + repr(getattr(cls, line[2])).replace("'", '"'),
            _inherited(cls, "_parameters"),
        )
        # From Python 3.13 on, a docstring has lost its indentation.
        cls.__doc__ = (
            cleandoc(cls.__doc__)
            .replace("{parameters}", parameters)
            .replace("{attributes}", _inherited(cls, "_attributes"))
        )

    @classmethod
    @cache
    def _get_param_names(cls):
        """Parameter names, which scikit-learn reads from the signature: cached."""
        return super()._get_param_names()


def _inherited(cls, name):
    """Join the descriptions that a class and its bases have under a name."""
    parts = (vars(base).get(name, "") for base in cls.__mro__)
    return dedent("".join(parts)).rstrip()
