"""Training: parameters and data in, a fitted skorch net out."""

from .batches import Batches, EveryStep, Standardized, WindowDataset, gather
from .loss import LOSSES, CrossEntropy, WeightedLoss
from .threads import threads
from .together import Together, train_all
from .train import CHOICES, SETTINGS_DOC, Job, Settings, seeded

__all__ = [
    "CHOICES",
    "LOSSES",
    "SETTINGS_DOC",
    "Batches",
    "CrossEntropy",
    "EveryStep",
    "Job",
    "Settings",
    "Standardized",
    "Together",
    "WeightedLoss",
    "WindowDataset",
    "gather",
    "seeded",
    "threads",
    "train_all",
]
