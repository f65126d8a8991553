"""Settings that must be made before anything is imported."""

import os

import pytest
from hypothesis import settings

# Without it scikit-learn skips its check of array API input.
os.environ["SCIPY_ARRAY_API"] = "1"

# Machines differ in speed. Where all must pass, the same examples are tried each time.
settings.register_profile("skseq", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("skseq")

# They are run by themselves, and need packages that the tests don't.
collect_ignore = ["benchmarks"]


@pytest.fixture(autouse=True)
def _long_after_the_last_ctrl_c(monkeypatch):
    """Let the interruption of another test be none of a row."""
    from skseq.training import interruption

    monkeypatch.setattr(interruption, "_last_interruption", [float("-inf")])


def pytest_collection_finish(session):
    """Compile one type in each test process, and not both in all of them."""
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    if worker is None:
        return
    import torch

    import skseq
    from skseq.networks.compiled import states

    dtype = (torch.float32, torch.float64)[int(worker.removeprefix("gw")) % 2]
    x = torch.ones(2, 3, 1, dtype=dtype)
    for kind in ("RNN", "LSTM", "GRU"):
        if not any(kind in item.name for item in session.items):
            continue
        estimator = getattr(skseq, f"{kind}Regressor")
        estimator(normalization="layer", max_epochs=1).fit(x.numpy(), [0, 1])
        states(getattr(torch.nn, kind)(1, 2, batch_first=True, dtype=dtype), x)
