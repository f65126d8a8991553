"""The layout of coming values: variable by variable, step by step, in columns."""

from .views import sliding_windows


def lay_coming(values, horizon):
    """Put the next values of each row side by side.

    Parameters
    ----------
    values : ndarray of shape (n_timesteps, n_variables)
    horizon : int

    Returns
    -------
    ndarray of shape (n_timesteps - horizon, n_variables * horizon)
    """
    coming = sliding_windows(values[1:], horizon)  # (n_rows, horizon, n_variables)
    return coming.swapaxes(1, 2).reshape(len(coming), -1)


def coming_values(rows, n_known, horizon):
    """Return the coming values of the variables known ahead, the last columns.

    Parameters
    ----------
    rows : ndarray of shape (..., n_features)
    n_known : int
    horizon : int

    Returns
    -------
    ndarray of shape (..., n_known, horizon)
        A view.
    """
    known = rows[..., rows.shape[-1] - n_known * horizon :]
    return known.reshape(*rows.shape[:-1], n_known, horizon)
