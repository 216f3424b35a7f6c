"""The templates: one Excel and one CSV file for every mått that is handed in, with a row for each area, period and kön.

What they promise is read by `intake`; the words on the second sheet are for those who fill them in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter

from pipelines.catalog.local import limits
from pipelines.catalog.model import Catalog, LocalMeasure, Measure
from pipelines.local.intake import COMMENT_COLUMN, KEY_COLUMNS, NAME_COLUMN, areas, columns
from pipelines.local.workbook import HELP_SHEET, SAVE_AS, SHEET
from pipelines.periods import Form, Period

# How far down, and how large, the templates let figures be written.
_LAST_ROW, _NO_LIMIT = 9_999, 10**11
_WIDTHS = {"omrade": 22, "kommentar": 40}
_PERIOD_COLUMN = "period"


def write_templates(catalog: Catalog, folder: Path, periods: Sequence[Period]) -> list[Path]:
    """Write both templates of every mått into `folder`, filled in but for the figures of `periods`, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for measure in catalog.measures:
        if measure.local:
            rows = list(_rows(measure.local, catalog, periods))
            written += [
                _write_excel(folder / f"{measure.id}.xlsx", measure, measure.local, rows),
                _write_csv(folder / f"{measure.id}.csv", measure.local, rows),
            ]
    return written


def periods_of(form: Form, today: date) -> list[Period]:
    """What is asked for: last year, or its months or quarters and those of this year that are over."""
    year = Period(today.year - 1, "år")
    if form == "år":
        return [year]
    periods = [*year.parts(form), *year.following().parts(form)]
    return [period for period in periods if period.last_day < today]


def _header(local: LocalMeasure) -> list[str]:
    area, _, gender = KEY_COLUMNS
    return [area, NAME_COLUMN, _PERIOD_COLUMN, gender, *columns(local), COMMENT_COLUMN]


def _rows(local: LocalMeasure, catalog: Catalog, periods: Sequence[Period]) -> Iterator[tuple[str, str, str, str]]:
    for area_id, name in areas(local.level, catalog.geography).items():
        for period in periods:
            for gender in ("T", "K", "M") if local.by_gender else ("T",):
                yield area_id, name, str(period), gender


def _write_csv(path: Path, local: LocalMeasure, rows: list[tuple[str, str, str, str]]) -> Path:
    """With BOM and semicolons: as Swedish Excel opens it."""
    text = io.StringIO(newline="")
    header = _header(local)
    writer = csv.writer(text, delimiter=";")
    writer.writerow(header)
    writer.writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return path


def _write_excel(path: Path, measure: Measure, local: LocalMeasure, rows: list[tuple[str, str, str, str]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        # Text, so that Excel keeps the leading zero and makes no date of a month.
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        for index, name in enumerate(_header(local)):
            sheet.write_string(0, index, name, bold)
            sheet.set_column(index, index, _WIDTHS.get(name, 12), as_text if index in (0, 2) else None)
        for number, (area_id, area, period, gender) in enumerate(rows, start=1):
            sheet.write_string(number, 0, area_id, as_text)
            sheet.write_string(number, 1, area)
            sheet.write_string(number, 2, period, as_text)
            sheet.write_string(number, 3, gender)
        first, last = len(KEY_COLUMNS) + 1, len(KEY_COLUMNS) + len(columns(local))
        sheet.data_validation(1, first, _LAST_ROW, last, _limited(local))
        help_sheet = book.add_worksheet(HELP_SHEET)
        help_sheet.set_column(0, 0, 100, wrapped)
        for number, line in enumerate(_help(measure, local)):
            help_sheet.write_string(number, 0, line, wrapped)
    return path


def _limited(local: LocalMeasure) -> dict[str, object]:
    """What Excel lets be written in a cell with a figure: no text, such as 12.000 is to a Swedish Excel."""
    lowest, highest = limits(local) if local.form == "index" else (0, None)
    allowed: dict[str, object] = {"validate": "decimal" if local.form == "index" else "integer", "criteria": "between"}
    return allowed | {
        "minimum": -_NO_LIMIT if lowest is None else lowest,
        "maximum": _NO_LIMIT if highest is None else highest,
        "error_title": "Ett tal väntas här",
        "error_message": _written(local),
    }


def _written(local: LocalMeasure) -> str:
    """How a figure is written; at most 255 signs, as Excel's messages."""
    if local.form != "index":
        return "Antal skrivs som heltal utan punkt och komma, t.ex. 301000 eller 301 000, inte 301.000."
    lowest, highest = limits(local)
    between = f" Värdet ligger inom {lowest:g}–{highest:g}." if lowest is not None and highest is not None else ""
    return f"Decimaler skrivs med komma eller punkt, t.ex. 0,62.{between}"


def _help(measure: Measure, local: LocalMeasure) -> list[str]:
    figures = " och ".join(columns(local))
    hidden = (
        f"Antal från 1 till {local.least_count - 1} visas inte för någon läsare, och inte heller de tal som de kan "
        "räknas ut ur. Lämna dem ändå som de är."
        if local.least_count and local.least_count > 1
        else "Inga tal döljs för det här måttet."
    )
    return [
        measure.name,
        f"Vad som räknas: {local.counted}",
        f"Enhet: {local.unit}",
        f"Fyll i {figures} i bladet {SHEET}. En rad är ett område, en period och ett kön (T totalt, K kvinnor, M män).",
        "En period är ett år (2025), ett kvartal (2025 kv1) eller en månad (2025-03) som är slut. Lämna månader eller "
        "kvartal, inte båda; hela år får stå bredvid, och är då summan av ett antal.",
        "Lägg till rader för fler perioder. Ta bort rader som ingen uppgift finns för; noll skrivs 0.",
        _written(local),
        "Inga formler, inga sammanslagna celler, ingenting dolt, överstruket eller upphöjt: fotnoter "
        "skrivs i kommentaren. Rubrikerna är första raden.",
        f"{SAVE_AS.format(measure.id)} (eller {measure.id}.csv) i mappen lokala. Filen ska alltid vara hel: "
        "en rad som tas bort tas bort ur uppföljningen.",
        hidden,
    ]
