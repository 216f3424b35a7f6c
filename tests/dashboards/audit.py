"""Every figure of a report's folder against the published database and the folder's own CSV files, one by one."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from tests.dashboards.page import Node, parse

# The columns of data-ur, as tables have them.
_KEYS = ("nyckeltal_id", "omrade_id", "ar", "kon")
# Of a länsdel the place holds its name, of an effect whose it is.
_AREA_COLUMNS = {"lansdel_varde": "lansdel", "effekt": "huvudman_id"}

_WORDS = ("noll", "en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv")


@dataclass(frozen=True)
class Figure:
    """A `<data>` of a page, or a `<tspan>` of a drawing: its full value, where it stands, and what is shown."""

    page: str
    value: float
    place: str
    text: str


def figures(folder: Path) -> Iterator[Figure]:
    """Every figure of every page and picture, in order."""
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.svg")]):
        for node in parse(path.read_text(encoding="utf-8")).all(where=lambda n: "data-ur" in n.attrs):
            page = path.relative_to(folder).as_posix()
            value = node.attrs["value" if node.tag == "data" else "data-value"]
            yield Figure(page, float(value), node.attrs["data-ur"], node.text)


def deviations(folder: Path, database: Path) -> list[str]:
    """What is not as the database says: the value, or the text that is shown of it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        stored = _Stored(connection, folder)
        faults = []
        for figure in figures(folder):
            known = stored.values(figure.place)
            if figure.value not in known:
                faults.append(f"{figure.page}: {figure.place} is {sorted(known)}, but the page says {figure.value!r}")
            elif not shows(figure.text, figure.value):
                faults.append(f"{figure.page}: {figure.place} is {figure.value!r}, but {figure.text!r} is shown")
        return faults


def shows(text: str, value: float) -> bool:
    """Whether the text is the value, rounded half away from zero to the decimals shown; a unit may follow."""
    bare = text.replace("\u202f", "").replace("\u2212", "-").replace(",", ".").lstrip("+")
    bare = re.split(r"\s", bare)[0]
    bare = str(_WORDS.index(bare.lower())) if bare.lower() in _WORDS else "1" if bare.lower() == "ett" else bare
    exact = Decimal(repr(value))
    if not re.fullmatch(r"[<>]?-?\d+(\.\d+)?", bare):
        return False
    if bare[0] in "<>":
        limit = Decimal(bare[1:])
        return 0 < exact < limit if bare[0] == "<" else limit < exact < 0
    shown = Decimal(bare)
    step = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    return exact.quantize(step, rounding=ROUND_HALF_UP) == shown


class _Stored:
    """The numbers at a place."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self._tables: dict[tuple[str, str], dict[tuple[str, ...], set[float]]] = {}
        self._summary: dict[tuple[str, ...], set[float]] | None = None

    def values(self, place: str) -> set[float]:
        if place.startswith("csv/"):
            return self._of_csv(place)
        table, *keys, column = place.split("/")
        assert len(keys) == len(_KEYS), f"{place}: not table/nyckeltal/område/år/kön/kolumn"
        if (table, column) not in self._tables:
            self._tables[table, column] = self._read(table, column)
        return self._tables[table, column].get(tuple(keys), set())

    def _read(self, table: str, column: str) -> dict[tuple[str, ...], set[float]]:
        columns = {name for name, *_ in self._connection.sql(f"DESCRIBE {table}").fetchall()}
        names = [_AREA_COLUMNS.get(table, name) if name == "omrade_id" else name for name in _KEYS]
        if column.startswith("median "):
            return self._medians(column.removeprefix("median "))
        keys = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '-')" if name in columns else "'-'" for name in names)
        rows: list[tuple[Any, ...]] = self._connection.sql(
            f"SELECT {keys}, CAST({column} AS DOUBLE) FROM {table} WHERE {column} IS NOT NULL"
        ).fetchall()
        known: dict[tuple[str, ...], set[float]] = {}
        for *key, value in rows:
            known.setdefault(tuple(key), set()).add(value)
        return known

    def _medians(self, kind: str) -> dict[tuple[str, ...], set[float]]:
        """Of all the country's areas of a kind, where riket itself has no value: 'median kommun'."""
        rows = self._connection.execute(
            "SELECT nyckeltal_id, '-', CAST(ar AS VARCHAR), kon, median(varde) FROM matvarde JOIN omrade "
            "USING (omrade_id) WHERE typ = $1 AND varde IS NOT NULL GROUP BY ALL",
            [kind],
        ).fetchall()
        return {tuple(key): {value} for *key, value in rows}

    def _of_csv(self, place: str) -> set[float]:
        """csv/sammanfattning.csv/<del>/<vad>/<ord>/<kolumn>."""
        _, name, *keys, column = place.split("/")
        assert name == "sammanfattning.csv", place
        return {
            float(row[column])
            for row in _csv_rows(self._folder / "csv" / name)
            if [row["del"], row["vad"], row["ord"]] == keys and row[column]
        }


@cache
def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def unmarked(page: Node) -> list[str]:
    """Table cells that hold a decimal number outside any `<data>`."""
    outside_data = []
    for cell in page.all("td"):
        # The rules' own limits are no figures.
        outside = re.sub(r"p [≤>] 0,05|99,8\s%", "", "".join(_texts(cell)))
        if re.search(r"\d,\d", outside):
            outside_data.append(cell.text)
    return outside_data


def _texts(node: Node) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str):
            yield child
        # A chart is read beside the table that has its figures.
        elif child.tag not in ("data", "svg"):
            yield from _texts(child)
