"""Whether a DuckDB file of ours is whole: it opens, everything stored in it can be read, and keys are unique.

Here: reading only. What to do about a fault is for the caller to say. Each file is read by a process of its own
(`python -m pipelines.operation.integrity FILE`), because a damaged file can end the process that reads it (segmentation
fault in DuckDB 1.5.5), and so that several are read at once.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipelines.settings import REPO_ROOT
from pipelines.warehouse.schema import schema
from pipelines.warehouse.sql import identifier


def fault(path: Path) -> str | None:
    """What is wrong with the file, in a few words; None when it is whole.

    A write-ahead log beside it, as a killed run leaves one, is taken into account and left as it is.
    """
    return faults([path])[0]


def faults(paths: Sequence[Path]) -> list[str | None]:
    """What is wrong with each of the files, as `fault`; they are read at the same time."""
    command = [sys.executable, "-m", "pipelines.operation.integrity"]
    readers = [
        subprocess.Popen([*command, path.resolve()], cwd=REPO_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for path in paths
    ]
    return [_result(reader) for reader in readers]


def _result(reader: subprocess.Popen[bytes]) -> str | None:
    out, err = reader.communicate()
    if reader.returncode < 0:
        return f"reading it ended DuckDB with {signal.Signals(-reader.returncode).name}"
    if reader.returncode != 0:
        return "it could not be examined: " + (err.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
    return out.decode() or None


# The file's content may come from anybody (a backup, a mail), and none of it may reach another file.
READ_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "512MB",
    "enable_external_access": False,
}


def _examine(path: str) -> str | None:
    try:
        with duckdb.connect(path, read_only=True, config=READ_CONFIG) as connection:
            return _first_fault(connection)
    except duckdb.Error as error:
        return str(error).splitlines()[0]


def _first_fault(connection: duckdb.DuckDBPyConnection) -> str | None:
    tables = connection.sql(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
    ).fetchall()
    if not tables:
        return "there are no tables in it"
    for schema_name, name in tables:
        relation = f"{identifier(schema_name)}.{identifier(name)}"
        # Hashing whole rows reads every column, and DuckDB compares what it reads with its checksums.
        connection.execute(f"SELECT max(hash(t)) FROM {relation} t").fetchall()  # noqa: S608 - quoted
        # Neither file has primary keys (see docs/architecture.md): the merge keeps keys unique, and this checks it.
        table = schema().tables.get(name)
        if table is None or not table.key:
            continue
        key = ", ".join(map(identifier, table.key))
        (duplicates,) = connection.sql(
            f"SELECT count(*) FROM (SELECT 1 FROM {relation} GROUP BY {key} HAVING count(*) > 1)"  # noqa: S608 - quoted
        ).fetchall()[0]
        if duplicates:
            return f"table {name} has {duplicates} keys twice ({key})"
    return None


if __name__ == "__main__":
    sys.stdout.write(_examine(sys.argv[1]) or "")
