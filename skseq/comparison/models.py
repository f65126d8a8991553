"""The models of a comparison: what they must be, and those it has by default."""

from importlib.util import find_spec

from ..estimators import (
    DenseRegressor,
    GRURegressor,
    LSTMRegressor,
    NaiveRegressor,
    RNNRegressor,
    SARIMARegressor,
    TransformedWindowRegressor,
)
from ..transformers import Differencer
from ..wrapping import WITHOUT_PREDICT

NETWORKS = {
    "linear": DenseRegressor,
    "RNN": RNNRegressor,
    "LSTM": LSTMRegressor,
    "GRU": GRURegressor,
}


def default_models(season=1, **training):
    """Return the models that ``python -m skseq compare`` runs.

    The networks stop early, when the loss on the last training windows no longer
    falls: most series are so short that the networks would overfit. If the level of the
    target drifts, or the series is short, they forecast its seasonal differences
    (``order="auto"`` of :class:`Differencer`), since they can't extrapolate. SARIMA is
    included if statsmodels is installed; its orders are (1, 1, 1) and (0, 1, 1) of the
    season. "last" repeats the last value, which is hard to beat without a season, as
    with prices.

    Parameters
    ----------
    season : int, default=1
        Time steps in a season.
    **training : dict
        Parameters of every network, such as ``max_epochs`` or ``random_state``.

    Returns
    -------
    dict of str to regressor
        They expect the target in the first column of the windows. The networks have no
        error bars, even with dropout: a :class:`ConformalRegressor` gives them some.

    Examples
    --------
    >>> from skseq import default_models
    >>> list(default_models(season=7, random_state=0))
    ['naive', 'last', 'SARIMA', 'linear', 'RNN', 'LSTM', 'GRU']
    """
    training = {"early_stopping": True, **training}
    models = {"naive": NaiveRegressor(season), "last": NaiveRegressor(1)}
    if find_spec("statsmodels"):
        seasonal_order = (0, 1, 1, season) if season > 1 else (0, 0, 0, 0)
        models["SARIMA"] = SARIMARegressor(seasonal_order=seasonal_order)
    for name, cls in NETWORKS.items():
        differencer = Differencer(season, order="auto")
        models[name] = TransformedWindowRegressor(cls(**training), differencer)
    return models


def check_model(model, name):
    """Raise TypeError unless a model can predict; ``name`` is that of the argument."""
    if isinstance(model, type):
        raise TypeError(
            f"{name} is the class {model.__name__}, but must be an estimator: give "
            f"{model.__name__}()."
        )
    if not hasattr(model, "predict"):
        raise TypeError(
            f"{name} must be a regressor or a forecaster, got {model!r}, which has no "
            f"predict: {WITHOUT_PREDICT}."
        )
