"""The workbook for those who read in Excel: Nuläge, a sheet per målområde, months and quarters, definitions and what
every column means.

Nuläge is wide, a row per mått, and prints on a few pages; the long sheets print on those that they need.

The long form (a row per indikator, mått, nyckeltal, område, kön and år) is kept, because it is what filters and pivot
tables want; only the målbild's own områden and riket are in it. Text is written as text, so nothing is ever a formula.
The same figures give the same bytes: the file carries the time of the run, never that of the clock.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.exports.about import LOCAL, About
from pipelines.exports.relations import relations
from pipelines.warehouse.sql import identifier
from pipelines.warehouse.wide import area_columns, own_areas, wide

_MAX_NAME, _MAX_TEXT = 31, 32_767
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
WORKBOOK = "malbild.xlsx"
NOW, ABOUT, COLUMNS = "Nuläge", "Om", "Kolumner"
# Excel keeps this name for itself.
_EXCELS_OWN = "History"
_HEADER_ROW = 1
_A3, _A4 = 8, 9
_LINE_HEIGHT = 15


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a sheet: header, SQL expression, width, number format, and what it means."""

    name: str
    sql: str
    width: int
    comment: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet after those of the målområden: its rows are `columns` of the SQL `source`, under the line `about`."""

    name: str
    about: str
    source: str
    columns: tuple[_Column, ...]


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """How the header and the texts of a sheet are written that is read on one page."""

    head: Format
    text: Format


_VALUES = (
    _Column("indikator", "i.namn", 16, "Målbildens indikator"),
    _Column(
        "mått", "m.namn", 32, "Målbildens mått; ett mått kan höra till två indikatorer, och raden finns då två gånger"
    ),
    _Column("nyckeltal_id", "v.nyckeltal_id", 12, "Nyckeltalets id i Kolada"),
    _Column("titel", "n.titel", 48, "Nyckeltalets titel"),
    _Column(
        "roll", "k.roll", 12, "Nyckeltalets roll i måttet: primär, efterträdare, komplement, närliggande, indirekt"
    ),
    _Column("enhet", "n.enhet", 14, "Enhet"),
    _Column("område", "o.namn", 18, "Kommun, region eller riket"),
    _Column("kön", "v.kon", 6, "T totalt, K kvinnor, M män"),
    _Column("år", "v.ar", 7, "År", "0"),
    _Column("nyast", "v.nyast", 7, "1 = seriens senaste år med värde, 2 = året före det …; filtrera på 1", "0"),
    _Column("värde", "v.varde", 12, "Värdet, orundat; tom cell = saknas (se status), aldrig noll"),
    _Column("status", "v.status", 12, "Varför värdet finns eller saknas: publicerad, saknas, bortfall, sekretess …"),
    _Column("preliminärt", "CASE WHEN v.preliminart THEN 'ja' ELSE 'nej' END", 11, "Om värdet är preliminärt"),
    _Column("korrigering", "v.korrigering", 16, "Ägarnas korrigering av Koladas värde; tom = oförändrat"),
    _Column(
        "källa",
        """CASE WHEN v.kalla = $lokal THEN 'Källa: ' || n.ursprunglig_kalla
            WHEN v.korrigering IS NULL THEN $oforandrat ELSE $egen END""",
        24,
        "Hur raden anges; gäller kolumnen värde",
    ),
    _Column("riket (jämförelse)", "j.riket", 12, "Rikets värde samma år. Egen bearbetning"),
    _Column("länet", "j.lan_varde", 12, "Länets värde, se länets grund. Egen bearbetning", "0.00"),
    _Column("länets grund", "j.lan_grund", 16, "Regionens värde, vägt medel eller ovägt medel. Egen bearbetning"),
    _Column("länets antal", "j.lan_antal", 9, "Antal av länets kommuner med värde. Egen bearbetning", "0"),
    _Column("liknande", "j.liknande", 12, "Ovägt medel av liknande områden. Egen bearbetning", "0.00"),
    _Column("liknande antal", "j.liknande_antal", 9, "Antal liknande områden med värde. Egen bearbetning", "0"),
    _Column("mot riket", "j.mot_riket", 20, "Säkert eller troligen bättre eller sämre än riket. Egen bearbetning"),
    _Column("intervallets grund", "j.osakerhet_grund", 16, "Vad bedömningen bygger på. Egen bearbetning"),
    _Column("plats", "p.plats", 8, "Plats bland områden av samma typ, 1 = bäst, senaste året. Egen bearbetning", "0"),
    _Column("plats till", "p.plats_till", 8, "Sista platsen vid delad plats. Egen bearbetning", "0"),
    _Column("antal med värde", "p.antal_med_varde", 9, "Antal områden av samma typ med värde. Egen bearbetning", "0"),
    _Column("band", "p.band", 20, "Band bland områden av samma typ, när det är säkert nog. Egen bearbetning"),
)

_ROWS = f"""
SELECT g.malomrade_id, {", ".join(column.sql for column in _VALUES)}
FROM malomrade g JOIN indikator i USING (malomrade_id) JOIN indikator_matt im USING (indikator_id)
    JOIN matt m USING (matt_id) JOIN matt_nyckeltal k USING (matt_id) JOIN nyckeltal n USING (nyckeltal_id)
    JOIN matvarde v USING (nyckeltal_id) JOIN omrade o USING (omrade_id)
    LEFT JOIN jamforelse j USING (nyckeltal_id, omrade_id, ar, kon)
    LEFT JOIN placering p USING (nyckeltal_id, omrade_id, ar, kon)
