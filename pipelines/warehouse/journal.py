"""The journal of runs, and the source that a data dir belongs to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import msgspec

from pipelines.errors import ConfigError
from pipelines.rows import mappings
from pipelines.warehouse.info import SOURCE, read_info, write_info
from pipelines.warehouse.schema import schema

RUNNING, DONE, FAILED, BROKEN_OFF = "pågår", "klar", "misslyckad", "avbruten"


def bind_source(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Bind the warehouse to its source the first time; afterwards raise ConfigError when another one comes."""
    bound = source_of(connection)
    if bound is None:
        write_info(connection, SOURCE, source)
    elif bound != source:
        raise ConfigError(
            f"this data dir holds figures from {bound!r} and may not take any from {source!r}; nothing "
            "was changed "
            "→ name another --data-dir, or the --kolada-url that the data dir belongs to"
        )


def source_of(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The source that the warehouse is bound to; None before the first fetch."""
    return read_info(connection, SOURCE)


def start_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, *, started: datetime, version: str, dagster_id: str
) -> datetime:
    """Write the run into the journal and return when it began (UTC, naive). A run that never ended was broken off.

    A run that is taken up again keeps its row and its beginning: what it fetched, it fetched then.
    """
    connection.execute(
        "UPDATE korning SET utfall = $1 WHERE utfall = $2 AND korning_id <> $3", [BROKEN_OFF, RUNNING, run_id]
    )
    earlier = connection.sql("SELECT startad FROM korning WHERE korning_id = $1", params=[run_id]).fetchall()
    if earlier:
        note(connection, run_id, utfall=RUNNING, avslutad=None, felmeddelande=None, dagster_id=dagster_id)
        return earlier[0][0]  # type: ignore[no-any-return]
    connection.execute(
        """INSERT INTO korning BY NAME
           SELECT $1 AS korning_id, $2 AS startad, $3 AS utfall, false AS fullstandig, false AS hel, 0 AS anrop,
               0 AS byte, 0 AS rader_hamtade, 0 AS nya, 0 AS reviderade, 0 AS borttagna, 0 AS aterkomna,
               0 AS karantan, 0 AS arkiv_byte,
               $4 AS kod_version, $5 AS dagster_id""",
        [run_id, started, RUNNING, version, dagster_id],
    )
    return started


def end_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, outcome: str, ended: datetime, message: str | None = None
) -> None:
    """Close the run's row. A run that was done when it published keeps that time as its end."""
    connection.execute(
        """UPDATE korning SET utfall = $1, felmeddelande = $2,
               avslutad = CASE WHEN utfall = $1 THEN avslutad ELSE $3 END
           WHERE korning_id = $4""",
        [outcome, message, ended, run_id],
    )


def note(connection: duckdb.DuckDBPyConnection, run_id: str, **columns: object) -> None:
    """Set columns of the run's row."""
    names = list(columns)
    assignments = ", ".join(f'"{name}" = ${number}' for number, name in enumerate(names, start=2))
    connection.execute(f"UPDATE korning SET {assignments} WHERE korning_id = $1", [run_id, *columns.values()])  # noqa: S608 - names of our schema


def add_traffic(connection: duckdb.DuckDBPyConnection, run_id: str, requests: int, size: int) -> None:
    """Count requests and bytes of one step to the run's own."""
    connection.execute(
        "UPDATE korning SET anrop = anrop + $2, byte = byte + $3 WHERE korning_id = $1", [run_id, requests, size]
    )


def next_observed(connection: duckdb.DuckDBPyConnection, run_id: str, now: datetime) -> datetime:
    """The run's time in the revisions (UTC, naive): now, or just after the latest one when the clock went back."""
    (latest,) = connection.sql(
        """SELECT max(t) FROM (
               SELECT max(observerad) AS t FROM korning WHERE korning_id <> $1
               UNION ALL SELECT max(observerad) FROM matvarde_revision)""",
        params=[run_id],
    ).fetchall()[0]
    return now if latest is None or now > latest else latest + timedelta(microseconds=1)


def has_stored(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any run has stored what it brought."""
    return bool(connection.sql("SELECT 1 FROM korning WHERE observerad IS NOT NULL LIMIT 1").fetchall())


def run_of(connection: duckdb.DuckDBPyConnection, dagster_id: str) -> str:
    """The id of the run that is, or was last, attempted as this run of Dagster's. Raises LookupError without one."""
    rows = connection.sql("SELECT korning_id FROM korning WHERE dagster_id = $1", params=[dagster_id]).fetchall()
    if not rows:
        raise LookupError(f"Dagster's run {dagster_id} is not in the journal")
    return str(rows[0][0])


def encoded(connection: duckdb.DuckDBPyConnection, run_id: str) -> bytes:
    """The run's row as JSON, for the raw archive."""
    return msgspec.json.encode(run_row(connection, run_id))


def insert_encoded(connection: duckdb.DuckDBPyConnection, content: bytes) -> None:
    """Put a row from the raw archive in the place of the run's row."""
    row: dict[str, Any] = msgspec.json.decode(content)
    columns = [column for column in schema().tables["korning"].columns.values() if column.name in row]
    names = ", ".join(f'"{column.name}"' for column in columns)
    marks = ", ".join(f"CAST(${number} AS {column.type})" for number, column in enumerate(columns, start=1))
    connection.execute("DELETE FROM korning WHERE korning_id = $1", [row["korning_id"]])
    connection.execute(f"INSERT INTO korning ({names}) VALUES ({marks})", [row[column.name] for column in columns])  # noqa: S608 - names of our schema


def run_row(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    """The run's row as column → value. Raises LookupError when the run is not in the journal."""
    rows = mappings(connection.sql("SELECT * FROM korning WHERE korning_id = $1", params=[run_id]))
    if not rows:
        raise LookupError(f"run {run_id} is not in the journal")
    return rows[0]
