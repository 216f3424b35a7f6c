"""An installation as the checks of `malbild doctor` look at it: settings, and what is read once for several of them.

Here: reading, and nothing is changed by it. What to think of what was read is for the checks (`machine`, `databases`,
`runs`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import MalbildError
from pipelines.locks import data_dir_holder
from pipelines.operation import integrity
from pipelines.rows import mappings
from pipelines.settings import Settings
from pipelines.warehouse.ducklake import DuckLakeWarehouse
from pipelines.warehouse.journal import DONE
from pipelines.warehouse.publication import published_report
from pipelines.warehouse.store import check_version


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs, oldest first, as rows of `korning`.

    whole: read from the warehouse itself; the published database lacks what came after the last publication.
    report: sha256 of the report that the last publication made; None when there is none, or it is not known.
    """

    rows: list[dict[str, Any]]
    whole: bool
    report: str | None

    @property
    def done(self) -> list[dict[str, Any]]:
        """The runs that came to their end."""
        return [row for row in self.rows if row["utfall"] == DONE]


@dataclass(frozen=True, slots=True)
class SharedWarehouse:
    """A warehouse that several machines share: its files, their size (bytes), and who writes to it now."""

    files: int
    size: int
    writer: str | None
    journal: Journal


class Installation:
    """Settings, the time (UTC, naive), and what several checks need to know, each read when it is first asked for."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.settings = settings
        self.now = now

    @cached_property
    def holder(self) -> str | None:
        """Who holds the data dir now, in words."""
        return data_dir_holder(self.settings.data_dir)

    @cached_property
    def faults(self) -> dict[Path, str | None]:
        """What is wrong with each database that is there and that nobody writes to; None for one that is whole."""
        settings = self.settings
        paths = [settings.published] if settings.lake else [settings.warehouse_file, settings.published]
        open_now = settings.warehouse_file if self.holder else None
        existing = [path for path in paths if path.exists() and path != open_now]
        return dict(zip(existing, integrity.faults(existing), strict=True))

    @cached_property
    def shared(self) -> SharedWarehouse | MalbildError | None:
        """The shared warehouse, or why it cannot be read; None when there is nothing in it yet, or no such warehouse.

        Its keys are looked after by every night's checks.
        """
        try:
            lake = self.settings.lake
            return _read_shared(DuckLakeWarehouse(lake)) if lake else None
        except MalbildError as error:
            return error

    @cached_property
    def journal(self) -> Journal | None:
        """The runs, from the first of the databases that can be read; None without any."""
        if isinstance(self.shared, SharedWarehouse):
            return self.shared.journal
        for path in (path for path, fault in self.faults.items() if fault is None):
            try:
                with duckdb.connect(str(path), read_only=True) as connection:
                    return _read_journal(connection, whole=path == self.settings.warehouse_file)
            except duckdb.Error:
                # A run has begun meanwhile and has it open, or another version made it: the published one will do.
                continue
        return None


def size_of(path: Path) -> int:
    """Bytes of a file, or of all that lies in a folder; 0 for what is not there or may not be seen."""
    if path.is_dir():
        return sum((Path(folder) / name).lstat().st_size for folder, _, names in os.walk(path) for name in names)
    return path.stat().st_size if path.exists() else 0


def size_text(size: int) -> str:
    """A size for people."""
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.1f} MB"


def _read_shared(warehouse: DuckLakeWarehouse) -> SharedWarehouse | None:
    if not warehouse.exists():
        return None
    busy = warehouse.writer()
    with warehouse.read() as connection:
        check_version(connection, warehouse)
        ((files, size),) = connection.sql(
            "SELECT sum(file_count + delete_file_count), sum(file_size_bytes + delete_file_size_bytes) "
            "FROM ducklake_table_info(current_database())"
        ).fetchall()
        return SharedWarehouse(files, size, busy, _read_journal(connection, whole=True))


def _read_journal(connection: duckdb.DuckDBPyConnection, *, whole: bool) -> Journal:
    rows = mappings(connection.sql("FROM korning ORDER BY startad"))
    return Journal(rows, whole, published_report(connection) if whole else None)
