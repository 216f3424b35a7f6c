"""Opening the warehouse, and the one run that may write to it.

The warehouse is private to the run that holds it; everybody else reads the published database. It is a file of the data
dir, `lager.duckdb`, or a DuckLake that several machines share (`shared`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

import duckdb

from pipelines.errors import ConfigError, MalbildError
from pipelines.files import install_file
from pipelines.lake import Lake
from pipelines.warehouse import shared
from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.tables import Table
from pipelines.warehouse.sql import literal

# Beyond it DuckDB spills to disk. The warehouse is open while the frames of the night are in memory too. What a
# transaction has written cannot be spilled altogether: one of 50 million values does not fit in 128 MB.
_THREADS = 2
_CONFIG: Final[dict[str, str | bool | int]] = {
    "memory_limit": "512MB",
    "threads": _THREADS,
    "preserve_insertion_order": False,
}
PUBLISHING: Final[dict[str, str | bool | int | float | list[str]]] = {"memory_limit": "256MB", "threads": _THREADS}
_POLL_INTERVAL: Final = 0.1
# A run that is over reads its own summary from the warehouse for a moment, when the next may have begun.
_PATIENCE_WITH_SUMMARY = 5.0


@contextmanager
def open_warehouse(where: Path | Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with every table in place. Raises MalbildError when it cannot be opened or used."""
    with shared.opened(where, _CONFIG) if isinstance(where, Lake) else _opened(where) as connection:
        # A run opens the warehouse a dozen times: it is asked once what it has, not told thirty times what to have.
        if missing := missing_tables(connection, where):
            with transaction(connection):
                for table in missing:
                    connection.execute(table.ddl())
        yield connection


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, where: Path | Lake, name: str) -> Iterator[None]:
    """The warehouse attached as `name` for reading, until the block ends; nobody has it open for writing."""
    if isinstance(where, Lake):
        with shared.explained(where):
            shared.equip(connection, where)
            shared.attach(connection, where, name, read_only=True)
            yield
    else:
        connection.execute(f"ATTACH {literal(str(where))} AS {name} (READ_ONLY)")
        yield
    connection.execute(f"DETACH {name}")


def hold_warehouse(where: Path | Lake) -> AbstractContextManager[None]:
    """Be the only writer of a warehouse that other machines may write to; a file is guarded by its data dir's lock.
    Raises BusyError when somebody else is.
    """
    return shared.hold_shared(where) if isinstance(where, Lake) else nullcontext()


def tidy_warehouse(where: Path | Lake, run_id: str) -> None:
    """After a run that fetched everything whole: what a shared warehouse has kept for nothing goes away."""
    if isinstance(where, Lake):
        with open_warehouse(where) as connection:
            if connection.sql(
                "SELECT hel AND observerad IS NOT NULL FROM korning WHERE korning_id = $1", params=[run_id]
            ).fetchall() == [(True,)]:
                shared.tidy(connection)


@contextmanager
def read_shared(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    """A shared warehouse as it is, whatever it lacks; nothing is made. Raises MalbildError when it cannot be read."""
    with shared.opened(lake, _CONFIG, read_only=True) as connection:
        yield connection


def replace_warehouse(partial: Path, where: Path | Lake) -> None:
    """Put a finished `lager.duckdb` in the place of the warehouse. The old one stays: a file as `….gammal`, a DuckLake
    in its earlier snapshots, for as long as those are kept.
    """
    if isinstance(where, Path):
        if where.exists():
            # A second name, not another: at no moment is there no warehouse.
            old = where.with_suffix(".duckdb.gammal")
            old.unlink(missing_ok=True)
            os.link(where, old)
            # What a killed run had written belongs to the old file; beside the new one nobody could open it.
            log = where.with_name(f"{where.name}.wal")
            if log.exists():
                log.replace(old.with_name(f"{old.name}.wal"))
        install_file(partial, where)
        return
    with shared.opened(where, _CONFIG) as connection, attached(connection, partial, "ny"), transaction(connection):
        for table in schema().stored:
            # Dropped, not emptied: another version of the program may have made it with other columns.
            connection.execute(f"DROP TABLE IF EXISTS {table.name}")
            connection.execute(table.ddl())
            connection.execute(f"INSERT INTO {table.name} BY NAME FROM ny.{table.name}")
    partial.unlink()


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connection(path)
    try:
        yield connection
    finally:
        connection.close()


def _connection(path: Path) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + _PATIENCE_WITH_SUMMARY
    while True:
        try:
            # Newer compression than the oldest readers know: nearly twice as fast to write.
            return duckdb.connect(str(path), config={**_CONFIG, "storage_compatibility_version": "v1.4.0"})
        except duckdb.Error as error:
            if "Conflicting lock" in str(error) and time.monotonic() < deadline:
                time.sleep(_POLL_INTERVAL)
                continue
            raise MalbildError(
                f"{path} cannot be opened ({str(error).splitlines()[0]}) → close whatever has it open; if it is "
                "damaged, restore a backup"
            ) from error


def missing_tables(connection: duckdb.DuckDBPyConnection, where: Path | Lake) -> list[Table]:
    """The tables that are not there yet. Raises ConfigError when one was made by a version of the program with other
    columns.
    """
    rows = connection.sql(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for table_name, column in rows:
        found.setdefault(table_name, set()).add(column)
    for table in schema().stored:
        expected = {column.name for column in table.stored_columns}
        columns = found.get(table.name, expected)
        if columns != expected:
            differing = ", ".join(sorted(columns ^ expected))
            raise ConfigError(
                f"{where} was made by another version: table {table.name} differs in {differing} "
                "→ `malbild rebuild` makes it again from the raw archive; what is published stays valid until then"
            )
    return [table for table in schema().stored if table.name not in found]


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def written_as_they_come(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Rows that are inserted go to disk as soon as there are enough; several threads would keep them in memory until
    the transaction ends.
    """
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {_THREADS}")
