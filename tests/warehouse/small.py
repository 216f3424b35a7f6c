"""Rows for the tests of the warehouse: each with what its table demands, and what the test is about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse import journal
from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import FileWarehouse

NOW = datetime(2026, 11, 22, 4, 15)
FILLING = {
    "VARCHAR": "",
    "JSON": "{}",
    "INTEGER": 0,
    "BIGINT": 0,
    "DOUBLE": 0.0,
    "BOOLEAN": False,
    "DATE": "2026-01-01",
    "TIMESTAMP": datetime(2026, 1, 1),
}
KPI = {"titel": "Titeln", "enhet": "%", "riktning": "högre", "riktning_beslut": "föreslagen", "niva": "K"} | {
    "konsuppdelat": False,
    "i_katalogen": True,
    "foljs": True,
}


def insert(connection: duckdb.DuckDBPyConnection, table: str, **given: Any) -> None:
    """One row; what may not be NULL and is not given is empty."""
    columns = connection.execute(f"DESCRIBE {table}").fetchall()
    assert given.keys() <= {column[0] for column in columns}
    row = {name: FILLING[kind] for name, kind, null, *_ in columns if null == "NO"} | given
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    names = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def kpi(connection: duckdb.DuckDBPyConnection, kpi_id: str, **changed: Any) -> None:
    """A nyckeltal for kommuner that is followed and in the catalogue."""
    insert(connection, "nyckeltal", nyckeltal_id=kpi_id, **KPI | changed)


def run(connection: duckdb.DuckDBPyConnection, run_id: str, when: datetime = NOW, **changed: Any) -> None:
    """A run that began then, and observed what it observed then."""
    journal.start_run(connection, run_id, started=when, version="0.1.0", dagster_id=run_id)
    journal.note(connection, run_id, **{"observerad": when} | changed)


def published(folder: Path, views: Collection[str] | None = None) -> Path:
    """The published file of the warehouse in that folder.

    views: names of the views to make, then without macros and data dictionary, which is faster; None: everything.
    """
    publish(FileWarehouse(folder / "lager.duckdb"), folder / "analys.duckdb", NOW.date(), views=views)
    return folder / "analys.duckdb"


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def records(database: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(sql).pl().to_dicts()


def change(database: Path, *statements: str) -> None:
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)
