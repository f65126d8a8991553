"""The models that a command compares."""

from ..comparison import default_models
from ..estimators import ConformalRegressor, NaiveRegressor, SARIMARegressor


def choose_models(arguments, season, past_only):
    """Create the models asked for.

    Parameters
    ----------
    arguments : Namespace
    season : int
    past_only : list of str
        Columns that are not known ahead.

    Returns
    -------
    dict of str to estimator
    """
    training = {} if arguments.epochs is None else {"max_epochs": arguments.epochs}
    models = default_models(season, random_state=arguments.seed, **training)
    models = {name: models[name] for name in arguments.models or models}
    if arguments.series is not None:
        error_bars = None if arguments.coverage is None else "held_out"
        return {
            name: _at_their_level(model, arguments.window, past_only, error_bars)
            for name, model in models.items()
        }
    if arguments.coverage is not None:
        return {name: _with_intervals(model) for name, model in models.items()}
    return models


def _at_their_level(model, window, past_only, error_bars):
    """Let a model learn from series of different size.

    The naive ones learn nothing, and stay as they are if there are no error bars.
    """
    if isinstance(model, NaiveRegressor) and error_bars is None:
        return model
    from ..forecasting import SequenceForecaster  # imports sktime

    return SequenceForecaster(
        model,
        window,
        scaling="standardize",
        past_only=past_only or None,
        error_bars=error_bars,
    )


def _with_intervals(model):
    """Give a model intervals: SARIMA has its own, others use held-out windows.

    The forecast stays that of all windows, of which the newest tell the most.
    """
    has_some = isinstance(model, SARIMARegressor)
    return model if has_some else ConformalRegressor(model, refit=True)
