"""A form as an Excel workbook: an explaining sheet first, then the questions, then the values that they are about.

Only the boxes can be written in; ids stand in hidden columns, beside a copy of the name that a row belongs to. The same
form gives the same bytes. How it is read again is `reading`.
"""

from __future__ import annotations

import textwrap
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipelines.answers.forms import VALUE_HEADINGS, Form, FormSheet, Row, Shown
from pipelines.answers.identity import Identity, row_mark
from pipelines.answers.questions import DAY, LONGEST_TEXT, Box, shown_choice

VALUES = "Era värden"
_HEADER = 3
# Hidden: the row's id, and the name that it belongs to.
_ID, _NAME_COPY, _NAME, _FIRST = 0, 1, 2, 3
# Excel takes no longer list, and no longer message.
_LONGEST_LIST = 255
_ROW_HEIGHT, _LINE_HEIGHT = 75, 15
# Excel makes no row higher.
_HIGHEST_ROW = 405


def file_name(form: Form) -> str:
    """`2026-host-0484-Eskilstuna.xlsx`."""
    name = "".join(sign if sign.isalnum() else "-" for sign in form.respondent.name)
    return f"{form.issue.id}-{form.respondent.id}-{name}.xlsx"


def write_workbook(form: Form, target: Path) -> Path:
    """Write the workbook of a form to `target` and return it."""
    with xlsxwriter.Workbook(str(target)) as book:
        title = f"{form.issue.name or form.issue.id}: {form.respondent.name}"
        book.set_properties({"title": title, "author": "malbild", "created": form.known})
        formats = _Formats(book)
        for part in form.sheets:
            _write_sheet(book.add_worksheet(part.sheet.title), form, part, formats)
        if form.values:
            _write_values(book.add_worksheet(VALUES), form, formats)
    return target


