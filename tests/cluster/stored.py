"""What two warehouses of the same nights must have in common."""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.warehouse.schema import schema

# Which run and when, and how many bytes its archive took: two runs never share these.
_OF_THE_RUN = {"korning_id", "dagster_id", "byte", "arkiv_byte"}


def stored_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the warehouse → its rows in order, without the columns that name the run and its times."""
    rows = {}
    for table in schema().stored:
        columns = [c.name for c in table.stored_columns if c.type != "TIMESTAMP" and c.name not in _OF_THE_RUN]
        # What was stored and published last are fingerprints of the times, among other things.
        condition = " WHERE nyckel NOT IN ('lagrat', 'publicerat')" if table.name == "lager_info" else ""
        query = f"SELECT {', '.join(columns)} FROM {table.name}{condition} ORDER BY ALL"
        rows[table.name] = connection.sql(query).fetchall()
    return rows
