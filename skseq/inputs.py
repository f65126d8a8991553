"""What a regressor is given: windows or a table, and the number of known variables."""

import numpy as np
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from .windows import backfill


def takes_windows(estimator):
    """Whether an estimator, or what it hands its input to, takes windows.

    Parameters
    ----------
    estimator : estimator
        One that says so with its tag ``input_tags.three_d_array``, a transformer that
        takes anything, or one around such a one, or around several of nothing else.

    Returns
    -------
    bool
    """
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if hasattr(step, "fit")]
        return takes_windows(steps[0])
    if isinstance(estimator, FunctionTransformer):
        return not estimator.validate
    if get_tags(estimator).input_tags.three_d_array:
        return True
    if several := _several(estimator):
        return all(map(takes_windows, several))
    inner = getattr(estimator, "estimator", getattr(estimator, "regressor", None))
    return hasattr(inner, "fit") and takes_windows(inner)


def _several(estimator):
    """Return the estimators of an ensemble such as VotingRegressor."""
    several = getattr(estimator, "estimators", None) or []
    inner = [one[-1] if isinstance(one, tuple) else one for one in several]
    return [one for one in inner if hasattr(one, "fit")]


def predicts_several(estimator):
    """Whether an estimator, or that which a search tunes, predicts several outputs.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    bool
    """
    if isinstance(estimator, BaseSearchCV):  # whose tag says no
        return predicts_several(estimator.estimator)
    return get_tags(estimator).target_tags.multi_output


def inputs_for(regressor, windows, n_known=0, horizon=1):
    """Return windows, or a table for a regressor that takes no windows.

    Parameters
    ----------
    regressor : estimator
    windows : ndarray of shape (n_samples, length, n_features)
    n_known : int, default=0
        Variables known ahead, the last of the windows, as KnownAhead lays them.
    horizon : int, default=1
        Steps for which they are laid.

    Returns
    -------
    ndarray of shape (n_samples, length, n_features) or (n_samples, n_columns)
        In a table the time steps stand beside each other. Padding is replaced by the
        first observed row. What is known ahead of the steps within a window stands in
        those that follow, so that all of it is only taken from the last.

    Raises
    ------
    ValueError
        For an ensemble, given several variables, of which some take windows and some
        a table; for a Pipeline that would cut windows of the windows.
    """
    if takes_windows(regressor):
        return windows
    refuse_to_cut(
        regressor,
        "leave that step out, as in GRURegressor() for "
        "make_pipeline(SlidingWindow(56), GRURegressor())",
    )
    n_samples, length, n_features = windows.shape
    if n_features > 1 and any(map(takes_windows, _several(regressor))):
        raise ValueError(
            f"{type(regressor).__name__} gives all its estimators the same, and some "
            f"take windows of {n_features} variables, some a table: put "
            "FunctionTransformer(lambda X: X.reshape(len(X), -1)) before the latter."
        )
    if np.isnan(windows[:, 0]).any():
        windows = backfill(windows)
    if not n_known:
        return windows.reshape(n_samples, -1)
    n_past = n_features - n_known * horizon
    ahead = windows[:, :, n_past:].reshape(n_samples, length, n_known, horizon)
    parts = windows[:, :, :n_past], ahead[..., 0], ahead[:, -1, :, 1:]
    return np.hstack([part.reshape(n_samples, -1) for part in parts])


def refuse_to_cut(regressor, remedy):
    """Raise ValueError for a SlidingWindow: it would take windows for a series.

    Parameters
    ----------
    regressor : estimator
        That is given windows.
    remedy : str
        How the message ends.
    """
    from .transformers import SlidingWindow  # which import this module

    if takes_windows(regressor):
        return
    if any(isinstance(part, SlidingWindow) for part in regressor.get_params().values()):
        raise ValueError(
            f"{type(regressor).__name__} has a SlidingWindow, but is given windows, "
            f"which are cut already: {remedy}."
        )


def inner_parameters(estimator, name):
    """Find a parameter wherever an estimator, or one inside it, has it.

    Parameters
    ----------
    estimator : estimator
    name : str

    Returns
    -------
    dict of str to object
        Values by their names, such as "gruregressor__target".
    """
    return {
        whole: value
        for whole, value in estimator.get_params().items()
        if whole.rpartition("__")[2] == name
    }


def tell_known_ahead(regressor, n_known):
    """Set ``n_known_ahead`` wherever a regressor has it.

    Parameters
    ----------
    regressor : estimator
        One that takes windows; changed itself.
    n_known : int

    Raises
    ------
    ValueError
        If it is set to another number: what is known would be taken for the past.
    """
    for name, value in inner_parameters(regressor, "n_known_ahead").items():
        if value not in (0, n_known):
            raise ValueError(
                f"{name}={value} of {regressor!r} does not fit the {n_known} variables "
                "that are known ahead: leave it at 0, and it is set to match."
            )
        regressor.set_params(**{name: n_known})
