"""The warehouse: what a run may do with it wherever it is, and the one that is a file of the data dir.

The warehouse is private to the run that holds it; everybody else reads the published database. The one in DuckLake, for
several machines, is `ducklake`; which of the two an installation has is `location`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import duckdb

from pipelines.errors import ConfigError, MalbildError
from pipelines.files import install_file
from pipelines.warehouse.schema import schema
from pipelines.warehouse.sql import literal

# Beyond the limit DuckDB spills to disk. The warehouse is open while the frames of the night are in memory too. What a
# transaction has written cannot be spilled altogether: one of 50 million values does not fit in 128 MB.
_THREADS: Final = 2
CONFIG: Final[dict[str, str | bool | int]] = {
    "memory_limit": "512MB",
    "threads": _THREADS,
    "preserve_insertion_order": False,
}
PUBLISHING: Final[dict[str, str | bool | int | float | list[str]]] = {"memory_limit": "256MB", "threads": _THREADS}
_POLL_INTERVAL: Final = 0.1
# A run that is over reads its own summary from the warehouse for a moment, when the next may have begun (seconds).
_PATIENCE_WITH_SUMMARY: Final = 5.0


class Warehouse(Protocol):
    """Where a county's values and their revisions are stored. `str()` names the place to people.

    Whatever fails because of the place itself (a file that cannot be opened, a server that is away) is a MalbildError.
    """

    @property
    def county(self) -> str | None:
        """The county's name in a database that counties share; None when the warehouse is this data dir's own."""

    def exists(self) -> bool:
        """Whether the warehouse has been made."""

    def open(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection that may write, with every table in place.

        Raises:
            ConfigError: a table was made by a version of the program with other columns.
        """

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection that may only read the warehouse as it is, whatever it lacks."""

    def attach(self, connection: duckdb.DuckDBPyConnection, name: str) -> AbstractContextManager[None]:
        """Attach the warehouse to a connection for reading, until the block ends; nobody has it open for writing."""

    def hold(self) -> AbstractContextManager[None]:
        """Be the only writer on any machine, until the block ends; raises BusyError when somebody else is.

        On this machine the lock of the data dir says the same.
        """

    def request_slots(self, here: int, in_all: int) -> AbstractAsyncContextManager[AbstractAsyncContextManager[object]]:
        """What every request to Kolada enters while it lasts: at most `here` at once from this process, and `in_all`
        from all whose warehouse is in the same database.
        """

    def maintain(self) -> None:
        """Remove what has been kept for nothing; call while holding the warehouse, a few times a month."""

    def staging_file(self) -> Path:
        """Where a warehouse that is to take this one's place can be made."""

    def replace(self, staged: Path) -> str:
        """Put a finished `lager.duckdb` in the place of the warehouse and say, in words, where the old one is kept."""

    def backup_file(self) -> Path:
        """The file that a backup must hold. Raises ConfigError when no file can hold the warehouse."""


@dataclass(frozen=True, slots=True)
class FileWarehouse:
    """A warehouse that is a DuckDB file, guarded by the lock of its data dir."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def county(self) -> None:
        return None

    def exists(self) -> bool:
        return self.path.exists()

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Newer compression than the oldest readers know: nearly twice as fast to write.
        with self._connect({**CONFIG, "storage_compatibility_version": "v1.4.0"}) as connection:
            create_missing_tables(connection, self)
            yield connection

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._connect(CONFIG, read_only=True) as connection:
            yield connection

    @contextmanager
    def attach(self, connection: duckdb.DuckDBPyConnection, name: str) -> Iterator[None]:
        connection.execute(f"ATTACH {literal(str(self.path))} AS {name} (READ_ONLY)")
        yield
        connection.execute(f"DETACH {name}")

    @contextmanager
    def hold(self) -> Iterator[None]:
        yield

    @asynccontextmanager
    async def request_slots(self, here: int, in_all: int) -> AsyncIterator[asyncio.Semaphore]:
        yield asyncio.Semaphore(here)

    def maintain(self) -> None:
        """DuckDB re-uses what becomes free in its file."""

    def staging_file(self) -> Path:
        return self.path.with_suffix(".ny.duckdb")

    def replace(self, staged: Path) -> str:
        old = self.path.with_suffix(".duckdb.gammal")
        if self.path.exists():
            # A second name, not another: there is a warehouse at every moment.
            old.unlink(missing_ok=True)
            os.link(self.path, old)
            # What a killed run had written belongs to the old file; beside the new one nobody could open it.
            log = self.path.with_name(f"{self.path.name}.wal")
            if log.exists():
                log.replace(old.with_name(f"{old.name}.wal"))
        install_file(staged, self.path)
        return f"The old warehouse, if there was one, is kept as {old}"

    def backup_file(self) -> Path:
        return self.path

    def _connect(self, config: dict[str, str | bool | int], *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + _PATIENCE_WITH_SUMMARY
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only, config={**config})
            except duckdb.Error as error:
                if "Conflicting lock" in str(error) and time.monotonic() < deadline:
                    time.sleep(_POLL_INTERVAL)
                    continue
                raise MalbildError(
                    f"{self} cannot be opened ({str(error).splitlines()[0]}) → close whatever has it open; if it is "
                    "damaged, restore a backup"
                ) from error


def create_missing_tables(connection: duckdb.DuckDBPyConnection, where: Warehouse) -> None:
    """Make the tables that the open warehouse lacks. Raises ConfigError as `check_version`."""
    # A run opens the warehouse a dozen times: it is asked once what it has, not told thirty times what to have.
    there = check_version(connection, where)
    if missing := [table for table in schema().stored if table.name not in there]:
        with transaction(connection):
            for table in missing:
                connection.execute(table.ddl())


def check_version(connection: duckdb.DuckDBPyConnection, where: object) -> set[str]:
    """The names of the tables that the open warehouse has. Raises ConfigError when one was made by a version of the
    program with other columns. `where`: the warehouse, for people.
    """
    tables = dict(connection.sql(_TABLES).fetchall())
    new = _new_tables()
    # To list all columns is half of what it costs to open a warehouse, and all is nearly always as in a new one.
    if all(tables.get(table.name, new[table.name]) == new[table.name] for table in schema().stored):
        return set(tables)
    rows = connection.sql(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()"
    ).fetchall()
    columns: dict[str, set[str]] = {}
    for table_name, column in rows:
        columns.setdefault(table_name, set()).add(column)
    for table in schema().stored:
        expected = {column.name for column in table.stored_columns}
        stored = columns.get(table.name, expected)
        if stored != expected:
            differing = ", ".join(sorted(stored ^ expected))
            raise ConfigError(
                f"{where} was made by another version: table {table.name} differs in {differing} "
                "→ `malbild rebuild` makes it again from the raw archive; what is published stays valid until then"
            )
    return set(tables)


_TABLES: Final = "SELECT table_name, sql FROM duckdb_tables() WHERE database_name = current_database()"


@cache
def _new_tables() -> dict[str, str]:
    """Name → DuckDB's own text of each table of a new warehouse."""
    with duckdb.connect() as connection:
        for table in schema().stored:
            connection.execute(table.ddl())
        return dict(connection.sql(_TABLES).fetchall())


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
def single_threaded(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Use one thread until the block ends: rows that are inserted then go to disk as soon as there are enough; several
    threads would keep them in memory until the transaction ends.
    """
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {_THREADS}")
