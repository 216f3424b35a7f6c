"""Frames and the warehouse's tables: rows and frames in their table's form, checked against it, and appended to it.

Types, ranges and vocabularies are the schema's; what Kolada may send is `kolada.contract`, and what is done with a
single bad value is `validation.quarantine`. A frame that fails here is a fault of ours, never of Kolada: nothing of it
is stored.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors
from pydantic import BaseModel

from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.tables import Column, DuckType, Table

_TYPES: dict[DuckType, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "JSON": pl.String,
    "INTEGER": pl.Int32,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime("us"),
}

_FINITE = pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), name="finite", error="finite")


@cache
def schema_of(table_name: str) -> pa.DataFrameSchema:
    """The pandera schema of a table: exact columns and types, NULL only where allowed, the key unique."""
    table = schema().tables[table_name]
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(_TYPES[column.type], nullable=column.nullable, checks=list(_checks(column)))
            for column in table.stored_columns
        },
        name=table.name,
        unique=list(table.key) or None,
        strict=True,
        coerce=False,
    )


def _checks(column: Column) -> Iterator[pa.Check]:
    if column.allowed:
        yield pa.Check.isin(column.allowed)
    if column.pattern is not None:
        yield pa.Check.str_matches(column.pattern)
    if column.at_least is not None:
        yield pa.Check.ge(column.at_least)
    if column.at_most is not None:
        yield pa.Check.le(column.at_most)
    if column.above is not None:
        yield pa.Check.gt(column.above)
    if column.finite:
        yield _FINITE


def polars_schema(table: Table) -> dict[str, pl.DataType | type[pl.DataType]]:
    """Column name → polars type, for the stored columns in order."""
    return {column.name: _TYPES[column.type] for column in table.stored_columns}


def row(table_name: str, entry: BaseModel, **given: object) -> dict[str, object]:
    """An entry of the YAML files as a row of a table, by column.

    Args:
        entry: a column takes the key of its own name, or the one that its `ur` names.
        given: the columns that the entry does not have, or has in another form.

    Raises:
        FrameError: a column gets its value from nowhere, or a given one is not in the table.
    """
    columns = {column.name: column.source or column.name for column in schema().tables[table_name].stored_columns}
    if unknown := given.keys() - columns.keys():
        raise FrameError(f"table {table_name} has no column {', '.join(sorted(unknown))} → declare it in the schema")
    data = entry.model_dump(by_alias=True)
    return {name: given[name] if name in given else _value_at(data, key, table_name) for name, key in columns.items()}


def _value_at(data: Mapping[str, Any], key: str, table_name: str) -> object:
    """The value of `key`, where a.b is key b under a; None where there is no a."""
    value: Any = data
    for step in key.split("."):
        if value is None:
            return None
        if step not in value:
            raise FrameError(
                f"table {table_name}: there is no key {key} in the entry, which has {', '.join(data)} → "
                "add the field to its model, or name the right key with `ur` in the schema"
            )
        value = value[step]
    return value


def as_frame(table_name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """The rows as a frame with the stored columns of a table; there may be none.

    Raises FrameError when a row does not have exactly these columns.
    """
    columns = polars_schema(schema().tables[table_name])
    for columns_given in map(Mapping.keys, rows):
        if differing := columns_given ^ columns.keys():
            raise FrameError(f"table {table_name}: a row differs in {', '.join(sorted(differing))} → give each column")
    return pl.DataFrame(rows, schema=columns)


def shape(table_name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame's columns in the table's order and types. Raises polars errors when a value does not fit its type."""
    columns = polars_schema(schema().tables[table_name])
    return frame.select(pl.col(name).cast(dtype, strict=True) for name, dtype in columns.items())


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
        schema_of(table_name).validate(frame, lazy=True)
    except SchemaErrors as errors:
        raise FrameError(_describe(table_name, frame, errors)) from None
    return frame


def append(connection: duckdb.DuckDBPyConnection, table_name: str, frame: pl.DataFrame) -> None:
    """Add the rows of a frame, column by name.

    Single inserts would take a second for a thousand rows. DuckDB finds the frame by the variable's name: registered,
    it would be kept in memory until the caller's transaction ends.
    """
    connection.execute(f"INSERT INTO {table_name} BY NAME SELECT * FROM frame")  # noqa: S608 - names of our schema


class FrameError(Exception):
    """A frame of ours does not fit its table."""


def _describe(table_name: str, frame: pl.DataFrame, errors: SchemaErrors) -> str:
    cases = errors.failure_cases
    assert isinstance(cases, pl.DataFrame)
    texts = []
    for case in cases.head(3).iter_rows(named=True):
        where = ""
        if case["index"] is not None:
            row = frame.row(case["index"], named=True)
            where = " in " + ", ".join(f"{k}={row[k]}" for k in schema().tables[table_name].key if k in row)
        texts.append(f"{case['column']}: {case['check']} (found {case['failure_case']}){where}")
    return f"table {table_name}: {cases.height} findings: {'; '.join(texts)}"
