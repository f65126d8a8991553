"""The data of a command: a file, or the built-in series."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..comparison.coming import split_coming
from ..comparison.tables import in_order
from ..datasets import load_victoria_electricity
from ..index.panels import label
from ..index.time_index import (
    find_step,
    has_local_hours,
    has_month_each,
    say_gap,
)
from .csv import read_table


@dataclass(frozen=True)
class Data:
    """One series or several, and the role of each column.

    Attributes
    ----------
    tables : dict of tuple to DataFrame
        The rows of each series up to its last target.
    coming : dict of tuple to DataFrame
        The rows after that.
    names : list of str
        Names of the levels of the index.
    target : str
    known_ahead, past_only : list of str
        The other columns.
    """

    tables: dict
    coming: dict
    names: list
    target: str
    known_ahead: list
    past_only: list


def read_data(arguments):
    """Read the data of a command, and print what was changed."""
    table, target, encoded = _read(arguments)
    known_ahead = [
        column
        for name in arguments.known_ahead or []
        for column in encoded.get(name, [name])
    ]
    table = in_order(table, target, known_ahead)
    tables, coming = split_coming(table, target, known_ahead)
    for key, one in tables.items():
        where = f" of series {label(key)}" if key else ""
        _check_rows(one, target, where, arguments.gaps)
    return Data(
        tables=tables,
        coming=coming,
        names=table.index.names,
        target=target,
        known_ahead=known_ahead,
        past_only=table.columns.drop([target, *known_ahead]).tolist(),
    )


def _read(arguments):
    """Return the table, its target column, and the columns made of text columns."""
    if arguments.file is None:
        _check_no_file(arguments)
        return load_victoria_electricity().frame, arguments.target or "demand", {}
    table, notes, encoded = read_table(
        arguments.file,
        arguments.time,
        arguments.series,
        sep=arguments.sep,
        decimal=arguments.decimal,
        thousands=arguments.thousands,
    )
    target = arguments.target or _only_column(table)
    if target in encoded:
        example = encoded[target][0].removeprefix(f"{target}_")
        raise ValueError(
            f"Target {target!r} holds text, such as {example!r}: name a column of "
            "numbers with --target, or write numbers without signs and units."
        )
    for note in notes:
        print(f"{arguments.file}: {note}", file=sys.stderr)
    return table, target, encoded


def _check_rows(table, target, where, gaps):
    """Refuse missing values and missing rows, in the words of the shell."""
    last = table[target].last_valid_index()
    if last is not None and last != table.index[-1]:
        raise ValueError(
            f"Column {target!r}{where} is empty after {last}: remove these rows, or "
            "name the columns whose values are known there with --known-ahead."
        )
    for column in table:
        empty = table.index[table[column].isna()]
        if 0 < len(empty) < len(table) and empty.equals(table.index[-len(empty) :]):
            raise ValueError(
                f"Column {column!r}{where} is empty from {empty[0]} to the end: if its "
                "values become known later than the target's, move all of them down by "
                f"{len(empty)} in the file, and remove the rows that this leaves empty "
                "at the start, so that models learn from what they will know; or else "
                "remove the column, or these rows."
            )
        if len(empty):
            raise ValueError(
                f"Column {column!r}{where} is empty at {empty[0]}: fill in a value, "
                "remove the rows if they begin the series, or, if it is not the "
                "target, remove the column."
            )
    try:
        if gaps == "raise":
            find_step(table.index)
    except ValueError:
        raise ValueError(_say_irregular(table.index, where)) from None


def _say_irregular(index, where):
    """Say what to do about rows without a regular step."""
    if has_month_each(index):
        return (
            f"The rows{where} have one date in each month, but on no regular day: "
            f"{say_gap(index)}. Write months, such as {index[0]:%Y-%m}, or give --gaps "
            "ignore."
        )
    steps = np.diff(np.asarray(index.astype("int64")))
    if steps.max() < 1.5 * np.median(steps):
        return (
            f"The rows{where} have no regular step, but none seems to be missing: "
            f"{say_gap(index)}. Give --gaps ignore if each row is the step after the "
            "one before (half months); or write local dates, if a clock was changed."
        )
    clock = ""
    if has_local_hours(index):
        clock = "write the offset from UTC (03:00+02:00), if a clock was set forward; "
    return (
        f"The rows{where} have no regular step, or some are missing: "
        f"{say_gap(index)}. Add the missing rows to the file, with values (0, if a "
        f"shop was closed and sold nothing); {clock}or give "
        "--gaps ignore if each row simply follows the one before (trading days, "
        "events)."
    )


def _only_column(table):
    if table.shape[1] > 1:
        raise ValueError(
            f"name the column to forecast with --target, one of {list(table.columns)}."
        )
    return table.columns[0]


def _check_no_file(arguments):
    """Refuse options that need a file; one may have read the file as a column."""
    for option in ("known_ahead", "time", "series"):
        for name in getattr(arguments, option) or []:
            if Path(name).is_file():
                raise ValueError(
                    f"{name} was read as one of the columns of "
                    f"--{option.replace('_', '-')}: put the file before the options."
                )
    if arguments.series is not None:
        raise ValueError(
            f"--series {' '.join(arguments.series)} names columns of a file: also give "
            "the file."
        )
