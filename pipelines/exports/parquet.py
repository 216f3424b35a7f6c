"""Every published table as Parquet, types and all, for R, Power BI and pandas."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.warehouse.schema.tables import Table
from pipelines.warehouse.sql import literal


def write_parquet(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> Path:
    """`<table>.parquet` of a published table into `folder`, which is there."""
    file = folder / f"{table.name}.parquet"
    connection.execute(f"COPY {table.name} TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd)")
    return file
