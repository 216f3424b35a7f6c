"""Publication: the public tables into `analys.duckdb`, put in place atomically. Files made of it are `exports`.

The warehouse stays private; what analysts get is a new file every time, in a storage version that DuckDB 1.4 can read.
Readers that hold the old file keep it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import duckdb

from pipelines.files import install_file
from pipelines.settings import CHUNK_SIZE
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.frames import append, as_frame
from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.dictionary import entries, of_macro, of_view
from pipelines.warehouse.schema.tables import Table, View
from pipelines.warehouse.store import PUBLISHING, Warehouse, transaction
from pipelines.warehouse.wide import wide

_STORAGE_VERSION = "v1.4.0"


def publish(
    warehouse: Warehouse,
    target: Path,
    day: date,
    chunk_size: int = CHUNK_SIZE,
    *,
    views: Collection[str] | None = None,
) -> dict[str, int]:
    """Copy the public tables to `target`, with views and macros over them, and return their numbers of rows.

    The warehouse must not be open. `day` decides which values are preliminary, `chunk_size` how many values
    are written at a time. views: names of the views to make, then without macros and data dictionary; None: everything.
    """
    tables = schema().published
    partial = target.with_suffix(".duckdb.tmp")
    partial.unlink(missing_ok=True)
    config = {**PUBLISHING, "storage_compatibility_version": _STORAGE_VERSION}
    with duckdb.connect(str(partial), config=config) as connection:
        with warehouse.attach(connection, "lager"):
            # Hundreds of small statements: one by one each would wait for the disk.
            with transaction(connection):
                for statement in schema().published_ddl():
                    connection.execute(statement)
                for table in tables:
                    for statement in table.comment_statements():
                        connection.execute(statement)
            for table in tables:
                if table.stored:
                    _insert(connection, table, f"lager.{table.name}", day, chunk_size)
        compute_tables(connection, day, chunk_size)
        with transaction(connection):
            if views is None:
                _describe(connection, chunk_size)
            else:
                for name in views:
                    _create(connection, schema().views[name], chunk_size)
        rows = {t.name: connection.sql(f"SELECT count(*) FROM {t.published_name}").fetchall()[0][0] for t in tables}  # noqa: S608 - names of our schema
        connection.execute("CHECKPOINT")
    partial.chmod(0o444)
    install_file(partial, target)
    return rows


def compute_tables(connection: duckdb.DuckDBPyConnection, day: date, chunk_size: int = CHUNK_SIZE) -> None:
    """Fill the tables that are computed from other tables of the same database."""
    for table in schema().published:
        if table.computed_from:
            _insert(connection, table, table.computed_from, day, chunk_size)


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, source: str, day: date, chunk_size: int) -> None:
    """The rows of a table, in the order of its key. source: the relation that they come from."""
    order = f" ORDER BY {', '.join(table.key)}" if table.key else ""
    rows = table.published_as or f"SELECT {', '.join(table.columns)} FROM {source}"  # noqa: S608 - names of our schema
    given: dict[str, object] = {"dag": day} if "$dag" in rows else {}
    if table.key[:1] != ("nyckeltal_id",):
        connection.execute(f"INSERT INTO {table.published_name} BY NAME {rows}{order}", given)
        return
    # Sorted a chunk at a time: all of a country would be sorted on disk.
    counts = connection.sql(f"SELECT nyckeltal_id, count(*) FROM {source} GROUP BY ALL").fetchall()  # noqa: S608 - names of our schema
    for kpis in chunks(dict(counts), chunk_size):
        connection.execute(
            f"INSERT INTO {table.published_name} BY NAME SELECT * FROM ({rows}) "  # noqa: S608 - names of our schema
            f"WHERE nyckeltal_id BETWEEN $forsta AND $sista{order}",
            {**given, "forsta": kpis[0], "sista": kpis[-1]},
        )


def _describe(connection: duckdb.DuckDBPyConnection, chunk_size: int) -> None:
    """Fill the data dictionary, and make views and macros."""
    described = entries()
    for view in schema().views.values():
        _create(connection, view, chunk_size)
    view, macro = wide(connection)
    _create(connection, view, chunk_size)
    described += of_view(view, _types(connection, view.name))
    for table_macro in schema().macros.values():
        connection.execute(table_macro.ddl())
        connection.execute(table_macro.comment_statement())
    connection.execute(macro.ddl())
    connection.execute(macro.comment_statement())
    described += of_macro(macro, _types(connection, macro.example_call))
    append(connection, "datakatalog", as_frame("datakatalog", [entry._asdict() for entry in described]))


def _create(connection: duckdb.DuckDBPyConnection, view: View, chunk_size: int) -> None:
    """The view; a prepared one with its rows, a chunk of nyckeltal at a time where it has them."""
    connection.execute(view.published_ddl())
    for statement in view.comment_statements():
        connection.execute(statement)
    if not view.prepared:
        return
    rows = f"SELECT * FROM ({view.sql})"  # noqa: S608 - texts of our schema
    order = f"ORDER BY {', '.join(view.key)}"
    if view.key[0] != "nyckeltal_id":
        connection.execute(f"INSERT INTO {view.name} {rows} {order}")
        return
    counts = connection.sql("SELECT nyckeltal_id, count(*) FROM matvarde GROUP BY ALL").fetchall()
    # A row is much wider than a value, and each part reads the tables that it is made of: smaller parts than an eighth
    # need no less memory, and a quarter needs more than there is.
    for kpis in chunks(dict(counts), chunk_size // 8):
        connection.execute(
            f"INSERT INTO {view.name} {rows} WHERE nyckeltal_id BETWEEN $forsta AND $sista {order}",
            {"forsta": kpis[0], "sista": kpis[-1]},
        )


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.sql(f"DESCRIBE FROM {relation}").fetchall()}
