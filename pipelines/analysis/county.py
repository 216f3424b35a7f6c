"""Riktning for the whole county: the trend of the unweighted mean of the same kommuner every year.

A mean over whoever has a value moves when kommuner come and go, without anything having changed. So the kommuner are
a panel: those that have a value in every year that counts. Region KPIs have no panel; their county is the region. A
nyckeltal that both kommuner and regions have is the region's too (`comparison`, the county's value): its panel is
described, and the county's direction is that of the region.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.analysis.interval import half_of_sum
from pipelines.analysis.trend import NOT_TESTED, SERIES, WINDOW, newest_part, outcome

VERSION: Final = "2"

_KPI = ["nyckeltal_id", "kon"]
_COUNTY = "lan"


def county_trend(
    values: pl.DataFrame, areas: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame, noise: pl.DataFrame
) -> pl.DataFrame:
    """One row per nyckeltal and kön for which at least half of the kommuner have a value in some year: `lan_trend`.

    values, kpis, breaks, noise: as for `trend`. areas: omrade_id, typ, i_malbild. The years: the WINDOW newest after
    the last break in which at least half of the målbild's kommuner have a value. The panel: those with a value in all
    of them; when it is fewer than half, nothing is tested.
    """
    country = values.join(areas.filter(pl.col("typ") == "riket"), on="omrade_id", how="semi")
    kommuner = areas.filter(pl.col("i_malbild") & (pl.col("typ") == "kommun")).select("omrade_id")
    known = newest_part(values.join(kommuner, on="omrade_id", how="semi"), breaks)
    size = kommuner.height
    half = (
        known.group_by(*_KPI, "ar")
        .agg(antal=pl.len())
        .filter(pl.col("antal") * 2 >= size)
        .sort("ar", descending=True)
        .group_by(_KPI, maintain_order=True)
        .head(WINDOW)
    )
    years = half.group_by(_KPI).agg(ar_i_panelen=pl.len())
    counted = known.join(half.select(*_KPI, "ar"), on=[*_KPI, "ar"], how="semi").join(years, on=_KPI)
    panel = counted.filter(pl.len().over(*_KPI, "omrade_id") == pl.col("ar_i_panelen"))
    sizes = years.join(
        panel.group_by(_KPI).agg(antal_alla_ar=pl.col("omrade_id").n_unique().cast(pl.Int32)), on=_KPI, how="left"
    ).with_columns(pl.col("antal_alla_ar").fill_null(0))
    means = (
        panel.group_by(*_KPI, "ar")
        .agg(varde=pl.col("varde").mean(), brott=pl.col("brott").first())
        .with_columns(omrade_id=pl.lit(_COUNTY))
        .join(country.select(*_KPI, "ar", riket="varde"), on=[*_KPI, "ar"], how="left")
        .sort(*_KPI, "ar")
    )
    enough = pl.col("antal_alla_ar") * 2 >= size
    of_mean = (
        panel.select(*_KPI, "omrade_id")
        .unique()
        .join(noise, on=[*_KPI, "omrade_id"], how="left")
        .group_by(_KPI)
        .agg(halv_95=half_of_sum(pl.col("halv_95") / pl.len()))
        .with_columns(omrade_id=pl.lit(_COUNTY))
    )
    no_steps = of_mean.clear().select(*SERIES, rikets_steg="halv_95")
    tested = outcome(means.join(sizes.filter(enough), on=_KPI, how="semi"), kpis, of_mean, no_steps).drop(
        "omrade_id", "metod"
    )
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
            "antal_alla_ar",
            trend=pl.lit(NOT_TESTED),
            motivering=pl.format("bara {} av {} kommuner har uppgift alla år", "antal_alla_ar", pl.lit(size)),
        )
    )
    trends = tested.join(sizes.select(*_KPI, "antal_alla_ar"), on=_KPI, how="left", validate="1:1").with_columns(
        motivering=pl.format("{} kommuner med uppgift alla år; {}", "antal_alla_ar", "motivering")
    )
    return (
        pl.concat([trends, untested], how="diagonal")
        .with_columns(metod=pl.lit(f"riktning för länet {VERSION}"))
        .sort(_KPI)
    )
