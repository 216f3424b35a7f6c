"""What the published database says of itself. Questions about its figures are asked where they are used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import ConfigError
from pipelines.rows import mappings
from pipelines.warehouse.schema import schema


@contextmanager
def read_published(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database, for reading.

    Raises:
        ConfigError: nothing has been published, or another version of the program published it.
    """
    if not published.exists():
        raise ConfigError(
            f"{published} does not exist: nothing has been published there → `malbild run` first, or name --data-dir"
        )
    with duckdb.connect(str(published), read_only=True) as connection:
        _check_version(connection, published)
        yield connection


def require_published(published: Path) -> None:
    """Raise ConfigError as `read_published`, before anything else reads the file."""
    with read_published(published):
        pass


def _check_version(connection: duckdb.DuckDBPyConnection, published: Path) -> None:
    """Raise ConfigError when the database lacks a table or a column that this version of the program reads."""
    rows = connection.sql(
        """SELECT CASE schema_name WHEN 'main' THEN table_name ELSE schema_name || '.' || table_name END, column_name
           FROM duckdb_columns() WHERE NOT internal"""
    ).fetchall()
    columns, tables = set(rows), {table for table, _ in rows}
    expected = [(table.published_name, column) for table in schema().published for column in table.columns]
    missing = [(table, column) for table, column in expected if (table, column) not in columns]
    if missing:
        names = dict.fromkeys(
            f"column {table}.{column}" if table in tables else f"table {table}" for table, column in missing
        )
        raise ConfigError(
            f"{published} was published by another version of malbild: it has no {', '.join(names)} → `malbild run` "
            "publishes it anew"
        )


def newest_run(published: Path) -> dict[str, Any] | None:
    """The newest finished run (a row of the view `klar_korning`), which all figures are of; None when there is none.

    Raises ConfigError as `read_published`.
    """
    with read_published(published) as connection:
        rows = mappings(connection.sql("FROM klar_korning WHERE nyast = 1"))
    return rows[0] if rows else None


def published_source(published: Path) -> str | None:
    """Where the figures come from (`korning.kalla`); None before anything is published, or when no run says it."""
    run = newest_run(published) if published.exists() else None
    return run["kalla"] if run else None


def published_at(published: Path) -> datetime | None:
    """When the file was written (UTC, naive); None when nothing is published. Asks the file, which may be damaged."""
    if not published.exists():
        return None
    return datetime.fromtimestamp(published.stat().st_mtime, UTC).replace(tzinfo=None)


def calendar(published: Path) -> list[dict[str, Any]]:
    """The view `publiceringskalender`, the next date first. Raises ConfigError as `read_published`."""
    with read_published(published) as connection:
        return mappings(connection.sql("FROM publiceringskalender ORDER BY publiceras NULLS LAST, nyckeltal_id"))
