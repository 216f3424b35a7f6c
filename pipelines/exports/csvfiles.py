"""Every published table as CSV for programs, and every table and view for a Swedish Excel.

For programs: comma, dot, UTF-8, ISO dates, times in UTC with Z. For Excel: semicolon, decimal comma, byte order mark,
CRLF, ja and nej. Of what is about areas both hold only the rows of the målbild's own områden and riket, and the newest
values of the groups; the first also the newest of all others. Every row of everything is Parquet. Missing is empty.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from pipelines.exports.relations import Relation
from pipelines.warehouse.formulas import neutral_sql
from pipelines.warehouse.schema.tables import Column
from pipelines.warehouse.sql import literal

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
EXCEL_TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%6f"
YES, NO = "ja", "nej"


def write_csv(connection: duckdb.DuckDBPyConnection, relation: Relation, folder: Path) -> Path:
    """`<name>.csv` into `folder`, which is there."""
    rows = relation.select(", ".join(map(_neutral, relation.table.columns.values())), whole=False)
    file = folder / f"{relation.name}.csv"
    connection.execute(
        f"COPY ({rows}) TO {literal(str(file))} "
        f"(FORMAT csv, HEADER, DELIMITER ',', TIMESTAMPFORMAT {literal(TIME_FORMAT)})"
    )
    return file


def write_excel_csv(connection: duckdb.DuckDBPyConnection, relation: Relation, folder: Path) -> Path:
    """`<name>.csv`, as a Swedish Excel reads it, into `folder`, which is there."""
    columns = ", ".join(map(_for_excel, relation.table.columns.values()))
    file = folder / f"{relation.name}.csv"
    write_swedish(connection.sql(relation.select(columns, whole=False, newest_of="omrade_id LIKE 'G%'")).pl(), file)
    return file


def write_swedish(frame: pl.DataFrame, file: Path) -> None:
    """A frame as a Swedish Excel reads it."""
    frame.write_csv(
        file,
        include_bom=True,
        separator=";",
        line_terminator="\r\n",
        decimal_comma=True,
        datetime_format=EXCEL_TIME_FORMAT,
    )


def _neutral(column: Column) -> str:
    if column.type == "VARCHAR":
        return f"{neutral_sql(column.name)} AS {column.name}"
    return column.name


def _for_excel(column: Column) -> str:
    if column.type == "BOOLEAN":
        return f"CASE {column.name} WHEN true THEN '{YES}' WHEN false THEN '{NO}' END AS {column.name}"
    if column.type == "JSON":
        return f"{column.name}::VARCHAR AS {column.name}"
    return _neutral(column)
