"""The published database as it would have been at an earlier time, from the published database alone.

Values, the catalogue's words, group members, events and runs are those known then; läge and riktning are computed
anew from them. What stands in the YAML files (the målbild, roles, directions) is today's, unless the caller brings
the content of then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.errors import ConfigError
from pipelines.warehouse.activity_tables import ACTIVITY_TABLES
from pipelines.warehouse.analyse import compare, judge_trends
from pipelines.warehouse.content import write_frames
from pipelines.warehouse.ddl import literal
from pipelines.warehouse.follow_ups import FOLLOW_UP_TABLES
from pipelines.warehouse.publish import publish
from pipelines.warehouse.schema import BY_NAME
from pipelines.warehouse.store import FileWarehouse

_AS_TODAY = (
    "malomrade",
    "indikator",
    "matt",
    "indikator_matt",
    "matt_nyckeltal",
    "nyckeltal_brott",
    "malvarde",
    "metod",
    "omrade",
    "huvudman_grupp",
    "utgivare",
    *FOLLOW_UP_TABLES,
    *(table.name for table in ACTIVITY_TABLES),
)


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
            if content is None:
                for table in _AS_TODAY:
                    connection.execute(f"INSERT INTO {table} BY NAME FROM pub.{table}")
            copy_as_of(connection, when)
            if content is None:
                connection.execute(_KPIS)
            else:
                write_frames(connection, content)
            connection.execute("DETACH pub")
            compare(connection)
            judge_trends(connection)
        publish(warehouse, target, when.date())
    finally:
        warehouse.path.unlink(missing_ok=True)
    return target


def copy_as_of(connection: duckdb.DuckDBPyConnection, when: datetime) -> None:
    """From the attached database `pub` into the open one: values, versions, events and runs as known at `when`."""
    for statement in AS_OF_STATEMENTS:
        connection.execute(statement, {"t": when} if "$t" in statement else None)


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


_CATALOGUE = [
    c.name for c in BY_NAME["nyckeltal_version"].columns[3:] if c.name not in ("titel_bekraftad", "i_katalogen")
]

AS_OF_STATEMENTS = (
    "INSERT INTO matvarde_revision BY NAME FROM pub.matvarde_revision WHERE observerad <= $t",
    "INSERT INTO nyckeltal_version BY NAME FROM pub.nyckeltal_version WHERE observerad <= $t",
    "INSERT INTO katalog_handelse BY NAME FROM pub.katalog_handelse WHERE observerad <= $t",
    "INSERT INTO korning BY NAME FROM pub.korning WHERE startad <= $t AND (observerad IS NULL OR observerad <= $t)",
    "INSERT INTO karantan BY NAME FROM pub.karantan SEMI JOIN korning USING (korning_id)",
    """INSERT INTO grupp_medlem BY NAME
       SELECT * REPLACE (CASE WHEN till <= $t THEN till END AS till) FROM pub.grupp_medlem WHERE fran <= $t""",
    """INSERT INTO matvarde BY NAME
       SELECT * EXCLUDE (observerad, handelse, foregaende_varde, foregaende_status) FROM (
           FROM matvarde_revision
           QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad DESC) = 1
       ) WHERE handelse <> 'borttagen'""",
)

# The newest version whose title was confirmed gives the words; the newest of all says whether one is not.
_KPIS = f"""INSERT INTO nyckeltal BY NAME
       SELECT n.* REPLACE (
           {
    ", ".join(f"CASE WHEN c.nyckeltal_id IS NULL THEN n.{name} ELSE c.{name} END AS {name}" for name in _CATALOGUE)
},
           CASE WHEN n.i_katalogen IS NOT NULL THEN coalesce(v.i_katalogen, false) END AS i_katalogen,
           CASE WHEN v.titel_bekraftad = false THEN v.titel END AS obekraftad_titel)
       FROM pub.nyckeltal n
       LEFT JOIN (
           FROM nyckeltal_version QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1
       ) v USING (nyckeltal_id)
       LEFT JOIN (
           FROM nyckeltal_version WHERE titel_bekraftad
           QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1
       ) c USING (nyckeltal_id)"""
