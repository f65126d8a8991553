"""Training: parameters and data in, a fitted skorch net out."""

from .batches import FEWEST, LARGE_BATCH, Batches, WindowDataset
from .devices import device_of
from .environment import environment, seeded
from .gather import gather
from .history import history_table
from .loss import LOSSES, CrossEntropy, OwnLoss, WeightedLoss
from .targets import EveryStep, Standardized, Targets
from .together import Together, train_all
from .train import Job, Settings
