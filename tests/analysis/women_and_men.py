"""Values of women and of men beside those of both, so that nothing of theirs may be taken for both together."""

from __future__ import annotations

import polars as pl


def with_women_and_men(totals: pl.DataFrame) -> pl.DataFrame:
    """With values of women, which fall where those of both rise, and of men, which are much larger."""
    women, men = 500 - pl.col("varde") * 2, 1000 + pl.col("varde") * 3
    return pl.concat(
        [
            totals,
            *(totals.with_columns(kon=pl.lit(letter), varde=value) for letter, value in (("K", women), ("M", men))),
        ]
    )


def of_both(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("kon") == "T")
