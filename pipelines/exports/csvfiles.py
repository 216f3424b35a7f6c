"""Every published table as CSV, twice: whole for programs, and cut to the målbild for a Swedish Excel.

For programs: comma, dot, UTF-8, ISO dates, times in UTC with Z. For Excel: semicolon, decimal comma, byte order mark,
CRLF, ja and nej, and of the tables with values only the rows of the målbild's own områden, riket and the groups they
are compared with: the whole country has more rows than a sheet can hold. Missing is empty in both.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.warehouse.formulas import neutral_sql
from pipelines.warehouse.schema.tables import Column, Table
from pipelines.warehouse.sql import literal

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
EXCEL_TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%6f"
YES, NO = "ja", "nej"


def write_csv(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> Path:
    """`<table>.csv` of a published table into `folder`, which is there."""
    columns = ", ".join(map(_neutral, table.columns.values()))
    file = folder / f"{table.name}.csv"
    connection.execute(
        f"COPY (SELECT {columns} FROM {table.name}) TO {literal(str(file))} "  # noqa: S608 - names of our schema
        f"(FORMAT csv, HEADER, DELIMITER ',', TIMESTAMPFORMAT {literal(TIME_FORMAT)})"
    )
    return file


def write_excel_csv(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> Path:
    """`<table>.csv` of a published table, as a Swedish Excel reads it, into `folder`, which is there."""
    columns = ", ".join(map(_for_excel, table.columns.values()))
    file = folder / f"{table.name}.csv"
    connection.sql(f"SELECT {columns} FROM {table.name}{_own_rows(table)}").pl().write_csv(  # noqa: S608 - names of our schema
        file,
        include_bom=True,
        separator=";",
        line_terminator="\r\n",
        decimal_comma=True,
        datetime_format=EXCEL_TIME_FORMAT,
    )
    return file


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


def _own_rows(table: Table) -> str:
    """Which rows the file for Excel holds: of what is about areas, those that the målbild is read in."""
    if not table.per_area:
        return ""
    own = " WHERE omrade_id IN (SELECT omrade_id FROM omrade WHERE i_malbild OR typ IN ('riket', 'grupp'))"
    if not table.columns["omrade_id"].nullable:
        return own
    # What was refused may lack its område, or name one that is not followed.
    return f"{own} OR omrade_id NOT IN (SELECT omrade_id FROM omrade) OR omrade_id IS NULL"  # noqa: S608 - names of our schema
