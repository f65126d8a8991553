"""Training: parameters and data in, a fitted skorch net out."""

from .batches import Batches, EveryStep, Standardized, WindowDataset, gather
from .loss import LOSSES, CrossEntropy, WeightedLoss
from .threads import threads
from .train import CHOICES, SETTINGS_DOC, Settings, train

__all__ = [
    "CHOICES",
    "LOSSES",
    "SETTINGS_DOC",
    "Batches",
    "CrossEntropy",
    "EveryStep",
    "Settings",
    "Standardized",
    "WeightedLoss",
    "WindowDataset",
    "gather",
    "threads",
    "train",
]
