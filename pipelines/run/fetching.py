"""The steps that ask Kolada: its catalogue, and the values of some KPIs. What comes is kept in the raw archive."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipelines.errors import ConfigError
from pipelines.kolada.archive import CATALOGUE_FILE, FETCH_FILE
from pipelines.kolada.catalogue import Catalogue, areas_to_ask, fetch_catalogue
from pipelines.kolada.client import Answer, Traffic
from pipelines.kolada.fetch import Fetch, fetch_batches
from pipelines.kolada.plan import Areas, Batch, plan_again, plan_changes
from pipelines.run.lifecycle import Run
from pipelines.warehouse import cursor, journal
from pipelines.warehouse.store import transaction

log = logging.getLogger("malbild.run")


@dataclass(frozen=True, slots=True)
class FetchedCatalogue:
    """Kolada's catalogue of a run. `missing`: the KPIs that we follow and Kolada does not have. `skipped`: how many
    rows that are none of ours could not be used.
    """

    catalogue: Catalogue
    source: str
    whole: bool
    missing: list[str]
    skipped: int


@dataclass(frozen=True, slots=True)
class FetchedValues:
    """The answers of a run. `kpis`: those that were asked for, because Kolada has them."""

    fetch: Fetch
    kpis: frozenset[str]


def fetch_run_catalogue(run: Run, *, full: bool) -> FetchedCatalogue:
    """Fetch what Kolada has of what we follow, and bind the data dir to the source.

    Whether this run fetches everything whole is decided here, for its values too: when `full` says so, or when it is
    time to.

    Raises:
        SourceError: Kolada cannot be reached, or its catalogue is no catalogue.
        ConfigError: the data dir belongs to another source.
    """
    with run.warehouse.open() as connection:
        whole = full or cursor.is_due(connection, run.started, run.settings.whole_every)
    catalogue, traffic = asyncio.run(_ask_for_catalogue(run, whole))
    source = run.bind_source(traffic)
    with run.warehouse.open() as connection:
        journal.note(connection, run.id, hel=whole)
    run.archive_file(CATALOGUE_FILE, catalogue.encoded())
    shutil.copy(run.folder / CATALOGUE_FILE, run.settings.work_dir / CATALOGUE_FILE)
    missing = sorted(kpi.id for kpi in run.catalog.followed_kpis() if kpi.id not in catalogue.kpis)
    return FetchedCatalogue(catalogue, source, whole, missing, traffic.skipped)


def fetch_run_values(
    run: Run, kpi_ids: Collection[str], area_ids: Sequence[str], *, full: bool, all_kpis: bool
) -> FetchedValues:
    """Fetch the values of these KPIs, whole or what has changed since they were last fetched.

    Args:
        area_ids: Only these areas; empty means all that are followed.
        full: Whole, also when the run's catalogue was not fetched whole.
        all_kpis: The KPIs are all that we follow.

    Raises:
        ConfigError: no catalogue has been fetched, or an area is not followed.
        SourceError: Kolada cannot be reached, or an answer is unreadable.
    """
    catalogue = run.catalogue()
    areas = _narrowed(areas_to_ask(catalogue, run.catalog.geography), area_ids)
    levels = {kpi: level for kpi, level in catalogue.levels().items() if kpi in kpi_ids}
    with run.warehouse.open() as connection:
        whole = full or bool(journal.run_row(connection, run.id)["hel"])
        with transaction(connection):
            cursor.forget_corrected(connection, run.catalog.corrections)
        fetched = {} if whole else cursor.fetched(connection, run.started)
    batches = plan_changes(levels, areas, fetched, run.settings.lag)
    fetch, traffic = asyncio.run(_ask_for_values(run, batches, complete=all_kpis and not area_ids))
    if traffic.requests:
        run.bind_source(traffic)
    run.archive_file(FETCH_FILE, fetch.encoded())
    return FetchedValues(fetch, frozenset(levels))


def fetch_again(run: Run, fetch: Fetch, pairs: Mapping[str, Collection[str]]) -> Fetch | None:
    """Ask for these pairs (KPI → areas) whole once more, and keep the answers behind those of `fetch`; None when that
    has been done. Raises SourceError as `fetch_run_values` does.
    """
    batches = [batch for batch in plan_again(pairs) if not _is_asked(fetch, batch)]
    if not batches:
        return None
    log.warning(
        "%d series lack values that are stored: asked for once more before anything is taken for deleted (%s)",
        sum(map(len, pairs.values())),
        ", ".join(f"{kpi} {area}" for kpi, areas in list(pairs.items())[:3] for area in list(areas)[:1]),
    )
    repeated, traffic = asyncio.run(_ask_for_values(run, batches, complete=fetch.complete))
    run.bind_source(traffic)
    run.archive_file(FETCH_FILE, Fetch((*fetch.batches, *repeated.batches), fetch.complete).encoded())
    return repeated


def _is_asked(fetch: Fetch, batch: Batch) -> bool:
    """Whether an earlier attempt at this run has asked for the batch already."""
    return any((asked.kpis, asked.areas, asked.since) == (batch.kpis, batch.areas, None) for asked in fetch.batches)


def fetch_of(run: Run) -> Fetch:
    """What this run has fetched. Raises ConfigError when it has fetched nothing."""
    try:
        return Fetch.decoded((run.folder / FETCH_FILE).read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            "nothing was fetched in this run → select the assets ra/… together with validerat/…"
        ) from None


def _narrowed(areas: Areas, area_ids: Sequence[str]) -> Areas:
    if not area_ids:
        return areas
    if unknown := sorted(set(area_ids) - set(areas.all())):
        raise ConfigError(
            f"omraden: {', '.join(unknown)} not among the {len(areas.all())} areas that are followed "
            "→ use ids from table omrade, as text in quotes"
        )
    return areas.within(area_ids)


async def _ask_for_catalogue(run: Run, whole: bool) -> tuple[Catalogue, Traffic]:
    geography = run.catalog.geography
    kpi_ids = [kpi.id for kpi in run.catalog.followed_kpis()]
    area_ids = [area.id for area in (*geography.kommuner, geography.region, geography.country)]
    async with run.client() as client:
        return await fetch_catalogue(client, kpi_ids, geography.groups(), area_ids, whole=whole), client.traffic


async def _ask_for_values(run: Run, batches: list[Batch], *, complete: bool) -> tuple[Fetch, Traffic]:
    run.progress.start(len(batches))
    async with run.client() as client:

        def advance(answer: Answer, batch_done: bool) -> None:
            run.progress.advance(client.traffic.bytes, answer.records, batch_done)

        return Fetch(await fetch_batches(client, batches, advance), complete), client.traffic
