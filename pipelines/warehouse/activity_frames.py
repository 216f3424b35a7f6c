"""aktiviteter.yaml as the frames of its tables (`activity_tables`), with what its ids stand for in other files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.catalog.activities import Comment, FocusArea, Goal, Initiative
from pipelines.catalog.model import Catalog
from pipelines.warehouse.activity_tables import ACTIVITY_TABLES
from pipelines.warehouse.frames import polars_schema

_Row = tuple[object, ...]


def activity_frames(catalog: Catalog) -> dict[str, pl.DataFrame]:
    """Table name → frame, with columns in the table's order."""
    rows = _rows(catalog)
    return {
        table.name: pl.DataFrame(rows[table.name], schema=polars_schema(table), orient="row")
        for table in ACTIVITY_TABLES
    }


def _rows(catalog: Catalog) -> dict[str, Sequence[_Row]]:
    content = catalog.activities
    sources: dict[str | None, _Row] = {d.id: (d.title, d.case_number) for d in content.documents}
    sources[None] = (None, None)
    limit = content.limit
    return {
        "lan": [(catalog.geography.county_name, catalog.reached, catalog.definitions, catalog.proposed_from)],
        "rapport": [
            (content.report.title, content.report.board, *((limit.number, limit.decision) if limit else (None, None)))
        ]
        if content.report
        else [],
        "citat": [(q.id, q.place, q.text, *sources[q.document], n) for n, q in enumerate(content.quotes, start=1)],
        "instans": [
            (b.id, b.name, b.short, b.role, b.in_chain, b.part_of, *sources[b.document], n)
            for n, b in enumerate(content.organisations, start=1)
        ],
        "lansdel": [(p.id, p.name, p.confirmed, n) for n, p in enumerate(catalog.geography.sub_counties, start=1)],
        "fokusomrade": [
            (f.id, f.name, f.first_year, f.last_year, f.decision, *sources[f.document], n)
            for n, f in enumerate(content.focus_areas, start=1)
        ],
        "malsattning": [
            _goal(focus, n, goal, catalog) for focus in content.focus_areas for n, goal in enumerate(focus.goals, 1)
        ],
        "malsattning_indikator": [
            (goal.id, indicator)
            for focus in content.focus_areas
            for goal in focus.goals
            for indicator in goal.indicators
        ],
        "satsning": [(*_initiative(one), *sources[one.document], n) for n, one in enumerate(content.initiatives, 1)],
        "satsning_malsattning": [(one.id, link.id, link.decision) for one in content.initiatives for link in one.goals],
        "uppfoljningsmatt": [
            (y.id, one.id, y.name, y.kind, y.indicator, y.measure, y.kpi, y.lag, y.source, n)
            for one in content.initiatives
            for n, y in enumerate(one.follow_up_measures, start=1)
        ],
        "pdsa": [
            (one.id, c.number, c.hypothesis, c.planned, c.result, c.act)
            for one in content.initiatives
            for c in one.cycles
        ],
        "beslut": [
            (
                *(d.id, d.day, d.kind, d.organisation, d.what, d.section, d.case_number, d.note, *sources[d.document]),
                *(d.initiative, d.due.words if d.due else None, d.due.last if d.due else None, d.reported, n),
            )
            for n, d in enumerate(content.decisions, start=1)
        ],
        "trygghetsvy": [
            (n, entry.kpi, entry.measure, entry.why, content.safety.decision)
            for n, entry in enumerate(content.safety.entries, start=1)
        ]
        if content.safety
        else [],
        "kommentar": [
            (*_about(c), c.follow_up, c.known, c.believed, c.done, c.author, c.day) for c in content.comments
        ],
        "fraga": [(q.id, q.text, q.status, q.answer, q.by, q.day, n) for n, q in enumerate(content.questions, start=1)],
    }


def _goal(focus: FocusArea, number: int, goal: Goal, catalog: Catalog) -> _Row:
    geography = catalog.geography
    reach = goal.reach
    kommuner = region = parts = None
    names: list[str] = []
    if reach is not None and reach.principals is not None:
        reached = set(reach.principals)
        kommuner = sum(kommun.id in reached for kommun in geography.kommuner)
        region = geography.region.id in reached
        names += [p.name for p in (*geography.kommuner, geography.region) if p.id in reached]
    if reach is not None and reach.sub_counties is not None:
        parts = len(set(reach.sub_counties))
        names += [part.name for part in geography.sub_counties if part.id in reach.sub_counties]
    return (
        *(goal.id, focus.id, number, goal.text, goal.whole_county, goal.status, goal.evidence, goal.evidence_link),
        *(kommuner, region, parts, ", ".join(names) or None, goal.effect),
    )


def _initiative(one: Initiative) -> _Row:
    met = one.criteria
    return (
        *(one.id, one.name, one.kind, one.responsible, one.state, one.status, one.reason, one.merged_into),
        *(one.start, one.end),
        *((met.mandate, met.resources, met.funding, met.plan, met.trial) if met else (None,) * 5),
    )


def _about(comment: Comment) -> Iterator[str]:
    """What a comment is about: the kind, then the id."""
    kinds = {"mått": comment.measure, "indikator": comment.indicator, "målområde": comment.goal_area}
    return iter(next((kind, entry_id) for kind, entry_id in kinds.items() if entry_id is not None))
