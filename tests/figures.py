"""Figures of women and men beside those of the small Kolada."""

from __future__ import annotations

import polars as pl

from tests.small import values


def of_both(totals: pl.DataFrame | None = None) -> pl.DataFrame:
    """The figures (of tests.small), and with each total one of women, which falls where it rises, and one of men."""
    figures = values() if totals is None else totals
    women, men = 100 - pl.col("value") * 1.5, pl.col("value") * 2 + 3
    parts = [figures.with_columns(gender=pl.lit(letter), value=value) for letter, value in (("K", women), ("M", men))]
    return pl.concat([figures, *parts])
