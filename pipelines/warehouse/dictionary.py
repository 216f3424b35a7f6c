"""The data dictionary: every published table, view, table macro and column, from the definitions that make them.

`python -m pipelines.warehouse.dictionary docs` writes `datakatalog.md`; publication fills the table `datakatalog`. What
the columns are and mean stands in `schema` and `views`, never here.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipelines.warehouse.ddl import Macro, Table, View
from pipelines.warehouse.schema import BY_NAME, MACROS, PUBLIC
from pipelines.warehouse.views import VIEWS

FILE = "datakatalog.md"

_TABLE, _VIEW, _MACRO = "tabell", "vy", "funktion"
_CALLS = {macro.name: macro.call for macro in MACROS}


class Entry(NamedTuple):
    """A row of table `datakatalog`: an object (number 0) or one of its columns."""

    objekt: str
    typ: str
    kolumn_nummer: int
    kolumn: str | None
    datatyp: str | None
    nyckel: bool | None
    far_saknas: bool | None
    beskrivning: str


def entries() -> list[Entry]:
    """Views first, as the place to begin; then macros and tables, each in the order of its definition."""
    with duckdb.connect(":memory:") as connection:
        for table in PUBLIC:
            connection.execute(table.ddl(published=True))
        for view in VIEWS:
            connection.execute(view.ddl())
        for macro in MACROS:
            connection.execute(macro.ddl())
        return [
            *(entry for view in VIEWS for entry in _of_view(connection, view)),
            *(entry for macro in MACROS for entry in _of_macro(connection, macro)),
            *(entry for table in PUBLIC for entry in _of_table(table)),
        ]


def text() -> str:
    """The whole of `datakatalog.md`."""
    titles = {_VIEW: "Vyer", _MACRO: "Funktioner", _TABLE: "Tabeller"}
    parts = [
        "# Datakatalog\n\nVad den publicerade databasen `analys.duckdb` innehåller. Samma uppgifter finns i databasen: "
        "`FROM datakatalog`. Skapad ur schemat med `make docs`; ändra texterna där. Hur man frågar: "
        "[handboken](handbok.md).\n"
    ]
    for kind, of_kind in groupby(entries(), key=lambda entry: entry.typ):
        parts.append(f"\n## {titles[kind]}\n")
        for _, rows in groupby(of_kind, key=lambda entry: entry.objekt):
            head, *columns = rows
            parts.append(f"\n### {_CALLS.get(head.objekt, head.objekt)}\n\n{head.beskrivning}.\n\n")
            parts.append("| kolumn | datatyp | nyckel | får saknas | beskrivning |\n|---|---|---|---|---|\n")
            parts.extend(
                f"| `{c.kolumn}` | {c.datatyp} | {'ja' if c.nyckel else ''} | {'ja' if c.far_saknas else ''} "
                f"| {_cell(c.beskrivning)} |\n"
                for c in columns
            )
    return "".join(parts)


def _of_table(table: Table) -> list[Entry]:
    head = Entry(table.name, _TABLE, 0, None, None, None, None, table.comment)
    return [head] + [
        Entry(table.name, _TABLE, number, c.name, c.type, c.name in table.key, c.nullable, c.comment)
        for number, c in enumerate(table.columns, start=1)
    ]


def _of_view(connection: duckdb.DuckDBPyConnection, view: View) -> list[Entry]:
    head = Entry(view.name, _VIEW, 0, None, None, None, None, view.comment)
    found = _described(connection, view.name)
    comments = dict(view.columns)
    return [head] + [
        Entry(view.name, _VIEW, number, name, kind, name in view.key, name not in view.never_null, comments[name])
        for number, (name, kind) in enumerate(found, start=1)
    ]


def _of_macro(connection: duckdb.DuckDBPyConnection, macro: Macro) -> list[Entry]:
    head = Entry(macro.name, _MACRO, 0, None, None, None, None, macro.comment)
    columns = {column.name: column for column in BY_NAME[macro.like].columns}
    times = ", ".join("TIMESTAMP '2000-01-01'" for _ in macro.parameters)
    found = _described(connection, f"{macro.name}({times})")
    return [head] + [
        Entry(macro.name, _MACRO, number, name, kind, name in macro.key, columns[name].nullable, columns[name].comment)
        for number, (name, kind) in enumerate(found, start=1)
    ]


def _described(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.sql(f"DESCRIBE FROM {relation}").fetchall()]


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def main(arguments: list[str]) -> None:
    """Write the dictionary to the folder named on the command line."""
    if len(arguments) != 1:
        sys.exit("usage: python -m pipelines.warehouse.dictionary FOLDER")
    (Path(arguments[0]) / FILE).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
