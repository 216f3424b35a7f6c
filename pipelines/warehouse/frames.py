"""A pandera schema for every frame that is stored, made from the warehouse's table definitions.

Vocabularies and ranges that the types cannot say stand here; what Kolada may send is `kolada.contract`, and what is
done with a single bad value is `validation.quarantine`. A frame that fails here is a fault of ours, never of
Kolada: nothing of it is stored.
"""

from __future__ import annotations

import os

import duckdb
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from pipelines.warehouse.ddl import Table
from pipelines.warehouse.schema import BY_NAME

_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "JSON": pl.String,
    "INTEGER": pl.Int32,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime("us"),
}

_KON = pa.Check.isin(["T", "K", "M"])
_AREA = pa.Check.str_matches(r"^(\d{4}|G\d+)$")
_YEAR = pa.Check.in_range(1900, 2100)
_FINITE = pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), name="finite", error="finite")
_STATUS = pa.Check.str_matches(r"^(publicerad|saknas|bortfall|sekretess|okänd: .+|ersatt|utelämnad|borttagen)$")

_CHECKS: dict[tuple[str, str], list[pa.Check]] = {
    ("matvarde", "kon"): [_KON],
    ("matvarde", "omrade_id"): [_AREA],
    ("matvarde", "ar"): [_YEAR],
    ("matvarde", "varde"): [_FINITE],
    ("matvarde", "status"): [_STATUS],
    ("jamforelse", "kon"): [_KON],
    ("jamforelse", "varde"): [_FINITE],
    ("jamforelse", "lan_antal"): [pa.Check.in_range(0, 290)],
    ("jamforelse", "plats"): [pa.Check.ge(1)],
    ("trend", "kon"): [_KON],
    ("jamforelse", "osakerhet"): [pa.Check.gt(0)],
    ("jamforelse", "nedre"): [_FINITE],
    ("jamforelse", "ovre"): [_FINITE],
    ("trend", "lutning_per_ar"): [_FINITE],
    ("mal", "kon"): [_KON],
    ("konsskillnad", "skillnad"): [_FINITE],
    ("spridning", "kon"): [_KON],
    ("lansdel_varde", "kon"): [_KON],
    ("trend", "p_varde"): [pa.Check.in_range(0, 1)],
    ("lan_trend", "kon"): [_KON],
    ("lan_trend", "antal_kommuner"): [pa.Check.ge(0)],
    ("lan_trend", "lutning_per_ar"): [_FINITE],
    ("omrade", "omrade_id"): [_AREA],
    ("omrade", "typ"): [pa.Check.isin(["kommun", "region", "riket", "grupp"])],
    ("nyckeltal", "riktning"): [pa.Check.isin(["högre", "lägre", "ingen"])],
    ("nyckeltal", "niva"): [pa.Check.isin(["K", "L", "A"])],
    ("karantan", "antal"): [pa.Check.ge(1)],
    ("uppfoljning", "status"): [pa.Check.isin(["utkast", "fryst", "fastställd"])],
    ("uppfoljning", "nr"): [pa.Check.ge(1)],
}


def schema_of(table: Table) -> pa.DataFrameSchema:
    """The pandera schema of a table: exact columns and types, NULL only where allowed, the key unique."""
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                _TYPES[column.type], nullable=column.nullable, checks=_CHECKS.get((table.name, column.name), [])
            )
            for column in table.stored
        },
        name=table.name,
        unique=list(table.key) or None,
        strict=True,
        coerce=False,
    )


def polars_schema(table: Table) -> dict[str, pl.DataType | type[pl.DataType]]:
    """Column name → polars type, for the stored columns in order."""
    return {column.name: _TYPES[column.type] for column in table.stored}


def shape(table_name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame's columns in the table's order and types. Raises polars errors when a value does not fit its type."""
    return frame.select(
        pl.col(column.name).cast(_TYPES[column.type], strict=True) for column in BY_NAME[table_name].stored
    )


def check(table_name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame itself, once it fits the schema of `table_name`.

    Takes a DataFrame, not a LazyFrame: pandera checks only names and types of lazy ones. Raises FrameError with the
    first findings.
    """
    if os.environ.get("PANDERA_VALIDATION_ENABLED", "True") != "True":
        raise FrameError(
            "PANDERA_VALIDATION_ENABLED is set to something else than True: frames would not be checked → unset it"
        )
    try:
        schema_of(BY_NAME[table_name]).validate(frame, lazy=True)
    except SchemaErrors as errors:
        raise FrameError(_describe(table_name, frame, errors)) from None
    return frame


def append(connection: duckdb.DuckDBPyConnection, table_name: str, frame: pl.DataFrame) -> None:
    """Add the rows of a frame, column by name.

    Single inserts would take a second for a thousand rows. DuckDB finds the frame by the variable's name: registered,
    it would be kept in memory until the caller's transaction ends.
    """
    connection.execute(f"INSERT INTO {table_name} BY NAME SELECT * FROM frame")


class FrameError(Exception):
    """A frame of ours does not fit its table."""


def _describe(table_name: str, frame: pl.DataFrame, errors: SchemaErrors) -> str:
    cases = errors.failure_cases
    assert isinstance(cases, pl.DataFrame)
    found = []
    for case in cases.head(3).iter_rows(named=True):
        where = ""
        if case["index"] is not None:
            row = frame.row(case["index"], named=True)
            where = " in " + ", ".join(f"{k}={row[k]}" for k in BY_NAME[table_name].key if k in row)
        found.append(f"{case['column']}: {case['check']} (found {case['failure_case']}){where}")
    return f"table {table_name}: {cases.height} findings: {'; '.join(found)}"
