"""Which values are preliminary: Kolada marks none, but its publication dates tell."""

from __future__ import annotations

from datetime import date

import polars as pl


def mark_preliminary(values: pl.DataFrame, kpis: pl.DataFrame, today: date) -> pl.DataFrame:
    """`values` with column `preliminart`: true where `ar` is the period to be published and today is from the
    preliminary publication until, not including, the final one.

    values: nyckeltal_id, ar, …; kpis: nyckeltal_id, publicering_period, preliminart_publiceras, publiceras (table
    `nyckeltal`).
    """
    dates = kpis.select(
        "nyckeltal_id",
        # A period such as "2024/25" is no year and marks nothing.
        period=pl.col("publicering_period").cast(pl.Int64, strict=False),
        waits=(pl.col("preliminart_publiceras") <= today) & (today < pl.col("publiceras")),
    )
    return (
        values.join(dates, on="nyckeltal_id", how="left", maintain_order="left")
        .with_columns(preliminart=((pl.col("ar") == pl.col("period")) & pl.col("waits")).fill_null(False))
        .drop("period", "waits")
    )
