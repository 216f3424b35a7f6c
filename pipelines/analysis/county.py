"""Riktning for the whole county: the trend of the unweighted mean of the same kommuner every year.

A mean over whoever has a value moves when kommuner come and go, without anything having changed. So the kommuner are
a panel: those that have a value in every year that counts. Region KPIs have no panel; their county is the region.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.analysis.trend import NOT_TESTED, newest_part, trend

VERSION: Final = "1"
# As many years as the report shows: older ones would cost kommuner that began to answer later.
MAX_YEARS: Final = 10

_KPI = ["nyckeltal_id", "kon"]
_COUNTY = "lan"


def county_trend(
    values: pl.DataFrame, kommuner: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame
) -> pl.DataFrame:
    """One row per nyckeltal and kön for which at least half of the kommuner have a value in some year: `lan_trend`.

    values: nyckeltal_id, omrade_id, ar, kon, varde. kommuner: omrade_id of the målbild's kommuner. kpis, breaks: as
    for `trend`. The years: the MAX_YEARS newest after the last break in which at least half of the kommuner have a
    value. The panel: those with a value in all of them; when it is fewer than half, nothing is tested.
    """
    known = newest_part(values.join(kommuner, on="omrade_id", how="semi"), breaks).drop("brott")
    size = kommuner.height
    half = (
        known.group_by(*_KPI, "ar")
        .agg(antal=pl.len())
        .filter(pl.col("antal") * 2 >= size)
        .sort("ar", descending=True)
        .group_by(_KPI, maintain_order=True)
        .head(MAX_YEARS)
    )
    years = half.group_by(_KPI).agg(ar_i_panelen=pl.len())
    counted = known.join(half.select(*_KPI, "ar"), on=[*_KPI, "ar"], how="semi").join(years, on=_KPI)
    panel = counted.filter(pl.len().over(*_KPI, "omrade_id") == pl.col("ar_i_panelen"))
    sizes = years.join(
        panel.group_by(_KPI).agg(antal_kommuner=pl.col("omrade_id").n_unique().cast(pl.Int32)), on=_KPI, how="left"
    ).with_columns(pl.col("antal_kommuner").fill_null(0))
    means = (
        panel.group_by(*_KPI, "ar")
        .agg(varde=pl.col("varde").mean())
        .with_columns(omrade_id=pl.lit(_COUNTY))
        .sort(*_KPI, "ar")
    )
    enough = pl.col("antal_kommuner") * 2 >= size
    tested = trend(means.join(sizes.filter(enough), on=_KPI, how="semi"), kpis, breaks).drop("omrade_id", "metod")
    # What the answer is about, when the panel is too small: the years that would have counted.
    spans = half.group_by(_KPI).agg(
        fran_ar=pl.col("ar").min(), till_ar=pl.col("ar").max(), antal_ar=pl.len().cast(pl.Int32)
    )
    untested = (
        sizes.filter(~enough)
        .join(spans, on=_KPI)
        .select(
            *_KPI,
            "fran_ar",
            "till_ar",
            "antal_ar",
            "antal_kommuner",
            riktning=pl.lit(NOT_TESTED),
            orsak=pl.format("bara {} av {} kommuner har uppgift alla år", "antal_kommuner", pl.lit(size)),
        )
    )
    found = tested.join(sizes.select(*_KPI, "antal_kommuner"), on=_KPI, how="left", validate="1:1").with_columns(
        orsak=pl.format("{} kommuner med uppgift alla år; {}", "antal_kommuner", "orsak")
    )
    return (
        pl.concat([found, untested], how="diagonal")
        .with_columns(metod=pl.lit(f"riktning för länet {VERSION}"))
        .sort(_KPI)
    )
