"""Functions compiled by numba, for this process and later ones."""

from functools import wraps
from hashlib import sha256
from importlib.resources import files

from numba import njit

from .options import OPTIONS


def compiled(function, **options):
    """Compile a function when it is first called, and cache it for later processes.

    numba compiles it again if its own file has changed. What it calls is in other
    files, so the name of its cache depends on them all.
    """
    function.__qualname__ += f"_{_SOURCES}"
    options = {**OPTIONS, "no_cpython_wrapper": False, "nogil": True, **options}
    try:
        loop = njit(**options, cache=True)(function)
    except RuntimeError:  # no folder is writable
        return njit(**options)(function)

    @wraps(function)
    def call(*arguments):
        try:
            return loop(*arguments)
        except OSError:  # of its file, as when the disk is full; it is compiled by now
            return loop(*arguments)

    return call


def _digest(folder):
    """Return a digest of the Python files in a folder."""
    sources = (f.read_bytes() for f in folder.iterdir() if f.name.endswith(".py"))
    return sha256(b"".join(sorted(sources))).hexdigest()[:16]


_SOURCES = _digest(files(__package__))
