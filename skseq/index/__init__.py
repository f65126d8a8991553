"""The index of a table of pandas: its times, and the series that it tells apart."""
