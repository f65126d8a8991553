"""The layout of coming values: variable by variable, step by step, in columns."""

from .views import sliding_windows


def lay_coming(values, horizon):
    """Put the next values of each row (n_timesteps, n_variables) side by side."""
    coming = sliding_windows(values[1:], horizon)  # (n_rows, horizon, n_variables)
    return coming.swapaxes(1, 2).reshape(len(coming), -1)


def coming_values(rows, n_known, horizon):
    """Return the last columns of rows as a view, (..., n_known, horizon)."""
    known = rows[..., rows.shape[-1] - n_known * horizon :]
    return known.reshape(*rows.shape[:-1], n_known, horizon)
