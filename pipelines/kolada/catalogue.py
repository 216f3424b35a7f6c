"""Kolada's own catalogue: KPIs, areas and groups, narrowed to what is followed.

The catalogue of a run is kept as one JSON file in the run's folder; what changed since the last one is
`warehouse.catalogue`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from pipelines.catalog.model import Geography
from pipelines.errors import SourceError
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Group, KpiRecord, Municipality
from pipelines.kolada.plan import Areas

T = TypeVar("T")


class Catalogue(msgspec.Struct, frozen=True):
    """`kpis` and `groups`: those of ours that Kolada has; `areas`: every kommun, region and riket. `fetched` in UTC."""

    fetched: datetime
    kpis: dict[str, KpiRecord]
    areas: list[Municipality]
    groups: dict[str, Group]

    def levels(self) -> dict[str, str]:
        """KPI id → K, L or A, as Kolada says."""
        return {kpi.id: kpi.municipality_type for kpi in self.kpis.values()}

    def save(self, path: Path) -> None:
        path.write_bytes(msgspec.json.encode(self))

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        return msgspec.json.decode(path.read_bytes(), type=cls)


async def fetch_catalogue(client: KoladaClient, kpi_ids: Collection[str], group_ids: Collection[str]) -> Catalogue:
    """The whole catalogue from Kolada, narrowed to our KPIs and groups.

    Raises SourceError when Kolada's catalogue is empty (a catalogue without areas or KPIs is a fault, not news) or
    holds a KPI level that we do not know.
    """
    fetched, kpis = await _all(client, "/kpi", KpiRecord)
    _, areas = await _all(client, "/municipality", Municipality)
    _, groups = await _all(client, "/municipality_groups", Group)
    for name, found in (("kpi", kpis), ("municipality", areas), ("municipality_groups", groups)):
        if not found:
            raise SourceError(
                f"Kolada: {client.base_url}/{name} is empty, expected thousands of rows → try again later, or "
                "check --kolada-url"
            )
    ours = {kpi.id: kpi for kpi in kpis if kpi.id in set(kpi_ids)}
    for kpi in ours.values():
        if kpi.municipality_type not in ("K", "L", "A"):
            raise SourceError(
                f"Kolada: KPI {kpi.id} has municipality_type {kpi.municipality_type!r}, expected K, L or A → "
                "its areas cannot be planned; tell the maintainers"
            )
    return Catalogue(fetched, ours, areas, {group.id: group for group in groups if group.id in set(group_ids)})


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


async def _all(client: KoladaClient, path: str, record: type[T]) -> tuple[datetime, list[T]]:
    rows: list[T] = []
    received = None
    async for answer, page in client.pages(path, record):
        received = received or answer.received
        rows += page
    assert received is not None, "a list has at least one page"
    return received, rows
