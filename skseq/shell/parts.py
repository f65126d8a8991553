"""Dates whose year, month and day have columns of their own."""

import pandas as pd
from pandas.api.types import is_numeric_dtype

FORMS = "%Y-%m-%d", "%Y-%b-%d", "%Y-%B-%d"


def join_parts(table):
    """Join years with their months or quarters, and with days.

    Parameters
    ----------
    table : DataFrame with two or three columns
        Years, months and days, or years and quarters, the name of whose column begins
        with q. Names of months may be English.

    Returns
    -------
    Series of datetime
        Without days, the first one of each month or quarter.

    Raises
    ------
    ValueError
        If a row holds no date.
    """
    parts = [_whole(table[name]) for name in table]
    if len(parts) == 2:
        quarter = parts[1].astype(str).str.extract("^Q?([1-4])$", expand=False)
        if table.columns[1].lower().startswith("q") and quarter.notna().all():
            parts[1] = 3 * quarter.astype(int) - 2
        parts.append(pd.Series(1, table.index))
    first, *others = (part.astype(str).str.strip() for part in parts)
    text = first.str.cat(others, sep="-")
    dates = min(
        (pd.to_datetime(text, format=form, errors="coerce") for form in FORMS),
        key=lambda dates: dates.isna().sum(),
    )
    if dates.isna().any():
        row = dates.index[dates.isna()][0]
        raise ValueError(
            f"Columns {', '.join(table)} hold {', '.join(map(str, table.loc[row]))} in "
            f"row {row} (counted from 0 below the header), which is no date: name the "
            "columns of year and quarter, or of year, month, day and hour, in this "
            "order, or one of dates and one of hours (--time)."
        )
    return dates.rename(" ".join(table))


def _whole(part):
    """Take floats, as of statsmodels' files, for whole numbers if they are."""
    is_whole = is_numeric_dtype(part.dtype) and (part % 1 == 0).all()
    return part.astype("int64") if is_whole else part
