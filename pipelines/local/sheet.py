"""A file that was handed in → its rows as text, each cell with its place; or why it cannot be read.

Excel and CSV become the same here, so that what a cell may say (`cells`) is decided once. Nothing here knows what the
columns mean beyond their names.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.parsers import expat

from pipelines.local import reasons
from pipelines.local.reasons import Reason

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as ExcelCell
    from openpyxl.cell.cell import MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "uppgifter"
LARGEST = 5_000_000
# What a workbook may unpack to.
_LARGEST_UNPACKED = 30_000_000
# A template filled in for ten areas and twenty years has some thousand cells and ten thousand elements.
_MOST_CELLS, _MOST_ELEMENTS = 200_000, 500_000
_REFERENCE = re.compile(r"\$?([A-Za-z]{0,3})\$?([0-9]{0,7})")
_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576
_SPELLED = str.maketrans("åäö -", "aao__")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stood in a cell, and where; `fault` when it must not be read as text."""

    text: str
    place: str
    fault: Reason | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row: column name → cell. `fault` when the row as a whole cannot be read."""

    place: str
    cells: dict[str, Cell]
    fault: Reason | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file is refused as a whole, and where in it; `more` goes with the reason's words."""

    reason: Reason
    place: str = ""
    more: str = ""


def read_lines(
    name: str, content: bytes, wanted: Collection[str], optional: Collection[str]
) -> list[Line] | Unreadable:
    """The rows below the header, in order, without those that are empty in every column.

    wanted: the columns that must be there, optional: those that may be. Other columns are not read.
    """
    if len(content) > LARGEST:
        return Unreadable(reasons.TOO_LARGE)
    grid = _excel(content, wanted) if name.lower().endswith(".xlsx") else _csv(content, wanted)
    if isinstance(grid, Unreadable):
        return grid
    header = [_spelled(cell.text) for cell in grid.header]
    for column in (*wanted, *optional):
        if header.count(column) > 1:
            return Unreadable(reasons.COLUMN_TWICE, grid.header_place, column)
    if missing := [column for column in wanted if column not in header]:
        return Unreadable(reasons.MISSING_COLUMN, grid.header_place, ", ".join(missing))
    if grid.merged_header:
        return Unreadable(reasons.MERGED_HEADER, grid.header_place)
    read = [column for column in header if column in wanted or column in optional]
    lines = [
        Line(place, {column: _at(cells, header.index(column), place, column) for column in read}, fault)
        for place, cells, fault in grid.rows
        if fault or any(cell.text or cell.fault for cell in cells)
    ]
    return lines or Unreadable(reasons.NO_ROWS, grid.header_place)


def _at(cells: Sequence[Cell], index: int, place: str, column: str) -> Cell:
    return cells[index] if index < len(cells) else Cell("", f"{place}, kolumn {column}")


@dataclass(frozen=True, slots=True)
class _Grid:
    """The header and the rows below it, each with its place and what is wrong with it as a whole."""

    header: list[Cell]
    header_place: str
    merged_header: bool
    rows: list[tuple[str, list[Cell], Reason | None]]


def _spelled(text: str) -> str:
    """A heading as we spell it: 'Område-id' and 'omrade_id' are the same."""
    return text.strip().lower().translate(_SPELLED)


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv(content: bytes, wanted: Collection[str]) -> _Grid | Unreadable:
    text = _decoded(content)
    if text is None:
        return Unreadable(reasons.NOT_TEXT)
    first = text.partition("\n")[0]
    delimiter = max(";\t,", key=lambda mark: len(set(wanted) & {_spelled(w.strip('" \r')) for w in first.split(mark)}))
    try:
        rows = list(_records(text, delimiter))
    except csv.Error:
        return Unreadable(reasons.UNREADABLE)
    if not rows:
        return Unreadable(reasons.NO_ROWS)
    names = [_spelled(word) for word in rows[0][1]]
    return _Grid(
        header=[Cell(word.strip(), "rad 1") for word in rows[0][1]],
        header_place="rad 1",
        merged_header=False,
        rows=[
            (f"rad {number}", _csv_cells(number, words, names), _csv_fault(words, names, delimiter))
            for number, words in rows[1:]
        ],
    )


