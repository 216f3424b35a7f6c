"""The steps that write to the warehouse: the merge, and what is computed from the stored values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import duckdb
import polars as pl

from pipelines.errors import ConfigError
from pipelines.run.fetching import fetch_of
from pipelines.run.lifecycle import Run
from pipelines.run.screening import answers_of, local_of, screened_of
from pipelines.warehouse import journal, publication
from pipelines.warehouse.coverage import preview
from pipelines.warehouse.intake import RunInput, load_run
from pipelines.warehouse.merge import Changes

_PREVIEWED = 10
# Connection, and how many values are analysed at a time → table → number of rows.
Analysis: TypeAlias = Callable[[duckdb.DuckDBPyConnection, int], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a merge came to. `values`: how many are stored now; `newest`: some of the newest."""

    changes: Changes
    refused: int
    refused_locally: int
    values: int
    newest: pl.DataFrame
    fingerprint: str
    nothing_new: bool


def store_run(run: Run) -> Stored:
    """Merge everything that was validated in this run, fetched and handed in, in one transaction.

    Raises:
        ConfigError: nothing was validated or fetched in this run.
        RefusedDataError: too much of what was fetched was refused.
    """
    accepted, refused = screened_of(run)
    fetch = fetch_of(run)
    with run.warehouse.open() as connection:
        source = journal.run_row(connection, run.id)["kalla"]
        if source is None:
            raise ConfigError("nothing was fetched in this run → select assets ra/… that have KPIs, or the whole job")
        local, answers = local_of(run.folder), answers_of(run.folder)
        catalogue = run.catalogue()
        run_input = RunInput(
            run.id, source, run.started, run.catalog, catalogue, fetch, accepted, refused, local, answers
        )
        changes = load_run(
            connection,
            run_input,
            run.archive,
            refused_share=run.settings.refused_share,
            chunk_size=run.settings.chunk_size,
        )
        fingerprint = publication.note_stored(connection, run.id, run.catalog.files, run.started.date())
        (values,) = connection.sql("SELECT count(*) FROM matvarde").fetchall()[0]
        newest, nothing_new = preview(connection, _PREVIEWED), run.nothing_new(connection)
    return Stored(
        changes, refused.height, local.refused.height + answers.refused.height, values, newest, fingerprint, nothing_new
    )


def analyse_stored(run: Run, analysis: Analysis) -> dict[str, int]:
    """Write the tables of one part of `warehouse.analyse` anew; table → number of rows. Raises ConfigError when nothing
    is stored.
    """
    with run.warehouse.open() as connection:
        require_stored(connection)
        return analysis(connection, run.settings.chunk_size)


def require_stored(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise ConfigError when no run has stored anything in the open warehouse."""
    if not journal.has_stored(connection):
        raise ConfigError("no run has stored anything in this data dir yet → run the whole job (`malbild run`)")
