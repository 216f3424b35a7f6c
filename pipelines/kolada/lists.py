"""Kolada's catalogue lists as a whole: from Kolada now, or as the raw archive has them from the newest whole fetch."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime

from pipelines.errors import ConfigError
from pipelines.kolada.archive import Entry, RawArchive
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Group, KpiRecord, Municipality, UnreadableAnswerError, read_page

_GROUPS = "/municipality_groups"


@dataclass(frozen=True, slots=True)
class Lists:
    """What Kolada's catalogue holds of each kind, all of it."""

    kpis: list[KpiRecord]
    areas: list[Municipality]
    groups: list[Group]


def fetch_lists(kolada_url: str, patience: float) -> Lists:
    """The lists as Kolada has them now. Nothing is stored. Raises SourceError when Kolada cannot be read."""
    return asyncio.run(_fetch(kolada_url, patience))


def archived_groups(archive: RawArchive) -> tuple[list[Group], datetime]:
    """Every group of the newest run that fetched the whole list, and when it came (UTC, naive).

    Raises ConfigError when no run of the archive did.
    """
    for run_id in reversed(archive.runs()):
        # A page that was asked for again: its last answer is the one that could be read.
        answers = list({e.url: e for e in archive.entries(run_id) if e.status == 200 and _is_list(e)}.values())
        try:
            pages = [read_page(archive.get(entry.sha256), Group) for entry in answers]
        except UnreadableAnswerError:
            # That run ended there; an older one has the list.
            continue
        if pages and pages[-1].next() is None:
            return [group for page in pages for group in page.values], answers[0].tid.replace(tzinfo=None)
    raise ConfigError(
        "the raw archive holds no whole list of Kolada's groups, so other counties' groups are not known "
        "→ `malbild run --full` fetches it"
    )


def _is_list(entry: Entry) -> bool:
    """Whether it is a page of the whole list of groups, not of some by id."""
    return entry.url.partition("?")[0].rstrip("/").endswith(_GROUPS)


async def _fetch(kolada_url: str, patience: float) -> Lists:
    async with KoladaClient(kolada_url, _forget, patience=patience) as client:
        return Lists(
            [kpi async for _, page in client.pages("/kpi", KpiRecord) for kpi in page],
            [area async for _, page in client.pages("/municipality", Municipality) for area in page],
            [group async for _, page in client.pages(_GROUPS, Group) for group in page],
        )


def _forget(url: str, status: int, body: bytes, received: datetime) -> str:
    """Looking leaves nothing behind; the client only wants a name for the answer."""
    return hashlib.sha256(body).hexdigest()
