"""Possible breaks that nobody has told of: a step in which the whole country moved as it never else has.

The national median of the areas' changes over a step is set against those of the nyckeltal's other steps. What is found
is a question to the owners (a new definition? a new survey?); nothing is cut because of it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.analysis.annual_variation import MIN_AREAS, area_changes

VERSION: Final = "1"
# How many standard deviations of the other steps' medians, and how large a share of the areas the same way.
Z: Final = 4.0
SAME_SIGN: Final = 0.7
MIN_OTHER_STEPS: Final = 3

_GROUP: Final = ["nyckeltal_id", "typ"]


def possible_breaks(
    values: pl.DataFrame, areas: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame
) -> pl.DataFrame:
    """One row per step that stands out, kön T, with the columns of table `mojligt_brott`.

    values, areas, kpis, breaks: as for `annual_variation`. Declared breaks are no steps. A nyckeltal needs
    MIN_OTHER_STEPS other steps.
    """
    changes = area_changes(values.filter(pl.col("kon") == "T"), areas, kpis, breaks)
    change = pl.col("andring")
    steps = (
        changes.group_by(*_GROUP, "fran", "till")
        .agg(
            antal_bada_ar=pl.len().cast(pl.Int32),
            median=change.median(),
            andel_samma_hall=pl.max_horizontal((change > 0).mean(), (change < 0).mean()),
        )
        .filter(pl.col("antal_bada_ar") >= MIN_AREAS)
        # Sums of floats depend on their order.
        .sort(*_GROUP, "fran")
    )
    # Mean and variance of the other steps: leave one out.
    n, total, squares = (
        pl.len().over(_GROUP),
        pl.col("median").sum().over(_GROUP),
        (pl.col("median") ** 2).sum().over(_GROUP),
    )
    own = pl.col("median")
    mean = (total - own) / (n - 1)
    variance = ((squares - own**2) - (n - 1) * mean**2) / (n - 2)
    return (
        steps.filter(n > MIN_OTHER_STEPS)
        .with_columns(_fran_de_andra=own - mean, _spridning=variance.clip(0).sqrt())
        .with_columns(z=pl.when(pl.col("_spridning") > 0).then(pl.col("_fran_de_andra") / pl.col("_spridning")))
        .filter(
            (pl.col("andel_samma_hall") > SAME_SIGN)
            & (
                (pl.col("z").abs() > Z)
                # Other steps that never moved at all: any common movement stands out.
                | (pl.col("z").is_null() & (pl.col("_fran_de_andra") != 0))
            )
        )
        .select(
            *_GROUP,
            fran_ar="fran",
            till_ar="till",
            antal_bada_ar="antal_bada_ar",
            median_andring="median",
            z="z",
            andel_samma_hall="andel_samma_hall",
        )
        .sort(*_GROUP, "fran_ar")
    )