def _decoded(content: bytes) -> str | None:
    """UTF-8 with or without BOM, or what Swedish Excel writes when it is asked for CSV without more."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, its words)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for words in reader:
        yield begins, words
        begins = reader.line_num + 1


def _csv_cells(number: int, words: list[str], names: list[str]) -> list[Cell]:
    return [Cell(word.strip(), f"rad {number}, kolumn {name}") for name, word in zip(names, words, strict=False)]


def _csv_fault(words: list[str], names: list[str], delimiter: str) -> Reason | None:
    if len(words) > len(names) and any(word.strip() for word in words[len(names) :]):
        return reasons.TOO_MANY_CELLS
    # 12,5 in such a file is two cells, and the second of them may end up where a comment was expected.
    comment = words[names.index("kommentar")] if "kommentar" in names and len(words) > names.index("kommentar") else ""
    return reasons.AMBIGUOUS_COMMA if delimiter == "," and comment.strip().isdigit() else None


# --- Excel ------------------------------------------------------------------------------------------------------------


def _excel(content: bytes, wanted: Collection[str]) -> _Grid | Unreadable:
    # Most nights nobody has handed in a workbook, and the library is slow to load.
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                return Unreadable(reasons.TOO_LARGE)
            if any(_is_too_much(packed.read(part)) for part in packed.infolist()):
                return Unreadable(reasons.TOO_LARGE)
        book = openpyxl.load_workbook(io.BytesIO(content))
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged file makes it stumble over
        return Unreadable(reasons.UNREADABLE)
    sheet = _sheet(book.worksheets, wanted)
    if sheet is None:
        return Unreadable(reasons.WRONG_SHEET, more=f"bladen heter {', '.join(book.sheetnames)}")
    merged = {at for area in sheet.merged_cells.ranges for row in area.rows for at in row}
    rows = [[_excel_cell(cell, merged) for cell in row] for row in sheet.iter_rows()]
    return _Grid(
        header=[Cell(cell.text, cell.place) for cell in rows[0]] if rows else [],
        header_place=rows[0][0].place if rows else "A1",
        merged_header=any(row == 1 for row, _ in merged),
        rows=[(f"rad {number}", cells, None) for number, cells in enumerate(rows[1:], start=2)],
    )


class _TooMuchError(Exception):
    """More than any template holds."""


def _is_too_much(part: bytes) -> bool:
    """Whether a part of a workbook has, or names, more cells than anybody hands in: a few bytes can name all seventeen
    billion cells of a sheet, and the library would make them one by one. What is no XML is not read as such either.
    """
    elements = cells = named = last_row = last_column = row = column = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal elements, cells, named, last_row, last_column, row, column
        elements += 1
        kind = name.rpartition(":")[2]
        if kind == "row":
            row, column = _number(attributes.get("r"), row + 1), 0
        elif kind == "c":
            cells += 1
            (_, _), (last, at) = _corners(attributes["r"]) if "r" in attributes else ((0, 0), (row, column + 1))
            column = at
            last_row, last_column = max(last_row, last), max(last_column, at)
        elif kind in ("mergeCell", "hyperlink") and "ref" in attributes:
            (top, left), (bottom, right) = _corners(attributes["ref"])
            named += (abs(bottom - top) + 1) * (abs(right - left) + 1)
            last_row, last_column = max(last_row, bottom), max(last_column, right)
        if elements > _MOST_ELEMENTS or max(cells, named, last_row * last_column) > _MOST_CELLS:
            raise _TooMuchError

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    try:
        parser.Parse(part, True)
    except _TooMuchError:
        return True
    except expat.ExpatError:
        return False
    return False


def _corners(reference: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(row, column) of the first and the last cell of "B2" or "A1:C3"; what is left out goes to the sheet's edge."""
    first, _, last = reference.partition(":")
    return _corner(first, 1, 1), _corner(last or first, _LAST_ROW, _LAST_COLUMN)


def _corner(reference: str, row: int, column: int) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        return row, column
    number = 0
    for letter in match[1].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(match[2] or row), number or column


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 7 else default


def _sheet(sheets: Sequence[Worksheet], wanted: Collection[str]) -> Worksheet | None:
    """The sheet by its name, or the only one when its header is the right one."""
    for sheet in sheets:
        if sheet.title.strip().lower() == SHEET:
            return sheet
    if len(sheets) != 1:
        return None
    (only,) = sheets
    header = {_spelled(str(cell.value)) for cell in next(only.iter_rows(max_row=1), ()) if cell.value is not None}
    return only if set(wanted) <= header else None


def _excel_cell(cell: ExcelCell | MergedCell, merged: Collection[tuple[int, int]]) -> Cell:
    from openpyxl.cell.cell import MergedCell

    place = cell.coordinate
    if (cell.row, cell.column) in merged:
        return Cell("" if cell.value is None else str(cell.value), place, reasons.MERGED_CELL)
    if not isinstance(cell, MergedCell) and cell.data_type == "f":
        return Cell("", place, reasons.FORMULA)
    return Cell(_excel_text(cell.value, str(cell.number_format)), place)


def _excel_text(value: object, number_format: str) -> str:
    """The cell as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
        # Excel keeps 35 % as 0.35 and shows it by its format.
        shown = number * 100 if "%" in number_format else number
        text = f"{shown:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"{text} %" if "%" in number_format else text
    return str(value).strip()
