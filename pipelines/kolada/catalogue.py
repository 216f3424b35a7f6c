"""Kolada's own catalogue of KPIs, areas and groups: narrowed to what is followed, whole, and against the YAML files.

The catalogue of a run is kept as one JSON file in the run's folder; what changed since the last one is
`warehouse.catalogue_history`.
"""

from __future__ import annotations

import asyncio
import difflib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from pipelines.catalog.break_texts import unanswered
from pipelines.catalog.load import GEOGRAPHY_FILE, INDICATOR_FILE
from pipelines.catalog.model import Catalog, Geography, Kpi
from pipelines.catalog.titles import is_confirmed
from pipelines.errors import CatalogError, ConfigError, Problem, SourceError
from pipelines.kolada.archive import Entry, RawArchive
from pipelines.kolada.client import KoladaClient, store_nothing
from pipelines.kolada.contract import Group, KpiRecord, Municipality, UnreadableAnswerError, read_page
from pipelines.kolada.plan import Areas, id_lists

T = TypeVar("T", KpiRecord, Municipality, Group)

# Ids of kommuner, regions and riket: four digits, also when they look like numbers.
_AREA_ID = re.compile(r"[0-9]{4}")
_GROUPS = "/municipality_groups"


class Catalogue(msgspec.Struct, frozen=True):
    """`kpis` and `groups`: those of ours that Kolada has; `areas`: every kommun, region and riket. `fetched` in UTC."""

    fetched: datetime
    kpis: dict[str, KpiRecord]
    areas: list[Municipality]
    groups: dict[str, Group]

    def levels(self) -> dict[str, str]:
        """KPI id → K, L or A, as Kolada says."""
        return {kpi.id: kpi.municipality_type for kpi in self.kpis.values()}

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decoded(cls, content: bytes) -> Catalogue:
        return msgspec.json.decode(content, type=cls)


async def fetch_catalogue(
    client: KoladaClient, kpi_ids: Collection[str], group_ids: Collection[str], *, whole: bool
) -> Catalogue:
    """Kolada's catalogue, narrowed to our KPIs and groups: from the whole lists, or (not `whole`) asked for by id.

    Raises SourceError when Kolada's catalogue is empty (a catalogue without areas, or without any KPI of ours, is a
    fault, not news), says something twice, or holds a kind of KPI or area that we do not know.
    """
    fetched, areas = await _all(client, ["/municipality"], Municipality)
    kpi_paths = ["/kpi"] if whole else [f"/kpi/{','.join(ids)}" for ids in id_lists(sorted(kpi_ids))]
    group_paths = [_GROUPS] if whole else [f"{_GROUPS}/{','.join(ids)}" for ids in id_lists(sorted(group_ids))]
    _, kpis = await _all(client, kpi_paths, KpiRecord)
    _, groups = await _all(client, group_paths, Group)
    for name, rows in (("kpi", kpis), ("municipality", areas), ("municipality_groups", groups)):
        if not rows:
            raise SourceError(
                f"Kolada: {client.base_url}/{name} has nothing of ours, expected many rows "
                "→ try again later, or check --kolada-url"
            )
    for area in areas:
        if area.type not in ("K", "L") or not _AREA_ID.fullmatch(area.id):
            raise SourceError(
                f"Kolada: area {area.id!r} ({area.title!r}) has type {area.type!r}, expected four digits and K or L "
                "→ it cannot be placed among kommuner and regions; tell the maintainers"
            )
    wanted_kpis, wanted_groups = set(kpi_ids), set(group_ids)
    ours = {kpi.id: kpi for kpi in kpis if kpi.id in wanted_kpis}
    for kpi in ours.values():
        if kpi.municipality_type not in ("K", "L", "A"):
            raise SourceError(
                f"Kolada: KPI {kpi.id} has municipality_type {kpi.municipality_type!r}, expected K, L or A "
                "→ its areas cannot be planned; tell the maintainers"
            )
    return Catalogue(fetched, ours, areas, {group.id: group for group in groups if group.id in wanted_groups})


def areas_to_ask(catalogue: Catalogue, geography: Geography) -> Areas:
    """The areas that the YAML wants, by kind, as far as Kolada has them."""
    ours = {kommun.id for kommun in geography.kommuner} | {geography.region.id, geography.country.id}
    wanted = [a for a in catalogue.areas if geography.compare_with == "alla" or a.id in ours]
    return Areas(
        kommuner=tuple(a.id for a in wanted if a.type == "K"),
        regions=tuple(a.id for a in wanted if a.type == "L" and a.id != geography.country.id),
        country=tuple(a.id for a in wanted if a.id == geography.country.id),
        kommun_groups=tuple(g for g in geography.kommun_groups() if g in catalogue.groups),
        region_groups=tuple(g for g in geography.region_groups() if g in catalogue.groups),
    )


async def _all(client: KoladaClient, paths: Sequence[str], record: type[T]) -> tuple[datetime, list[T]]:
    """Every row of some lists, and when the first answer came."""
    rows: list[T] = []
    received: datetime | None = None
    for path in paths:
        async for answer, page in client.pages(path, record):
            received = received or answer.received
            rows += page
    assert received is not None, "a list has at least one page"
    twice = sorted(row_id for row_id, times in Counter(row.id for row in rows).items() if times > 1)
    if twice:
        raise SourceError(
            f"Kolada: {paths[0].split(',')[0]}: {', '.join(twice[:3])} came twice, expected once: the list changed "
            "while it was read → try again later"
        )
    return received, rows


# --- the whole lists


@dataclass(frozen=True, slots=True)
class Lists:
    """All KPIs, areas and groups of Kolada's catalogue."""

    kpis: list[KpiRecord]
    areas: list[Municipality]
    groups: list[Group]


