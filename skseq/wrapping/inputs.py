"""How a regressor is given windows or a table, and several steps to forecast."""

import numpy as np
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from ..transformers import Differencer, SlidingWindow
from ..windows import backfill, chunks, coming_values
from .inside import held_by, inner_parameters, innermost, members_of, parts_of
from .routing import RoutesToRegressor


def takes_windows(estimator):
    """Whether an estimator, or the one that it passes its input to, takes windows.

    It does if its tag ``input_tags.three_d_array`` says so, if it is a transformer that
    takes any input, or if it wraps such an estimator (or several, all of which do).
    """
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if hasattr(step, "fit")]
        return takes_windows(steps[0])
    if isinstance(estimator, FunctionTransformer):
        return not estimator.validate
    if get_tags(estimator).input_tags.three_d_array:
        return True
    if members := members_of(estimator):
        return all(map(takes_windows, members))
    inner = held_by(estimator)
    return hasattr(inner, "fit") and takes_windows(inner)


def reads_table(regressor):
    """Whether a regressor, or one inside it, gets a table made of the windows."""
    inside = regressor.get_params().values()
    parts = [part for part in inside if hasattr(part, "predict")]
    return not all(map(takes_windows, [regressor, *parts]))


def readable(regressor, array):
    """Return an ndarray, or a LazyArray as it is if the regressor reads it in parts."""
    # A class from elsewhere that inherits this may compute with X in its own ``fit``.
    is_own = type(regressor).__module__.startswith("skseq.")
    if is_own and getattr(regressor, "reads_lazily", False):
        return array
    return np.asarray(array)


def targets_for(regressor, y):
    """Return targets (n_samples, [n_outputs]) that a regressor can read.

    They have two dimensions if it takes no others, as a MultiOutputRegressor.
    """
    y = readable(regressor, y)
    learner = innermost(regressor, RoutesToRegressor)
    if y.ndim > 1 or get_tags(learner).target_tags.single_output:
        return y
    return y[:, np.newaxis]


def inputs_for(regressor, windows, n_known=0, horizon=1):
    """Return windows, or a table if the regressor does not take windows.

    Parameters
    ----------
    regressor : estimator
    windows : ndarray or LazyArray of shape (n_samples, length, n_features)
    n_known : int, default=0
        Number of variables known ahead, whose coming values are the last columns of
        the windows, as KnownAhead puts them.
    horizon : int, default=1
        Number of steps for which they are known.

    Returns
    -------
    ndarray or LazyArray of shape (n_samples, length, n_features), or ndarray of shape \
            (n_samples, n_columns)
        In a table, the time steps of a window are columns side by side. Padding is
        replaced with the first observed row. All ``horizon`` steps of the variables
        known ahead are taken from the last row only; from the rows before, only the
        next step, since the following rows hold the others.

    Raises
    ------
    ValueError
        If there are several variables and the regressor is an ensemble of which some
        estimators take windows and some a table, or if it is a Pipeline that would
        cut windows again, or take differences between them.
    """
    if takes_windows(regressor):
        return readable(regressor, windows)
    refuse_to_cut(
        regressor,
        "leave that step out, for example give GRURegressor() instead of "
        "make_pipeline(SlidingWindow(56), GRURegressor())",
    )
    n_features = windows.shape[2]
    if n_features > 1 and any(map(takes_windows, members_of(regressor))):
        raise ValueError(
            f"{type(regressor).__name__} passes the same X to all its estimators, but "
            f"some take windows of {n_features} variables and others take a table: "
            "put FunctionTransformer(lambda X: X.reshape(len(X), -1)) before the "
            "others."
        )
    if isinstance(windows, np.ndarray) and not n_known and not _padded(windows).any():
        return windows.reshape(len(windows), -1)
    # Part by part: all steps of what is known ahead may be far more than the table.
    table = None
    for part in chunks(windows):
        rows = _lay_out(np.array(windows[part]), n_known, horizon)
        if table is None:
            table = np.empty((len(windows), rows.shape[1]), rows.dtype)
        table[part] = rows
    return table


def _padded(windows):
    """Tell which windows begin with padding."""
    return np.isnan(windows[:, 0]).all(axis=1)


def _lay_out(windows, n_known, horizon):
    """Return windows, which are changed in place, as rows of a table."""
    padded = _padded(windows)
    windows[padded] = backfill(windows[padded])
    n_past = windows.shape[2] - n_known * horizon
    parts = [windows]
    if n_known:
        ahead = coming_values(windows, n_known, horizon)
        parts = windows[:, :, :n_past], ahead[..., 0], ahead[:, -1, :, 1:]
    return np.hstack([part.reshape(len(windows), -1) for part in parts])


def refuse_to_cut(regressor, remedy):
    """Raise ValueError for steps that would treat windows as a series.

    Parameters
    ----------
    regressor : estimator
        The regressor that is given windows.
    remedy : str
        The end of the message about a SlidingWindow: what to do.
    """
    if takes_windows(regressor):
        return
    parts = parts_of(regressor)
    if any(isinstance(part, SlidingWindow) for part in parts):
        raise ValueError(
            f"{type(regressor).__name__} has a SlidingWindow, but is given windows "
            f"that are already cut: {remedy}."
        )
    for part in parts:
        if not isinstance(part, Pipeline) or takes_windows(part):
            continue
        if any(isinstance(step, Differencer) for _, step in part.steps):
            last = type(part[-1]).__name__
            raise ValueError(
                "A Pipeline has a Differencer as a step, which would subtract windows "
                "from each other, since it gets them as rows of a table: use "
                f"TransformedWindowRegressor({last}(), Differencer()), for example, "
                "which also undoes the differences in the forecast."
            )


def prepare(regressor, n_known, horizon, n_targets=1):
    """Tell a regressor what its windows hold, and let it forecast several steps.

    Parameters
    ----------
    regressor : estimator
        It is changed in place.
    n_known : int
        Number of variables known ahead, the last ones of the windows.
    horizon : int
    n_targets : int, default=1
        Number of variables to forecast, the first ones of the windows.

    Returns
    -------
    estimator
        The same, or if it can't predict several outputs, one for each of them.

    Raises
    ------
    ValueError
        If ``n_known_ahead`` is already set to another number.
    """
    if takes_windows(regressor):
        _tell_known_ahead(regressor, n_known)
        for name, value in inner_parameters(regressor, "target").items():
            if n_targets > 1 and np.array_equal(value, 0):
                regressor.set_params(**{name: list(range(n_targets))})
    return _for_several(regressor) if n_targets * horizon > 1 else regressor


def _for_several(regressor):
    if isinstance(regressor, RoutesToRegressor):  # passes all outputs on
        return regressor.set_params(regressor=_for_several(regressor.regressor))
    # The tag of a search says no.
    if get_tags(innermost(regressor)).target_tags.multi_output:
        return regressor
    return MultiOutputRegressor(regressor)


def _tell_known_ahead(regressor, n_known):
    """Set ``n_known_ahead``, in all estimators inside the regressor too.

    Known values would be taken for past ones if it were another number.
    """
    for name, value in inner_parameters(regressor, "n_known_ahead").items():
        if value not in (0, n_known):
            raise ValueError(
                f"{name}={value} of {regressor!r} does not match the {n_known} "
                "variables that are known ahead: leave it at 0, and it will be set "
                "automatically."
            )
        regressor.set_params(**{name: n_known})
