"""Whether a DuckDB file of ours is whole: it opens, every block can be read, and keys are unique.

Here: looking, read-only. What to do about it is told by who asks.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from pipelines.warehouse.schema import BY_NAME


def fault(path: Path) -> str | None:
    """What is wrong with the file, in a few words; None when it is whole.

    A write-ahead log beside it, as a killed run leaves one, is taken into account and left as it is.
    """
    try:
        with duckdb.connect(str(path), read_only=True, config={"threads": 2, "memory_limit": "512MB"}) as connection:
            return _first_fault(connection)
    except duckdb.Error as error:
        return str(error).splitlines()[0]


def _first_fault(connection: duckdb.DuckDBPyConnection) -> str | None:
    tables = connection.sql("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1").fetchall()
    if not tables:
        return "there are no tables in it"
    for (name,) in tables:
        # Hashing whole rows reads every block of every column, and DuckDB compares each block with its checksum.
        connection.execute(f'SELECT max(hash(t)) FROM "{name}" t').fetchall()
        # Neither file has primary keys (see docs/architecture.md): the merge keeps them, and this looks after it.
        table = BY_NAME.get(name)
        if table is None or not table.key:
            continue
        key = ", ".join(f'"{column}"' for column in table.key)
        (doubled,) = connection.sql(
            f'SELECT count(*) FROM (SELECT 1 FROM "{name}" GROUP BY {key} HAVING count(*) > 1)'
        ).fetchall()[0]
        if doubled:
            return f"table {name} has {doubled} keys twice ({key})"
    return None


def digest(path: Path) -> str:
    """The file's sha256."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
