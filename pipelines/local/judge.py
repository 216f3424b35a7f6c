"""What is wrong with rows beside each other: values beyond the limits, the same figure twice, parts that are no whole.

Every function takes rows and returns the same ones; those that are refused have `orsak`, `atgard` and `cell`, the place
that is to blame. A row that was refused before keeps its reason.
"""

from __future__ import annotations

import math

import polars as pl

from pipelines.catalog import local as names
from pipelines.catalog.model import Geography, LocalMeasure
from pipelines.local import reasons
from pipelines.local.reasons import Reason
from pipelines.local.suppress import KEY
from pipelines.periods import IN_A_YEAR

# A denominator so many times larger or smaller than usual (in the middle of its logarithms, so that of two that are a
# thousand apart both are) is in thousands, or of something else; of small ones nobody knows.
_OTHER_MAGNITUDE, _LARGE = 30, 1000
# How much a region's count may differ from the sum of its kommuner: somebody may have moved, or have no kommun.
_UNPLACED = 0.05


def value(local: LocalMeasure) -> pl.Expr:
    """The value of a row, in the mått's unit."""
    if local.form == "index":
        return pl.col("varde")
    count = pl.col("taljare").cast(pl.Float64)
    if local.form == "antal":
        return count
    return count * (100 if local.form == "andel" else local.per or 1) / pl.col("namnare")


def _refuse(rows: pl.DataFrame, wrong: pl.Expr, reason: Reason, place: str) -> pl.DataFrame:
    """`rows` with this reason, and the place in column `place`, where they are `wrong` and had no reason before."""
    refused = pl.col("orsak").is_null() & wrong
    return rows.with_columns(
        pl.when(refused).then(value).otherwise(column).alias(column)
        for column, value in (
            ("orsak", pl.lit(reason.what)),
            ("atgard", pl.lit(reason.fix)),
            ("cell", pl.col(place)),
        )
    )


def limits(rows: pl.DataFrame, local: LocalMeasure) -> pl.DataFrame:
    """No value lies beyond the mått's limits."""
    lowest, highest = names.limits(local)
    if lowest is None and highest is None:
        return rows
    beyond = pl.any_horizontal(
        value(local) < (-math.inf if lowest is None else lowest),
        value(local) > (math.inf if highest is None else highest),
    )
    return _refuse(rows, beyond, reasons.outside(lowest, highest), "cell")


def repeated(rows: pl.DataFrame) -> pl.DataFrame:
    """The same figure twice: one of equal rows stays, of different ones none. A row that is wrong in itself differs."""
    known = pl.all_horizontal(pl.col(KEY).is_not_null())
    what = pl.struct("taljare", "namnare", "varde", "orsak").n_unique().over(KEY)
    is_copy = pl.int_range(pl.len()).over(KEY) > 0
    return _refuse(
        _refuse(rows, known & (what > 1), reasons.DIFFERENT, "rad"), known & is_copy, reasons.REPEATED, "rad"
    )


def one_form(rows: pl.DataFrame) -> pl.DataFrame:
    """Either months or quarters, beside whole years: as the first of them in the file."""
    short = pl.col("form").is_in(["månad", "kvartal"]) & pl.col("orsak").is_null()
    first = pl.col("form").filter(short).first()
    return _refuse(rows, short & (pl.col("form") != first), reasons.OTHER_FORM, "rad")


def magnitudes(rows: pl.DataFrame, local: LocalMeasure) -> pl.DataFrame:
    """No denominator is of another order of magnitude than the area's others: 301 for 301,000."""
    if not names.has_ratio(local):
        return rows
    series = ["omrade_id", "kon", "form"]
    counts = pl.col("namnare").filter(pl.col("orsak").is_null())
    apart = (pl.col("namnare").log10() - counts.log10().median().over(series)).abs() > math.log10(_OTHER_MAGNITUDE)
    return _refuse(rows, apart & (counts.max().over(series) >= _LARGE), reasons.OTHER_MAGNITUDE, "cell")


def sums(rows: pl.DataFrame, local: LocalMeasure, geography: Geography) -> pl.DataFrame:
    """Women and men are the total, the kommuner the region, and the months or quarters the year (of a count: a rate is
    no sum): as far as they have been handed in, no more than it. Which of the rows is wrong cannot be seen, so that
    none of them is taken.
    """
    if local.form == "index":
        return rows
    rows = _refuse(rows, _differs(pl.col("kon") == "T", 2, ["omrade_id", "period"], 0), reasons.GENDERS_DIFFER, "rad")
    if local.region_is_sum:
        region, kommuner = pl.col("omrade_id") == geography.region.id, len(geography.kommuner)
        differs = _differs(region, kommuner, ["period", "kon"], _UNPLACED)
        rows = _refuse(rows, differs, reasons.REGION_DIFFERS, "rad")
    if local.form == "antal" and local.period_sum:
        parts = pl.when((pl.col("form") == "månad").any()).then(IN_A_YEAR["månad"]).otherwise(IN_A_YEAR["kvartal"])
        differs = _differs(pl.col("form") == "år", parts, ["omrade_id", "ar", "kon"], 0)
        rows = _refuse(rows, differs, reasons.PERIODS_DIFFER, "rad")
    return rows


def _differs(is_whole: pl.Expr, number_of_parts: int | pl.Expr, group: list[str], tolerance: float) -> pl.Expr:
    """Whether in the row's group a count of the whole is not the sum of its parts; with only some of the parts there,
    whether it is less than they are together. Rows that are refused count as not there.
    """
    is_good = pl.col("orsak").is_null()
    is_part = is_good & ~is_whole
    all_there = is_part.sum().over(group) == number_of_parts

    def wrong(count: str) -> pl.Expr:
        whole = pl.col(count).filter(is_good & is_whole).sum().over(group)
        parts = pl.col(count).filter(is_part).sum().over(group)
        return (parts > whole * (1 + tolerance)) | (all_there & (parts < whole * (1 - tolerance)))

    both_there = (is_good & is_whole).any().over(group) & is_part.any().over(group)
    return both_there & (wrong("taljare") | wrong("namnare"))