class _Formats:
    """How cells look: shown, decided and to be filled in."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        wrapped = {"text_wrap": True, "valign": "top"}
        box = {**wrapped, "locked": False, "bg_color": "#FFF8E1", "border": 1, "border_color": "#B0A060"}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.lead = book.add_format({"italic": True})
        self.heading = book.add_format({**wrapped, "bold": True, "bottom": 2})
        self.bold = book.add_format({**wrapped, "bold": True})
        self.shown = book.add_format(wrapped)
        self.number = book.add_format({**wrapped, "num_format": "#,##0.0"})
        self.year = book.add_format({**wrapped, "num_format": "0"})
        self.decided = book.add_format({**wrapped, "bg_color": "#DDDDDD", "border": 1})
        self.box = {
            "text": book.add_format({**box, "num_format": "@"}),
            "choice": book.add_format({**box, "num_format": "@"}),
            "day": book.add_format({**box, "num_format": "yyyy-mm-dd"}),
            "number": book.add_format(box),
            "year": book.add_format({**box, "num_format": "0"}),
        }


def _write_sheet(sheet: Worksheet, form: Form, part: FormSheet, formats: _Formats) -> None:
    declared = part.sheet
    _head(sheet, form, declared.lead, declared.title, formats)
    sheet.set_column(_ID, _NAME_COPY, 2, None, {"hidden": True})
    sheet.set_column(_NAME, _NAME, 34)
    identity = Identity(declared.id, form.issue.id, form.respondent.id, form.known)
    sheet.write_string(_HEADER, _ID, identity.mark())
    sheet.write_string(_HEADER, _NAME_COPY, form.respondent.name)
    sheet.write_string(_HEADER, _NAME, declared.object_heading, formats.heading)
    for at, (heading, width) in enumerate(declared.info, start=_FIRST):
        sheet.set_column(at, at, width)
        sheet.write_string(_HEADER, at, heading, formats.heading)
    first_box = _FIRST + len(declared.info)
    for at, box in enumerate(declared.boxes, start=first_box):
        sheet.set_column(at, at, box.width)
        sheet.write_string(_HEADER, at, box.heading, formats.heading)
    for number, row in enumerate(part.rows, start=_HEADER + 1):
        sheet.write_string(number, _ID, row_mark(*row.object))
        sheet.write_string(number, _NAME_COPY, row.name)
        sheet.write_string(number, _NAME, row.name, formats.bold)
        _write_shown(sheet, number, _FIRST, row, formats)
        for at, box in enumerate(declared.boxes, start=first_box):
            day = row.object == ("svarande", DAY)
            _write_box(sheet, number, at, Box(box.key, box.heading, "day") if day else box, row, formats)
        if declared.id != "start":
            sheet.set_row(number, _height(part, row))
        # A mått without a value of its own is on the sheet of values with what only sheds light on it.
        has_value = declared.id == "matt" and row.shown[1] is not None
        if has_value and (range_ := _series_range(form, row)):
            # In the last column of what is shown.
            sheet.add_sparkline(number, first_box - 1, {"range": range_, "markers": True})
    for at, box in enumerate(declared.boxes, start=first_box):
        # The head has a function and a day in one column.
        if declared.id != "start" and (allowed := _allowed(box)):
            sheet.data_validation(_HEADER + 1, at, _HEADER + len(part.rows), at, allowed)
    if declared.id == "start":
        for number, line in enumerate(_explained(form), start=_HEADER + 2 + len(part.rows)):
            sheet.write_string(number, _NAME, line)


def _height(part: FormSheet, row: Row) -> int:
    """High enough for what is shown."""
    shown = zip(row.shown, (width for _, width in part.sheet.info), strict=True)
    texts = ((text, width) for text, width in shown if isinstance(text, str))
    lines = (sum(len(textwrap.wrap(line, width)) for line in text.splitlines()) for text, width in texts)
    return min(_HIGHEST_ROW, max(_ROW_HEIGHT, _LINE_HEIGHT * max(lines, default=0)))


def _head(sheet: Worksheet, form: Form, lead: str, title: str, formats: _Formats) -> None:
    mark = "SYNTETISKA UPPGIFTER. " if form.synthetic else ""
    sheet.write_string(0, _NAME, f"{mark}{form.respondent.name}: {title}", formats.title)
    sheet.write_string(1, _NAME, lead, formats.lead)
    # Without a password: it protects from slips, not from people.
    sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})
    sheet.freeze_panes(_HEADER + 1, _FIRST)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _explained(form: Form) -> tuple[str, ...]:
    name = form.issue.name or form.issue.id
    mark = "Uppgifterna är syntetiska: påhittade för att pröva med. " if form.synthetic else ""
    return (
        f"Svar inför {name}, från {form.respondent.name}. Det tar omkring tio minuter.",
        "1. Fyll i din funktion och dagen ovan. Skriv inga namn: i rapporten visas organisation och funktion.",
        "2. Fyll i de gula rutorna på bladen. Det ni svarat förut står redan där: ändra det, eller låt det stå.",
        "3. Grå rutor är beslutade och ändras inte här. En tömd ruta betyder att svaret dras tillbaka.",
        "4. Spara som .xlsx och skicka tillbaka filen. Byt inte namn på rubriker och ta inte bort dolda kolumner.",
        f"Skriv vanlig text, högst {LONGEST_TEXT} tecken i en ruta. Inga formler.",
        "Flera får fylla i var sin fil: den som är sparad sist gäller där båda har svarat.",
        f"{mark}Jämförelser, riktning och mål är egen bearbetning; bladet {VALUES} visar värdena.",
    )


def _write_shown(sheet: Worksheet, number: int, first: int, row: Row, formats: _Formats) -> None:
    for at, shown in enumerate(row.shown, start=first):
        _write(sheet, number, at, shown, formats)


def _write(sheet: Worksheet, number: int, at: int, shown: Shown, formats: _Formats) -> None:
    if isinstance(shown, str):
        sheet.write_string(number, at, shown, formats.shown)
    elif isinstance(shown, int):
        sheet.write_number(number, at, shown, formats.year)
    elif shown is not None:
        sheet.write_number(number, at, shown, formats.number)


def _write_box(sheet: Worksheet, number: int, at: int, box: Box, row: Row, formats: _Formats) -> None:
    if box.key in row.decided:
        sheet.write_string(number, at, shown_choice(box, row.decided[box.key]), formats.decided)
        return
    style: Format = formats.box[box.kind]
    answer = row.answers.get(box.key)
    if answer is None:
        sheet.write_blank(number, at, None, style)
    elif box.kind == "day":
        sheet.write_datetime(number, at, datetime.fromisoformat(answer), style)
    elif box.kind in ("number", "year"):
        sheet.write_number(number, at, float(answer), style)
    else:
        sheet.write_string(number, at, shown_choice(box, answer), style)


def _allowed(box: Box) -> dict[str, Any] | None:
    """What Excel lets be written in the box."""
    match box.kind:
        case "choice":
            words = list(box.choices or {})
            if len(",".join(words)) > _LONGEST_LIST or any("," in word for word in words):
                return None
            return {"validate": "list", "source": words, "error_message": "Välj ett av orden i listan."}
        case "day":
            return _between("date", date(2000, 1, 1), date(2100, 12, 31), "Skriv dagen, t.ex. 2026-11-20.")
        case "number":
            return _between("decimal", -(10**9), 10**9, "Skriv ett tal, t.ex. 62,5.")
        case "year":
            return _between("integer", 2000, 2100, "Skriv ett år, t.ex. 2035.")
        case "text":
            message = f"Högst {LONGEST_TEXT} tecken."
            return {"validate": "length", "criteria": "<=", "value": LONGEST_TEXT, "error_message": message}


def _between(kind: str, lowest: date | int, highest: date | int, message: str) -> dict[str, Any]:
    limits = {"minimum": lowest, "maximum": highest}
    return {"validate": kind, "criteria": "between", **limits, "error_message": message}


def _write_values(sheet: Worksheet, form: Form, formats: _Formats) -> None:
    lead = "Senaste värde, totalt. Jämförelser är egen bearbetning. Här fyller ni inte i något."
    _head(sheet, form, lead, VALUES, formats)
    sheet.set_column(_ID, _NAME_COPY, 2, None, {"hidden": True})
    sheet.set_column(_NAME, _NAME, 34)
    headings = (*VALUE_HEADINGS, *map(str, _years(form)))
    sheet.set_column(_FIRST, _FIRST, 44)
    for at, heading in enumerate(("Mått", *headings), start=_NAME):
        sheet.write_string(_HEADER, at, heading, formats.heading)
    for number, row in enumerate(form.values, start=_HEADER + 1):
        sheet.write_string(number, _NAME, row.name, formats.bold)
        _write_shown(sheet, number, _FIRST, row, formats)
        for year, value in row.series:
            at = _FIRST + len(VALUE_HEADINGS) + year - _years(form)[0]
            sheet.write_number(number, at, value, formats.number)


def _years(form: Form) -> range:
    """The years of all series."""
    years = [year for row in form.values for year, _ in row.series]
    return range(min(years), max(years) + 1) if years else range(0)


def _series_range(form: Form, row: Row) -> str | None:
    """Where the years of a row's mått stand; None without two of them."""
    for number, values in enumerate(form.values, start=_HEADER + 2):
        if values.object == row.object and len(values.series) > 1:
            first = _FIRST + len(VALUE_HEADINGS)
            last = first + len(_years(form)) - 1
            return f"'{VALUES}'!{xl_col_to_name(first)}{number}:{xl_col_to_name(last)}{number}"
    return None
