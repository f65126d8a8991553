"""Rolling origin: which rows models forecast from, and up to which they are fitted."""

from numbers import Integral

from sklearn.utils import check_scalar

from ..validation import check_share


def rolling_origin(n_rows, window, horizon, test_fraction=0.2, step=1, refit=False):
    """Split the rows of a series.

    Parameters
    ----------
    n_rows : int
    window, horizon, test_fraction, step, refit
        As for :func:`compare`.

    Returns
    -------
    list of range
        The origins of each fit: rows, each the last one that its forecast may know,
        and the first also the last one that the fit may know. They are negative,
        counted from the end, where all series of a panel have the same rows. The first
        origin is the row before the test period; the last one is the last row that has
        all its targets.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range, or the rows are too few.
    """
    check_scalar(window, "window", Integral, min_val=1)
    check_scalar(horizon, "horizon", Integral, min_val=1)
    check_scalar(step, "step", Integral, min_val=1)
    check_scalar(refit, "refit", Integral, min_val=0)  # as False and True are
    check_share(test_fraction, "test_fraction")
    n_test = max(horizon, round(test_fraction * n_rows))
    if n_rows - n_test < window + horizon:
        raise ValueError(
            f"{n_rows} row{' is' if n_rows == 1 else 's are'} too few: a window of "
            f"{window}, a horizon of {horizon} and a test period of {n_test} leave "
            "nothing to train on. "
            "Give more rows, a shorter window or horizon, or a smaller test fraction."
        )
    origins = range(-n_test - 1, -horizon, step)
    n_origins = int(refit) or len(origins)
    return [
        origins[start : start + n_origins]
        for start in range(0, len(origins), n_origins)
    ]
