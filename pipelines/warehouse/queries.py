"""What the published database says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.rows import mappings
from pipelines.warehouse.journal import DONE


def newest_run(published: Path) -> str:
    """The id of the newest finished run in it. Raises LookupError when there is none."""
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute(
            """SELECT korning_id FROM korning WHERE utfall = $1 AND observerad IS NOT NULL
               ORDER BY avslutad DESC, korning_id DESC LIMIT 1""",
            [DONE],
        ).fetchall()
    if not found:
        raise LookupError(f"{published} holds no finished run")
    return str(found[0][0])


def published_source(published: Path) -> str | None:
    """Where its figures come from: `korning.kalla`, the same for all runs of a data dir. None when no run says it."""
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.sql("SELECT DISTINCT kalla FROM korning WHERE kalla IS NOT NULL").fetchall()
    return str(found[0][0]) if found else None


def published_at(published: Path) -> datetime | None:
    """When the file was written (UTC, naive); None when nothing is published. Asks the file, which may be damaged."""
    if not published.exists():
        return None
    return datetime.fromtimestamp(published.stat().st_mtime, UTC).replace(tzinfo=None)


def calendar(published: Path) -> list[dict[str, Any]]:
    """The view `publiceringskalender`, the next date first."""
    with duckdb.connect(str(published), read_only=True) as connection:
        return mappings(connection.sql("FROM publiceringskalender ORDER BY publiceras NULLS LAST, nyckeltal_id"))
