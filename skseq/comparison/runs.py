"""Run models on folds: in parallel, and without repeating earlier runs."""

import os
import warnings
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pickle import PickleError

import joblib
import numpy as np
from joblib import Parallel, delayed

from ..estimators.interval import IntervalWarning
from .forecast import Forecast, forecast


def run_all(models, folds, n_jobs=None, cache=None, progress=False, **setting):
    """Fit each model at the start of each fold, and forecast from its origins.

    Parameters
    ----------
    models : dict of str to estimator
        They are cloned.
    folds : list of Fold
    n_jobs : int, default=None
        Fits at a time, in separate processes; None means 1.
    cache : path-like, default=None
        Folder where results are kept. The file name of each is a hash of all that it
        depends on: the model with its parameters, the data, the fold, and the versions
        of the libraries, but not the code of a model that is defined elsewhere.
    progress : bool, default=False
        Whether to show a progress bar on standard error.
    **setting
        Further parameters of :func:`forecast`.

    Returns
    -------
    dict of str to Forecast
        For each model, from the origins of all folds.

    Warns
    -----
    IntervalWarning
        Once for each model whose intervals are not such as were asked for.
    """
    from tqdm import tqdm

    if cache is not None:
        Path(cache).mkdir(parents=True, exist_ok=True)
    names = [name for name in models for _ in folds]
    run = delayed(partial(_run, cache=cache, **setting))
    # As a generator, so that the bar moves when a result comes.
    found = Parallel(n_jobs, return_as="generator")(
        run(model, fold) for model in models.values() for fold in folds
    )
    results = {name: [] for name in models}
    with tqdm(total=len(names), unit="fit", disable=not progress) as bar:
        bar.set_description(names[0])
        for name, following in zip(names, [*names[1:], "done"], strict=True):
            try:
                results[name].append(next(found))
            except Exception as error:  # any error of a model: say which model
                error.add_note(f"This error comes from the model {name!r}.")
                raise
            bar.set_description(following)
            bar.update()
    results = {name: _join(parts) for name, parts in results.items()}
    for name, one in results.items():
        if one.notes:  # they differ at most in the number of rows of each fit
            text = f"Model {name!r}: {one.notes[0]}"
            warnings.warn(text, IntervalWarning, stacklevel=3)
    return results


def _join(parts):
    """Join the forecasts of several folds; the seconds are summed."""
    return Forecast(
        np.concatenate([part.values for part in parts], axis=1),
        np.concatenate([part.interval for part in parts], axis=1),
        sum(part.seconds for part in parts),
        [note for part in parts for note in part.notes],
    )


def _run(model, fold, cache, **setting):
    if cache is None:
        return forecast(model, fold=fold, **setting)
    path = Path(cache) / f"{_key(model, fold, setting)}.joblib"
    if path.exists():
        with suppress(EOFError, PickleError, ValueError):  # as from a full disk
            return joblib.load(path)
    result = forecast(model, fold=fold, **setting)
    # If interrupted while writing, leave no file that looks complete.
    unfinished = path.with_suffix(f".{os.getpid()}")
    joblib.dump(result, unfinished)
    unfinished.replace(path)
    return result


def _key(model, fold, setting):
    """Return a hash of all that a result depends on."""
    try:
        return joblib.hash((_versions(), model, fold, setting))
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
