"""Run models on folds: in parallel, and without repeating earlier runs."""

import os
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pickle import PickleError

import joblib
import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from ..index.panels import naming_series
from ..warning import warn
from ..wrapping import IntervalWarning
from .fit_and_forecast import Forecast, fit_and_forecast, fitted_together


def run_all(models, tables, folds, n_jobs=None, cache=None, progress=False, **setting):
    """Fit each model at the start of each fold, and forecast from its origins.

    Parameters
    ----------
    models : dict of str to estimator
        They are cloned.
    tables : dict of tuple to DataFrame of shape (n_timesteps, n_features)
        One for each series. All end with the same row.
    folds : list of range
        From :func:`rolling_origin`.
    n_jobs : int, default=None
        Fits at a time, in separate processes; None means 1.
    cache : path-like, default=None
        Folder where results are kept. The file name of each is a hash of all that it
        depends on: the model with its parameters, the data, the origins, and the
        versions of the libraries, but not the code of a model that is defined
        elsewhere.
    progress : bool, default=False
        Whether to show a progress bar on standard error.
    **setting
        Further parameters of :func:`fit_and_forecast`.

    Returns
    -------
    dict of str to Forecast
        For each model, from the origins of all folds.

    Warns
    -----
    IntervalWarning
        Once for each model whose intervals are not such as were asked for.
    """
    if cache is not None:
        Path(cache).mkdir(parents=True, exist_ok=True)
    tasks = [
        (name, part, fold)
        for name, model in models.items()
        for part in fitted_together(model, tables)
        for fold in folds
    ]
    run = delayed(partial(_run, cache=cache, **setting))
    # As a generator, so that the bar moves when a result comes.
    found = Parallel(n_jobs, return_as="generator")(
        run(name, models[name], part, fold) for name, part, fold in tasks
    )
    parts = {name: [] for name in models}
    with tqdm(total=len(tasks), unit="fit", disable=not progress) as bar:
        for name, *_ in tasks:
            bar.set_description(name)
            parts[name].append(next(found))
            bar.update()
        bar.set_description("done")
    results = {name: _join(one, len(folds)) for name, one in parts.items()}
    for name, one in results.items():
        if one.notes:  # they differ at most in the number of rows of each fit
            text = f"Model {name!r}: {one.notes[0]}"
            warn(text, IntervalWarning)
    return results


def _join(parts, n_folds):
    """Join the forecasts of all series and their folds; the seconds are summed."""

    def joined(arrays):
        if len(arrays) == 1:  # of one fit: not copied
            return arrays[0]
        by_series = [arrays[i : i + n_folds] for i in range(0, len(arrays), n_folds)]
        return np.concatenate([np.concatenate(one, axis=1) for one in by_series])

    return Forecast(
        joined([part.values for part in parts]),
        joined([part.interval for part in parts]),
        sum(part.seconds for part in parts),
        [note for part in parts for note in part.notes],
    )


def _run(name, model, tables, origins, cache, **setting):
    """Forecast, or read what was; an error says of which model, and of which series."""
    key = next(iter(tables)) if len(tables) == 1 else ()
    try:
        with naming_series(key):
            return _forecast(model, cache, tables=tables, origins=origins, **setting)
    except Exception as error:
        # Whatever a model raises goes on, with a note: here, since joblib raises it in
        # place of any earlier result.
        error.add_note(f"This error comes from the model {name!r}.")
        raise


def _forecast(model, cache, **setting):
    if cache is None:
        return fit_and_forecast(model, **setting)
    path = Path(cache) / f"{_key(model, setting)}.joblib"
    if path.exists():
        # As from a full disk, or from before a class was moved.
        with suppress(EOFError, ImportError, PickleError, ValueError):
            return joblib.load(path)
    result = fit_and_forecast(model, **setting)
    # If interrupted while writing, leave no file that looks complete.
    unfinished = path.with_suffix(f".{os.getpid()}")
    joblib.dump(result, unfinished)
    unfinished.replace(path)
    return result


def _key(model, setting):
    """Return a hash of all that a result depends on."""
    try:
        return joblib.hash((_versions(), model, setting))
    except PickleError as error:
        error.add_note(
            "cache knows a model by what it holds, which a lambda or a class made in a "
            "function hides: define them at the top of a module, or leave out cache."
        )
        raise


def _versions():
    """Versions of the installed libraries that results depend on."""
    found = {}
    for name in ("skseq", "scikit-learn", "sktime", "statsmodels", "torch"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
