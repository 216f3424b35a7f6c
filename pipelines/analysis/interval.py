"""How sure a value is: intervals from Kolada's osäkerhetstal or from known counts, as polars expressions.

Nothing is made up: without a margin or counts there is no interval, and never one of zero width. Which of them applies
to a value is `comparison`. Formulas: Wilson (1927) for shares, Byar (Rothman & Boice 1979) for counts and rates, both
as in PHEindicatormethods.
"""

from __future__ import annotations

from statistics import NormalDist

import polars as pl

Z95 = NormalDist().inv_cdf(0.975)
Z998 = NormalDist().inv_cdf(0.999)
# Kolada does not say which level its osäkerhetstal are for; 95 % is an assumption that the owners are to confirm.
TO_998 = Z998 / Z95


def wilson(cases: pl.Expr, total: pl.Expr, z: float = Z95) -> tuple[pl.Expr, pl.Expr]:
    """Limits of the share cases/total, from 0 to 1; null unless 0 ≤ cases ≤ total and total > 0."""
    known = (cases >= 0) & (cases <= total) & (total > 0)
    spread = z * (z**2 + 4 * cases * (1 - cases / total)).sqrt()
    low, high = ((2 * cases + z**2 + sign * spread) / (2 * (total + z**2)) for sign in (-1, 1))
    # Rounding leaves a trace on the wrong side of 0 and 1.
    return pl.when(known).then(low.clip(0, 1)), pl.when(known).then(high.clip(0, 1))


def byar(count: pl.Expr, z: float = Z95) -> tuple[pl.Expr, pl.Expr]:
    """Limits of a count. The lower one is 0 for count 0, and null where the formula gives less than 0."""
    known = count >= 0
    above = count + 1
    low = count * (1 - 1 / (9 * count) - z / (3 * count.sqrt())) ** 3
    high = above * (1 - 1 / (9 * above) + z / (3 * above.sqrt())) ** 3
    return pl.when(known & (count == 0)).then(0.0).when(known & (low >= 0)).then(low), pl.when(known).then(high)


def half_of_sum(parts: pl.Expr) -> pl.Expr:
    """The half width of a sum of independent parts, each with its own (of a mean: h/k); null unless each has one."""
    return pl.when(parts.is_not_null().all()).then((parts**2).sum().sqrt())
