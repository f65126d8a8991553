"""``skseq compare``: compare models on the last part of a series."""

import numpy as np

from ..comparison import compare
from ..comparison.coming import check_coming, forecast_coming
from ..comparison.season import find_season
from ..comparison.tables import check_tables, join
from .data import read_data
from .models import choose_models
from .outputs import check_outputs, make_folders, write_table


def run_compare(arguments):
    """Compare models; print the results, and write the files asked for.

    Raises
    ------
    ImportError, OSError, ValueError
        If arguments or data are wrong; the message is one sentence for the user.
    """
    check_outputs(arguments)
    data = read_data(arguments)
    season, name = arguments.season, ""
    if season is None:
        index = next(iter(data.tables.values())).index
        season, name = find_season(index, arguments.window or np.inf)
    n_rows = max(map(len, data.tables.values()))
    for option, default in default_steps(season, n_rows).items():
        if getattr(arguments, option) is None:
            setattr(arguments, option, default)
    if arguments.forecast:
        # Of a series that ends early, what is known ahead is not what is missing.
        check_tables(data.tables, arguments.gaps)
        coming = check_coming(
            data.coming, data.tables, arguments.horizon, data.known_ahead
        )
    make_folders(arguments)
    models = choose_models(arguments, season, data.past_only)
    setting = {
        "target": data.target,
        "horizon": arguments.horizon,
        "window": arguments.window,
        "known_ahead": data.known_ahead,
        "coverage": arguments.coverage,
    }
    result = _compare(models, data, season, arguments, setting)
    length = _count(season, "step") + (f" (a {name})" if name else "")
    print(_summary(arguments, result, data, length))
    if arguments.csv:
        write_table(result.table, arguments.csv, arguments)
    if arguments.plot:
        result.plot(arguments.plot)
    if arguments.forecast:
        best = result.table["MAE"].idxmin()
        forecast = forecast_coming(
            best, models[best], data.tables, coming, data.names, **setting
        )
        write_table(forecast, arguments.forecast, arguments)
        print(f"\nThe forecast of {best} from the last row is in {arguments.forecast}.")


def default_steps(season, n_rows):
    """Choose how far to forecast, and how far to look back, as suits a season.

    Two weeks and eight, or one day and three, or one year and three; but no more than a
    tenth and a quarter of the rows, so that windows are left to learn from. A window is
    always longer than a season.
    """
    base = season if season > 1 else 7
    ahead, back = (2, 8) if base <= 7 else (1, 3)
    return {
        "horizon": min(ahead * base, max(1, n_rows // 10)),
        "window": min(back * base, max(season + 1, n_rows // 4)),
    }


def _compare(models, data, season, arguments, setting):
    """Compare models; if one can't be fitted, say how to compare the others."""
    try:
        return compare(
            models,
            join(data.tables, data.names),
            **setting,
            season=season,
            test_fraction=arguments.test_fraction,
            step=arguments.step,
            refit=arguments.refit,
            gaps=arguments.gaps,
            n_jobs=arguments.jobs,
            cache=arguments.cache,
            progress=True,
        )
    except ValueError as error:
        notes = " ".join(getattr(error, "__notes__", []))
        others = [name for name in models if f"the model {name!r}" not in notes]
        # The naive one fits any series: if it can't, the fault is not the model's.
        if others and len(others) < len(models) and "'naive'" not in notes:
            error.add_note(f"Compare the others: --models {' '.join(others)}.")
        raise


def _summary(arguments, result, data, length):
    first, last = result.origins[[0, -1]].astype(str)
    of_several = "" if arguments.series is None else f" of {len(data.tables)} series"
    return (
        f"Forecasts of {data.target}{of_several}, "
        f"{_count(arguments.horizon, 'step')} ahead, from "
        f"{_count(len(result.origins), 'origin')}, {first} to {last}; a window has "
        f"{_count(arguments.window, 'step')}, a season has {length}:\n\n{result}"
    )


def _count(n, noun):
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
