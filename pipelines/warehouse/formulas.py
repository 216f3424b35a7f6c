"""Text that a spreadsheet would take for a formula, made harmless: for SQL and for polars, from one pattern.

Titles and descriptions come from outside, and a CSV file has no types: what begins like a formula gets an apostrophe.
Files with types (Parquet, the workbook's text cells) need none of this.
"""

from __future__ import annotations

import polars as pl

# Both engines read it alike.
_BEGINS_LIKE_A_FORMULA = r"^([=+\-@\t\r])"


def neutral_sql(column: str) -> str:
    """SQL expression for a VARCHAR column (a checked identifier)."""
    return rf"regexp_replace({column}, '{_BEGINS_LIKE_A_FORMULA}', '''\1')"


def neutral_texts() -> pl.Expr:
    """All text columns of a frame."""
    return pl.col(pl.String).str.replace(_BEGINS_LIKE_A_FORMULA, "'${1}")
