"""One nyckeltal under one mått: its facts, three statuses, sentences, charts and tables, in a fixed order.

The parts are made in the other `kpi_` modules; here is which of them a block has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboards import formatting
from dashboards.csvfiles import csv_path
from dashboards.pages import attribution, kpi_origin, status
from dashboards.pages.choice import applies_to
from dashboards.pages.kpi import direction_words
from dashboards.pages.kpi_charts import Chart, charts
from dashboards.pages.kpi_equity import gap_table
from dashboards.pages.kpi_scope import Scope, scope_of
from dashboards.pages.kpi_sentences import sentences
from dashboards.pages.kpi_tables import change_table, position_table, tables
from dashboards.pages.status import Status
from dashboards.pages.tables import Table
from dashboards.reading.published import KpiUse, Measure, Published
from pipelines.rows import Record

# As many years of what is folded away as fit beside its title.
_FOLDED_YEARS = 5


@dataclass(frozen=True, slots=True)
class StandingGroup:
    """The three statuses of the kommuner together, the region or one kommun (`who`), kept separate."""

    who: str
    statuses: tuple[Status, Status, Status]


@dataclass(frozen=True, slots=True)
class Block:
    """All that the report says of one nyckeltal under one mått.

    own_tables: what we have computed of each area. csv: where every number of the mått is, in full precision.
    """

    anchor: str
    kpi_id: str
    title: str
    facts: tuple[str, ...]
    flags: tuple[str, ...]
    standings: tuple[StandingGroup, ...]
    sentences: tuple[str, ...]
    own: str
    notice: str | None
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    own_tables: tuple[Table, ...]
    csv: str
    details: tuple[tuple[str, str], ...]
    description: str | None


def block(use: KpiUse, measure: Measure, published: Published, *, anchor: str, with_charts: bool) -> Block:
    """`with_charts` false for the nyckeltal that are folded away: statuses, sentence, values and provenance only.

    What is computed for each area, and the earlier years, are left out; those numbers are in the CSV.
    """
    kpi = published.kpis[use.kpi_id]
    scope = scope_of(kpi, published)
    if scope and not with_charts:
        scope = replace(scope, years=scope.years[-_FOLDED_YEARS:])
    drawn: Sequence[Chart] = ()
    said: list[str] = []
    own_tables: list[Table | None] = []
    if scope:
        said = sentences(scope)
        if with_charts and not scope.coded:
            drawn, left = charts(scope, anchor, _begun(use, measure, published))
            said += left
            own_tables = [position_table(scope, published), change_table(scope), gap_table(scope)]
    return Block(
        anchor=anchor,
        kpi_id=kpi.id,
        title=kpi.title,
        facts=(formatting.capital(kpi.unit), direction_words(kpi), f"Roll: {use.role}", kpi_origin.decisions(use, kpi)),
        flags=tuple(kpi_origin.flags(kpi, has_values=scope is not None)),
        standings=tuple(_standings(scope, published)) if scope and not scope.coded else (),
        sentences=tuple(said),
        own=attribution.own(attribution.source_of(kpi, published.run)),
        notice=None if scope else kpi_origin.why_empty(kpi, published),
        charts=tuple(drawn),
        tables=tuple(tables(scope, in_full=with_charts)) if scope else (),
        own_tables=tuple(table for table in own_tables if table is not None),
        csv=csv_path(measure.id, published),
        details=tuple(kpi_origin.details(kpi, published)),
        description=kpi.description,
    )


def _begun(use: KpiUse, measure: Measure, published: Published) -> list[Record]:
    """Satsningar whose uppföljningsmått steer towards the mått or this nyckeltal, and whose start is known."""
    content = published.content
    return [
        initiative
        for initiative in content["satsning"]
        if initiative.start is not None
        and any(
            m.matt_id == measure.id or m.nyckeltal_id == use.kpi_id
            for m in content.belonging("uppfoljningsmatt", initiative)
        )
    ]


def _standings(scope: Scope, published: Published) -> list[StandingGroup]:
    groups = []
    for kind in ("kommun", "region"):
        areas = [area for area in scope.principals if area.kind == kind and applies_to(scope.kpi, area)]
        if areas and scope.years_of(areas):
            whom = areas[0].name if len(areas) == 1 else "Länets kommuner"
            groups.append(StandingGroup(whom, status.county_reading(scope.kpi, kind, published).all))
    return groups
