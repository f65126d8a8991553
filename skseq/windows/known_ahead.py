"""The layout of variables known ahead: their coming values are the last columns."""


def coming_values(rows, n_known, horizon):
    """Return the coming values of the variables known ahead.

    Parameters
    ----------
    rows : ndarray of shape (..., n_features)
        In the last ``n_known * horizon`` columns, variable by variable.
    n_known : int
    horizon : int

    Returns
    -------
    ndarray of shape (..., n_known, horizon)
        A view.
    """
    known = rows[..., rows.shape[-1] - n_known * horizon :]
    return known.reshape(*rows.shape[:-1], n_known, horizon)
