"""`malbild rebuild`: the whole warehouse again from the raw archive, run by run, with the archived times and YAML
files.

Nothing is fetched. What a run stored follows from its own YAML, catalogue and answers, so the rows come out the
same; what a newer program would store differently differs, and that is the point of doing it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from pipelines import clock
from pipelines.answers.intake import read_answers
from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.kolada.archive import CATALOGUE_FILE, FETCH_FILE, RUN_FILE, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.fetch import Fetch
from pipelines.local.archive import ANSWERS, archived_files
from pipelines.local.intake import read_local
from pipelines.settings import CHUNK_SIZE
from pipelines.validation.accepted import write_accepted
from pipelines.validation.answers import screen_answers
from pipelines.validation.bounds import bounds
from pipelines.warehouse import cursor, journal
from pipelines.warehouse.analyse import analyse
from pipelines.warehouse.intake import RunInput, load_run
from pipelines.warehouse.refused import keep_refused, keep_refused_local, shown_locally
from pipelines.warehouse.store import FileWarehouse, Warehouse, transaction


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it: runs replayed, runs that had stored nothing, values in the end, and where the old one is."""

    replayed: int
    without_data: int
    values: int
    old: str


def rebuild(archive: RawArchive, warehouse: Warehouse, chunk_size: int = CHUNK_SIZE) -> Rebuilt:
    """Make the warehouse again in a file of its own and put it in the place of the old one, which is kept.

    chunk_size: how many values are merged and analysed at a time.

    Raises ConfigError when the archive knows no run, MalbildError when it is damaged; the old warehouse stays then.
    """
    run_ids = archive.runs()
    if not run_ids:
        raise ConfigError(
            "the raw archive knows no run: there is nothing to rebuild from → name the --data-dir that has one"
        )
    staged = warehouse.staging_file()
    staged.unlink(missing_ok=True)
    replayed = 0
    with FileWarehouse(staged).open() as connection:
        for run_id in run_ids:
            replayed += _replay(connection, archive, run_id, chunk_size)
        # Only the last run can still have been under way; it is not under way now.
        connection.execute("UPDATE korning SET utfall = $1 WHERE utfall = $2", [journal.BROKEN_OFF, journal.RUNNING])
        analyse(connection, chunk_size)
        (values,) = connection.sql("SELECT count(*) FROM matvarde").fetchall()[0]
    return Rebuilt(replayed, len(run_ids) - replayed, values, warehouse.replace(staged))


def _replay(connection: duckdb.DuckDBPyConnection, archive: RawArchive, run_id: str, chunk_size: int) -> bool:
    """One run as it was. Returns whether it had stored any values."""
    files = archive.files(run_id)
    if RUN_FILE not in files:
        # It could not open the warehouse: nothing is stored of it, and this may be the reason for the rebuilding.
        return False
    row: dict[str, Any] = msgspec.json.decode(files[RUN_FILE])
    journal.insert_encoded(connection, files[RUN_FILE])
    stored = row["observerad"] is not None
    if stored or row["rader_hamtade"]:
        source = str(row["kalla"])
        journal.bind_source(connection, source)
        catalog = _catalog(files)
        fetch = Fetch.decoded(files[FETCH_FILE])
        started = datetime.fromisoformat(row["startad"])
        day = clock.swedish(started).date()
        local = read_local(archived_files(files), catalog, shown_locally(connection), day)
        answers = read_answers(archived_files(files, ANSWERS), catalog, day)
        with tempfile.TemporaryDirectory() as folder:
            limits = bounds(catalog.kpis.values())
            accepted, refused = write_accepted(Path(folder), screen_answers(archive, fetch, started.year, limits))
            if stored:
                catalogue = Catalogue.decoded(files[CATALOGUE_FILE])
                with transaction(connection):
                    cursor.forget_corrected(connection, catalog.corrections)
                brought = RunInput(
                    run_id, source, started, catalog, catalogue, fetch, accepted, refused, local, answers
                )
                # The run has passed its own limit.
                load_run(connection, brought, archive, refused_share=1.0, chunk_size=chunk_size)
            else:
                with transaction(connection):
                    keep_refused(connection, refused, run_id)
                    keep_refused_local(connection, local.refused, run_id)
                    keep_refused_local(connection, answers.nameless, run_id)
        journal.insert_encoded(connection, files[RUN_FILE])
    return stored


def _catalog(files: dict[str, bytes]) -> Catalog:
    """The catalogue from the YAML files that the run kept."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            if name.endswith(".yaml"):
                (Path(folder) / name).write_bytes(content)
        return load_catalog(Path(folder))
