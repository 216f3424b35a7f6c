"""Läge: where an area stands among areas of its own kind, and against riket, the county and similar areas.

Conventions: midranks with 1 = best, ties averaged; bands by quarters only where at least MIN_AREAS areas have a
value and the direction is known; means of areas are unweighted. Every value here is our own processing.
"""

from __future__ import annotations

import polars as pl

MIN_AREAS = 20
BEST, MIDDLE, WORST = "bästa fjärdedelen", "mellan", "sämsta fjärdedelen"

_CELL = ["nyckeltal_id", "ar", "kon"]


def comparison(
    values: pl.DataFrame, kpis: pl.DataFrame, areas: pl.DataFrame, similar: pl.DataFrame, uncertainty_of: pl.DataFrame
) -> pl.DataFrame:
    """One row per published value of a kommun or region, with the columns of table `jamforelse`.

    values: nyckeltal_id, omrade_id, ar, kon, varde (NULLs are left out).
    kpis: nyckeltal_id, riktning. areas: omrade_id, typ, i_lanet (bool: one of the county's kommuner).
    similar: nyckeltal_id, omrade_id, grupp_id, medlem_id: whose values make `liknande` for this area and KPI.
    uncertainty_of: nyckeltal_id, osakerhet_nyckeltal_id.
    """
    known = values.filter(pl.col("varde").is_not_null()).join(areas, on="omrade_id", how="left")
    base = known.filter(pl.col("typ").is_in(["kommun", "region"])).join(kpis, on="nyckeltal_id", how="left")
    riket = known.filter(pl.col("typ") == "riket").select(*_CELL, riket="varde")
    county = (
        known.filter(pl.col("i_lanet"))
        .group_by(_CELL)
        .agg(lan_ovagt=pl.col("varde").mean(), lan_antal=pl.len().cast(pl.Int32))
    )
    likes = (
        similar.join(values, left_on=["nyckeltal_id", "medlem_id"], right_on=["nyckeltal_id", "omrade_id"])
        .filter(pl.col("varde").is_not_null())
        .group_by("nyckeltal_id", "omrade_id", "grupp_id", "ar", "kon")
        .agg(liknande=pl.col("varde").mean(), liknande_antal=pl.len().cast(pl.Int32))
        .rename({"grupp_id": "liknande_grupp_id"})
    )
    margins = uncertainty_of.join(
        known.select("nyckeltal_id", "omrade_id", "ar", "kon", osakerhet="varde"),
        left_on="osakerhet_nyckeltal_id",
        right_on="nyckeltal_id",
    ).select("nyckeltal_id", "omrade_id", "ar", "kon", "osakerhet")
    return (
        _positions(base)
        .join(riket, on=_CELL, how="left")
        .join(county, on=_CELL, how="left")
        .join(likes, on=["nyckeltal_id", "omrade_id", "ar", "kon"], how="left")
        .join(margins, on=["nyckeltal_id", "omrade_id", "ar", "kon"], how="left")
        .with_columns(
            # A county mean of kommuner says nothing about a region.
            lan_ovagt=pl.when(pl.col("typ") == "kommun").then("lan_ovagt"),
            lan_antal=pl.when(pl.col("typ") == "kommun").then("lan_antal"),
        )
        .sort("nyckeltal_id", "omrade_id", "ar", "kon")
    )


def _positions(base: pl.DataFrame) -> pl.DataFrame:
    peers = [*_CELL, "typ"]
    # Oriented so that less is better.
    oriented = (
        pl.when(pl.col("riktning") == "högre").then(-pl.col("varde")).when(pl.col("riktning") == "lägre").then("varde")
    )
    count = pl.len().over(peers).cast(pl.Int32)
    ranked = base.with_columns(plats=oriented.rank("average").over(peers), antal_med_varde=count)
    share = (pl.col("plats") - 0.5) / pl.col("antal_med_varde")
    judged = (pl.col("antal_med_varde") >= MIN_AREAS) & pl.col("plats").is_not_null()
    best_quarter = (
        pl.when(pl.col("riktning") == "högre")
        .then(pl.col("varde").quantile(0.75, "linear").over(peers))
        .when(pl.col("riktning") == "lägre")
        .then(pl.col("varde").quantile(0.25, "linear").over(peers))
    )
    return ranked.with_columns(
        band=pl.when(judged & (share < 0.25))
        .then(pl.lit(BEST))
        .when(judged & (share > 0.75))
        .then(pl.lit(WORST))
        .when(judged)
        .then(pl.lit(MIDDLE)),
        basta_kvartil=pl.when(judged).then(best_quarter),
    )
