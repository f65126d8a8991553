"""Numbers of a CSV file, in any notation."""

import re

import pandas as pd
from pandas.api.types import is_numeric_dtype

SPACES = " \u00a0\u202f"
"""The usual one, and those that do not break a line."""

NUMBER = rf"([^\w\s]*|[A-Z]{{3}})\s*\d[\d.,'\s{SPACES}]*([^\w\s]|[A-Z]{{3}})?"
"""Text that is a number apart from signs or units: "1 234", "$5", "5 %", "5 EUR"."""

MEASURE = r"^[^\w\s]?\s*\d[\d.,'\s]*?(?P<unit>[^\d\s.,'/:-]\D{0,5}\d?)$"
"""Text that is a number before a unit of a few letters or signs: "104 kWh", "5m2"."""


def check_points(table):
    """Refuse numbers like 1.234 that may mean 1234: three decimals, none below 1."""
    for name, column in table.select_dtypes(float).items():
        values = column.dropna().abs()
        broken = values[values % 1 > 0]
        three = (broken.round(3) == broken).all() and (broken.round(2) != broken).any()
        if three and broken.min() > 1 and values.max() < 1000:
            example = broken[broken.round(2) != broken].iloc[0]
            raise ValueError(
                f"Column {name!r} holds numbers such as {example}: if the point "
                "separates thousands, give --thousands . --decimal , and if it is a "
                "decimal point, give --thousands , (a separator that these numbers "
                "do not contain)."
            )


def join_thousands(column, thousands, decimal):
    """Read numbers with separators between thousands; return other columns as is.

    pandas can do so itself, but also takes dates such as 31.12.2024 for numbers.
    """
    if is_numeric_dtype(column.dtype):
        return column
    numbers = _parse(column.dropna(), thousands, decimal)
    return column if numbers.isna().any() else numbers.reindex(column.index)


def _parse(column, thousands, decimal):
    """Parse numbers; what is none in this notation is missing."""
    apart = f"[{SPACES}]" if (thousands or "").isspace() else re.escape(thousands or "")
    point = re.escape(decimal)
    number = rf"[+-]?(\d{{1,3}}({apart}\d{{3}})+|\d+)({point}\d+)?"
    text = column.astype(str).str.strip()
    text = text.where(text.str.fullmatch(number))
    return pd.to_numeric(
        text.str.replace(apart, "", regex=True).str.replace(decimal, ".")
    )


def as_whole(column):
    """Return whole numbers again that empty last lines had turned into floats."""
    is_whole = is_numeric_dtype(column.dtype) and (column % 1 == 0).all()
    return column.astype("int64") if is_whole else column


def check_no_numbers(column, thousands, decimal):
    """Refuse numbers that were read as text: each would become a category."""
    values = pd.Series(column.dropna().unique()).astype(str).str.strip()
    units = values.str.extract(MEASURE)["unit"]
    numbers = values.str.fullmatch(NUMBER)
    if units.nunique() == 1:  # unlike those of "1A" and "1B"
        numbers |= units.notna()
    if numbers.mean() > 0.5:
        strange = values[_parse(values, thousands, decimal).isna()]
        what = (
            "numbers and text"
            if len(strange) < len(values)
            else "numbers written as text"
        )
        raise ValueError(
            f"Column {column.name!r} holds {what}, such as "
            f"{[*strange, *values][0]!r}: remove signs and units, leave missing values "
            "empty, and give the decimal separator (--decimal) and the thousands "
            "separator (--thousands)."
        )
