"""The names of the graph: one part per indikator, generated from the YAML, and one for KPIs without a mått."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dagster as dg

from pipelines import clock
from pipelines.catalog.model import Catalog
from pipelines.settings import KOLADA_URL
from pipelines.warehouse.schema import schema

REMAINDER = "ovriga"
# What every night makes is from tonight when people come to work: from the schedule's first tick, with some hours to
# spare. Dagster looks at materializations only, so that what is published only when there is news cannot have it.
FRESH = dg.FreshnessPolicy.cron("0 7 * * *", lower_bound_delta=timedelta(hours=4), timezone=clock.TIME_ZONE)
_MAX_LINES = 300


@dataclass(frozen=True, slots=True)
class Part:
    """One column of the graph: what is fetched and validated together. `kpis` of different parts never overlap; title
    and description are Markdown.
    """

    id: str
    title: str
    description: str
    group: str
    kpis: tuple[str, ...]


def parts(catalog: Catalog) -> list[Part]:
    """One part per indikator, in the målbild's order, then the rest."""
    indicators = [
        Part(
            i.id,
            as_text(f"{goal.name} · {i.name}"),
            as_text(i.definition),
            goal.id,
            catalog.kpis_of_indicator(i.id),
        )
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


def as_text(text: str) -> str:
    """Text for a description, which Dagster's UI reads as Markdown: what the YAML says is no tag and no link."""
    return re.sub(r"[\\<\[]", r"\\\g<0>", text)


def raw_key(part_id: str) -> dg.AssetKey:
    return dg.AssetKey(["ra", part_id])


def validated_key(part_id: str) -> dg.AssetKey:
    return dg.AssetKey(["validerat", part_id])


def column_schema(table_name: str, only: Collection[str] | None = None) -> dg.TableSchema:
    """A table's columns for the UI; `only` those that a frame has so far."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name, c.type, description=c.comment, constraints=dg.TableColumnConstraints(nullable=c.nullable)
            )
            for c in schema().tables[table_name].columns.values()
            if only is None or c.name in only
        ]
    )


def table(rows: Iterable[Mapping[str, Any]], columns: Collection[str] = ()) -> dg.TableMetadataValue:
    """Rows as a table for the UI; `columns` are needed when there may be no row."""
    rows = list(rows)
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    # Findings of several kinds stand in one table, and Dagster wants every field in every row.
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in names}) for row in rows]
    return dg.MetadataValue.table(records, schema=dg.TableSchema([dg.TableColumn(name) for name in names]))


def _cell(value: Any) -> str | int | float:
    """The table takes texts and numbers; a value that is missing is a dash, which no number is."""
    if value is None:
        return "–"
    return value if isinstance(value, str | int | float) else str(value)


def plain_text(text: str, command: str) -> dg.MarkdownMetadataValue:
    """A text for the UI as it stands, at most 300 lines of it; `command` prints the whole."""
    lines = text.splitlines()
    rest = [f"… {len(lines) - _MAX_LINES} rader till: {command}"] if len(lines) > _MAX_LINES else []
    return dg.MetadataValue.md("\n".join(["~~~", *lines[:_MAX_LINES], *rest, "~~~"]))


def kpi_links(kpi_ids: Iterable[str], catalog: Catalog) -> dict[str, dg.UrlMetadataValue]:
    """Each KPI with its title, and the address of what Kolada says of it."""
    return {
        f"{kpi_id} {catalog.kpis[kpi_id].titles[0]}": dg.MetadataValue.url(f"{KOLADA_URL}/kpi/{kpi_id}")
        for kpi_id in kpi_ids
    }


def column_lineage(columns: Mapping[str, Iterable[tuple[dg.AssetKey, str]]]) -> dict[str, dg.TableColumnLineage]:
    """Metadata that says which columns of which assets each column is made of."""
    deps = {name: [dg.TableColumnDep(key, column) for key, column in sources] for name, sources in columns.items()}
    return {"dagster/column_lineage": dg.TableColumnLineage(deps)}
