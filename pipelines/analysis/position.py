"""Placering: where an area stands among all of its kind, and how sure that is.

A place is a rank among values that are uncertain themselves. So each area has a 95 % rank interval beside its place,
and a band only where it is likely (SURE) that it belongs there. Posterior of each area: prior N(μ, τ²) over the areas
of its kind, noise from `comparison` (Kolada's osäkerhetstal, counts or årsvariation); ranks from DRAWS draws with a
fixed seed. τ²/(τ² + mean noise) is the nyckeltal's tillförlitlighet: whether it can tell areas apart at all.
Sources: Goldstein & Spiegelhalter 1996; Efron & Morris 1975.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.interval import Z95

VERSION: Final = "2"
DRAWS: Final = 2000
SURE: Final = 0.8
# Fewer areas have places, and no bands.
MIN_AREAS: Final = 20
_SEED: Final = 20350101
# Random numbers are drawn for so many areas at a time: one matrix serves all nyckeltal.
_COLUMNS: Final = 320
_PARTS: Final = {"tredjedelar": (3, "tredjedelen"), "fjärdedelar": (4, "fjärdedelen"), "femtedelar": (5, "femtedelen")}
NO_DIRECTION: Final = "nyckeltalet har ingen riktning"
TOO_FEW_AREAS: Final = "färre än {} områden har värde"
NO_NOISE: Final = "osäkerheten är inte känd för alla områden"
NOT_SURE: Final = "går inte att placera: osäkerheten räcker över flera delar"

_GROUP: Final = ["nyckeltal_id", "typ", "ar", "kon"]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bands:
    """The outer bands are the best and the worst 1/`parts` of the areas."""

    parts: int
    best: str
    middle: str
    worst: str


def bands(method: str) -> Bands:
    """The bands of a word in the YAML: tredjedelar, fjärdedelar or femtedelar."""
    parts, name = _PARTS[method]
    return Bands(parts, f"bästa {name}", "mellan", f"sämsta {name}")


@dataclass(frozen=True, slots=True)
class Positions:
    """areas: the columns of table `placering`. kpis: those of table `tillforlitlighet`."""

    areas: pl.DataFrame
    kpis: pl.DataFrame


def positions(compared: pl.DataFrame, cuts: Bands) -> Positions:
    """Rank the areas of each nyckeltal, kind, year and kön in `compared` among each other.

    compared: nyckeltal_id, typ, ar, kon, omrade_id, varde, halv_95 (null: unknown noise), riktning (högre, lägre or
    ingen; null as ingen); all areas of the kind with a value.
    """
    # Oriented so that less is better.
    oriented = (
        pl.when(pl.col("riktning") == "högre").then(-pl.col("varde")).when(pl.col("riktning") == "lägre").then("varde")
    )
    ordered = (
        compared.with_columns(_sign=oriented)
        .sort(*_GROUP, "omrade_id", maintain_order=True)
        .with_columns(
            plats=pl.col("_sign").rank("min").over(_GROUP).cast(pl.Int32),
            plats_till=pl.col("_sign").rank("max").over(_GROUP).cast(pl.Int32),
            antal_med_varde=pl.len().over(_GROUP).cast(pl.Int32),
            brus=(pl.col("halv_95") / Z95) ** 2,
        )
    )
    ranks: list[npt.NDArray[np.float64]] = []
    reliabilities: list[tuple[object, ...]] = []
    for key, part in ordered.group_by(_GROUP, maintain_order=True):
        values, noise = part["_sign"].to_numpy(), part["brus"].to_numpy()
        if np.isnan(values).any() or np.isnan(noise).any() or len(values) < 2:
            ranks.append(np.full((len(values), 4), np.nan))
            continue
        between = max(0.0, float(values.var(ddof=1) - noise.mean()))
        total = between + float(noise.mean())
        reliabilities.append((*key, len(values), between, float(noise.mean()), between / total if total else None))
        ranks.append(_ranks(values, noise, between, cuts.parts))
    columns = np.concatenate([np.empty((0, 4)), *ranks])
    ranked = ordered.with_columns(
        pl.Series(name, columns[:, number]).fill_nan(None)
        for number, name in enumerate(("nedre", "ovre", "_bast", "_samst"))
    )
    return Positions(
        _worded(ranked, cuts),
        pl.DataFrame(reliabilities, schema=_RELIABILITY_SCHEMA, orient="row"),
    )


_RELIABILITY_SCHEMA: Final = {
    "nyckeltal_id": pl.String,
    "typ": pl.String,
    "ar": pl.Int32,
    "kon": pl.String,
    "antal_med_varde": pl.Int32,
    "varians_mellan": pl.Float64,
    "varians_brus": pl.Float64,
    "tillforlitlighet": pl.Float64,
}


def _ranks(values: _Floats, noise: _Floats, between: float, parts: int) -> _Floats:
    """areas × (2.5 % rank, 97.5 % rank, P(best part), P(worst part)), ranks from 1 = least."""
    count = len(values)
    if between == 0:
        # Nothing tells the areas apart: each may have any rank.
        return np.tile([1.0, count, 1 / parts, 1 / parts], (count, 1))
    weight = between / (between + noise)
    centre = values.mean() + weight * (values - values.mean())
    # Equal values without noise change places too.
    spread = np.maximum(np.sqrt(weight * noise), 1e-6 * np.sqrt(between))
    drawn = spread * _normals(-(-count // _COLUMNS) * _COLUMNS)[:, :count]
    drawn += centre
    # In whole steps of a 65,536th of the span: whole numbers are sorted twice as fast.
    scale = 65535 / np.ptp(drawn)
    drawn -= drawn.min()
    drawn *= scale
    order = np.argsort(drawn.astype(np.uint16), axis=1, kind="stable")
    # How often each area has each rank: at place j of a draw lies area order[draw, j].
    order *= count
    order += np.arange(count)
    often = np.bincount(order.ravel(), minlength=count * count).reshape(count, count)
    cumulated = often.cumsum(axis=1) / DRAWS
    lower, upper = ((cumulated < limit).sum(axis=1) + 1 for limit in (0.025, 0.975))
    # Place i of n lies in the best part when (i - 0.5)/n is below 1/parts.
    share = (np.arange(1, count + 1) - 0.5) / count
    best = often[:, share < 1 / parts].sum(axis=1) / DRAWS
    worst = often[:, share > 1 - 1 / parts].sum(axis=1) / DRAWS
    return np.column_stack([lower, upper, best, worst])


@cache
def _normals(count: int) -> _Floats:
    """DRAWS × count standard normal numbers, the same every time. The first columns do not depend on the count."""
    return np.ascontiguousarray(np.random.default_rng(_SEED).standard_normal((count, DRAWS)).T)


def _worded(ranked: pl.DataFrame, cuts: Bands) -> pl.DataFrame:
    """The band of each area, or why it has none."""
    enough = pl.col("antal_med_varde") >= MIN_AREAS
    band = (
        pl.when(~enough)
        .then(None)
        .when(pl.col("_bast") >= SURE)
        .then(pl.lit(cuts.best))
        .when(pl.col("_samst") >= SURE)
        .then(pl.lit(cuts.worst))
        .when(1 - pl.col("_bast") - pl.col("_samst") >= SURE)
        .then(pl.lit(cuts.middle))
    )
    reason = (
        pl.when(pl.col("_sign").is_null())
        .then(pl.lit(NO_DIRECTION))
        .when(~enough)
        .then(pl.lit(TOO_FEW_AREAS.format(MIN_AREAS)))
        .when(pl.col("nedre").is_null())
        .then(pl.lit(NO_NOISE))
        .otherwise(pl.lit(NOT_SURE))
    )
    return (
        ranked.with_columns(band=band)
        .with_columns(band_orsak=pl.when(pl.col("band").is_null()).then(reason))
        .with_columns(pl.col("nedre", "ovre").cast(pl.Int32))
        .drop("_sign", "_bast", "_samst", "brus")
    )
