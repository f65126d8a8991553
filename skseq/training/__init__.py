"""Training: parameters and data in, a fitted skorch net out."""

from .batches import FEWEST, LARGE_BATCH, Batches, WindowDataset
from .environment import environment, seeded
from .gather import gather
from .history import history_table
from .loss import LOSSES, CrossEntropy, OwnLoss, WeightedLoss
from .net import device_of
from .targets import EveryStep, Standardized, Targets
from .together import Together, train_all
from .train import Job, Settings

__all__ = [
    "FEWEST",
    "LARGE_BATCH",
    "LOSSES",
    "Batches",
    "CrossEntropy",
    "EveryStep",
    "Job",
    "OwnLoss",
    "Settings",
    "Standardized",
    "Targets",
    "Together",
    "WeightedLoss",
    "WindowDataset",
    "device_of",
    "environment",
    "gather",
    "history_table",
    "seeded",
    "train_all",
]
