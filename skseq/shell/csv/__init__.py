"""Tables with a time index from CSV files, whatever wrote them."""

from .read import read_table
