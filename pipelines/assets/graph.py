"""The names of the graph: one part per indikator, generated from the YAML, and one for KPIs without a mått."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import dagster as dg

from pipelines.catalog.model import Catalog
from pipelines.warehouse.schema import BY_NAME

REMAINDER = "ovriga"


@dataclass(frozen=True, slots=True)
class Part:
    """One column of the graph: what is fetched and validated together. `kpis` of different parts never overlap."""

    id: str
    title: str
    description: str
    group: str
    kpis: tuple[str, ...]


def parts(catalog: Catalog) -> list[Part]:
    """One part per indikator, in the målbild's order, then the rest."""
    indicators = [
        Part(i.id, f"{goal.name} · {i.name}", i.definition, goal.id, catalog.kpis_of_indicator(i.id))
        for goal in catalog.goal_areas
        for i in goal.indicators
    ]
    rest = Part(
        REMAINDER,
        "Övriga nyckeltal",
        "Närliggande nyckeltal som inte hör till något mått.",
        REMAINDER,
        catalog.remaining_kpis(),
    )
    return [*indicators, rest]


def raw_key(part_id: str) -> dg.AssetKey:
    return dg.AssetKey(["ra", part_id])


def validated_key(part_id: str) -> dg.AssetKey:
    return dg.AssetKey(["validerat", part_id])


def skipped(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """The result of a step that has nothing to do, because what is published already says what was fetched."""
    context.log.info("skipped: nothing new since the last publication")
    return dg.MaterializeResult(metadata={"överhoppad": "inget nytt sedan den senaste publiceringen"})


def column_schema(table_name: str, without: Collection[str] = ()) -> dg.TableSchema:
    """A table's columns for the UI; `without` those that are not there yet."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name, c.type, description=c.comment, constraints=dg.TableColumnConstraints(nullable=c.nullable)
            )
            for c in BY_NAME[table_name].columns
            if c.name not in without
        ]
    )
