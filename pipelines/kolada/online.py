"""`malbild check --online`: the YAML files against Kolada's catalogue of today. Nothing is stored."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import re
from datetime import datetime

from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Group, KpiRecord, Municipality


def check_online(catalog: Catalog, kolada_url: str, patience: float) -> list[str]:
    """What differs and is worth knowing, one line each.

    Raises ConfigError naming every KPI, area or group of ours that Kolada does not have, with the nearest ids and titles, and
    SourceError when Kolada cannot be read.
    """
    kpis, areas, groups = asyncio.run(_lists(kolada_url, patience))
    by_id = {kpi.id: kpi for kpi in kpis}
    geography = catalog.geography
    wanted_areas = {a.id: a.name for a in (*geography.kommuner, geography.region, geography.country)}
    missing = [_missing_kpi(kpi.id, kpi.titles[0], by_id) for kpi in catalog.followed_kpis() if kpi.id not in by_id]
    area_ids = {a.id for a in areas}
    missing += [f"kommuner.yaml: {a} {name}: no such area" for a, name in wanted_areas.items() if a not in area_ids]
    group_ids = {g.id for g in groups}
    our_groups = (*geography.kommun_groups(), *geography.region_groups())
    missing += [f"kommuner.yaml: {group}: no such group" for group in our_groups if group not in group_ids]
    if missing:
        raise ConfigError(
            f"{len(missing)} ids of ours are not in Kolada's catalogue: {'; '.join(missing)} → correct the id, or set folj: nej"
        )
    lines = [f"{len(by_id)} KPIs, {len(areas)} areas, {len(groups)} groups at {kolada_url}: all of ours are there"]
    for ours in catalog.followed_kpis():
        theirs = by_id[ours.id]
        if _plain(theirs.title) not in {_plain(title) for title in ours.titles}:
            lines.append(f"{ours.id}: Kolada's title {theirs.title!r} is not among titlar {list(ours.titles)}")
        if theirs.municipality_type != ours.level:
            lines.append(f"{ours.id}: Kolada's level is {theirs.municipality_type}, niva says {ours.level}")
    return lines


async def _lists(kolada_url: str, patience: float) -> tuple[list[KpiRecord], list[Municipality], list[Group]]:
    async with KoladaClient(kolada_url, _forget, patience=patience) as client:
        return (
            [kpi async for _, page in client.pages("/kpi", KpiRecord) for kpi in page],
            [area async for _, page in client.pages("/municipality", Municipality) for area in page],
            [group async for _, page in client.pages("/municipality_groups", Group) for group in page],
        )


def _forget(url: str, status: int, body: bytes, received: datetime) -> str:
    """A check leaves nothing behind; the client only wants a name for the answer."""
    return hashlib.sha256(body).hexdigest()


def _missing_kpi(kpi_id: str, title: str, found: dict[str, KpiRecord]) -> str:
    near_ids = difflib.get_close_matches(kpi_id, found, n=2, cutoff=0.6)
    titles = {kpi.title: kpi.id for kpi in found.values()}
    near_titles = [titles[t] for t in difflib.get_close_matches(title, titles, n=2, cutoff=0.6)]
    near = [f"{near} {found[near].title!r}" for near in dict.fromkeys([*near_titles, *near_ids])]
    return f"indikatorer.yaml: {kpi_id} {title!r}, nearest: {', '.join(near) or 'none'}"


def _plain(title: str) -> str:
    """A title without end marker, case, white space and punctuation."""
    without_end = re.sub(r"\(\s*-\s*\d{4}\s*\)\s*$", "", title)
    return re.sub(r"\W", "", without_end).casefold()
