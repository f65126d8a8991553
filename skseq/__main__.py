"""``python -m skseq``: skseq from a shell."""

import argparse
import sys
from pathlib import Path

from .comparison import compare, default_models, read_table
from .comparison.coming import (
    check_coming,
    forecast_coming,
    number_alike,
    split_coming,
)
from .comparison.season import find_season
from .comparison.tables import by_series, in_order, join
from .datasets import load_victoria_electricity
from .displays import matplotlib_part
from .estimators import ConformalRegressor, NaiveRegressor, SARIMARegressor

COMPARE = """\
Fit models on the first part of a series, forecast from the same days of the last part
with each of them, and print their errors. Without FILE: Victoria's daily electricity
demand.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """Say what is wrong in one line; the usage is what --help is for."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(argv=None):
    """Run a command.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None takes those of the process.

    Returns
    -------
    int
        0. Wrong arguments or data end the process with code 2 and one line on
        standard error.
    """
    parser = _Parser(prog="skseq", description="Sequence networks for scikit-learn.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "compare", help="compare models on a series", description=COMPARE
    )
    _add_compare_arguments(command)
    arguments = parser.parse_args(argv)
    try:
        _compare(arguments)
    except (ImportError, OSError, ValueError) as error:
        command.error(" ".join([str(error), *getattr(error, "__notes__", [])]))
    return 0


def _add_compare_arguments(command):
    def add(*names, **options):
        if options.get("default") is not None:
            options["help"] += " (%(default)s)"
        command.add_argument(*names, **options)

    add("file", nargs="?", metavar="FILE", help="CSV file with one header line")
    add("--target", help="column to forecast (demand, without FILE)")
    add("--time", metavar="COLUMN", help="column of dates, where several hold any")
    add("--series", metavar="COLUMN", help="column that tells several series apart")
    add("--sep", default=",", metavar="TEXT", help="what separates columns")
    add("--decimal", default=".", metavar="TEXT", help="what stands in decimals")
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


def _compare(arguments):
    _check_files(arguments)
    table, target, encoded = _read(arguments)
    names = table.index.names
    known_ahead = [
        column
        for name in arguments.known_ahead or []
        for column in encoded.get(name, [name])
    ]
    table = in_order(table, target, known_ahead)
    tables, coming = {}, {}
    for key, one in by_series(table).items():
        tables[key], coming[key] = split_coming(one, target, known_ahead)
        if arguments.season is None:
            arguments.season = _season(tables[key].index, arguments.window)
        if arguments.forecast:
            coming[key] = check_coming(
                coming[key], tables[key].index, arguments.horizon, known_ahead
            )
    for path in filter(None, [arguments.csv, arguments.plot, arguments.forecast]):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    training = {} if arguments.epochs is None else {"max_epochs": arguments.epochs}
    models = default_models(arguments.season, random_state=arguments.seed, **training)
    models = {name: models[name] for name in arguments.models or models}
    if arguments.series is not None:
        past_only = table.columns.drop([target, *known_ahead]).tolist()
        error_bars = None if arguments.coverage is None else "held_out"
        models = _at_their_level(models, arguments.window, past_only, error_bars)
    elif arguments.coverage is not None:
        models = {name: _with_intervals(model) for name, model in models.items()}
    setting = {
        "target": target,
        "horizon": arguments.horizon,
        "window": arguments.window,
        "known_ahead": known_ahead,
        "coverage": arguments.coverage,
    }
    result = compare(
        models,
        join(tables, names),
        **setting,
        season=arguments.season,
        test_fraction=arguments.test_fraction,
        step=arguments.step,
        refit=arguments.refit,
        gaps=arguments.gaps,
        n_jobs=arguments.jobs,
        cache=arguments.cache,
        progress=True,
    )
    first, last = result.origins[[0, -1]].astype(str)
    of_several = "" if arguments.series is None else f" of {len(tables)} series"
    print(
        f"Forecasts of {target}{of_several}, {arguments.horizon} steps ahead, from "
        f"{len(result.origins)} origins, {first} to {last}; a season has "
        f"{arguments.season} steps:\n\n{result}"
    )
    if arguments.csv:
        result.table.to_csv(arguments.csv)
    if arguments.plot:
        result.plot(arguments.plot)
    if arguments.forecast:
        best = result.table["MAE"].idxmin()
        parts = forecast_coming(models[best], tables, number_alike(coming), **setting)
        ahead = next(iter(parts.values())).index.name  # the dates, or numbers of steps
        forecast = join(parts, [*names[:-1], ahead])
        written = {"sep": arguments.sep, "decimal": arguments.decimal}
        forecast.to_csv(arguments.forecast, **written)
        print(f"\n{arguments.forecast}: the forecast of {best} from the last row.")


def _season(index, window):
    season = find_season(index)
    if season > window:
        raise ValueError(
            f"a season of {season} steps, by the dates, is longer than a window of "
            f"{window}: give a longer --window, or another --season, such as 1."
        )
    return season


def _check_files(arguments):
    """Let what would fail in the end fail before the work."""
    if arguments.plot:
        _check_plot(arguments.plot)
    for option in ("csv", "forecast"):
        path = getattr(arguments, option)
        if path and Path(path).is_dir():
            raise ValueError(f"--{option} {path} is a folder: name a file in it.")


def _check_plot(path):
    """Refuse a file that matplotlib can't write, or its absence."""
    canvas = matplotlib_part("backend_bases").FigureCanvasBase
    formats = canvas.get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in formats:
        raise ValueError(
            f"--plot {path} must end in one of {', '.join(sorted(formats))}, such as "
            f"{Path(path).with_suffix('.png')}."
        )


def _at_their_level(models, window, past_only, error_bars):
    """Let one model learn from series of different size.

    The naive ones, which learn nothing, stay as they are without error bars.
    """
    from .forecasting import SequenceForecaster

    setting = {
        "scaling": "standardize",
        "past_only": past_only or None,
        "error_bars": error_bars,
    }
    return {
        name: model
        if isinstance(model, NaiveRegressor) and error_bars is None
        else SequenceForecaster(model, window, **setting)
        for name, model in models.items()
    }


def _with_intervals(model):
    """SARIMA has intervals; the others get theirs from held-out windows."""
    has_some = isinstance(model, SARIMARegressor)
    return model if has_some else ConformalRegressor(model)


def _read(arguments):
    """Return the table, its target column, and what text columns became."""
    if arguments.file is None:
        _check_no_file(arguments)
        return load_victoria_electricity().frame, arguments.target or "demand", {}
    table, notes, encoded = read_table(
        arguments.file,
        arguments.time,
        arguments.series,
        sep=arguments.sep,
        decimal=arguments.decimal,
    )
    if arguments.target is None and table.shape[1] == 1:
        arguments.target = table.columns[0]
    if arguments.target is None:
        raise ValueError(
            f"name the column to forecast: --target, of {list(table.columns)}."
        )
    for note in notes:
        print(f"{arguments.file}: {note}", file=sys.stderr)
    return table, arguments.target, encoded


def _check_no_file(arguments):
    """Refuse options that are for a file; one of several names may have taken it."""
    if arguments.series is not None:
        raise ValueError(
            f"--series {arguments.series} names a column of a file: give the file, too."
        )
    for name in arguments.known_ahead or []:
        if Path(name).is_file():
            raise ValueError(
                f"{name} was read as one of the columns of --known-ahead: put the file "
                "before the options."
            )


if __name__ == "__main__":
    sys.exit(main())
