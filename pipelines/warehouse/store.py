"""Opening the warehouse, and the one run that may write to it.

`lager.duckdb` is private to the run that holds the data dir; everybody else reads the published database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from pipelines.errors import BusyError, ConfigError, MalbildError
from pipelines.warehouse.schema import TABLES

# Beyond it DuckDB spills to disk. The warehouse is open while the frames of the night are in memory too, and merges 1.3
# million observations with this; sorting for publication would spill.
_WAREHOUSE_MEMORY = "128MB"
PUBLISHING: Final[dict[str, str | bool | int | float | list[str]]] = {"memory_limit": "192MB", "threads": 2}


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Hold the data dir for one run. Raises BusyError when another run holds it.

    The lock belongs to the process: it ends with it, however it ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / ".las").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise BusyError(
                f"another run (process {holder}) holds {data_dir}; nothing was changed → wait until it is done, "
                "or name another --data-dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with every table in place. Raises MalbildError when it cannot be opened or used."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(
            str(path),
            config={
                "memory_limit": _WAREHOUSE_MEMORY,
                "threads": 2,
                "preserve_insertion_order": False,
                # Newer compression than the oldest readers know: nearly twice as fast to write.
                "storage_compatibility_version": "v1.4.0",
            },
        )
    except duckdb.Error as error:
        raise MalbildError(
            f"{path} cannot be opened ({str(error).splitlines()[0]}) → close whatever has it open; if it is "
            "damaged, restore a backup"
        ) from error
    try:
        _bring_in_shape(connection, path)
        yield connection
    finally:
        connection.close()


def _bring_in_shape(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the tables that are not there. Raises ConfigError when one was made with other columns, by another version
    of the program.
    """
    rows = connection.sql("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    found: dict[str, set[str]] = {}
    for table_name, column in rows:
        found.setdefault(table_name, set()).add(column)
    # A run opens the warehouse a dozen times: asked once what is there, instead of thirty times to make it.
    if missing := [table for table in TABLES if table.name not in found]:
        with transaction(connection):
            for table in missing:
                connection.execute(table.ddl())
    for table in TABLES:
        expected = {column.name for column in table.stored}
        if found.get(table.name, expected) != expected:
            differing = ", ".join(sorted(found[table.name] ^ expected))
            raise ConfigError(
                f"{path} was made by another version: table {table.name} differs in {differing} "
                "→ `malbild rebuild` makes it again from the raw archive; what is published stays valid until then"
            )


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


def replace_atomically(partial: Path, target: Path) -> None:
    """Put a finished file in its place: readers see the old one or the new one, also after a power cut."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
