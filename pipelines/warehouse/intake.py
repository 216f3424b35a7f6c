"""Loading a run into the warehouse: refused values first, then catalogue, values and cursor in one transaction.

The same for a night and for `malbild rebuild`, so that both give the same rows.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import polars as pl

from pipelines import clock
from pipelines.answers.intake import Answers
from pipelines.catalog.model import Catalog
from pipelines.catalog.titles import is_confirmed
from pipelines.kolada.archive import RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.fetch import Fetch
from pipelines.local.intake import Local, stored_form
from pipelines.settings import CHUNK_SIZE
from pipelines.validation.accepted import Accepted
from pipelines.validation.corrections import correct
from pipelines.validation.quarantine import KEY, PAIR, doubtful, refuse_run
from pipelines.warehouse import cursor, journal
from pipelines.warehouse.answers import keep_answers
from pipelines.warehouse.catalogue_history import note_changes, note_late_publications
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.content import content_frames, write_frames
from pipelines.warehouse.expectations import keep_expectations
from pipelines.warehouse.frames import check, shape
from pipelines.warehouse.held import Batch, hold, latest_state, release
from pipelines.warehouse.looks import keep_looks
from pipelines.warehouse.merge import Changes, Incoming, known_before, merge_chunk
from pipelines.warehouse.periods import keep_periods
from pipelines.warehouse.refused import fetch_again, keep_held, keep_refused, keep_refused_local
from pipelines.warehouse.store import transaction


@dataclass(frozen=True, slots=True)
class RunInput:
    """The input of a run. Times are UTC, naive.

    accepted, refused: as of `validation.quarantine.Screened`, the accepted ones in files. local: what the huvudmän
    handed in, answers: what they and the groups have answered, if that was read.
    """

    run_id: str
    source: str
    started: datetime
    catalog: Catalog
    catalogue: Catalogue
    fetch: Fetch
    accepted: Accepted
    refused: pl.DataFrame
    local: Local = field(default_factory=Local.nothing)
    answers: Answers = field(default_factory=Answers.nothing)


def load_run(
    connection: duckdb.DuckDBPyConnection,
    run_input: RunInput,
    archive: RawArchive,
    *,
    refused_share: float,
    chunk_size: int = CHUNK_SIZE,
) -> Changes:
    """Store everything and return what changed. `archive`: where values wait whose title is confirmed by now.
    `chunk_size`: how many values are merged at a time; all chunks are in the one transaction.

    Raises RefusedDataError when too much of what was fetched was refused; only the refused values and their reasons are
    stored then. What the huvudmän hand in wrongly stops nothing.
    """
    run_id = run_input.run_id
    received = run_input.accepted.height + run_input.refused.height
    with transaction(connection):
        keep_refused(connection, run_input.refused, run_id)
        for handed_in in (run_input.local.refused, run_input.answers.nameless):
            keep_refused_local(connection, handed_in, run_id)
        refused_now = run_input.refused.height + run_input.local.refused.height + run_input.answers.refused.height
        journal.note(connection, run_id, rader_hamtade=received, karantan=refused_now)
    refuse_run(received, run_input.refused.height, refused_share)

    held = unconfirmed(run_input.catalog, run_input.catalogue)
    pairs = run_input.fetch.pairs()
    content = content_frames(run_input.catalog, run_input.catalogue)
    observed = journal.next_observed(connection, run_id, run_input.started)
    with transaction(connection):
        regrouped_areas = note_changes(
            connection, run_input.catalog, run_input.catalogue, run_id=run_id, observed=observed
        )
        write_frames(connection, content)
        earlier = release(connection, archive, run_input.catalog, held)
        unsure = doubtful(pairs, run_input.refused)
        known = known_before(connection, observed)
        changes = _merge_local(connection, run_input, known, observed)
        keep_periods(connection, run_input.local, run_id, observed)
        keep_answers(connection, run_input.answers.rows, run_id, observed)
        keep_expectations(connection, run_input.catalog, run_id, observed)
        for kpis in chunks(_rows(run_input.accepted, pairs, earlier), chunk_size):
            if waiting := [kpi for kpi in kpis if kpi in held]:
                keep_held(connection, run_input.accepted.of(waiting), run_input.catalogue, run_id)
            if accepted_kpis := [kpi for kpi in kpis if kpi not in held]:
                now = Batch(run_input.accepted.of(accepted_kpis), run_input.refused, pairs, unsure).only(accepted_kpis)
                arrived = latest_state([batch.only(accepted_kpis) for batch in earlier], now)
                changes += _merge_fetched(connection, run_input, arrived, known, observed)
        keep_looks(connection, run_input.catalog, run_id, observed, clock.swedish(run_input.started).date())
        note_late_publications(connection, run_id=run_id, observed=observed)
        cursor.advance(connection, pairs, run_input.started)
        fetch_again(connection, run_id)
        if not pairs["hel"].all():
            # Kolada need not mark a group's values as changed when its members are.
            cursor.forget_areas(connection, regrouped_areas)
        hold(connection, held, pairs, run_id, observed)
        journal.note(
            connection,
            run_id,
            observerad=observed,
            fullstandig=run_input.fetch.complete,
            hel=all(batch.since is None for batch in run_input.fetch.batches),
            nya=changes.new,
            reviderade=changes.revised,
            borttagna=changes.deleted,
            aterkomna=changes.returned,
        )
    return changes


def _rows(accepted: Accepted, pairs: pl.DataFrame, earlier: list[Batch]) -> dict[str, int]:
    """Every nyckeltal that this run asked for or has values of → the approximate number of values."""
    rows = dict.fromkeys(pairs["nyckeltal_id"].unique(), 0) | dict(accepted.rows)
    for batch in earlier:
        for kpi, count in batch.accepted["nyckeltal_id"].value_counts().iter_rows():
            rows[kpi] = rows.get(kpi, 0) + count
    return rows


def _merge_fetched(
    connection: duckdb.DuckDBPyConnection,
    run_input: RunInput,
    arrived: Batch,
    known: Set[str],
    observed: datetime,
) -> Changes:
    """known: as of `merge_chunk`."""
    values = correct(arrived.accepted, run_input.catalog.corrections)
    values = values.with_columns(kalla=pl.lit(run_input.source), korning_id=pl.lit(run_input.run_id))
    whole = arrived.pairs.filter("hel").select(PAIR).join(arrived.unsure, on=PAIR, how="anti")
    return _merge(
        connection, run_input, values, values["borttagen"], whole, arrived.refused.select(KEY), known, observed
    )


def _merge_local(
    connection: duckdb.DuckDBPyConnection, run_input: RunInput, known: Set[str], observed: datetime
) -> Changes:
    local = run_input.local
    values = stored_form(local, run_input.run_id, run_input.started)
    if values.is_empty() and local.whole.is_empty():
        return Changes(0, 0, 0, 0)
    none_deleted = pl.repeat(False, values.height, dtype=pl.Boolean, eager=True)
    return _merge(connection, run_input, values, none_deleted, local.whole, _of_years(local), known, observed)


def _of_years(local: Local) -> pl.DataFrame:
    """What is protected among the yearly values."""
    return local.protected.filter(pl.col("period") == pl.col("ar").cast(pl.String)).drop("period")


def _merge(
    connection: duckdb.DuckDBPyConnection,
    run_input: RunInput,
    values: pl.DataFrame,
    deleted: pl.Series,
    whole: pl.DataFrame,
    refused: pl.DataFrame,
    known: Set[str],
    observed: datetime,
) -> Changes:
    stored = check("matvarde", shape("matvarde", values)).with_columns(deleted.alias("borttagen"))
    return merge_chunk(connection, Incoming(stored, whole, refused), known, run_id=run_input.run_id, observed=observed)


def unconfirmed(catalog: Catalog, catalogue: Catalogue) -> dict[str, str]:
    """KPIs under a title that is none of the confirmed ones, with that title: the id may mean another measure now."""
    return {
        kpi_id: kpi.title
        for kpi_id, kpi in catalogue.kpis.items()
        # A run that fetched no catalogue has the latest one's, in which there may be a KPI that left the YAML since.
        if kpi_id in catalog.kpis and not is_confirmed(catalog.kpis[kpi_id], kpi.title)
    }
