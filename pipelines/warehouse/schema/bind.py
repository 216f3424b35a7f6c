"""What DuckDB makes of the views and macros: their columns and types, found in an empty database.

A view that names what is not there, or whose SELECT gives other columns than its head describes, is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import duckdb

from pipelines.errors import Problem
from pipelines.warehouse.schema.load import SchemaError, schema
from pipelines.warehouse.schema.tables import Macro, Schema, View

Bound = dict[str, dict[str, str]]


@cache
def bound() -> Bound:
    """As `bind`, of this program's schema."""
    return bind(schema())


def bind(schema: Schema) -> Bound:
    """View or macro → column → DuckDB type, in the order of its SELECT. Raises SchemaError with every finding."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(";".join(table.ddl(published=True) for table in schema.published))
        problems = [*_create(connection, schema.views.values()), *_create(connection, schema.macros.values())]
        if problems:
            raise SchemaError(problems)
        columns: Bound = {name: {} for name in (*schema.views, *schema.macros)}
        for name, column, kind in connection.sql(_VIEW_COLUMNS).fetchall():
            columns[name][column] = kind
        for name, macro in schema.macros.items():
            times = ", ".join("TIMESTAMP '2000-01-01'" for _ in macro.parameters)
            rows = connection.sql(f"DESCRIBE FROM {name}({times})").fetchall()
            columns[name] = {row[0]: row[1] for row in rows}
    for view in schema.views.values():
        problems += _check_view(view, columns[view.name])
    for macro in schema.macros.values():
        problems += _check_macro(macro, columns[macro.name], schema)
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


def _check_view(view: View, selected: dict[str, str]) -> Iterator[Problem]:
    if tuple(selected) == tuple(view.columns):
        return
    for name in selected:
        if name not in view.columns:
            yield Problem(view.file, 1, f"{view.name}: column {name} is not described", "add its line to the head")
    for name in view.columns:
        if name not in selected:
            fix = f"remove the line: the SELECT gives {', '.join(selected)}"
            yield Problem(view.file, _line(view, name), f"{view.name}: there is no column {name}", fix)
    if set(selected) == set(view.columns):
        yield Problem(view.file, 1, f"{view.name}: the columns are in another order", f"write {', '.join(selected)}")


def _check_macro(macro: Macro, selected: dict[str, str], schema: Schema) -> Iterator[Problem]:
    for name in selected:
        if name not in schema.tables[macro.like].columns:
            what = f"{macro.name}: table {macro.like} has no column {name}"
            yield Problem(macro.file, 1, what, "name it as there: a column of a function means what that one means")


def _line(view: View, column: str) -> int:
    lines = Path(view.file).read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"--   {column}:")), 1)
