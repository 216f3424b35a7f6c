"""Kolada's own catalogue of KPIs, areas and groups: narrowed to what is followed, whole, and against the YAML files.

The catalogue of a run is kept as one JSON file in the run's folder; what changed since the last one is
`warehouse.catalogue_history`.
"""

from __future__ import annotations

import asyncio
import difflib
import re
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
from pipelines.kolada.client import KoladaClient, TooManyIdsError, store_nothing
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
    client: KoladaClient,
    kpi_ids: Collection[str],
    group_ids: Collection[str],
    area_ids: Collection[str],
    *,
    whole: bool,
) -> Catalogue:
    """Kolada's catalogue, narrowed to our KPIs and groups: from the whole lists, or (not `whole`) asked for by id.
    area_ids: our own areas, and riket; the others are left out when they cannot be placed.

    Raises SourceError when Kolada's catalogue is empty (a catalogue without areas, or without any KPI of ours, is a
    fault, not news), or when something of ours comes twice or is of a kind that we do not know.
    """
    fetched, every_area = await _list(client, "/municipality", Municipality, area_ids)
    areas = [area for area in every_area if area.type in ("K", "L") and _AREA_ID.fullmatch(area.id)]
    strange = [area for area in every_area if area not in areas]
    for area in strange:
        if area.id in area_ids:
            raise SourceError(
                f"Kolada: area {area.id!r} ({area.title!r}) has type {area.type!r}, expected four digits and K or L "
                "→ it cannot be placed among kommuner and regions; tell the maintainers"
            )
    if strange:
        faults = [f"{area.id} {area.title!r} has type {area.type!r}" for area in strange]
        client.note_skipped(f"{client.base_url}/municipality", faults)
    if whole:
        _, kpis = await _list(client, "/kpi", KpiRecord, kpi_ids)
        _, groups = await _list(client, _GROUPS, Group, group_ids)
    else:
        kpis = await _by_id(client, "/kpi", KpiRecord, sorted(kpi_ids))
        groups = await _by_id(client, _GROUPS, Group, sorted(group_ids))
    for name, rows in (("kpi", kpis), ("municipality", areas), ("municipality_groups", groups)):
        if not rows:
            raise SourceError(
                f"Kolada: {client.base_url}/{name} has nothing of ours, expected many rows "
                "→ try again later, or check --kolada-url"
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


async def _by_id(client: KoladaClient, path: str, record: type[T], ids: Sequence[str]) -> list[T]:
    """The rows with these ids, in lists as long as Kolada takes them."""
    rows: list[T] = []
    for listed in id_lists(ids):
        try:
            rows += (await _list(client, f"{path}/{','.join(listed)}", record, listed))[1]
        except TooManyIdsError:
            if len(listed) == 1:
                raise
            for half in (listed[: len(listed) // 2], listed[len(listed) // 2 :]):
                rows += await _by_id(client, path, record, half)
    return rows


async def _list(client: KoladaClient, path: str, record: type[T], ours: Collection[str]) -> tuple[datetime, list[T]]:
    """Every row of a list, each id once, and when the first answer came."""
    rows: dict[str, T] = {}
    repeated: list[str] = []
    received: datetime | None = None
    async for answer, page in client.pages(path, record, ours=ours):
        received = received or answer.received
        for row in page:
            if row.id in rows:
                repeated.append(row.id)
            rows[row.id] = row
    assert received is not None, "a list has at least one page"
    if ours_repeated := sorted(set(repeated).intersection(ours)):
        raise SourceError(
            f"Kolada: {path.split(',')[0]}: {', '.join(ours_repeated[:3])} came twice, expected once: the list changed "
            "while it was read → try again later"
        )
    if repeated:
        client.note_skipped(f"{client.base_url}{path}", [f"{row_id} came twice" for row_id in repeated])
    return received, list(rows.values())


# --- the whole lists


@dataclass(frozen=True, slots=True)
class Lists:
    """All KPIs, areas and groups of Kolada's catalogue."""

    kpis: list[KpiRecord]
    areas: list[Municipality]
    groups: list[Group]


def fetch_lists(kolada_url: str, patience: float) -> Lists:
    """The lists as Kolada has them now, without rows that cannot be read. Nothing is stored. Raises SourceError when
    Kolada cannot be read.
    """
    return asyncio.run(_fetch_lists(kolada_url, patience))


async def _fetch_lists(kolada_url: str, patience: float) -> Lists:
    async with KoladaClient(kolada_url, store_nothing, patience=patience) as client:
        return Lists(
            [kpi async for _, page in client.pages("/kpi", KpiRecord, ours=()) for kpi in page],
            [area async for _, page in client.pages("/municipality", Municipality, ours=()) for area in page],
            [group async for _, page in client.pages(_GROUPS, Group, ours=()) for group in page],
        )


def archived_groups(archive: RawArchive) -> tuple[list[Group], datetime]:
    """Every group of the newest run that fetched the whole list, and when it came (UTC, naive).

    Raises ConfigError when no run of the archive did.
    """
    for run_id in reversed(archive.runs()):
        # A page that was asked for again: its last answer is the one that could be read.
        entries = {entry.url: entry for entry in archive.entries(run_id) if entry.status == 200 and _is_list(entry)}
        try:
            pages = [read_page(archive.get(entry.sha256), Group, ours=()) for entry in entries.values()]
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


def find_kpis(kolada_url: str, kpi_ids: Sequence[str], patience: float) -> list[KpiRecord]:
    """What Kolada's catalogue has of these KPIs, in their order.

    Raises:
        ConfigError: one is not there.
        SourceError: Kolada cannot be reached.
    """

    async def ask() -> list[KpiRecord]:
        async with KoladaClient(kolada_url, store_nothing, patience=patience) as client:
            return await _by_id(client, "/kpi", KpiRecord, sorted(set(kpi_ids)))

    by_id = {kpi.id: kpi for kpi in asyncio.run(ask())}
    if missing := [kpi_id for kpi_id in kpi_ids if kpi_id not in by_id]:
        raise ConfigError(f"{', '.join(missing)} not in Kolada's catalogue → look it up on https://www.kolada.se")
    return [by_id[kpi_id] for kpi_id in kpi_ids]


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
    group_ids = geography.groups()
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
