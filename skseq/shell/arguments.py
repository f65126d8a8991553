"""The arguments of the commands."""

import argparse
import re

from ..comparison import default_models

COMPARE = """\
Fit several models on the first part of a series, forecast with each of them from the
same times in the last part, and print their errors. Without FILE, the series is
Victoria's daily electricity demand.
"""


class Parser(argparse.ArgumentParser):
    """Reports errors in one line, without the usage, which --help prints."""

    def error(self, message):
        """End the process with code 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def number(kind, holds, what):
    """Return a type of arguments: numbers for which ``holds`` returns True."""

    def convert(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not holds(value):
            raise argparse.ArgumentTypeError(f"must be {what}, got {text!r}.")
        return value

    return convert


def whole(least):
    """Return a type of arguments: whole numbers that are not below ``least``."""
    return number(int, lambda n: n >= least, f"a whole number, at least {least}")


SHARE = number(float, lambda share: 0 < share < 1, "between 0 and 1, such as 0.8")
JOBS = number(int, lambda n: n != 0, "a whole number other than 0")


def separator(text):
    r"""Convert an argument to a separator: a tab is hard to type, unlike \t."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty.")
    try:
        re.compile(text if len(text) > 1 else "")
    except re.error as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no pattern ({error}): write a backslash before signs such as "
            r"* and (."
        ) from error
    return "\t" if text == r"\t" else text


def add_compare_arguments(command):
    """Add the options of ``compare`` to its parser."""

    def add(*names, **options):
        if options.get("default") is not None:
            options["help"] += " (%(default)s)"
        command.add_argument(*names, **options)

    add(
        "file",
        nargs="?",
        metavar="FILE",
        help="CSV file with one header line; - reads standard input",
    )
    add("--target", help="column to forecast (demand, if there is no FILE)")
    add(
        "--time",
        nargs="+",
        metavar="COLUMN",
        help="column of dates, needed if several columns hold dates or if the dates "
        "are whole numbers; or two columns, dates and hours (0 to 23; 1 to 24, "
        "where 24 is the end of the day; or HH:MM), or three, also minutes; or columns "
        "of year and quarter, of year and week, or of year, month, day, hour and "
        "minute (or the first of these)",
    )
    add(
        "--series",
        nargs="+",
        metavar="COLUMN",
        help="column that names the series of each row, if there are several; or "
        "columns that together do, such as shop and item",
    )
    add(
        "--sep",
        type=separator,
        default=",",
        metavar="TEXT",
        help=r"separator of columns, such as ; or \t (a tab), also of files written",
    )
    add(
        "--decimal",
        default=".",
        metavar="TEXT",
        help="decimal separator, also of files written",
    )
    add("--thousands", metavar="TEXT", help="thousands separator")
    add(
        "--horizon",
        type=whole(1),
        help="number of steps to forecast; by default two weeks, a day or a year, by "
        "what a season is, but at most a tenth of the rows",
    )
    add(
        "--window",
        type=whole(1),
        help="number of past steps that a model sees; by default eight weeks, three "
        "days or three years, but at most a quarter of the rows",
    )
    add(
        "--season",
        type=whole(1),
        help="number of steps in a season; by default derived from the dates: 24 for "
        "hourly data, 96 for 15 minutes, 7 for daily, or as many as most days or weeks "
        "have rows (5 without weekends); 52 for weekly, 12 for monthly, 4 for "
        "quarterly, 2 for half-yearly, 1 for yearly and for whole numbers; needed if "
        "dates have another distance, or a window is shorter",
    )
    add(
        "--known-ahead",
        nargs="+",
        metavar="COLUMN",
        help="columns whose future values are known when a forecast is made; values "
        "after the last target belong in rows with an empty target",
    )
    add(
        "--test-fraction",
        type=SHARE,
        default=0.2,
        help="share of the rows, at the end, to test on",
    )
    add(
        "--step",
        type=whole(1),
        default=1,
        help="number of rows from one forecast origin to the next",
    )
    add(
        "--refit",
        type=whole(0),
        default=0,
        metavar="N",
        help="fit the models again every N origins; 0 fits them once",
    )
    add(
        "--coverage",
        type=SHARE,
        help="coverage of intervals, between 0 and 1; without it there are none",
    )
    add(
        "--jobs",
        type=JOBS,
        help="number of fits to run at the same time, -1 for all cores",
    )
    add(
        "--cache",
        metavar="FOLDER",
        help="folder in which to keep results, so that an interrupted run can continue",
    )
    add(
        "--gaps",
        choices=["raise", "ignore"],
        default="raise",
        help="what to do if dates are missing; 'ignore' treats each row as the step "
        "after the one before",
    )
    add(
        "--models",
        nargs="+",
        choices=list(default_models()),
        metavar="NAME",
        help=f"models to compare, from {', '.join(default_models())}; all by default",
    )
    add(
        "--epochs",
        type=whole(1),
        help="maximum number of passes over the training windows (40; with tens of "
        "thousands of windows, 5 or 10 take less time)",
    )
    add(
        "--seed",
        type=whole(0),
        default=0,
        help="random seed of the networks' initial weights",
    )
    add("--csv", metavar="FILE", help="write the table of errors to this file")
    add(
        "--forecast",
        metavar="FILE",
        help="fit the best model again, and write its forecast of the steps after "
        "the last row to this file",
    )
    add(
        "--plot",
        metavar="FILE",
        help="draw forecasts and errors in this file (PNG, PDF, SVG)",
    )
