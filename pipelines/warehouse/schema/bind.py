"""What DuckDB makes of the views and macros: their columns and types, found in an empty database.

A view that names what is not there, or whose SELECT gives other columns than its head describes, is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import duckdb

from pipelines.errors import Problem
from pipelines.warehouse.schema.load import SchemaError, schema
from pipelines.warehouse.schema.tables import Macro, Schema, Table, View, ViewColumn

Bound = dict[str, dict[str, str]]


@cache
def bound() -> Bound:
    """As `bind`, of this program's schema."""
    return bind(schema())


def bind(schema: Schema) -> Bound:
    """View or macro → column → DuckDB type, in the order of its SELECT. Raises SchemaError with every finding."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(";".join(schema.published_ddl()))
        problems = [*_create(connection, schema.views.values()), *_create(connection, schema.macros.values())]
        if problems:
            raise SchemaError(problems)
        columns: Bound = {name: {} for name in (*schema.views, *schema.macros)}
        for name, column, kind in connection.sql(_VIEW_COLUMNS).fetchall():
            columns[name][column] = kind
        for name, macro in schema.macros.items():
            rows = connection.sql(f"DESCRIBE FROM {macro.example_call}").fetchall()
            columns[name] = {row[0]: row[1] for row in rows}
    for view in schema.views.values():
        problems += _check_columns(view, view.columns, columns[view.name])
    for macro in schema.macros.values():
        if macro.like:
            problems += _check_macro(macro, columns[macro.name], schema.tables[macro.like])
        else:
            problems += _check_columns(macro, macro.own_columns, columns[macro.name])
    if problems:
        raise SchemaError(problems)
    return columns


_VIEW_COLUMNS = """
SELECT view_name, column_name, data_type
FROM duckdb_views() v JOIN duckdb_columns() c ON c.table_oid = v.view_oid
WHERE NOT v.internal ORDER BY view_name, column_index
"""


def _create(connection: duckdb.DuckDBPyConnection, statements: Iterable[View | Macro]) -> Iterator[Problem]:
    for view in statements:
        try:
            connection.execute(view.ddl())
        except duckdb.Error as error:
            yield Problem(view.file, 1, f"{view.name}: {error}", "correct the SELECT, or declare what it names")


def _check_columns(
    relation: View | Macro, described: Mapping[str, ViewColumn], selected: dict[str, str]
) -> Iterator[Problem]:
    file, called = relation.file, relation.name
    if tuple(selected) == tuple(described):
        return
    for name in selected:
        if name not in described:
            yield Problem(file, 1, f"{called}: column {name} is not described", "add its line to the head")
    for name in described:
        if name not in selected:
            fix = f"remove the line: the SELECT gives {', '.join(selected)}"
            yield Problem(file, _line(file, name), f"{called}: there is no column {name}", fix)
    if set(selected) == set(described):
        yield Problem(file, 1, f"{called}: the columns are in another order", f"write {', '.join(selected)}")


def _check_macro(macro: Macro, selected: dict[str, str], table: Table) -> Iterator[Problem]:
    for name in selected:
        if name not in table.columns:
            what = f"{macro.name}: table {macro.like} has no column {name}"
            yield Problem(macro.file, 1, what, "name it as there: a column of a function means what that one means")


def _line(file: str, column: str) -> int:
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"--   {column}:")), 1)
