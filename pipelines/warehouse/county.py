"""The published database of another county, from the published database alone.

Values, revisions, Kolada's catalogue and the runs are the same for the whole country and are copied once
(`nationwide`). What is one county's own is laid over a copy (`apply_county`): its content, its groups, and none of what
the målbild's own huvudmän have decided about values or handed in themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.kolada.contract import Group
from pipelines.warehouse.catalogue_history import membership
from pipelines.warehouse.content import write_frames
from pipelines.warehouse.frames import append, as_frame
from pipelines.warehouse.history import copy_as_of
from pipelines.warehouse.schema import schema
from pipelines.warehouse.sql import literal
from pipelines.warehouse.store import FileWarehouse, transaction


def nationwide(published: Path, warehouse: Path, when: datetime) -> Path:
    """Write `warehouse` with all that is no county's own, as known at `when` (UTC, naive), and return it."""
    with FileWarehouse(warehouse).open() as connection:
        connection.execute(f"ATTACH {literal(str(published))} AS pub (READ_ONLY)")
        copy_as_of(connection, when, content=False)
        connection.execute("DETACH pub")
    return warehouse


def apply_county(
    connection: duckdb.DuckDBPyConnection,
    content: Mapping[str, pl.DataFrame],
    groups: Sequence[Group],
    seen: datetime,
    *,
    own: bool,
) -> None:
    """In an open copy of `nationwide`, in one transaction: one county's content and groups.

    content: the frames of `content.content_frames`. groups: those of the county as Kolada had them when they were
    `seen` (UTC, naive); where the warehouse has followed a group, what it knows is kept. own: the county is the
    målbild's own, whose corrections and local figures stay.
    """
    with transaction(connection):
        write_frames(connection, content)
        # Values of groups that another county's huvudmän are compared with; an area that Kolada has dropped stays.
        for table in filter(lambda table: table.per_area, schema().stored):
            connection.execute(
                f"DELETE FROM {table.name} "  # noqa: S608 - names of our schema
                "WHERE omrade_id LIKE 'G%' AND omrade_id NOT IN (SELECT omrade_id FROM omrade)"
            )
        connection.execute("DELETE FROM grupp_medlem WHERE grupp_id NOT IN (SELECT omrade_id FROM omrade)")
        connection.execute(
            "DELETE FROM katalog_handelse WHERE objekt = 'grupp' AND objekt_id NOT IN (SELECT omrade_id FROM omrade)"
        )
        followed = {row[0] for row in connection.sql("SELECT DISTINCT grupp_id FROM grupp_medlem").fetchall()}
        members = [
            membership(group, member.member_id, seen)
            for group in groups
            if group.id not in followed
            for member in group.members
        ]
        append(connection, "grupp_medlem", as_frame("grupp_medlem", members))
        if not own:
            for statement in _NOT_THEIRS:
                connection.execute(statement)


# A status that a correction has overwritten is not kept: what has no value of its own is then just missing.
_AS_IT_CAME = """
varde = originalvarde,
status = CASE WHEN status NOT IN ('ersatt', 'utelämnad') THEN status
              WHEN originalvarde IS NULL THEN 'saknas' ELSE 'publicerad' END,
originalvarde = NULL, korrigering = NULL
"""

# What came before a revision is told anew, and a revision that only a correction made is none.
_NOT_THEIRS = (
    "DELETE FROM matvarde WHERE kalla = 'lokal'",
    "DELETE FROM matvarde_revision WHERE kalla = 'lokal'",
    "DELETE FROM periodvarde_revision",
    "DELETE FROM svar",
    "DELETE FROM forvantan",
    "DELETE FROM titt",
    # A file that was handed in under no name that is known is refused as a whole, without a nyckeltal.
    "DELETE FROM karantan WHERE nyckeltal_id IS NULL OR starts_with(nyckeltal_id, 'L_')",
    """CREATE TEMP TABLE rattad AS
       SELECT DISTINCT nyckeltal_id, omrade_id, ar, kon FROM matvarde_revision WHERE korrigering IS NOT NULL""",
    f"UPDATE matvarde SET {_AS_IT_CAME} WHERE korrigering IS NOT NULL",  # noqa: S608 - texts of this module
    f"UPDATE matvarde_revision SET {_AS_IT_CAME} WHERE korrigering IS NOT NULL",  # noqa: S608 - texts of this module
    """CREATE TEMP TABLE om AS
       SELECT r.* REPLACE (
           lag(varde) OVER serie AS foregaende_varde, lag(status) OVER serie AS foregaende_status),
           lag(antal_omraden) OVER serie AS foregaende_antal
       FROM matvarde_revision r SEMI JOIN rattad USING (nyckeltal_id, omrade_id, ar, kon)
       WINDOW serie AS (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad)""",
    """DELETE FROM matvarde_revision WHERE EXISTS (
           FROM rattad t WHERE t.nyckeltal_id = matvarde_revision.nyckeltal_id
           AND t.omrade_id = matvarde_revision.omrade_id AND t.ar = matvarde_revision.ar
           AND t.kon = matvarde_revision.kon)""",
    """INSERT INTO matvarde_revision BY NAME
       SELECT * EXCLUDE (foregaende_antal) FROM om WHERE handelse <> 'reviderad'
           OR (varde, antal_omraden, status)
               IS DISTINCT FROM (foregaende_varde, foregaende_antal, foregaende_status)""",
    "DROP TABLE om",
    "DROP TABLE rattad",
)
