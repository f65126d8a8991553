"""Packages that only some parts of skseq need, and the extras that install them."""

from importlib import import_module


def import_extra(module, extra, needs):
    """Import a module of an optional package; an ImportError names its extra.

    ``needs`` begins the message: what needs which package.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{needs}, which is not installed: pip install 'skseq[{extra}]'."
        ) from error
