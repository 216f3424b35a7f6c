"""Lär av vem: which similar area once stood where this one stood, and stands better now.

A model for an area had a value like its own in the base year, has improved beyond its own noise since, and is better
than the area today beyond the noise of both. Without the last, an area that has only caught up would be named. Where
there is none, that is said, and the best of the group is named with its value. No causes are claimed.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

import polars as pl

VERSION: Final = "1"
MODEL, BEST_OF_GROUP = "förebild", "ingen förebild: bäst i gruppen"

_KEY: Final = ["nyckeltal_id", "omrade_id"]


def models(counted: pl.DataFrame, kpis: pl.DataFrame, noise: pl.DataFrame, similar: pl.DataFrame) -> pl.DataFrame:
    """The models of every own area for every nyckeltal with a direction, kön T: table `forebild`.

    counted: `trend.counted_years` of the values. kpis, noise: as for `trend`. similar: nyckeltal_id, omrade_id,
    medlem_id. The base year is the first of the counted years in which the area has a value, and today the last. A
    nyckeltal whose group has nobody with values in both years has no row.
    """
    directed = kpis.filter(pl.col("riktning").is_in(["högre", "lägre"]) & pl.col("overlappande_ar").is_null())
    counted = (
        counted.filter(pl.col("kon") == "T").join(directed, on="nyckeltal_id", how="semi").select(*_KEY, "ar", "varde")
    )
    own = counted.join(similar.select(_KEY).unique(), on=_KEY, how="semi")
    ends = (
        own.group_by(_KEY).agg(bas_ar=pl.col("ar").min(), ar=pl.col("ar").max()).filter(pl.col("bas_ar") < pl.col("ar"))
    )
    halves = noise.filter((pl.col("kon") == "T") & pl.col("halv_95").is_not_null()).select(*_KEY, "halv_95")

    def both_years(cells: pl.DataFrame, area: str, suffix: str) -> pl.DataFrame:
        """`cells` with the values of the area in column `area` in both years, and its half width."""
        on = ["nyckeltal_id", area]
        then, now = (
            counted.rename({"omrade_id": area, "ar": year, "varde": name})
            for year, name in (("bas_ar", f"bas_varde{suffix}"), ("ar", f"varde{suffix}"))
        )
        known = halves.rename({"omrade_id": area, "halv_95": f"halv{suffix}"})
        return cells.join(then, on=[*on, "bas_ar"]).join(now, on=[*on, "ar"]).join(known, on=on)

    pairs = both_years(
        both_years(ends, "omrade_id", "").join(
            similar.select(*_KEY, "medlem_id").filter(pl.col("medlem_id") != pl.col("omrade_id")), on=_KEY
        ),
        "medlem_id",
        "_forebild",
    ).join(directed.select("nyckeltal_id", "riktning"), on="nyckeltal_id")
    sign = pl.when(pl.col("riktning") == "högre").then(1.0).otherwise(-1.0)
    together = (pl.col("halv") ** 2 + pl.col("halv_forebild") ** 2).sqrt()
    ahead = sign * (pl.col("varde_forebild") - pl.col("varde"))
    judged = pairs.with_columns(
        _ahead=ahead,
        _is_model=((pl.col("bas_varde_forebild") - pl.col("bas_varde")).abs() <= together)
        & (sign * (pl.col("varde_forebild") - pl.col("bas_varde_forebild")) > sqrt(2) * pl.col("halv_forebild"))
        & (ahead > together),
    )
    # The best first; equal ones by id, so that the table is the same every time.
    ranked = judged.sort(*_KEY, "_is_model", "_ahead", "medlem_id", descending=[False, False, True, True, False])
    chosen = ranked.filter(
        pl.when(pl.col("_is_model").any().over(_KEY))
        .then(pl.col("_is_model"))
        .otherwise(pl.int_range(pl.len()).over(_KEY) == 0)
    )
    return chosen.select(
        *_KEY,
        "bas_ar",
        "ar",
        "bas_varde",
        "varde",
        forebild_id="medlem_id",
        forebild_bas_varde="bas_varde_forebild",
        forebild_varde="varde_forebild",
        slag=pl.when("_is_model").then(pl.lit(MODEL)).otherwise(pl.lit(BEST_OF_GROUP)),
        ordning=(pl.int_range(pl.len()).over(_KEY) + 1).cast(pl.Int32),
    )
