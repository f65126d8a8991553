"""Many networks of one shape, trained as one."""

from .grouping import has_own_parts, in_order, stacks_of
from .train import train_stacked
