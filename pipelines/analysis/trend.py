"""Riktning: what a series of years says.

This version tells how long a series is and refuses to judge: five years are the least from which any direction can
follow, and the trend test itself has its own version to come. No slope and no p-value is given that was not
computed.
"""

from __future__ import annotations

import polars as pl

MIN_YEARS = 5
TOO_FEW, NOT_TESTED = "för få mätningar", "ej prövad"


def trend(values: pl.DataFrame) -> pl.DataFrame:
    """One row per series (nyckeltal_id, omrade_id, kon) with a value, with the columns of table `trend`.

    values: nyckeltal_id, omrade_id, ar, kon, varde (NULLs are left out).
    """
    few = pl.col("antal_ar") < MIN_YEARS
    return (
        values.filter(pl.col("varde").is_not_null())
        .group_by("nyckeltal_id", "omrade_id", "kon")
        .agg(fran_ar=pl.col("ar").min(), till_ar=pl.col("ar").max(), antal_ar=pl.len().cast(pl.Int32))
        .with_columns(
            lutning_per_ar=pl.lit(None, pl.Float64),
            p_varde=pl.lit(None, pl.Float64),
            riktning=pl.when(few).then(pl.lit(TOO_FEW)).otherwise(pl.lit(NOT_TESTED)),
            orsak=pl.when(few)
            .then(pl.format("{} mätningar; minst {} krävs", "antal_ar", pl.lit(MIN_YEARS)))
            .otherwise(pl.lit("trendprövning ingår inte i denna metodversion")),
        )
        .sort("nyckeltal_id", "omrade_id", "kon")
    )
