"""The data dictionary: every published table, view, table macro and column, from the definitions that make them.

`python -m pipelines.warehouse.schema.dictionary docs` writes `datakatalog.md`; publication fills the table
`datakatalog`. What the columns are and mean is declared in the schema's files, never here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.bind import bound
from pipelines.warehouse.schema.tables import Macro, Table, View, ViewColumn

FILE = "datakatalog.md"

_TABLE, _VIEW, _MACRO = "tabell", "vy", "funktion"


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
    return [
        *(entry for view in schema().views.values() for entry in of_view(view, bound()[view.name])),
        *(entry for macro in schema().macros.values() for entry in of_macro(macro, bound()[macro.name])),
        *(entry for table in schema().published for entry in _of_table(table)),
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
            name = schema().macros[head.objekt].call if kind == _MACRO else head.objekt
            parts.append(f"\n### {name}\n\n{head.beskrivning}.\n\n")
            parts.append("| kolumn | datatyp | nyckel | får saknas | beskrivning |\n|---|---|---|---|---|\n")
            parts.extend(
                f"| `{c.kolumn}` | {c.datatyp} | {'ja' if c.nyckel else ''} | {'ja' if c.far_saknas else ''} "
                f"| {_cell(c.beskrivning)} |\n"
                for c in columns
            )
    return "".join(parts)


def _of_table(table: Table) -> list[Entry]:
    types = {column.name: column.type for column in table.columns.values()}
    return _described(table.published_name, _TABLE, table.comment, table.key, table.columns, types)


def of_view(view: View, types: Mapping[str, str]) -> list[Entry]:
    """The rows of a view. types: column → DuckDB type."""
    return _described(view.name, _VIEW, view.comment, view.key, view.columns, types)


def of_macro(macro: Macro, types: Mapping[str, str]) -> list[Entry]:
    """The rows of a macro. types: column → DuckDB type, of the columns that it has."""
    return _described(macro.name, _MACRO, macro.comment, macro.key, macro.columns(schema().tables), types)


def _described(
    name: str, kind: str, text: str, key: tuple[str, ...], columns: Mapping[str, ViewColumn], types: Mapping[str, str]
) -> list[Entry]:
    typed = [(columns[column], type_) for column, type_ in types.items()]
    return [
        Entry(name, kind, 0, None, None, None, None, text),
        *(
            Entry(name, kind, number, c.name, type_, c.name in key, c.nullable, c.comment)
            for number, (c, type_) in enumerate(typed, start=1)
        ),
    ]


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def main(arguments: list[str]) -> None:
    """Write the dictionary to the folder named on the command line."""
    if len(arguments) != 1:
        sys.exit("usage: python -m pipelines.warehouse.schema.dictionary FOLDER")
    (Path(arguments[0]) / FILE).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