WHERE o.i_malbild OR o.typ = 'riket'
ORDER BY g.ordning, i.ordning, im.ordning, k.ordning, n.nyckeltal_id,
    list_position(['kommun', 'region', 'riket'], o.typ), o.namn, list_position(['T', 'K', 'M'], v.kon), v.ar
"""  # noqa: S608 - names of our schema

# Of view `bred`: header, width and number format; the columns in between are the huvudmän's.
_NOW_HEAD = {
    "malomrade": ("målområde", 13),
    "matt": ("mått", 24),
    "titel": ("nyckeltal", 32),
    "enhet": ("enhet", 11),
    "riktning": ("bra är", 7),
    "ar": ("år", 6),
}
_NOW_TAIL = {
    "lanet": ("länet", 8),
    "lan_grund": ("länets grund", 11),
    "riket": ("riket", 8),
    "battre_an_riket": ("bättre än riket", 15),
    "samre_an_riket": ("sämre än riket", 15),
    "har_forbattrats": ("har förbättrats", 15),
    "har_forsamrats": ("har försämrats", 15),
    "aldre_varden": ("äldre värden", 15),
    "tackning": ("täckning i Kolada", 10),
}
_HIDDEN_IN_NOW = ("matt_id", "nyckeltal_id", "roll", "visas_for", "ordning")

_DEFINITIONS = _Sheet(
    "Definitioner",
    "Titel och beskrivning är källans; enhet, riktning, beslut och förbehåll är ägarnas",
    "nyckeltal ORDER BY nyckeltal_id",
    (
        _Column("nyckeltal_id", "nyckeltal_id", 12, "Nyckeltalets id i Kolada"),
        _Column("titel", "titel", 48, "Titel enligt Kolada"),
        _Column("beskrivning", "beskrivning", 80, "Koladas beskrivning, oförändrad"),
        _Column("enhet", "enhet", 16, "Enhet"),
        _Column("riktning", "riktning", 10, "högre = högre är bättre, lägre = lägre är bättre, ingen = utan riktning"),
        _Column("riktningens beslut", "riktning_beslut", 12, "föreslagen eller beslutad av ägarna"),
        _Column(
            "valets beslut",
            """(SELECT string_agg(m.namn || ': ' || k.roll || ', ' || k.beslut, '; ' ORDER BY m.ordning)
            FROM matt_nyckeltal k JOIN matt m USING (matt_id) WHERE k.nyckeltal_id = nyckeltal.nyckeltal_id)""",
            40,
            "Vilka mått nyckeltalet belyser, i vilken roll, och om valet är föreslaget eller beslutat",
        ),
        _Column("upphört år", "upphort_ar", 9, "Sista året när nyckeltalet har upphört", "0"),
        _Column("ursprunglig källa", "ursprunglig_kalla", 32, "Den ursprungliga källan bakom Kolada"),
        _Column("förbehåll", "forbehall", 60, "Vad läsaren ska känna till"),
    ),
)
_PERIODS = _Sheet(
    "Månader och kvartal",
    "Värden som huvudmännen har lämnat per månad eller kvartal, aldrig omräknade till år. Medelvärde till särskild "
    "orsak: egen bearbetning",
    """periodvarde v SEMI JOIN matt_nyckeltal USING (nyckeltal_id) JOIN nyckeltal n USING (nyckeltal_id)
    JOIN omrade o USING (omrade_id) LEFT JOIN xmr x USING (nyckeltal_id, omrade_id, period, kon)
    ORDER BY v.nyckeltal_id, o.typ, o.namn, list_position(['T', 'K', 'M'], v.kon), v.period""",
    (
        _Column("nyckeltal_id", "v.nyckeltal_id", 24, "Nyckeltalets id; L_ och måttets id"),
        _Column("titel", "n.titel", 48, "Nyckeltalets titel"),
        _Column("enhet", "n.enhet", 14, "Enhet"),
        _Column("område", "o.namn", 18, "Kommun eller region"),
        _Column("kön", "v.kon", 6, "T totalt, K kvinnor, M män"),
        _Column("år", "v.ar", 7, "Året som perioden ligger i", "0"),
        _Column("period", "v.period", 10, "Månaden eller kvartalet, t.ex. 2025-03 eller 2025 kv1"),
        _Column("värde", "v.varde", 12, "Värdet, orundat; tom cell = saknas (se status), aldrig noll"),
        _Column("status", "v.status", 12, "publicerad, eller sekretess när värdet är dolt"),
        _Column("källa", "'Källa: ' || n.ursprunglig_kalla", 24, "Hur raden anges; gäller kolumnen värde"),
        _Column("medelvärde", "x.medel", 12, "Medelvärdet av perioderna i följd. Egen bearbetning", "0.00"),
        _Column("nedre gräns", "x.nedre", 12, "Den vanliga variationens nedre gräns (XmR). Egen bearbetning", "0.00"),
        _Column("övre gräns", "x.ovre", 12, "Den vanliga variationens övre gräns (XmR). Egen bearbetning", "0.00"),
        _Column("gränser", "x.granser", 12, "inga, preliminära eller gäller. Egen bearbetning"),
        _Column("särskild orsak", "x.sarskild_orsak", 32, "Att något har hänt, inte vad. Egen bearbetning"),
    ),
)
# A sheet more is a line more here.
_SHEETS = (_PERIODS, _DEFINITIONS)
_DICTIONARY = (
    _Column("blad eller tabell", "", 22, ""),
    _Column("kolumn", "", 24, ""),
    _Column("typ", "", 12, ""),
    _Column("betyder", "", 90, ""),
)


def write_workbook(connection: duckdb.DuckDBPyConnection, about: About, target: Path) -> Path:
    """The workbook from the open published database, at `target`."""
    goal_areas = connection.sql("SELECT malomrade_id, namn FROM malomrade ORDER BY ordning").fetchall()
    names = dict(zip((row[0] for row in goal_areas), sheet_names([row[1] for row in goal_areas]), strict=True))
    rows: dict[str, list[tuple[object, ...]]] = {goal_area: [] for goal_area in names}
    sources = {"oforandrat": about.unchanged, "egen": about.own, "lokal": LOCAL}
    for goal_area, *row in connection.execute(_ROWS, sources).fetchall():
        rows[goal_area].append(tuple(row))
    with xlsxwriter.Workbook(str(target), {"constant_memory": True}) as book:
        book.set_properties(
            {
                "title": about.title,
                "subject": about.mark or about.values_line,
                "comments": f"{about.citation} Uppgifter per {about.as_of_text}.",
                "author": "malbild",
                "created": about.as_of,
            }
        )
        bold = book.add_format({"bold": True})
        formats = {number: book.add_format({"num_format": number}) for number in ("0", "0.0", "0.00")}
        now = _now_columns(connection)
        select = ", ".join(column.sql for column in now)
        current = connection.sql(f"SELECT {select} FROM bred ORDER BY ordning, visas_for").fetchall()  # noqa: S608 - names of our schema
        line = (
            f"Nuläge: varje huvudmans senaste värde, totalt. Tom cell = saknas. {about.own}. "
            f"Uppgifter per {about.as_of_text}"
        )
        top = {number: book.add_format({"num_format": number, "valign": "top"}) for number in formats}
        # The indent sets a text apart from the number before it.
        texts = {"text_wrap": True, "valign": "top", "align": "left", "indent": 1}
        wrapped = _Wrapped(head=book.add_format({"bold": True, **texts}), text=book.add_format(texts))
        _table(book.add_worksheet(NOW), bold, top, _marked(about, line), now, current, wrapped)
        _about_sheet(book.add_worksheet(ABOUT), bold, about, names.values())
        values_line = (
            f"Kolumnen värde: se kolumnen källa. Jämförelserna (riket till band): {about.own}. "
            f"Uppgifter per {about.as_of_text}"
        )
        for goal_area, name in names.items():
            _table(book.add_worksheet(name), bold, formats, _marked(about, values_line), _VALUES, rows[goal_area])
        for sheet in _SHEETS:
            select = ", ".join(column.sql for column in sheet.columns)
            content = connection.sql(f"SELECT {select} FROM {sheet.source}").fetchall()  # noqa: S608 - texts of this module
            _table(book.add_worksheet(sheet.name), bold, formats, _marked(about, sheet.about), sheet.columns, content)
        sheets = {NOW: now, ", ".join(names.values()): _VALUES} | {sheet.name: sheet.columns for sheet in _SHEETS}
        line = _marked(about, "Vad kolumnerna i arbetsboken och i databasens tabeller betyder")
        _table(
            book.add_worksheet(COLUMNS),
            bold,
            formats,
            line,
            _DICTIONARY,
            list(_dictionary(sheets, connection)),
        )
    return target


def answer_sheet(
    book: xlsxwriter.Workbook, line: str, names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """A sheet with the answer to a query: its columns by their names, under the line about the source."""
    columns = [_Column(name, "", max(10, min(40, len(name) + 2)), "") for name in names]
    _table(book.add_worksheet("Svar"), book.add_format({"bold": True}), {}, line, columns, rows)


def _now_columns(connection: duckdb.DuckDBPyConnection) -> tuple[_Column, ...]:
    """The columns of Nuläge: those of view `bred`, the huvudmän by their names."""
    view, _ = wide(connection)
    names = dict(zip(area_columns(connection), (name for _, name in own_areas(connection)), strict=True))
    columns = []
    for column in view.columns.values():
        if column.name in _HIDDEN_IN_NOW:
            continue
        header, width = (_NOW_HEAD | _NOW_TAIL).get(column.name, (names.get(column.name, column.name), 13))
        number = "0" if column.name == "ar" else "0.0" if column.name in (*names, "lanet", "riket") else None
        columns.append(_Column(header, identifier(column.name), width, column.comment, number))
    return tuple(columns)


def sheet_names(titles: Sequence[str]) -> list[str]:
    """A legal and unique sheet name for each title, in order."""
    taken = {name.casefold() for name in (NOW, ABOUT, *(sheet.name for sheet in _SHEETS), COLUMNS, _EXCELS_OWN)}
    names = []
    for title in titles:
        stem = _FORBIDDEN_IN_NAME.sub(" ", title).strip(" '") or "Målområde"
        name, number = stem[:_MAX_NAME].rstrip(" '"), 2
        while name.casefold() in taken:
            suffix = f" ({number})"
            name, number = stem[: _MAX_NAME - len(suffix)] + suffix, number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _marked(about: About, line: str) -> str:
    return f"{about.mark}. {line}" if about.mark else line


def _about_sheet(sheet: Worksheet, bold: Format, about: About, goal_areas: Iterable[str]) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 110)
    lines = [
        ("Innehåll", about.title),
        ("Uppgifter per", about.as_of_text),
        ("Värden", about.values_line),
        ("Jämförelser", about.own),
        ("Så anges uppgifterna", about.citation),
        (NOW, "En rad per mått och en kolumn per huvudman, på A3 liggande; samma som vyn bred"),
        ("Bladen", f"{', '.join(goal_areas)}: en rad per indikator, mått, nyckeltal, område, kön och år"),
        ("Områden", "Målbildens kommuner och region, och riket. Hela landet finns i csv/ och analys.duckdb"),
        ("Saknade värden", "Tom cell betyder att värdet saknas; kolumnen status säger varför. Det är aldrig noll"),
        ("Utan mått", "Nyckeltal som inte hör till något mått har ingen rad i bladen men står i " + _DEFINITIONS.name),
    ]
    if about.publisher:
        publisher = about.publisher
        lines.append(("Utgivare", f"{publisher.namn}, {publisher.kontakt}, {publisher.epost}"))
    _text(sheet, 0, 0, about.mark or about.title, bold)
    for row, (name, what) in enumerate(lines, start=2):
        _text(sheet, row, 0, name, bold)
        _text(sheet, row, 1, what)


def _dictionary(
    sheets: Mapping[str, Sequence[_Column]], connection: duckdb.DuckDBPyConnection
) -> Iterable[tuple[object, ...]]:
    for name, columns in sheets.items():
        yield from ((name, column.name, None, column.comment) for column in columns)
    for table in (relation.table for relation in relations(connection)):
        yield (table.published_name, None, None, table.comment)
        yield from (
            (table.published_name, column.name, column.type, column.comment) for column in table.columns.values()
        )


def _table(
    sheet: Worksheet,
    bold: Format,
    formats: dict[str, Format],
    line: str,
    columns: Sequence[_Column],
    rows: Sequence[tuple[object, ...]],
    wrapped: _Wrapped | None = None,
) -> None:
    """First a line about the source, then the header and the rows; NULL is an empty cell. wrapped: texts are wrapped,
    on wider paper with lines between the cells.
    """
    head, text = (wrapped.head, wrapped.text) if wrapped else (bold, None)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width, formats[column.number] if column.number else None)
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(_A3 if wrapped else _A4)
    if wrapped:
        sheet.hide_gridlines(0)
        sheet.set_margins(left=0.4, right=0.4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.set_footer("&L&A&RSida &P av &N")
    sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + len(rows), len(columns) - 1)
    _text(sheet, 0, 0, line, bold)
    if wrapped:
        sheet.set_row(_HEADER_ROW, _height(columns, [column.name for column in columns]))
    for index, column in enumerate(columns):
        _text(sheet, _HEADER_ROW, index, column.name, head)
    for number, row in enumerate(rows, start=_HEADER_ROW + 1):
        if wrapped:
            sheet.set_row(number, _height(columns, row))
        for index, value in enumerate(row):
            if isinstance(value, str):
                _text(sheet, number, index, value, text)
            elif value is not None:
                sheet.write_number(number, index, value)


def _height(columns: Sequence[_Column], row: Sequence[object]) -> int:
    """The height of a row whose texts are wrapped, in points: a program that opens the file need not measure it."""
    texts = ((value, column.width) for value, column in zip(row, columns, strict=True) if isinstance(value, str))
    # The indent takes the room of two letters.
    lines = (len(textwrap.wrap(text, max(width - 2, 1))) for text, width in texts)
    return _LINE_HEIGHT * max(lines, default=1)


def _text(sheet: Worksheet, row: int, column: int, text: str, how: Format | None = None) -> None:
    """A cell of text; what a cell cannot hold ends with an ellipsis."""
    sheet.write_string(row, column, text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…", how)
