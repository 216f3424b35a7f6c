"""The published database as it would have been at an earlier time, from the published database alone.

Values, Kolada's catalogue, group members, events and runs are those known then; läge and riktning are computed from
them again. What the YAML files contain (the målbild, roles, directions) is today's, unless the caller gives the content
of that time. Which rows a table had is declared in the schema (`som_da`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.errors import ConfigError
from pipelines.warehouse.analyse import analyse
from pipelines.warehouse.content import write_frames
from pipelines.warehouse.publish import publish
from pipelines.warehouse.schema import schema
from pipelines.warehouse.sql import literal
from pipelines.warehouse.store import FileWarehouse


def rebuild_as_of(
    published: Path, target: Path, when: datetime, content: Mapping[str, pl.DataFrame] | None = None
) -> Path:
    """Write `target` as of `when` (UTC, naive) and return it. Raises ConfigError when nothing was known then.

    content: the frames of `content.content_frames` where the YAML files and Kolada's catalogue of another time count
    instead of those that were last published.
    """
    warehouse = FileWarehouse(target.with_suffix(".lager.duckdb"))
    warehouse.path.unlink(missing_ok=True)
    try:
        with warehouse.open() as connection:
            connection.execute(f"ATTACH {literal(str(published))} AS pub (READ_ONLY)")
            _check(connection, published, when)
            copy_as_of(connection, when, content=content is None)
            if content is not None:
                write_frames(connection, content)
            connection.execute("DETACH pub")
            analyse(connection)
        publish(warehouse, target, when.date())
    finally:
        warehouse.path.unlink(missing_ok=True)
    return target


def copy_as_of(connection: duckdb.DuckDBPyConnection, when: datetime, *, content: bool) -> None:
    """From the attached database `pub` into the open one: values, versions, events and runs as known at `when`.

    content: the tables of the YAML files as well (`Table.content`).
    """
    for table in schema().stored:
        rows = table.known_at()
        if rows is not None and (content or not table.content):
            connection.execute(f"INSERT INTO {table.name} BY NAME {rows}", {"t": when} if "$t" in rows else None)


def _check(connection: duckdb.DuckDBPyConnection, published: Path, when: datetime) -> None:
    first, last = connection.sql(
        "SELECT min(observerad), max(avslutad) FROM pub.korning WHERE observerad IS NOT NULL"
    ).fetchall()[0]
    if first is None or when < first:
        raise ConfigError(
            f"--as-of {when} (UTC) lies before the first run in {published} ({first}): nothing was known then → "
            "name a later time"
        )
    if when > last:
        raise ConfigError(
            f"--as-of {when} (UTC) lies after the last run in {published} ({last}): nobody knows yet → name an "
            "earlier time"
        )
