"""An Excel workbook that was handed in → the rows of its sheet `uppgifter`.

What a person sees and what the file holds must be the same: what is hidden, struck through, raised or shown as another
number than the stored one is refused with its place.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.local import reasons
from pipelines.local.grid import HEADER_WITHIN, Cell, Row, Unreadable, column_of, composed, digits
from pipelines.local.numberformat import shown_as_percent
from pipelines.local.oversize import is_too_much
from pipelines.local.reasons import Reason

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as ExcelCell
    from openpyxl.cell.cell import MergedCell
    from openpyxl.formatting.formatting import ConditionalFormatting
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles.colors import Color
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "uppgifter"
# What a workbook may unpack to.
_LARGEST_UNPACKED = 30_000_000
# Rows and columns that are lower or narrower than this, in Excel's units, are seen by nobody.
_INVISIBLE = 1


def read_workbook(content: bytes, columns: Collection[str]) -> list[Row] | Unreadable:
    """columns: those by which another sheet with figures is known."""
    from openpyxl.utils import get_column_letter

    book = open_workbook(content)
    if isinstance(book, Unreadable):
        return book
    sheet = _sheet(book.worksheets, columns)
    if isinstance(sheet, Unreadable):
        return sheet
    rows = list(rows_of(sheet))
    for number in _hidden_columns(sheet):
        if any(row.cells[number - 1].text for row in rows):
            return Unreadable(reasons.HIDDEN_COLUMN, f"kolumn {get_column_letter(number)}")
    return rows


def open_workbook(content: bytes) -> Workbook | Unreadable:
    """The workbook, once it is known not to be a bomb."""
    # Most nights nobody has handed in a workbook, and the library is slow to load.
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                return Unreadable(reasons.TOO_LARGE)
            if any(is_too_much(packed.read(part)) for part in packed.infolist()):
                return Unreadable(reasons.TOO_LARGE)
        return openpyxl.load_workbook(io.BytesIO(content), rich_text=True)
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged file makes it stumble over
        return Unreadable(reasons.UNREADABLE)


def _sheet(sheets: Sequence[Worksheet], columns: Collection[str]) -> Worksheet | Unreadable:
    """The sheet by its name, or the only one. No other may have figures, and none may be hidden."""
    for sheet in sheets:
        if sheet.sheet_state != "visible" and any(cell for row in sheet.values for cell in row):
            return Unreadable(reasons.HIDDEN_SHEET, f"bladet {sheet.title}")
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    titles = f"bladen heter {', '.join(sheet.title for sheet in visible)}"
    sheet = next((sheet for sheet in visible if sheet.title.strip().lower() == SHEET), None)
    sheet = visible[0] if sheet is None and len(visible) == 1 else sheet
    if sheet is None:
        return Unreadable(reasons.WRONG_SHEET, more=titles)
    if any(other is not sheet and _has_header(other, columns) for other in visible):
        return Unreadable(reasons.TWO_SHEETS, more=titles)
    return sheet


def _has_header(sheet: Worksheet, columns: Collection[str]) -> bool:
    return any(
        set(columns) <= {column_of(str(value)) for value in row}
        for row in sheet.iter_rows(max_row=HEADER_WITHIN, values_only=True)
    )


def _hidden_columns(sheet: Worksheet) -> Iterator[int]:
    for dimension in sheet.column_dimensions.values():
        if dimension.hidden or dimension.width < _INVISIBLE:
            yield from range(dimension.min or 1, min(dimension.max or 1, sheet.max_column) + 1)


def rows_of(sheet: Worksheet) -> Iterator[Row]:
    """Every row of a sheet, each cell as what a person sees in it."""
    merged = {at for area in sheet.merged_cells.ranges for row in area.rows for at in row}
    restyled = [area for area in sheet.conditional_formatting if any(_restyles(rule) for rule in area.rules)]
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = Row(f"rad {number}", [_cell(cell, merged, restyled) for cell in cells])
        yield replace(row, fault=reasons.HIDDEN_ROW) if _is_hidden(sheet, number) and not row.is_blank() else row


def _is_hidden(sheet: Worksheet, number: int) -> bool:
    if number not in sheet.row_dimensions:
        return bool(sheet.sheet_format.zeroHeight)
    dimension = sheet.row_dimensions[number]
    return bool(dimension.hidden) or (dimension.height is not None and dimension.height < _INVISIBLE)


def _restyles(rule: Rule) -> bool:
    """Whether a conditional format may strike out a number, or show it as another."""
    style = rule.dxf
    return style is not None and (style.numFmt is not None or bool(style.font and style.font.strike))


def _cell(
    cell: ExcelCell | MergedCell, merged: Collection[tuple[int, int]], restyled: Sequence[ConditionalFormatting]
) -> Cell:
    from openpyxl.cell.cell import MergedCell

    place = cell.coordinate
    if (cell.row, cell.column) in merged:
        return Cell("" if cell.value is None else composed(str(cell.value)), place, reasons.MERGED_CELL)
    if isinstance(cell, MergedCell) or cell.value is None:
        return Cell("", place)
    if cell.data_type == "f":
        return Cell("", place, reasons.FORMULA)
    fault = _marked(cell)
    if any(place in area for area in restyled):
        fault = reasons.CONDITIONAL_FORMAT
    if isinstance(cell.value, datetime | date):
        return Cell(_day(cell.value, str(cell.number_format)), place, fault)
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool):
        return Cell(composed(str(cell.value)).strip(), place, fault)
    number = Decimal(repr(cell.value))
    percent = shown_as_percent(cell.value, str(cell.number_format))
    if isinstance(percent, Reason):
        return Cell(digits(number), place, fault or percent, is_number=True)
    # Excel keeps 35 % as 0.35 and shows it by its format.
    return Cell(f"{digits(number * 100)} %" if percent else digits(number), place, fault, is_number=True)


def _day(day: date, number_format: str) -> str:
    """A date; of one that is shown as a month the month: Excel makes 2025-03 the first of March, shown as mar-25."""
    shown = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", number_format.lower())
    as_month = day.day == 1 and "m" in shown and "y" in shown and not set("dhs") & set(shown)
    return f"{day:%Y-%m}" if as_month else f"{day:%Y-%m-%d}"


def _marked(cell: ExcelCell) -> Reason | None:
    """Whether the cell, or a part of its text, is struck through, raised or cannot be seen."""
    runs = cell.value if isinstance(cell.value, list) else []
    fonts = [cell.font, *(run.font for run in runs if not isinstance(run, str) and str(run).strip())]
    if any(font.strike for font in fonts):
        return reasons.STRUCK
    if any(font.vertAlign in ("superscript", "subscript") for font in fonts):
        return reasons.RAISED
    on_white = cell.fill.fill_type is None
    return reasons.WHITE if on_white and any(_is_white(font.color) for font in fonts) else None


def _is_white(color: Color | None) -> bool:
    return color is not None and (
        (color.type == "rgb" and str(color.rgb).endswith("FFFFFF")) or (color.type == "theme" and color.theme == 0)
    )
