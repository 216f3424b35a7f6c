"""What a level in a future year demands: the pace that leads there, and how many areas have ever kept such a pace.

Linear, like `target`. A span is ten years of one area between two measurements, with no break in between; whether its
first and last values lie beyond the årsvariation is not asked: it is a description, no test.
"""

from __future__ import annotations

from typing import Final

import polars as pl

SPAN: Final = 10


def demanded(now: float, year: int, level: float, goal_year: int, direction: str) -> float | None:
    """Change per year from `now` to `level`. None when the level is reached already, or no year is left.

    direction: högre, lägre or ingen, as of the nyckeltal; without one every level is to be reached.
    """
    if goal_year <= year:
        return None
    pace = (level - now) / (goal_year - year)
    reached = {"högre": pace <= 0, "lägre": pace >= 0}.get(direction, pace == 0)
    return None if reached else pace


def fastest(values: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """One row per nyckeltal, typ and area with a span: `lagst` and `hogst` change per year over any span.

    values: nyckeltal_id, typ, omrade_id, ar, varde (kön T). breaks: nyckeltal_id, ar, sista_gamla_ar.
    """
    key = ["nyckeltal_id", "typ", "omrade_id"]
    measured = values.filter(pl.col("varde").is_not_null())
    first = measured.with_columns(slut=pl.col("ar") + SPAN)
    spans = first.join(
        measured.select(*key, slut="ar", slutvarde="varde"), on=[*key, "slut"], how="inner", validate="1:1"
    )
    broken = (
        spans.join(breaks.select("nyckeltal_id", brott="ar", gammalt="sista_gamla_ar"), on="nyckeltal_id")
        .filter((pl.col("ar") < pl.col("brott")) & (pl.col("slut") > pl.col("gammalt")))
        .select(*key, "ar")
        .unique()
    )
    pace = (pl.col("slutvarde") - pl.col("varde")) / SPAN
    return (
        spans.join(broken, on=[*key, "ar"], how="anti").group_by(key).agg(lagst=pace.min(), hogst=pace.max()).sort(key)
    )


def count_keeping(paces: pl.DataFrame, nyckeltal_id: str, kind: str, pace: float) -> tuple[int, int]:
    """How many areas of a typ have ever kept the pace for ten years, of how many that have ten years to look at.

    paces: as of `fastest`.
    """
    of_kind = paces.filter((pl.col("nyckeltal_id") == nyckeltal_id) & (pl.col("typ") == kind))
    as_fast = pl.col("hogst") >= pace if pace > 0 else pl.col("lagst") <= pace
    return of_kind.filter(as_fast).height, of_kind.height
