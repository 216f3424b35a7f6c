"""Rows of a query or a frame, each value by the name of its column: no reader leans on the order of columns."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any, TypeAlias

import duckdb
import polars as pl

# A named tuple with the columns of the query as its fields: what they hold is known to the schema, not to types.
Record: TypeAlias = Any


def rows(relation: duckdb.DuckDBPyRelation) -> list[Record]:
    """The rows of a query, with its columns as attributes."""
    record_type = _record_type(tuple(relation.columns))
    return [record_type._make(values) for values in relation.fetchall()]


def mappings(relation: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    """The rows of a query, as column → value."""
    return [row._asdict() for row in rows(relation)]


def frame_rows(frame: pl.DataFrame) -> list[Record]:
    """The rows of a frame, with its columns as attributes."""
    record_type = _record_type(tuple(frame.columns))
    return [record_type._make(values) for values in frame.iter_rows()]


@cache
def _record_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Record", columns)
