"""A file that was handed in → its rows, each cell with its place; or why it cannot be read.

Excel and CSV become the same here, so that what a cell may say (`cells`) is decided once. Nothing here knows what the
columns mean beyond their names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipelines.local import reasons
from pipelines.local.csvfile import read_csv
from pipelines.local.grid import HEADER_WITHIN, Cell, Row, Unreadable
from pipelines.local.reasons import Reason
from pipelines.local.workbook import read_workbook

LARGEST = 5_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row: column name → cell. `fault` when the row as a whole cannot be read."""

    place: str
    cells: dict[str, Cell]
    fault: Reason | None = None


def read_lines(
    name: str, content: bytes, keys: Collection[str], figures: Collection[str], optional: Collection[str]
) -> list[Line] | Unreadable:
    """The rows below the header, in order, without those that are empty in every column.

    keys, figures: the columns that must be there, optional: those that may be. Other columns are not read.
    """
    if len(content) > LARGEST:
        return Unreadable(reasons.TOO_LARGE)
    wanted = (*keys, *figures)
    measure, _, suffix = name.rpartition(".")
    rows = read_workbook(content, measure, wanted) if suffix.lower() == "xlsx" else read_csv(content, wanted, figures)
    if isinstance(rows, Unreadable):
        return rows
    if not rows:
        return Unreadable(reasons.NO_ROWS)
    header, *below = rows
    if fault := _header_fault(header, below, wanted, optional):
        return fault
    if again := next((row for row in below if _is_header(row, keys, figures)), None):
        return Unreadable(reasons.HEADER_TWICE, again.place)
    index = {column: at for at, column in enumerate(header.names()) if column in wanted or column in optional}
    lines = [
        Line(row.place, {column: _at(row, at, column) for column, at in index.items()}, row.fault)
        for row in below
        if row.fault or not row.is_blank()
    ]
    return lines or Unreadable(reasons.NO_ROWS, header.place)


def _is_header(row: Row, keys: Collection[str], figures: Collection[str]) -> bool:
    names = set(row.names())
    return names.issuperset(figures) and not names.isdisjoint(keys)


def _header_fault(
    header: Row, below: Sequence[Row], wanted: Collection[str], optional: Collection[str]
) -> Unreadable | None:
    names = header.names()
    missing = [column for column in wanted if column not in names]
    if missing:
        for row in below[: HEADER_WITHIN - 1]:
            if set(wanted) <= set(row.names()):
                return Unreadable(reasons.HEADER_BELOW, header.place, f"rubrikerna står på {row.place}")
    if any(cell.fault == reasons.MERGED_CELL for cell in header.cells):
        return Unreadable(reasons.MERGED_HEADER, header.place)
    for column in (*wanted, *optional):
        if names.count(column) > 1:
            return Unreadable(reasons.COLUMN_TWICE, header.place, column)
    if missing:
        return Unreadable(reasons.MISSING_COLUMN, header.place, ", ".join(missing))
    if header.fault:
        return Unreadable(header.fault, header.place)
    for cell, name in zip(header.cells, names, strict=True):
        if name in wanted and cell.fault in (reasons.STRUCK, reasons.RAISED):
            return Unreadable(cell.fault, cell.place)
    return None


def _at(row: Row, index: int, column: str) -> Cell:
    return row.cells[index] if index < len(row.cells) else Cell("", f"{row.place}, kolumn {column}")
