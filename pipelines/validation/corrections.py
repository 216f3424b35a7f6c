"""Corrections: single values of Kolada's that the owners have decided to leave out, override or flag.

The decisions stand in korrigeringar.yaml (`pipelines.catalog`). Each says what Kolada's own value was when it was made;
once Kolada says something else the decision is stale, and the run stops until somebody has looked at it. Which values
are let in at all is `quarantine`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipelines.catalog.model import Correction, Expectation
from pipelines.errors import ConfigError
from pipelines.validation.quarantine import KEY


def correct(values: pl.DataFrame, corrections: Sequence[Correction]) -> pl.DataFrame:
    """`values` corrected: the same rows in the same order, with `originalvarde` and `korrigering`.

    values: KEY (unique) + varde (Float64, finite or null = missing), antal_omraden, status, borttagen, hamtad; other
    columns pass through. corrections: as checked by `load_catalog`, at most one per value.

    originalvarde (Float64) is Kolada's own value and korrigering (String) the correction's id where one applies; both
    are null elsewhere. utelamna makes varde null and status 'utelämnad'; ersatt puts the new varde and status 'ersatt';
    flagga leaves both. `borttagen` stays as it came: a value that Kolada has deleted remains deleted.

    A value with status 'ersatt' or 'utelämnad' is not Kolada's unchanged one: under Kolada's terms it must not carry
    "Källa: Kolada". Whoever shows values looks at `korrigering`.

    Raises ConfigError when Kolada's own value is not what a correction expects; a deleted value counts as missing. A
    correction whose value did not come in this frame is left alone: most nights fetch a part only.
    """
    decisions = _table(corrections, values.schema["ar"])
    kolada = pl.when(~pl.col("borttagen")).then(pl.col("varde"))
    rows = values.select(*KEY, "varde", "status", kolada.alias("originalvarde")).join(
        decisions, on=KEY, how="left", maintain_order="left", validate="m:1"
    )
    corrected = pl.col("korrigering").is_not_null()
    _refuse_stale(rows.filter(corrected & ~_as_expected()), corrections)
    left_out, replaced = pl.col("atgard") == "utelamna", pl.col("atgard") == "ersatt"
    changed = rows.select(
        pl.when(left_out).then(None).when(replaced).then(pl.col("nytt")).otherwise(pl.col("varde")).alias("varde"),
        pl.when(left_out)
        .then(pl.lit("utelämnad"))
        .when(replaced)
        .then(pl.lit("ersatt"))
        .otherwise(pl.col("status"))
        .alias("status"),
        pl.when(corrected).then(pl.col("originalvarde")).alias("originalvarde"),
        "korrigering",
    )
    return values.with_columns(changed.get_columns())


def touched_kpis(before: Sequence[Correction], after: Sequence[Correction]) -> set[str]:
    """Ids of the KPIs whose corrections differ between two versions of korrigeringar.yaml, whatever their order.

    Their values must be fetched whole again: an incremental night would leave a new correction unapplied, and a removed
    one in force, until Kolada next changes the value.
    """
    return {correction.kpi_id for correction in set(before) ^ set(after)}


def _table(corrections: Sequence[Correction], year: pl.DataType) -> pl.DataFrame:
    """One row per correction: KEY, korrigering, atgard, nytt (the overriding value), lika, storre, mindre, saknas."""
    columns: dict[str, tuple[pl.DataType | type[pl.DataType], list[object]]] = {
        "nyckeltal_id": (pl.String, [c.kpi_id for c in corrections]),
        "omrade_id": (pl.String, [c.area_id for c in corrections]),
        "ar": (year, [c.year for c in corrections]),
        "kon": (pl.String, [c.gender for c in corrections]),
        "korrigering": (pl.String, [c.id for c in corrections]),
        "atgard": (pl.String, [c.action for c in corrections]),
        "nytt": (pl.Float64, [c.value for c in corrections]),
        "lika": (pl.Float64, [c.expected.equals for c in corrections]),
        "storre": (pl.Float64, [c.expected.above for c in corrections]),
        "mindre": (pl.Float64, [c.expected.below for c in corrections]),
        "saknas": (pl.Boolean, [c.expected.missing is not None for c in corrections]),
    }
    return pl.DataFrame([pl.Series(name, given, dtype) for name, (dtype, given) in columns.items()])


def _as_expected() -> pl.Expr:
    """Whether Kolada's own value is what the correction of its row expects; never null where there is a correction."""
    value = pl.col("originalvarde")
    within = [
        pl.col(limit).is_null() | holds
        for limit, holds in (
            ("lika", value == pl.col("lika")),
            ("storre", value > pl.col("storre")),
            ("mindre", value < pl.col("mindre")),
        )
    ]
    return pl.when(pl.col("saknas")).then(value.is_null()).otherwise(value.is_not_null() & pl.all_horizontal(within))


def _refuse_stale(stale: pl.DataFrame, corrections: Sequence[Correction]) -> None:
    """Raise ConfigError when there are rows in `stale`: the first in the file's order in full, the others counted."""
    if stale.is_empty():
        return
    rows = {row["korrigering"]: row for row in stale.iter_rows(named=True)}
    first = next(correction for correction in corrections if correction.id in rows)
    rest = f" (and {len(rows) - 1} more corrections that no longer hold)" if len(rows) > 1 else ""
    raise ConfigError(
        f"korrigeringar.yaml: {first.id} ({first.kpi_id}, area {first.area_id}, {first.year}, {first.gender}) expects "
        f"of Kolada's own value {_in_words(first.expected)}, but Kolada now says {_value_in_words(rows[first.id])} → "
        "remove the correction from korrigeringar.yaml if Kolada has mended the value, else decide anew and write what "
        f"is expected under vantat{rest}"
    )


def _in_words(expected: Expectation) -> str:
    """In the words of the file: "storre: 100.0 and mindre: 200.0", "saknas: ja"."""
    return " and ".join(f"{key}: {number}" for key, number in expected.limits().items()) or "saknas: ja"


def _value_in_words(row: Mapping[str, object]) -> str:
    value = row["originalvarde"]
    return f"no value ({row['status']})" if value is None else str(value)
