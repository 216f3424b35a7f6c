"""Riktning: what a series of years says, by one rule for all.

Mann–Kendall's test (exact up to EXACT_UP_TO years, conditional on ties; normal approximation above) says whether there
is a trend, Theil–Sen on real years how steep it is. Never across a break, never on overlapping means of several years,
never below MIN_YEARS. Sources: Mann 1945, Kendall 1975; Theil 1950, Sen 1968; the exact distribution with ties is the
q-multinomial coefficient, which counts inversions of a multiset.
"""

from __future__ import annotations

from functools import cache
from math import erfc, sqrt
from typing import Final

import polars as pl

VERSION: Final = "1"
MIN_YEARS: Final = 5
EXACT_UP_TO: Final = 10
ALPHA: Final = 0.05
TOO_FEW, NOT_TESTED, NO_TREND = "för få mätningar", "ej prövad", "ingen säkerställd trend"
IMPROVING, WORSENING, RISING, FALLING = "förbättras", "försämras", "ökar", "minskar"

_SERIES = ["nyckeltal_id", "omrade_id", "kon"]


def trend(values: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """One row per series (nyckeltal_id, omrade_id, kon) with a value, with the columns of table `trend`.

    values: nyckeltal_id, omrade_id, ar, kon, varde (nulls, NaN and infinities are left out).
    kpis: nyckeltal_id, riktning, overlappande_ar (null where each value is of its own year).
    breaks: nyckeltal_id, ar, sista_gamla_ar: as table `nyckeltal_brott`.
    Only what lies after the last break counts; a series that ends before it is judged as it was.
    """
    newest = newest_part(values, breaks).join(kpis, on="nyckeltal_id", how="left")
    series = newest.group_by(_SERIES).agg(
        fran_ar=pl.col("ar").min(),
        till_ar=pl.col("ar").max(),
        antal_ar=pl.len().cast(pl.Int32),
        riktning=pl.col("riktning").first(),
        overlappande_ar=pl.col("overlappande_ar").first(),
        brott=pl.col("brott").first(),
    )
    overlapping = pl.col("overlappande_ar").is_not_null()
    few = pl.col("antal_ar") < MIN_YEARS
    testable = series.filter(~few & ~overlapping)
    tested = mann_kendall(newest.join(testable.select(_SERIES), on=_SERIES, how="semi"))
    found = series.rename({"riktning": "bast"}).join(tested, on=_SERIES, how="left", validate="1:1")
    up, sure = pl.col("s") > 0, pl.col("p_varde") <= ALPHA
    better = pl.when(pl.col("bast") == "högre").then(up).when(pl.col("bast") == "lägre").then(~up)
    since = (
        pl.when(pl.col("brott").is_not_null()).then(pl.format(" sedan seriebrottet {}", "brott")).otherwise(pl.lit(""))
    )
    return found.with_columns(
        riktning=pl.when(few)
        .then(pl.lit(TOO_FEW))
        .when(overlapping)
        .then(pl.lit(NOT_TESTED))
        .when(~sure)
        .then(pl.lit(NO_TREND))
        .when(better)
        .then(pl.lit(IMPROVING))
        .when(~better)
        .then(pl.lit(WORSENING))
        .when(up)
        .then(pl.lit(RISING))
        .otherwise(pl.lit(FALLING)),
        orsak=pl.when(few)
        .then(pl.format("{} mätningar{}; minst {} krävs", "antal_ar", since, pl.lit(MIN_YEARS)))
        .when(overlapping)
        .then(pl.format("medelvärden över {} år överlappar varandra och prövas inte", "overlappande_ar"))
        .otherwise(
            pl.format(
                "{} mätningar{}: Mann–Kendall, {}, p {} 0,05",
                "antal_ar",
                since,
                pl.when(pl.col("antal_ar") <= EXACT_UP_TO)
                .then(pl.lit("exakt"))
                .otherwise(pl.lit("normalapproximation")),
                pl.when(sure).then(pl.lit("≤")).otherwise(pl.lit(">")),
            )
        ),
        metod=pl.lit(f"riktning {VERSION}"),
    ).sort(_SERIES)


def newest_part(values: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """The finite values after each series' last break, plus `brott`: the first year after it (null: no break before).

    Years that may belong to either side of a break (after sista_gamla_ar, before ar) belong to none.
    """
    known = values.filter(pl.col("varde").is_finite()).select(*_SERIES, "ar", "varde")
    broken = known.join(breaks, on="nyckeltal_id", maintain_order="left")
    key = [*_SERIES, "ar"]
    parts = broken.group_by(*key, "varde", maintain_order=True).agg(
        brott=pl.col("ar_right").filter(pl.col("ar_right") <= pl.col("ar")).max(),
        between=((pl.col("ar") > pl.col("sista_gamla_ar")) & (pl.col("ar") < pl.col("ar_right"))).any(),
    )
    sure = parts.filter(~pl.col("between")).drop("between")
    last = sure.group_by(_SERIES).agg(sista=pl.col("brott").max())
    newest = (
        sure.join(last, on=_SERIES, how="left", maintain_order="left")
        .filter(pl.col("brott").eq_missing(pl.col("sista")))
        .drop("sista")
    )
    whole = known.join(breaks, on="nyckeltal_id", how="anti", maintain_order="left")
    return pl.concat([whole.with_columns(brott=pl.lit(None, newest.schema["brott"])), newest])


def theil_sen(values: pl.DataFrame) -> pl.DataFrame:
    """`_SERIES` + lutning_per_ar: the median of the slopes of all pairs of years, per year; series of one value have
    none.

    values: nyckeltal_id, omrade_id, kon, ar, varde: one row per year.
    """
    return _pairs(values).select(*_SERIES, "lutning_per_ar")


def mann_kendall(values: pl.DataFrame) -> pl.DataFrame:
    """`_SERIES` + s, p_varde (two-sided) and lutning_per_ar for every series of at least two years.

    values: as for `theil_sen`.
    """
    found = _pairs(values)
    cases = found.select("monster", s_belopp=pl.col("s").abs()).unique()
    p = [_p_value(tuple(map(int, ties.split(","))), s) for ties, s in cases.iter_rows()]
    return (
        found.with_columns(s_belopp=pl.col("s").abs())
        .join(cases.with_columns(p_varde=pl.Series(p, dtype=pl.Float64)), on=["monster", "s_belopp"], how="left")
        .select(*_SERIES, "s", "p_varde", "lutning_per_ar")
    )


def _pairs(values: pl.DataFrame) -> pl.DataFrame:
    """`_SERIES` + s (Mann–Kendall's), lutning_per_ar (Theil–Sen's) and monster (how many values are equal, group by
    group: "1,1,3"), from all pairs of years of each series of at least two.
    """
    # Joined by a number: comparing three texts for every pair would be most of the work.
    one = values.select(*_SERIES, "ar", "varde").sort(_SERIES).with_columns(serie=pl.struct(_SERIES).rle_id())
    years = one.select("serie", "ar", "varde")
    rise = pl.col("varde_right") - pl.col("varde")
    pairs = (
        years.join(years, on="serie")
        .filter(pl.col("ar") < pl.col("ar_right"))
        .group_by("serie")
        .agg(
            s=rise.sign().cast(pl.Int64).sum(),
            lutning_per_ar=(rise / (pl.col("ar_right") - pl.col("ar"))).median(),
        )
    )
    ties = (
        years.group_by("serie", "varde")
        .len("lika")
        .group_by("serie")
        .agg(monster=pl.col("lika").sort().cast(pl.String).str.join(","))
    )
    series = one.select(*_SERIES, "serie").unique("serie")
    return series.join(pairs, on="serie").join(ties, on="serie").drop("serie")


@cache
def _p_value(ties: tuple[int, ...], s: int) -> float:
    """Two-sided p of |S| ≥ s, for a series whose equal values come in groups of these sizes."""
    n = sum(ties)
    if n > EXACT_UP_TO:
        variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
        return erfc(max(s - 1, 0) / sqrt(2 * variance)) if variance else 1.0
    orders = _orders(ties)
    untied = len(orders) - 1
    return sum(ways for inversions, ways in enumerate(orders) if abs(untied - 2 * inversions) >= s) / sum(orders)


@cache
def _orders(ties: tuple[int, ...]) -> tuple[int, ...]:
    """In how many orders of the values there are 0, 1, 2 … inversions: the coefficients of [n]_q! / Π [t]_q!."""
    product = [1]
    for k in range(2, sum(ties) + 1):
        product = [sum(product[max(0, i - k + 1) : i + 1]) for i in range(len(product) + k - 1)]
    for size in ties:
        for k in range(2, size + 1):
            quotient: list[int] = []
            for i in range(len(product) - k + 1):
                quotient.append(product[i] - sum(quotient[max(0, i - k + 1) : i]))
            product = quotient
    return tuple(product)
