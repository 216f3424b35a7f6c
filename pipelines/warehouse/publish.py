"""Publication: the public tables into `analys.duckdb`, put in place atomically. Files made of it are `exports`.

The warehouse stays private; what analysts get is a new file every time, in a storage version that DuckDB 1.4 can read.
Readers that hold the old file keep it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines.files import install_file
from pipelines.settings import CHUNK_SIZE
from pipelines.warehouse.change_tables import CHANGES
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.ddl import PREPARED, Table
from pipelines.warehouse.dictionary import entries
from pipelines.warehouse.frames import append
from pipelines.warehouse.schema import DICTIONARY, MACROS, PUBLIC, TABLES
from pipelines.warehouse.store import PUBLISHING, Warehouse, transaction
from pipelines.warehouse.views import VIEWS

_STORAGE_VERSION = "v1.4.0"


def publish(warehouse: Warehouse, target: Path, day: date, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Copy the public tables to `target`, with views and macros over them, and return their numbers of rows.

    The warehouse must not be open. `day` decides which values are preliminary, `chunk_size` how many values
    are written at a time.
    """
    partial = target.with_suffix(".duckdb.tmp")
    partial.unlink(missing_ok=True)
    connection = duckdb.connect(str(partial), config={**PUBLISHING, "storage_compatibility_version": _STORAGE_VERSION})
    rows: dict[str, int] = {}
    try:
        with warehouse.attach(connection, "lager"):
            # Hundreds of small statements: one by one each would wait for the disk.
            with transaction(connection):
                for table in PUBLIC:
                    connection.execute(table.ddl(published=True))
                    for statement in table.comment_statements():
                        connection.execute(statement)
            for table in (table for table in TABLES if table.public):
                _insert(connection, table, f"lager.{table.name}", day, chunk_size)
        insert_changes(connection, chunk_size)
        with transaction(connection):
            names = list(DICTIONARY.column_names)
            described = pl.DataFrame(entries(), schema=names, orient="row", infer_schema_length=None)
            append(connection, DICTIONARY.name, described)
            connection.execute(f"CREATE SCHEMA {PREPARED}")
            for view in VIEWS:
                for statement in (*view.published_ddl(), *view.comment_statements()):
                    connection.execute(statement)
            for macro in MACROS:
                connection.execute(macro.ddl())
        for table in PUBLIC:
            rows[table.name] = connection.sql(f"SELECT count(*) FROM {table.name}").fetchall()[0][0]
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
    partial.chmod(0o444)
    install_file(partial, target)
    return rows


def insert_changes(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> None:
    """Fill the table of changes, from the revisions and the versions of the catalogue in the same database."""
    _insert(connection, CHANGES, "matvarde_revision", None, chunk_size)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: Table, source: str, day: date | None, chunk_size: int
) -> None:
    """The rows of a table, in the order of its key. source: the relation that they are made of."""
    order = f" ORDER BY {', '.join(table.key)}" if table.key else ""
    rows = table.published_as or f"SELECT {', '.join(table.column_names)} FROM {source}"
    given: dict[str, object] = {"dag": day} if "$dag" in rows else {}
    if table.key[:1] != ("nyckeltal_id",):
        connection.execute(f"INSERT INTO {table.name} BY NAME {rows}{order}", given)
        return
    # Sorted a chunk at a time: all of a country would be sorted on disk.
    counts = connection.sql(f"SELECT nyckeltal_id, count(*) FROM {source} GROUP BY ALL").fetchall()
    for kpis in chunks(dict(counts), chunk_size):
        connection.execute(
            f"INSERT INTO {table.name} BY NAME SELECT * FROM ({rows}) "
            f"WHERE nyckeltal_id BETWEEN $forsta AND $sista{order}",
            {**given, "forsta": kpis[0], "sista": kpis[-1]},
        )
