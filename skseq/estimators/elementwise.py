"""Transformers without memory, which transform each row by itself."""

import numpy as np


def elementwise(function, values):
    """Apply a function of rows to all observed rows."""
    flat = values.reshape(-1, values.shape[-1])
    observed = ~np.isnan(flat).any(axis=1)
    result = np.full_like(flat, np.nan)
    result[observed] = function(flat[observed])
    return result.reshape(values.shape)


def transform_rows(transformer, values):
    """Transform all observed rows; raise ValueError if one can't be transformed."""
    result = elementwise(transformer.transform, values)
    lost = ~(np.isfinite(result) | np.isnan(values).any(axis=-1, keepdims=True))
    if lost.any():
        raise ValueError(
            f"transformer={transformer!r} turns {values[lost][0]:.4g}, a value of the "
            f"target, into {result[lost][0]}: choose one that takes all of its values, "
            "such as log1p if there are zeros."
        )
    return result


def check_elementwise(transformer, rows):
    """Raise ValueError unless each row is transformed by itself, and invertibly."""
    there, backwards = (
        np.asarray(transformer.transform(some)) for some in (rows, rows[::-1])
    )
    if not (np.isfinite(there) | np.isfinite(backwards[::-1])).all():
        raise ValueError(
            f"transformer={transformer!r} turns some values between {rows.min():.4g} "
            f"and {rows.max():.4g}, the range of the target, into NaN or infinity: "
            "choose one that takes all of them, such as log1p if there are zeros."
        )
    rows = rows[:: 1 + len(rows) // 100]
    inverse = getattr(transformer, "inverse_transform", None)
    there = np.asarray(transformer.transform(rows))
    good = inverse is not None and there.shape == rows.shape
    if good:
        tolerance = {"rtol": 1e-3, "atol": 1e-3 * np.abs(rows).max()}
        backwards = transformer.transform(rows[::-1])[::-1]
        good = np.allclose(there, backwards, rtol=1e-3, atol=1e-6)
        good = good and np.allclose(inverse(there), rows, **tolerance)
    if not good:
        raise ValueError(
            f"transformer={transformer!r} must transform each row by itself, keep the "
            "number of columns, and have an inverse_transform that restores the row; "
            "or take the rows before as an argument named past, as Differencer does. "
            "To combine transformers, put one TransformedWindowRegressor into "
            "another."
        )
