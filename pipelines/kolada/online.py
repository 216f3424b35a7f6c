"""`malbild check --online`: the YAML files against Kolada's catalogue of today. Nothing is stored."""

from __future__ import annotations

import difflib

from pipelines.catalog.load import GEOGRAPHY_FILE, INDICATOR_FILE
from pipelines.catalog.model import Catalog, Kpi
from pipelines.catalog.titles import is_confirmed
from pipelines.errors import CatalogError, Problem
from pipelines.kolada.contract import KpiRecord
from pipelines.kolada.lists import fetch_lists


def check_online(catalog: Catalog, kolada_url: str, patience: float) -> list[str]:
    """What differs and is worth knowing, one line each.

    Raises CatalogError naming every KPI, area or group of ours that Kolada does not have, with the nearest ids and
    titles, and SourceError when Kolada cannot be read.
    """
    found = fetch_lists(kolada_url, patience)
    by_id = {kpi.id: kpi for kpi in found.kpis}
    geography = catalog.geography
    areas_known, groups_known = {area.id for area in found.areas}, {group.id for group in found.groups}
    our_areas = [area.id for area in (*geography.kommuner, geography.region, geography.country)]
    our_groups = [*geography.kommun_groups(), *geography.region_groups()]
    problems = [
        Problem(
            INDICATOR_FILE,
            _line(catalog, INDICATOR_FILE, kpi.id),
            f"nyckeltal {kpi.id} {kpi.titles[0]!r} is not in Kolada's catalogue",
            f"correct the id or set folj: nej; nearest there: {_nearest(kpi, by_id)}",
        )
        for kpi in catalog.followed_kpis()
        if kpi.id not in by_id
    ] + [
        Problem(
            GEOGRAPHY_FILE,
            _line(catalog, GEOGRAPHY_FILE, gone),
            f"{gone} is not in Kolada's catalogue",
            "correct the id",
        )
        for ours, known in ((our_areas, areas_known), (our_groups, groups_known))
        for gone in ours
        if gone not in known
    ]
    if problems:
        raise CatalogError(problems)
    lines = [
        f"{len(by_id)} KPIs, {len(found.areas)} areas, {len(found.groups)} groups at {kolada_url}: "
        "all of ours are there"
    ]
    for ours in catalog.followed_kpis():
        theirs = by_id[ours.id]
        if not is_confirmed(ours, theirs.title):
            lines.append(f"{ours.id}: Kolada's title {theirs.title!r} is not among titlar {list(ours.titles)}")
        if theirs.municipality_type != ours.level:
            lines.append(f"{ours.id}: Kolada's level is {theirs.municipality_type}, niva says {ours.level}")
    return lines


def _line(catalog: Catalog, file_name: str, wanted: str) -> int:
    """Where an id is defined: the last line that has it, for KPIs are named under their mått first."""
    (content,) = (file.content.decode() for file in catalog.files if file.name == file_name)
    return max(
        n for n, line in enumerate(content.splitlines(), start=1) if f'"{wanted}"' in line or f"'{wanted}'" in line
    )


def _nearest(kpi: Kpi, found: dict[str, KpiRecord]) -> str:
    titles = {there.title: there.id for there in found.values()}
    by_title = [titles[t] for t in difflib.get_close_matches(kpi.titles[0], titles, n=2, cutoff=0.6)]
    by_id = difflib.get_close_matches(kpi.id, found, n=1, cutoff=0.8)
    return ", ".join(f"{near} {found[near].title!r}" for near in dict.fromkeys([*by_title, *by_id])) or "none"
