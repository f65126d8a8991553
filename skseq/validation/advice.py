"""What to do about a column that is not numeric, or not there."""

import pandas as pd

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
DATE = (
    r"\d{4}[-/.]\d{1,2}\b|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b"
    rf"|\d{{4}}-?[Qq][1-4]\b|(?:{MONTHS})[a-z]* \d{{4}}\b"
)
"""The beginning of a date as text that pandas can read."""


def advice_on(column):
    """Say what to do about a column that is not numeric.

    Returns
    -------
    str
        For categories, or else dates, numbers written as text, or other values,
        whichever most are.
    """
    encode = "encode it first (pandas.get_dummies or OneHotEncoder), or drop it"
    if isinstance(column.dtype, pd.CategoricalDtype):  # also of numbers, such as states
        return encode
    text = column.dropna().astype(str)
    number = text.str.replace(r"[,\s]", "", regex=True)
    if pd.to_numeric(number, errors="coerce").notna().mean() > 0.5:
        return (
            "turn it into numbers with pandas.to_numeric, or read decimal commas with "
            "pandas.read_csv(decimal=',')"
        )
    if text.str.match(DATE).mean() > 0.5:
        return (
            "if it is the time of each row, turn it into dates with "
            f"pandas.to_datetime and make it the index (set_index({column.name!r})), "
            "or else drop it"
        )
    return encode


def advice_on_labels(table):
    """Say what to do about a label that a table doesn't have, if it has none at all."""
    if not isinstance(table.columns, pd.RangeIndex):
        return ""
    return (
        ": those of an array are positions, counted from 0. For labels, give a "
        "DataFrame of pandas (to_pandas converts tables of polars and pyarrow)"
    )
