"""Settings that must be made before anything is imported."""

import os

from hypothesis import settings

# Without it scikit-learn skips its check of array API input.
os.environ["SCIPY_ARRAY_API"] = "1"

# Machines differ in speed. Where all must pass, the same examples are tried each time.
settings.register_profile("skseq", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("skseq")

# They are run by themselves, and need packages that the tests don't.
collect_ignore = ["benchmarks"]
