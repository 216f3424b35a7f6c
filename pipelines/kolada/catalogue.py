"""Kolada's own catalogue: KPIs, areas and groups, narrowed to what is followed.

The catalogue of a run is kept as one JSON file in the run's folder; what changed since the last one is
`warehouse.catalogue`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from pipelines.catalog.model import Geography
from pipelines.errors import SourceError
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Group, KpiRecord, Municipality
from pipelines.kolada.plan import Areas, id_lists

T = TypeVar("T", KpiRecord, Municipality, Group)

# Ids of kommuner, regions and riket: four digits, also when they look like numbers.
_AREA_ID = re.compile(r"[0-9]{4}")


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
    groups_path = "/municipality_groups"
    group_paths = [groups_path] if whole else [f"{groups_path}/{','.join(ids)}" for ids in id_lists(sorted(group_ids))]
    _, kpis = await _all(client, kpi_paths, KpiRecord)
    _, groups = await _all(client, group_paths, Group)
    for name, found in (("kpi", kpis), ("municipality", areas), ("municipality_groups", groups)):
        if not found:
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
    twice = sorted(one for one, times in Counter(row.id for row in rows).items() if times > 1)
    if twice:
        raise SourceError(
            f"Kolada: {paths[0].split(',')[0]}: {', '.join(twice[:3])} came twice, expected once: the list changed "
            "while it was read → try again later"
        )
    return received, rows