def fetch_lists(kolada_url: str, patience: float) -> Lists:
    """The lists as Kolada has them now. Nothing is stored. Raises SourceError when Kolada cannot be read."""
    return asyncio.run(_fetch_lists(kolada_url, patience))


async def _fetch_lists(kolada_url: str, patience: float) -> Lists:
    async with KoladaClient(kolada_url, store_nothing, patience=patience) as client:
        return Lists(
            [kpi async for _, page in client.pages("/kpi", KpiRecord) for kpi in page],
            [area async for _, page in client.pages("/municipality", Municipality) for area in page],
            [group async for _, page in client.pages(_GROUPS, Group) for group in page],
        )


def archived_groups(archive: RawArchive) -> tuple[list[Group], datetime]:
    """Every group of the newest run that fetched the whole list, and when it came (UTC, naive).

    Raises ConfigError when no run of the archive did.
    """
    for run_id in reversed(archive.runs()):
        # A page that was asked for again: its last answer is the one that could be read.
        entries = {entry.url: entry for entry in archive.entries(run_id) if entry.status == 200 and _is_list(entry)}
        try:
            pages = [read_page(archive.get(entry.sha256), Group) for entry in entries.values()]
        except UnreadableAnswerError:
            # That run ended there; an older one has the list.
            continue
        if pages and pages[-1].next() is None:
            received = next(iter(entries.values())).tid.replace(tzinfo=None)
            return [group for page in pages for group in page.values], received
    raise ConfigError(
        "the raw archive holds no whole list of Kolada's groups, so other counties' groups are not known "
        "→ `malbild run --full` fetches it"
    )


def _is_list(entry: Entry) -> bool:
    """Whether it is a page of the whole list of groups, not of some by id."""
    return entry.url.partition("?")[0].rstrip("/").endswith(_GROUPS)


# --- the YAML files against the catalogue


def check_online(catalog: Catalog, kolada_url: str, patience: float) -> list[str]:
    """The YAML files against Kolada's catalogue of today: what differs and is worth knowing, one line each.

    Raises CatalogError naming every KPI, area or group of ours that Kolada does not have, with the nearest ids and
    titles, and SourceError when Kolada cannot be read.
    """
    lists = fetch_lists(kolada_url, patience)
    kpis = {kpi.id: kpi for kpi in lists.kpis}
    if problems := [*_unknown_kpis(catalog, kpis), *_unknown_areas(catalog, lists)]:
        raise CatalogError(problems)
    lines = [
        f"{len(kpis)} KPIs, {len(lists.areas)} areas, {len(lists.groups)} groups at {kolada_url}: all of ours are there"
    ]
    for ours in catalog.followed_kpis():
        theirs = kpis[ours.id]
        if not is_confirmed(ours, theirs.title):
            lines.append(f"{ours.id}: Kolada's title {theirs.title!r} is not among titlar {list(ours.titles)}")
        if theirs.municipality_type != ours.level:
            lines.append(f"{ours.id}: Kolada's level is {theirs.municipality_type}, niva says {ours.level}")
        for mention in unanswered(ours, theirs.description or ""):
            lines.append(
                f"{ours.id}: Kolada's description says {mention.phrase!r}, and no brott or inget_brott answers it → "
                f"add brott:, or inget_brott: with ar: {mention.year} and skal:"
            )
    return lines


def _unknown_kpis(catalog: Catalog, kpis: Mapping[str, KpiRecord]) -> list[Problem]:
    return [
        Problem(
            INDICATOR_FILE,
            _line_of(catalog, INDICATOR_FILE, kpi.id),
            f"nyckeltal {kpi.id} {kpi.titles[0]!r} is not in Kolada's catalogue",
            f"correct the id or set folj: nej; nearest there: {_nearest(kpi, kpis)}",
        )
        for kpi in catalog.followed_kpis()
        if kpi.id not in kpis
    ]


def _unknown_areas(catalog: Catalog, lists: Lists) -> list[Problem]:
    geography = catalog.geography
    area_ids = [area.id for area in (*geography.kommuner, geography.region, geography.country)]
    group_ids = [*geography.kommun_groups(), *geography.region_groups()]
    unknown_areas = [area_id for area_id in area_ids if area_id not in {area.id for area in lists.areas}]
    unknown_groups = [group_id for group_id in group_ids if group_id not in {group.id for group in lists.groups}]
    return [
        Problem(
            GEOGRAPHY_FILE,
            _line_of(catalog, GEOGRAPHY_FILE, area_id),
            f"{area_id} is not in Kolada's catalogue",
            "correct the id",
        )
        for area_id in [*unknown_areas, *unknown_groups]
    ]


def _line_of(catalog: Catalog, file_name: str, wanted: str) -> int:
    """Where an id is defined: the last line that has it, for KPIs are named under their mått first."""
    (content,) = (file.content.decode() for file in catalog.files if file.name == file_name)
    return max(
        number
        for number, line in enumerate(content.splitlines(), start=1)
        if f'"{wanted}"' in line or f"'{wanted}'" in line
    )


def _nearest(kpi: Kpi, kpis: Mapping[str, KpiRecord]) -> str:
    titles = {theirs.title: theirs.id for theirs in kpis.values()}
    by_title = [titles[title] for title in difflib.get_close_matches(kpi.titles[0], titles, n=2, cutoff=0.6)]
    by_id = difflib.get_close_matches(kpi.id, kpis, n=1, cutoff=0.8)
    return ", ".join(f"{near} {kpis[near].title!r}" for near in dict.fromkeys([*by_title, *by_id])) or "none"
