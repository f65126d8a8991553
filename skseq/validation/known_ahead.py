"""Validation of the variables known ahead."""


def check_known_ahead(regressor, columns, n_features, horizon):
    """Raise ValueError if the columns known ahead include one that y continues.

    Returns the number of columns before them.
    """
    n_known = regressor.n_known_ahead * horizon
    n_past = n_features - n_known
    if n_known and n_past < 1 + columns.max():
        raise ValueError(
            f"n_known_ahead={regressor.n_known_ahead} and {horizon} steps ahead "
            f"(target={regressor.target!r}) take the last {n_known} columns of X, but "
            f"X has {n_features} in all: add the values known ahead with KnownAhead, "
            "using the same horizon, and name in target every column that y holds."
        )
    return n_past
