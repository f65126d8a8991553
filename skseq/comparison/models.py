"""The default models of a comparison: one list for shell and Python."""

from importlib.util import find_spec

from ..estimators import (
    DenseRegressor,
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    RNNRegressor,
    SARIMARegressor,
)


def default_models(season=1, **training):
    """Return the models that ``python -m skseq compare`` runs.

    The networks stop early, when the loss on the last training windows no longer
    falls: most series are so short that the networks would overfit. SARIMA is included
    if statsmodels is installed. "last" repeats the last value, which is hard to beat
    without a season, as with prices.

    Parameters
    ----------
    season : int, default=1
        Time steps in a season.
    **training : dict
        Parameters of every network, such as ``max_epochs`` or ``random_state``.

    Returns
    -------
    dict of str to regressor
        They expect the target in the first column of the windows.

    Examples
    --------
    >>> from skseq import default_models
    >>> list(default_models(season=7, random_state=0))
    ['naive', 'last', 'SARIMA', 'linear', 'RNN', 'LSTM', 'GRU']
    """
    training = {"early_stopping": True, **training}
    return {
        "naive": NaiveRegressor(season),
        "last": NaiveRegressor(1),
        **({"SARIMA": _sarima(season)} if find_spec("statsmodels") else {}),
        "linear": DenseRegressor(**training),
        "RNN": RNNRegressor(**training),
        "LSTM": LSTMRegressor(**training),
        "GRU": GRURegressor(**training),
    }


def _sarima(season):
    """Give the model of a textbook this season; without one, the default model."""
    if season == 1:
        return SARIMARegressor()
    return SARIMARegressor((1, 0, 0), (0, 1, 1, season))
