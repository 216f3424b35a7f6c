"""Kön and likvärdighet: the gap between women and men, the spread between the målbild's kommuner, means per länsdel.

Means are unweighted and say of how many; a gap is sure only where both sexes have an osäkerhetstal.
"""

from __future__ import annotations

from typing import Final

import polars as pl

SURE, NOT_SURE = "säkerställd skillnad", "skillnaden kan bero på slump"
UNKNOWN: Final = "skillnaden kan bero på slump: osäkerhetstal saknas"


def gender_gap(compared: pl.DataFrame) -> pl.DataFrame:
    """One row per nyckeltal, område and year with values for both women and men: table `konsskillnad`.

    compared: table `jamforelse`. skillnad = women - men in the KPI's unit; osakerhet = √(e_K² + e_M²), for display at
    the level of Kolada's osäkerhetstal; sure when the difference lies beyond it.
    """

    def of(kon: str) -> pl.DataFrame:
        return compared.filter(pl.col("kon") == kon).select(
            "nyckeltal_id", "omrade_id", "ar", varde="varde", marginal="osakerhet"
        )

    both = of("K").join(of("M"), on=["nyckeltal_id", "omrade_id", "ar"], suffix="_m", validate="1:1")
    gap = pl.col("varde") - pl.col("varde_m")
    margin = (pl.col("marginal") ** 2 + pl.col("marginal_m") ** 2).sqrt()
    return both.select(
        "nyckeltal_id",
        "omrade_id",
        "ar",
        kvinnor="varde",
        man="varde_m",
        skillnad=gap,
        osakerhet=margin,
        bedomning=pl.when(margin.is_null())
        .then(pl.lit(UNKNOWN))
        .when(gap.abs() > margin)
        .then(pl.lit(SURE))
        .otherwise(pl.lit(NOT_SURE)),
    ).sort("nyckeltal_id", "omrade_id", "ar")


def spread(values: pl.DataFrame, kommuner: pl.DataFrame) -> pl.DataFrame:
    """One row per nyckeltal, year and kön with a value in any of the målbild's kommuner: table `spridning`.

    values: nyckeltal_id, omrade_id, ar, kon, varde. kommuner: omrade_id.
    """
    value = pl.col("varde")
    return (
        _of(values, kommuner)
        .group_by("nyckeltal_id", "ar", "kon")
        .agg(
            antal=pl.len().cast(pl.Int32),
            lagst=value.min(),
            hogst=value.max(),
            median=value.median(),
            medel=value.mean(),
            # One kommun has no spread.
            standardavvikelse=value.std(ddof=1),
        )
        .with_columns(spannvidd=pl.when(pl.col("antal") > 1).then(pl.col("hogst") - pl.col("lagst")))
        .sort("nyckeltal_id", "ar", "kon")
    )


def sub_county_means(values: pl.DataFrame, kommuner: pl.DataFrame) -> pl.DataFrame:
    """One row per nyckeltal, länsdel, year and kön with a value: table `lansdel_varde`.

    values: as for `spread`. kommuner: omrade_id, lansdel; those without a länsdel are in none.
    """
    placed = kommuner.filter(pl.col("lansdel").is_not_null())
    sizes = placed.group_by("lansdel").agg(antal_kommuner=pl.len().cast(pl.Int32))
    return (
        _of(values, placed)
        .group_by("nyckeltal_id", "lansdel", "ar", "kon")
        .agg(medel_ovagt=pl.col("varde").mean(), antal=pl.len().cast(pl.Int32))
        .join(sizes, on="lansdel", how="left", validate="m:1")
        .sort("nyckeltal_id", "lansdel", "ar", "kon")
    )


def _of(values: pl.DataFrame, kommuner: pl.DataFrame) -> pl.DataFrame:
    return values.filter(pl.col("varde").is_finite()).join(kommuner, on="omrade_id", validate="m:1")
