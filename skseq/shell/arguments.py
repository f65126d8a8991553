"""The arguments of the commands."""

import argparse

from ..comparison import default_models

COMPARE = """\
Fit models on the first part of a series, forecast from the same days of the last part
with each of them, and print their errors. Without FILE: Victoria's daily electricity
demand.
"""


class Parser(argparse.ArgumentParser):
    """Reports errors in one line, without the usage, which --help prints."""

    def error(self, message):
        """End the process with code 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def add_compare_arguments(command):
    """Add the options of ``compare`` to its parser."""

    def add(*names, **options):
        if options.get("default") is not None:
            options["help"] += " (%(default)s)"
        command.add_argument(*names, **options)

    add("file", nargs="?", metavar="FILE", help="CSV file with one header line")
    add("--target", help="column to forecast (demand, without FILE)")
    add(
        "--time",
        nargs="+",
        metavar="COLUMN",
        help="column of dates, where several hold any; or that of dates and that of "
        "hours (0 to 23; 1 to 24, which ends the day; or HH:MM)",
    )
    add("--series", metavar="COLUMN", help="column that tells several series apart")
    add("--sep", default=",", metavar="TEXT", help="what separates columns")
    add("--decimal", default=".", metavar="TEXT", help="what stands in decimals")
    add("--thousands", metavar="TEXT", help="what stands between thousands")
    add("--horizon", type=int, default=14, help="steps to forecast")
    add("--window", type=int, default=56, help="steps of the past a model sees")
    add(
        "--season",
        type=int,
        help="steps in a season; by default that of the dates: 48 for half hours, 24 "
        "for hours, 7 for days (5 without weekends), 52 for weeks, 12 for months, 4 "
        "for quarters, else 1",
    )
    add(
        "--known-ahead",
        nargs="+",
        metavar="COLUMN",
        help="columns whose coming values are known when a forecast is made; those "
        "after the last row with a target stand in rows in which it is empty",
    )
    add("--test-fraction", type=float, default=0.2, help="share of rows, last, to test")
    add("--step", type=int, default=1, help="rows from an origin to the next")
    add("--refit", type=int, default=0, metavar="N", help="fit anew every N origins")
    add("--coverage", type=float, help="of intervals, between 0 and 1")
    add("--jobs", type=int, help="fits at a time, -1 for all cores")
    add("--cache", metavar="FOLDER", help="keep results, to go on where a run stopped")
    add(
        "--gaps",
        choices=["raise", "ignore"],
        default="raise",
        help="where dates are missing; 'ignore' takes each row to follow the last",
    )
    add(
        "--models",
        nargs="+",
        choices=list(default_models()),
        metavar="NAME",
        help=f"some of {', '.join(default_models())}; all by default",
    )
    add("--epochs", type=int, help="most passes over the training windows")
    add("--seed", type=int, default=0, help="of the networks' initial weights")
    add("--csv", metavar="FILE", help="write the table there")
    add(
        "--forecast",
        metavar="FILE",
        help="fit the best model anew, and write its forecast of the steps after the "
        "last row there",
    )
    add(
        "--plot", metavar="FILE", help="draw forecasts and errors there (PNG, PDF, SVG)"
    )
