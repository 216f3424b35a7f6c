"""The frames that the analysis takes, made of rows; and values of women and of men beside those of both, so that
nothing of theirs may be taken for both together.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def values_of(rows: Iterable[tuple[str, str, int, str, float]]) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, ar, kon, varde."""
    schema = {"nyckeltal_id": pl.String, "omrade_id": pl.String, "ar": pl.Int32, "kon": pl.String, "varde": pl.Float64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def directed(direction: str | None = "högre", overlapping: int | None = None) -> pl.DataFrame:
    """nyckeltal_id, riktning, overlappande_ar of N1."""
    schema = {"nyckeltal_id": pl.String, "riktning": pl.String, "overlappande_ar": pl.Int32}
    return pl.DataFrame([("N1", direction, overlapping)], schema=schema, orient="row")


def breaks_of(kpi: str, pairs: Iterable[tuple[int, int]] = ()) -> pl.DataFrame:
    """nyckeltal_id, ar, sista_gamla_ar: the first sure year of the new way, and the last one of the old."""
    schema = {"nyckeltal_id": pl.String, "ar": pl.Int32, "sista_gamla_ar": pl.Int32}
    return pl.DataFrame([(kpi, *pair) for pair in pairs], schema=schema, orient="row")


def halves_of(rows: Iterable[tuple[str, str, float | None]]) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, kon, halv_95 of N1: the half width of each område's and kön's årsvariation."""
    schema = {"nyckeltal_id": pl.String, "omrade_id": pl.String, "kon": pl.String, "halv_95": pl.Float64}
    return pl.DataFrame([("N1", *row) for row in rows], schema=schema, orient="row")


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
