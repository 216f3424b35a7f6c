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
from pipelines.local.numberformat import shown_as_month, shown_as_percent
from pipelines.local.oversize import is_too_much
from pipelines.local.reasons import Reason

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as ExcelCell
    from openpyxl.cell.cell import MergedCell
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles.colors import Color
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.cell_range import MultiCellRange
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "uppgifter"
# What a template says on its second sheet of the mått that it is for.
HELP_SHEET, SAVE_AS = "läs mig", "Spara filen som {}.xlsx"
_SAVED_AS = re.compile(SAVE_AS.format("([a-z0-9-]+)"))
# What every file begins with that older Excels wrote, and those that are locked with a password.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
# What a workbook may unpack to.
_LARGEST_UNPACKED = 30_000_000
_WHITE = "FFFFFF"
# Rows and columns that are lower or narrower than this, in Excel's units, are seen by nobody.
_INVISIBLE = 1


def read_workbook(content: bytes, measure: str, columns: Collection[str]) -> list[Row] | Unreadable:
    """measure: the mått that the file is named after. columns: those by which another sheet with figures is known."""
    from openpyxl.utils import get_column_letter

    book = open_workbook(content)
    if isinstance(book, Unreadable):
        return book
    sheet = _sheet(book.worksheets, columns)
    if isinstance(sheet, Unreadable):
        return sheet
    written_for = _written_for(book)
    if written_for not in (None, measure):
        return Unreadable(reasons.OTHER_TEMPLATE, f"bladet {HELP_SHEET}", str(written_for))
    rows = list(rows_of(sheet))
    for number in _hidden_columns(sheet):
        if any(row.cells[number - 1].text for row in rows):
            return Unreadable(reasons.HIDDEN_COLUMN, f"kolumn {get_column_letter(number)}")
    return rows


def open_workbook(content: bytes) -> Workbook | Unreadable:
    """The workbook, once it is known not to be a bomb."""
    # Most nights nobody has handed in a workbook, and the library is slow to load.
    import openpyxl

    if content.startswith(_COMPOUND_FILE):
        return Unreadable(reasons.OLD_OR_LOCKED)

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                return Unreadable(reasons.TOO_LARGE)
            if any(is_too_much(packed.read(part)) for part in packed.infolist()):
                return Unreadable(reasons.TOO_LARGE)
        return openpyxl.load_workbook(io.BytesIO(content), rich_text=True)
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged file makes it stumble over
        return Unreadable(reasons.UNREADABLE)


def _written_for(book: Workbook) -> str | None:
    """The mått whose template the workbook was; None when it does not say."""
    words = (str(value) for sheet in book.worksheets if sheet.title == HELP_SHEET for (value, *_) in sheet.values)
    return next((match[1] for word in words if (match := _SAVED_AS.match(word))), None)


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
    areas = [
        *(
            (area.sqref, reasons.CONDITIONAL_FORMAT)
            for area in sheet.conditional_formatting
            if any(map(_restyles, area.rules))
        ),
        *((area, reasons.FORMULA) for area in _computed(sheet)),
    ]
    hides_zeros = sheet.sheet_view.showZeros is False
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = Row(f"rad {number}", [_cell(cell, merged, areas) for cell in cells])
        if hides_zeros:
            row = replace(row, cells=[_with_zero_refused(cell) for cell in row.cells])
        yield replace(row, fault=reasons.HIDDEN_ROW) if _is_hidden(sheet, number) and not row.is_blank() else row


def _is_hidden(sheet: Worksheet, number: int) -> bool:
    if number not in sheet.row_dimensions:
        return bool(sheet.sheet_format.zeroHeight)
    dimension = sheet.row_dimensions[number]
    return bool(dimension.hidden) or (dimension.height is not None and dimension.height < _INVISIBLE)


def _computed(sheet: Worksheet) -> Iterator[MultiCellRange]:
    """The cells that a formula of several cells fills; only the first of them has it."""
    from openpyxl.worksheet.cell_range import MultiCellRange
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, ArrayFormula | DataTableFormula):
                yield MultiCellRange(cell.value.ref)


def _with_zero_refused(cell: Cell) -> Cell:
    is_zero = cell.is_number and not cell.fault and float(cell.text.rstrip(" %")) == 0
    return replace(cell, fault=reasons.ZERO_NOT_SHOWN) if is_zero else cell


def _restyles(rule: Rule) -> bool:
    """Whether a conditional format may strike out a number, hide it, or show it as another."""
    if any(drawn is not None and drawn.showValue is False for drawn in (rule.dataBar, rule.iconSet)):
        return True
    style = rule.dxf
    font = style.font if style else None
    return style is not None and (
        style.numFmt is not None or (font is not None and (bool(font.strike) or _shade(font.color) == _WHITE))
    )


def _cell(
    cell: ExcelCell | MergedCell, merged: Collection[tuple[int, int]], areas: Sequence[tuple[MultiCellRange, Reason]]
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
    fault = next((reason for area, reason in areas if place in area), fault)
    if isinstance(cell.value, datetime | date):
        return Cell(_day(cell.value, str(cell.number_format)), place, fault)
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool):
        return Cell(composed(str(cell.value)).strip(), place, fault)
    # Excel shows fifteen digits; what a sum leaves behind them nobody has written.
    number = Decimal(f"{cell.value:.15g}")
    percent = shown_as_percent(cell.value, str(cell.number_format))
    if isinstance(percent, Reason):
        return Cell(digits(number), place, fault or percent, is_number=True)
    # Excel keeps 35 % as 0.35 and shows it by its format.
    return Cell(f"{digits(number * 100)} %" if percent else digits(number), place, fault, is_number=True)


def _day(day: date, number_format: str) -> str:
    """A date; of one that is shown as a month the month: Excel makes 2025-03 the first of March, shown as mar-25."""
    return f"{day:%Y-%m}" if shown_as_month(day, number_format) else f"{day:%Y-%m-%d}"


def _marked(cell: ExcelCell) -> Reason | None:
    """Whether the cell, or a part of its text, is struck through, raised or cannot be seen."""
    runs = cell.value if isinstance(cell.value, list) else []
    fonts = [cell.font, *(run.font for run in runs if not isinstance(run, str) and str(run).strip())]
    if any(font.strike for font in fonts):
        return reasons.STRUCK
    if any(font.vertAlign in ("superscript", "subscript") for font in fonts):
        return reasons.RAISED
    background = {None: _WHITE, "solid": _shade(cell.fill.fgColor)}.get(cell.fill.fill_type)
    seen = background is None or all(_shade(font.color) != background for font in fonts)
    return None if seen else reasons.INVISIBLE


def _shade(color: Color | None) -> str | None:
    """A colour as red, green and blue; of a theme that is not white its name."""
    from openpyxl.styles.colors import COLOR_INDEX

    if color is None:
        return None
    if color.type == "theme":
        return _WHITE if color.theme == 0 and not color.tint else f"theme {color.theme} {color.tint}"
    if color.type == "indexed":
        return COLOR_INDEX[color.indexed][-6:] if color.indexed < len(COLOR_INDEX) else f"indexed {color.indexed}"
    return str(color.rgb)[-6:]
