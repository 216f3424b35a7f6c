"""The bounds that a nyckeltal's unit promises: a value outside them is refused, whatever the others are.

What is odd but possible is judged beside the nyckeltal's own history (`pipelines.checks.plausibility_rules`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.catalog.model import Kpi

SCHEMA: Final = {
    "nyckeltal_id": pl.String,
    "lagst": pl.Float64,
    "hogst": pl.Float64,
    "heltal": pl.Boolean,
    "prognos": pl.Boolean,
}
# What the reason of a value outside its bounds begins with.
OUTSIDE: Final = "utanför enhetens gränser"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a unit that begins with `unit` (a regular expression; in `words`) promises. numbered: its first and last
    numbers are the bounds. whole: only whole numbers, but of riket and groups, which may be means.
    """

    unit: str
    words: str
    lowest: float | None = None
    highest: float | None = None
    whole: bool = False
    numbered: bool = False


# The first that matches counts.
BOUNDS: Final = (
    Bound("%", "%: 0 till 100", 0, 100),
    Bound("procentenheter", "procentenheter: −100 till 100, osäkerhetstal minst 0", -100, 100),
    Bound(r"index \d|medelvärde \d", "index och medelvärde: de tal som enheten nämner", numbered=True),
    Bound(r"kod \d", "kod: hela tal inom dem som enheten nämner", whole=True, numbered=True),
    Bound("antal svarande", "antal svarande: hela tal, minst 0", 0, whole=True),
    Bound("antal|dagar|vårddygn|årsarbetare|personer", "antal, dagar, vårddygn, årsarbetare, personer: minst 0", 0),
    # Money, and whatever else may be less than nothing.
    Bound("", "andra enheter: inga gränser"),
)


def bounds(kpis: Iterable[Kpi]) -> pl.DataFrame:
    """SCHEMA, a row per nyckeltal: lagst and hogst (null: none), heltal (only whole numbers), prognos (also of years
    to come). What the YAML says goes before the unit.
    """
    kpis = list(kpis)
    uncertainties = {kpi.uncertainty for kpi in kpis}
    return pl.DataFrame([_bounds_of(kpi, kpi.id in uncertainties) for kpi in kpis], schema=SCHEMA, orient="row")


def _bounds_of(kpi: Kpi, is_uncertainty: bool) -> tuple[str, float | None, float | None, bool, bool]:
    bound = next(bound for bound in BOUNDS if re.match(bound.unit, kpi.unit))
    captured = [float(number) for number in re.findall(r"\d+", kpi.unit)] if bound.numbered else []
    lowest, highest = (captured[0], captured[-1]) if captured else (bound.lowest, bound.highest)
    if is_uncertainty:
        lowest = 0
    return (
        kpi.id,
        lowest if kpi.lowest is None else kpi.lowest,
        highest if kpi.highest is None else kpi.highest,
        bound.whole,
        any("prognos" in title.lower() for title in kpi.titles),
    )


def outside(value: str = "varde") -> pl.Expr:
    """Why a value is outside the bounds beside it (null: it is not). Reads omrade_id too."""
    column = pl.col(value)

    def number(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.String).str.strip_suffix(".0")

    low = pl.col("lagst").fill_null(float("-inf"))
    high = pl.col("hogst").fill_null(float("inf"))
    own = ~pl.col("omrade_id").str.starts_with("G") & (pl.col("omrade_id") != "0000")
    return (
        pl.when(column < low)
        .then(pl.format(f"{OUTSIDE}, väntade minst {{}}", number("lagst")))
        .when(column > high)
        .then(pl.format(f"{OUTSIDE}, väntade högst {{}}", number("hogst")))
        .when(pl.col("heltal") & own & (column != column.round(0)))
        .then(pl.lit(f"{OUTSIDE}, väntade ett heltal"))
    )
