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


@contextmanager
def read_published(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database, for reading. Raises ConfigError when nothing has been published."""
    require_published(published)
    with duckdb.connect(str(published), read_only=True) as connection:
        yield connection


def require_published(published: Path) -> None:
    """Raise ConfigError when nothing has been published."""
    if not published.exists():
        raise ConfigError(
            f"{published} does not exist: nothing has been published there → `malbild run` first, or name --data-dir"
        )


def newest_run(published: Path) -> dict[str, Any] | None:
    """The newest finished run (a row of the view `klar_korning`), which all figures are of; None when there is none.

    Raises:
        ConfigError: nothing has been published.
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
    """The view `publiceringskalender`, the next date first. Raises ConfigError when nothing has been published."""
    with read_published(published) as connection:
        return mappings(connection.sql("FROM publiceringskalender ORDER BY publiceras NULLS LAST, nyckeltal_id"))
