"""Options of loops compiled by numba."""

# Allow only these optimisations: NaN must stay NaN, and sums must keep their order.
# Python's division, which raises an error at zero, would prevent vectorisation. Only
# compiled code calls these functions: wrappers for Python take a third of compiling.
# They allocate no arrays, so they need not count who refers to one.
OPTIONS = {
    "fastmath": {"contract", "nsz"},
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}

INLINED = {**OPTIONS, "inline": "always"}
"""For what few call, and what returns views, which no other function may.

Other functions are compiled by themselves, and again within each one that calls them.
"""
