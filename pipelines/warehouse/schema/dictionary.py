"""The data dictionary: every published table, view, table macro and column, from the definitions that make them.

`python -m pipelines.warehouse.schema.dictionary docs` writes `datakatalog.md`; publication fills the table
`datakatalog`. What the columns are and mean is declared in the schema's files, never here.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.bind import bound
from pipelines.warehouse.schema.tables import Macro, Table, View

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
        *(entry for view in schema().views.values() for entry in _of_view(view)),
        *(entry for macro in schema().macros.values() for entry in _of_macro(macro)),
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
    return [
        Entry(table.name, _TABLE, 0, None, None, None, None, table.comment),
        *(
            Entry(table.name, _TABLE, number, c.name, c.type, c.name in table.key, c.nullable, c.comment)
            for number, c in enumerate(table.columns.values(), start=1)
        ),
    ]


def _of_view(view: View) -> list[Entry]:
    types = bound()[view.name]
    return [
        Entry(view.name, _VIEW, 0, None, None, None, None, view.comment),
        *(
            Entry(view.name, _VIEW, number, c.name, types[c.name], c.name in view.key, c.nullable, c.comment)
            for number, c in enumerate(view.columns.values(), start=1)
        ),
    ]


def _of_macro(macro: Macro) -> list[Entry]:
    columns = schema().tables[macro.like].columns
    typed = [(columns[name], kind) for name, kind in bound()[macro.name].items()]
    return [
        Entry(macro.name, _MACRO, 0, None, None, None, None, macro.comment),
        *(
            Entry(macro.name, _MACRO, number, c.name, kind, c.name in macro.key, c.nullable, c.comment)
            for number, (c, kind) in enumerate(typed, start=1)
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
