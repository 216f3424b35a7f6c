"""XmR charts of months and quarters: whether a series moves more than it usually does (Making Data Count).

The centre is the mean of the points, the limits 2.66 mean moving ranges from it; ranges that are out of proportion are
left out of their mean once. Limits take ten points in unbroken order and are preliminary up to twelve; below that there
are none. A special cause says that something happened, not what. No target is drawn or assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Final

import polars as pl

from pipelines.periods import parse

VERSION: Final = "1"
LEAST_POINTS, LEAST_CERTAIN, RUN = 10, 13, 7
# As the method writes them: 3 / 1.128 and the limit of a range, with so many decimals.
_TO_LIMIT, _TO_SCREEN = 2.66, 3.267
NO_LIMITS, PRELIMINARY, FIRM = "inga", "preliminära", "gäller"
# The rules in the order in which a point gets its one.
CAUSES: Final = {
    1: "utanför gränserna",
    2: "sju i rad som stiger eller sjunker",
    3: "två av tre nära samma gräns",
    4: "sju i rad på samma sida om medelvärdet",
}

SCHEMA: Final = pl.Schema(
    {
        "nyckeltal_id": pl.String, "omrade_id": pl.String, "kon": pl.String, "ar": pl.Int32, "period": pl.String,
        "varde": pl.Float64, "medel": pl.Float64, "nedre": pl.Float64, "ovre": pl.Float64, "granser": pl.String,
        "regel": pl.Int32, "sarskild_orsak": pl.String, "motivering": pl.String,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """near: how far from the mean the near limits are, two thirds of the way."""

    mean: float
    lower: float
    upper: float
    near: float


def limits(values: Sequence[float], *, screened: bool = True) -> Limits:
    """Of at least two points. screened: ranges from 3.267 times their mean on are left out of it, once."""
    # Rounding must not put a level series outside limits that have no width.
    mean = fmean(values) if len(set(values)) > 1 else values[0]
    ranges = [abs(after - before) for before, after in pairwise(values)]
    mean_range = fmean(ranges)
    if screened and (usual := [size for size in ranges if size < _TO_SCREEN * mean_range]):
        mean_range = fmean(usual)
    half = _TO_LIMIT * mean_range
    return Limits(mean, mean - half, mean + half, half * 2 / 3)


def special_causes(values: Sequence[float], of: Limits) -> list[int | None]:
    """The rule of `CAUSES` that each point falls under, the first that does."""
    sides = [(value > of.mean) - (value < of.mean) for value in values]
    steps = [(after > before) - (after < before) for before, after in pairwise(values)]
    outside = [not of.lower <= value <= of.upper for value in values]
    near = [abs(value - of.mean) > of.near and not out for value, out in zip(values, outside, strict=True)]
    rising = [False] * len(values)
    one_side, two_of_three = rising.copy(), rising.copy()
    for first in range(len(values) - RUN + 1):
        if abs(sum(steps[first : first + RUN - 1])) == RUN - 1:
            rising[first : first + RUN] = [True] * RUN
        if abs(sum(sides[first : first + RUN])) == RUN:
            one_side[first : first + RUN] = [True] * RUN
    for first in range(len(values) - 2):
        three = range(first, first + 3)
        if (
            abs(sum(sides[at] for at in three)) == 3
            and sum(near[at] for at in three) >= 2
            and not any(outside[at] for at in three)
        ):
            for at in three:
                two_of_three[at] |= near[at]
    flags = zip(outside, rising, two_of_three, one_side, strict=True)
    return [next((rule for rule, flag in enumerate(of_point, start=1) if flag), None) for of_point in flags]


def xmr(values: pl.DataFrame) -> pl.DataFrame:
    """A row for every value of a month or quarter: table `xmr`.

    values: nyckeltal_id, omrade_id, kon, ar, period, varde; a period without a value, or a hidden one, breaks the
    order: what is hidden is small, so that limits over the gap would lie too high.
    """
    rows: list[dict[str, object]] = []
    series = ["nyckeltal_id", "omrade_id", "kon"]
    for key, of_series in values.sort(*series, "period").group_by(series, maintain_order=True):
        points = of_series.rows(named=True)
        rows += [dict(zip(series, key, strict=True)) | row for row in _series(points)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _series(points: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """The rows of one series, in order of time."""
    first = len(points) - 1
    while first and parse(str(points[first - 1]["period"])).following() == parse(str(points[first]["period"])):
        first -= 1
    newest = [float(str(point["varde"])) for point in points[first:]]
    number = len(newest)
    newest_limits = limits(newest) if number >= LEAST_POINTS else None
    rules = [None] * first + (special_causes(newest, newest_limits) if newest_limits else [None] * number)
    state = NO_LIMITS if newest_limits is None else PRELIMINARY if number < LEAST_CERTAIN else FIRM
    rows = []
    for at, (point, rule) in enumerate(zip(points, rules, strict=True)):
        drawn = newest_limits if at >= first else None
        why = f"{number} perioder i följd" if at >= first else "före ett avbrott i serien"
        if state == NO_LIMITS and at >= first:
            why += f"; gränser räknas från {LEAST_POINTS}"
        rows.append(
            {name: point[name] for name in ("ar", "period", "varde")}
            | {
                "medel": drawn.mean if drawn else None,
                "nedre": drawn.lower if drawn else None,
                "ovre": drawn.upper if drawn else None,
                "granser": state if drawn else NO_LIMITS,
                "regel": rule,
                "sarskild_orsak": CAUSES[rule] if rule else None,
                "motivering": why,
            }
        )
    return rows
