"""The commands of ``python -m skseq``."""

from .arguments import COMPARE, Parser, add_compare_arguments
from .compare import run_compare
from .csv import read_table
