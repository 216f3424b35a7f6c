"""What the owners decide and write, as tables: aktiviteter.yaml → its frames, with what its ids mean elsewhere.

`lan` and `lansdel`, which other files decide, are made here as well: like the rest they are the owners' words. Which
key of the file fills which column is declared in the schema (`ur`).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.catalog.activities import Activities, Comment, Goal
from pipelines.catalog.model import Catalog, Geography
from pipelines.warehouse.frames import as_frame, row

_Row = dict[str, object]
_Rows = dict[str, list[_Row]]
# Document id → the columns with the source of an entry; None is the id for an entry that names no document.
_Sources = Mapping[str | None, _Row]


def activity_frames(catalog: Catalog) -> dict[str, pl.DataFrame]:
    """Table name → frame."""
    content = catalog.activities
    sources: dict[str | None, _Row] = {
        document.id: {"dokument": document.title, "dokument_diarienummer": document.case_number}
        for document in content.documents
    }
    sources[None] = {"dokument": None, "dokument_diarienummer": None}
    rows = {
        **_county(catalog),
        **_texts(content, sources),
        **_goals(content, sources, catalog.geography),
        **_initiatives(content, sources),
        "beslut": [
            row("beslut", decision, ordning=n, **sources[decision.document])
            for n, decision in enumerate(content.decisions, start=1)
        ],
    }
    return {name: as_frame(name, table_rows) for name, table_rows in rows.items()}


def _county(catalog: Catalog) -> _Rows:
    county: _Row = {
        "lan": catalog.geography.county_name,
        "malbild_ar": catalog.reached,
        "definitioner_kalla": catalog.definitions,
        "forslag_fran": catalog.proposed_from,
    }
    report, limit = catalog.activities.report, catalog.activities.limit
    number, decision = (limit.number, limit.decision) if limit else (None, None)
    parts = enumerate(catalog.geography.sub_counties, start=1)
    return {
        "lan": [county],
        "rapport": [row("rapport", report, grans_satsningar=number, grans_beslut_id=decision)] if report else [],
        "lansdel": [row("lansdel", part, ordning=n) for n, part in parts],
    }


def _texts(content: Activities, sources: _Sources) -> _Rows:
    safety, asked = content.safety, content.asked
    return {
        "citat": [
            row("citat", quote, ordning=n, **sources[quote.document]) for n, quote in enumerate(content.quotes, start=1)
        ],
        "instans": [
            row("instans", organisation, ordning=n, tillfragas=organisation in asked, **sources[organisation.document])
            for n, organisation in enumerate(content.organisations, start=1)
        ],
        "trygghetsvy": [
            row("trygghetsvy", entry, ordning=n, beslut=safety.decision)
            for n, entry in enumerate(safety.entries, start=1)
        ]
        if safety
        else [],
        "kommentar": [row("kommentar", comment, **_about(comment)) for comment in content.comments],
        "fraga": [row("fraga", question, ordning=n) for n, question in enumerate(content.questions, start=1)],
        **_self_assessment(content),
    }


def _self_assessment(content: Activities) -> _Rows:
    asked = content.self_assessment
    statements, steps = (asked.statements, asked.steps) if asked else ((), ())
    decision = asked.decision if asked else None
    return {
        "pastaende": [row("pastaende", s, beslut=decision, ordning=n) for n, s in enumerate(statements, start=1)],
        "pastaende_steg": [{"steg": n, "text": text} for n, text in enumerate(steps, start=1)],
    }


def _goals(content: Activities, sources: _Sources, geography: Geography) -> _Rows:
    goals = [(focus, n, goal) for focus in content.focus_areas for n, goal in enumerate(focus.goals, start=1)]
    return {
        "fokusomrade": [
            row("fokusomrade", focus, ordning=n, **sources[focus.document])
            for n, focus in enumerate(content.focus_areas, start=1)
        ],
        "malsattning": [
            row("malsattning", goal, fokusomrade_id=focus.id, nummer=n, **_reach(goal, geography))
            for focus, n, goal in goals
        ],
        "malsattning_indikator": [
            {"malsattning_id": goal.id, "indikator_id": indicator}
            for _, _, goal in goals
            for indicator in goal.indicators
        ],
    }


def _initiatives(content: Activities, sources: _Sources) -> _Rows:
    return {
        "satsning": [
            row("satsning", initiative, ordning=n, **sources[initiative.document])
            for n, initiative in enumerate(content.initiatives, start=1)
        ],
        "satsning_malsattning": [
            row("satsning_malsattning", link, satsning_id=initiative.id)
            for initiative in content.initiatives
            for link in initiative.goals
        ],
        "uppfoljningsmatt": [
            row("uppfoljningsmatt", measure, satsning_id=initiative.id, ordning=n)
            for initiative in content.initiatives
            for n, measure in enumerate(initiative.follow_up_measures, start=1)
        ],
        "pdsa": [
            row("pdsa", cycle, satsning_id=initiative.id)
            for initiative in content.initiatives
            for cycle in initiative.cycles
        ],
    }


def _reach(goal: Goal, geography: Geography) -> _Row:
    """How many huvudmän and länsdelar a målsättning has reached, and their names; NULL where it is not stated."""
    kommuner = region = parts = None
    names: list[str] = []
    reach = goal.reach
    if reach is not None and reach.principals is not None:
        reached = set(reach.principals)
        kommuner = sum(kommun.id in reached for kommun in geography.kommuner)
        region = geography.region.id in reached
        names += [p.name for p in (*geography.kommuner, geography.region) if p.id in reached]
    if reach is not None and reach.sub_counties is not None:
        parts = len(set(reach.sub_counties))
        names += [part.name for part in geography.sub_counties if part.id in reach.sub_counties]
    return {
        "kommuner_nadda": kommuner,
        "region_nadd": region,
        "lansdelar_nadda": parts,
        "nadda": ", ".join(names) or None,
    }


def _about(comment: Comment) -> _Row:
    """What a comment is about: the kind of thing, and its id."""
    kinds = {
        "mått": comment.measure,
        "indikator": comment.indicator,
        "målområde": comment.goal_area,
        "huvudman": comment.principal,
    }
    kind, entry_id = next((kind, entry_id) for kind, entry_id in kinds.items() if entry_id is not None)
    return {"objekt": kind, "objekt_id": entry_id}
