"""Taking in what a run brought: refused values first, then catalogue, values and cursor in one transaction.

The same for a night and for `malbild rebuild`, so that both give the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import polars as pl

from pipelines.catalog.model import Catalog
from pipelines.catalog.titles import is_confirmed
from pipelines.kolada.archive import RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.fetch import Fetch
from pipelines.local.handed_in import Local, stored_form
from pipelines.validation.corrections import correct
from pipelines.validation.quarantine import KEY, refuse_run, surely_whole
from pipelines.warehouse import cursor, runs
from pipelines.warehouse.content import content_frames, note_late_publications, write_content
from pipelines.warehouse.frames import check, shape
from pipelines.warehouse.held import Arrived, hold_back, let_in
from pipelines.warehouse.merge import Changes, Incoming, merge
from pipelines.warehouse.refused import keep_held, keep_refused, keep_refused_local
from pipelines.warehouse.store import transaction


@dataclass(frozen=True, slots=True)
class Brought:
    """What a run brought. Times are UTC, naive.

    accepted, refused: the frames of `validation.quarantine.Screened`. local: what the huvudmän handed in,
    if that was read.
    """

    run_id: str
    source: str
    started: datetime
    catalog: Catalog
    catalogue: Catalogue
    fetch: Fetch
    accepted: pl.DataFrame
    refused: pl.DataFrame
    local: Local = field(default_factory=Local.nothing)


def take_in(
    connection: duckdb.DuckDBPyConnection, brought: Brought, archive: RawArchive, *, refused_share: float
) -> Changes:
    """Store everything and return what changed. `archive`: where values wait whose title is confirmed by now.

    Raises RefusedDataError when too much of what was fetched was refused; only the refused values and their reasons are
    stored then. What the huvudmän hand in wrongly stops nothing.
    """
    run_id = brought.run_id
    came = brought.accepted.height + brought.refused.height
    with transaction(connection):
        keep_refused(connection, brought.refused, run_id)
        keep_refused_local(connection, brought.local.refused, run_id)
        refused_now = brought.refused.height + brought.local.refused.height
        runs.note(connection, run_id, rader_hamtade=came, karantan=refused_now)
    refuse_run(came, brought.refused.height, refused_share)

    held = unconfirmed(brought.catalog, brought.catalogue)
    is_held = pl.col("nyckeltal_id").is_in(list(held))
    pairs = brought.fetch.pairs()
    content = content_frames(brought.catalog, brought.catalogue)
    observed = runs.next_observed(connection, run_id, brought.started)
    with transaction(connection):
        redrawn = write_content(
            connection, brought.catalog, brought.catalogue, content, run_id=run_id, observed=observed
        )
        keep_held(connection, brought.accepted.filter(is_held), brought.catalogue, run_id)
        arrived = let_in(
            connection,
            archive,
            brought.catalog,
            held,
            Arrived(brought.accepted.filter(~is_held), brought.refused.filter(~is_held), pairs.filter(~is_held)),
        )
        mine = correct(arrived.accepted, brought.catalog.corrections)
        mine = mine.with_columns(kalla=pl.lit(brought.source), korning_id=pl.lit(run_id))
        handed_in = stored_form(brought.local, run_id, brought.started)
        stored = check("matvarde", pl.concat([shape("matvarde", frame) for frame in (mine, handed_in)]))
        deleted = pl.concat([mine["borttagen"], pl.repeat(False, handed_in.height, dtype=pl.Boolean, eager=True)])
        changes = merge(
            connection,
            Incoming(
                stored.with_columns(deleted.alias("borttagen")),
                pl.concat([surely_whole(arrived.pairs, arrived.refused), brought.local.whole]),
                pl.concat([arrived.refused.select(KEY), brought.local.protected], how="vertical_relaxed"),
            ),
            run_id=run_id,
            observed=observed,
        )
        note_late_publications(connection, run_id=run_id, observed=observed)
        cursor.advance(connection, pairs, brought.started)
        if not pairs["hel"].all():
            # Kolada need not mark a group's values as changed when its members are.
            cursor.forget_areas(connection, redrawn)
        hold_back(connection, held, pairs, run_id, observed)
        runs.note(
            connection,
            run_id,
            observerad=observed,
            fullstandig=brought.fetch.complete,
            hel=all(batch.since is None for batch in brought.fetch.batches),
            nya=changes.new,
            reviderade=changes.revised,
            borttagna=changes.deleted,
            aterkomna=changes.returned,
        )
    return changes


def unconfirmed(catalog: Catalog, catalogue: Catalogue) -> dict[str, str]:
    """KPIs under a title that is none of the confirmed ones, with that title: the id may mean another measure now."""
    return {
        kpi_id: kpi.title for kpi_id, kpi in catalogue.kpis.items() if not is_confirmed(catalog.kpis[kpi_id], kpi.title)
    }
