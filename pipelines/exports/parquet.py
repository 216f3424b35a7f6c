"""Every published table as Parquet, types and all, for R, Power BI and pandas."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.warehouse.ddl import literal
from pipelines.warehouse.schema import PUBLIC


def write_parquet(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """`<table>.parquet` of every published table into `folder`, which is there."""
    for table in PUBLIC:
        target = literal(str(folder / f"{table.name}.parquet"))
        connection.execute(f"COPY {table.name} TO {target} (FORMAT parquet, COMPRESSION zstd)")
