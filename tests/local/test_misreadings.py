"""Nothing that is handed in becomes another figure than its writer meant: a cell is read right, or refused with its
place. A case is what stands there and what must come of it: a number, or the words of the reason.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import CellIsRule, DataBarRule, IconSetRule, Rule
from openpyxl.styles import Color, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle, NumberFormat
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.local import reasons
from pipelines.local.intake import SHOWN, Local, LocalFile, findings, read_local
from pipelines.local.reasons import Reason
from tests.local.small import INDEX, PLANS, SHARE, TODAY, catalog
from tests.small import own_catalog

PER, PERCENT = "tal-prov", "procent-prov"
OUTSIDE = reasons.outside(0, 1)
Expected = float | Reason


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The small catalogue, with limits, an index in per cent and a tal per."""
    folder = catalog(tmp_path_factory.mktemp("katalog"))
    path = folder / "indikatorer.yaml"
    text = path.read_text()
    start, end = text.index("  - id: index-prov"), text.index("\nnyckeltal:\n")
    index = text[start:end]
    percent = index.replace("index-prov", PERCENT).replace("enhet: index 0–1", 'enhet: "%"\n      hogst: 100')
    per = index.replace("index-prov", PER).replace(
        "form: index", "form: tal per\n      per: 1000\n      minsta_antal: 5"
    )
    limited = index.replace("enhet: index 0–1", "enhet: index 0–1\n      minst: 0\n      hogst: 1")
    named = "".join(f"          - {measure}\n" for measure in ("index-prov", PERCENT, PER))
    text = text[:start] + limited + percent + per + text[end:]
    path.write_text(text.replace("          - index-prov\n", named, 1))
    areas = (folder / "kommuner.yaml").read_text()
    (folder / "kommuner.yaml").write_text(areas.replace("lan: Provlän", "lan: Provs län"))
    return load_catalog(folder)


def read(followed: Catalog, name: str, content: bytes) -> Local:
    return read_local([LocalFile(name, content)], followed, pl.DataFrame(schema=SHOWN), TODAY)


def outcome(local: Local, area: str = "0484") -> list[object]:
    """The values of the area's nyckeltal (not its counts), then (place, reason) of all that was refused."""
    values = local.values.filter(~pl.col("nyckeltal_id").str.contains(".", literal=True), pl.col("omrade_id") == area)
    return [*values["varde"], *local.refused.select("cell", "orsak").rows()]


# Of a file whose every row is a case: each is of a year of its own.
YEARS = range(2025, 1900, -1)


def outcomes(local: Local, rows: int) -> list[list[object]]:
    """The outcome of each of the rows, which are of YEARS in their order."""
    return [
        [
            *local.values.filter(ar=year)["varde"],
            *local.refused.filter(ar=year).select("cell", "orsak").rows(),
        ]
        for year in YEARS[:rows]
    ]


def expected(what: Expected, place: str) -> list[object]:
    return [(place, what.what)] if isinstance(what, Reason) else [what]


# --- cells of text ----------------------------------------------------------------------------------------------------

COUNTS: dict[str, Expected] = {
    "12": 12,
    "0": 0,
    " 7 ": 7,
    "12.0": 12,
    "12,0": 12,
    "12,00": 12,
    "1 234": 1234,
    "1\u00a0234": 1234,
    "1\u2009234": 1234,
    "1\u202f234\u00a0567": 1234567,
    "301000": 301000,
    "+12": 12,
    "12.000": reasons.THOUSANDS,
    "12,000": reasons.THOUSANDS,
    "1,000": reasons.THOUSANDS,
    "301.000": reasons.THOUSANDS,
    "0.625": reasons.THOUSANDS,
    "1.234.567": reasons.THOUSANDS,
    "1,234,567": reasons.THOUSANDS,
    "1'234": reasons.THOUSANDS,
    "1’234": reasons.THOUSANDS,
    "12 000.000": reasons.THOUSANDS,
    "12,0000": reasons.THOUSANDS,
    "-1.000": reasons.THOUSANDS,
    "1.234,5": reasons.NOT_A_NUMBER,
    "1 23": reasons.NOT_A_NUMBER,
    "1234 567": reasons.NOT_A_NUMBER,
    "1  234": reasons.NOT_A_NUMBER,
    "12.": reasons.NOT_A_NUMBER,
    ",5": reasons.NOT_A_NUMBER,
    "0484": reasons.NOT_A_NUMBER,
    "007": reasons.NOT_A_NUMBER,
    "12¹": reasons.NOT_A_NUMBER,
    "12*": reasons.NOT_A_NUMBER,
    "12)": reasons.NOT_A_NUMBER,
    "(12)": reasons.NOT_A_NUMBER,
    "12-": reasons.NOT_A_NUMBER,
    "<5": reasons.NOT_A_NUMBER,
    "1–4": reasons.NOT_A_NUMBER,
    "ca 12": reasons.NOT_A_NUMBER,
    "12 st": reasons.NOT_A_NUMBER,
    "12 tusen": reasons.NOT_A_NUMBER,
    "12‰": reasons.NOT_A_NUMBER,
    "½": reasons.NOT_A_NUMBER,
    "12/50": reasons.NOT_A_NUMBER,
    "1_000": reasons.NOT_A_NUMBER,
    '="12"': reasons.NOT_A_NUMBER,
    "1e3": reasons.NOT_A_NUMBER,
    "1O": reasons.NOT_A_NUMBER,
    "=12": reasons.NOT_A_NUMBER,
    "'12": reasons.NOT_A_NUMBER,
    "..": reasons.NOT_A_NUMBER,
    "12\u200b": reasons.NOT_A_NUMBER,
    "12,5": reasons.NOT_WHOLE,
    "12 %": reasons.PERCENT,
    "−12": reasons.NEGATIVE,
    "#REF!": reasons.NOT_FINITE,
    "NaN": reasons.NOT_FINITE,
    "-inf": reasons.NOT_FINITE,
    "٣": reasons.NOT_A_NUMBER,
    "9" * 400: reasons.HUGE,
}
INDICES: dict[str, Expected] = {
    "0,62": 0.62,
    "0.625": 0.625,
    "0,6250": 0.625,
    "1.000": 1,
    "1": 1,
    "62": OUTSIDE,
    "-0,4": OUTSIDE,
    "1,01": OUTSIDE,
    "62 %": reasons.PERCENT,
    "00,62": reasons.NOT_A_NUMBER,
    "0,62,5": reasons.NOT_A_NUMBER,
}
PERCENTS: dict[str, Expected] = {
    "35": 35,
    "35,5 %": 35.5,
    "12.345": 12.345,
    "0,35 %": 0.35,
    "0": 0,
    "1,5": 1.5,
    "0,35": reasons.SHARE_OR_PERCENT,
    "1": reasons.SHARE_OR_PERCENT,
    "350": reasons.outside(None, 100),
    "35 %%": reasons.NOT_A_NUMBER,
}


@pytest.mark.parametrize(
    ("measure", "area", "cases"), [(PLANS, "0484", COUNTS), (INDEX, "0004", INDICES), (PERCENT, "0004", PERCENTS)]
)
def test_texts(measure: str, area: str, cases: dict[str, Expected], followed: Catalog) -> None:
    rows = [f"{area};{year};T;{written}" for year, written in zip(YEARS, cases, strict=False)]
    local = read(followed, f"{measure}.csv", "\n".join(["omrade_id;ar;kon;varde", *rows]).encode())
    actual = dict(zip(cases, outcomes(local, len(rows)), strict=True))
    assert actual == {
        written: expected(what, f"rad {number}, kolumn varde")
        for number, (written, what) in enumerate(cases.items(), start=2)
    }


def test_three_decimals_of_a_figure_without_an_upper_limit_may_be_thousands(tmp_path: Path) -> None:
    unlimited = load_catalog(catalog(tmp_path / "katalog"))
    for written, what in {"12.345": reasons.THOUSANDS_OR_DECIMALS, "12,3450": 12.345, "12 345": 12345}.items():
        content = f"omrade_id;ar;kon;varde\n0004;2024;T;{written}\n".encode()
        assert outcome(read(unlimited, f"{INDEX}.csv", content), "0004") == expected(what, "rad 2, kolumn varde")
    excel = workbook(INDEX, 12.345, do("pass"), tmp_path / "x.xlsx")
    assert outcome(read(unlimited, f"{INDEX}.xlsx", excel), "0004") == [12.345]


@pytest.mark.parametrize(
    ("counts", "what"),
    [
        ("4 213;301 000", 4213 * 1000 / 301000),
        ("301 000;301 000", 1000),
        ("4 213;301.000", reasons.THOUSANDS),
        ("4 213;301", reasons.outside(0, 1000)),
    ],
)
def test_a_number_per_is_at_most_what_it_is_per(counts: str, what: Expected, followed: Catalog) -> None:
    content = f"omrade_id;ar;kon;taljare;namnare\n0004;2024;T;{counts}\n".encode()
    assert outcome(read(followed, f"{PER}.csv", content), "0004") == expected(what, "rad 2, kolumn namnare")


# --- files with commas ------------------------------------------------------------------------------------------------

_INDEX = "omrade_id,omrade,ar,kon,varde"
_SHARE = "omrade_id,ar,kon,taljare,namnare,kommentar"
COMMAS: list[tuple[str, str, str, Expected]] = [
    (INDEX, f"{_INDEX},kommentar", '0004,,2024,T,"0,62",62 prel', 0.62),
    (INDEX, f"{_INDEX},kommentar", "0004,,2024,T,0.62,62 prel", 0.62),
    (INDEX, f"{_INDEX},kommentar", "0004,,2024,T,1,", 1),
    (INDEX, f"{_INDEX},kommentar", '0004,"Regionen",2024,T,1,"prel, 2024"', 1),
    (INDEX, f"{_INDEX},kommentar", "0004,,2024,T,0,62", reasons.SPLIT_DECIMALS),
    (INDEX, f"{_INDEX},kommentar", "0004,,2024,T,0,62 prel", reasons.SPLIT_DECIMALS),
    (INDEX, f"{_INDEX},kommentar", "0004,,2024,T,0,62,prel", reasons.SPLIT_DECIMALS),
    (INDEX, f"{_INDEX},kommentar", "0004,,2024,T,-0, 4,", reasons.SPLIT_DECIMALS),
    (INDEX, f"{_INDEX},enhet", "0004,,2024,T,0,62", reasons.SPLIT_DECIMALS),
    (INDEX, f"{_INDEX},enhet", "0004,,2024,T,0,62%", reasons.SPLIT_DECIMALS),
    (INDEX, _INDEX, "0004,,2024,T,0,62", reasons.SPLIT_DECIMALS),
    (INDEX, _INDEX, "0004,,2024,T,1,prel", reasons.TOO_MANY_CELLS),
    (SHARE, _SHARE, "0484,2024,T,12,50,", 24),
    (SHARE, _SHARE, "0484,2024,T,12,0,50,0,", reasons.SPLIT_DECIMALS),
    (SHARE, _SHARE, "0484,2024,T,12,50,0", reasons.SPLIT_DECIMALS),
    (SHARE, _SHARE, "0484,2024,T,1,200,800", reasons.SPLIT_DECIMALS),
]


@pytest.mark.parametrize(("measure", "header", "row", "what"), COMMAS)
def test_a_comma_between_cells(measure: str, header: str, row: str, what: Expected, followed: Catalog) -> None:
    local = read(followed, f"{measure}.csv", f"{header}\n{row}\n".encode())
    assert outcome(local, row[:4]) == expected(what, "rad 2")


# --- quotation marks --------------------------------------------------------------------------------------------------

QUOTES: dict[str, tuple[list[str], list[object]]] = {
    "two lines": (['0484;2024;T;12;"prel\nrad två"'], [12]),
    "a semicolon": (['0484;2024;T;12;"prel; se not"'], [12]),
    "inches": (['0484;2024;T;12;5" skärm'], [12]),
    "a row is swallowed": (
        ['0484;2024;T;12;"prel', "0461;2024;T;9;", '0484;2023;T;8;"'],
        [("rad 2", reasons.QUOTES.what)],
    ),
    "a row is swallowed in between": (['0461;"2024;T;9;', '0484";2024;T;12;'], [("rad 2", reasons.QUOTES.what)]),
    "more after it": (['0484;2024;T;12;"prel" enligt not'], [("rad 2", reasons.QUOTES.what)]),
    "no quotes around a semicolon": (["0484;2024;T;12;prel; se not"], [("rad 2", reasons.TOO_MANY_CELLS.what)]),
}


@pytest.mark.parametrize("name", QUOTES)
def test_a_quotation_mark(name: str, followed: Catalog) -> None:
    rows, what = QUOTES[name]
    content = "\n".join(["omrade_id;ar;kon;varde;kommentar", *rows]).encode()
    assert outcome(read(followed, f"{PLANS}.csv", content)) == what


# --- Excel ------------------------------------------------------------------------------------------------------------

FORMATS: list[tuple[str, float, str, Expected]] = [
    (PLANS, 12, "General", 12),
    (PLANS, 12, "0.000", 12),
    (PLANS, 12000, "#,##0", 12000),
    (PLANS, 12, "@", 12),
    (PLANS, 12, '0"%"', 12),
    (PLANS, 12, r"0\%", 12),
    (PLANS, 12, "0_%", 12),
    (PLANS, 12, "0*%", 12),
    (PLANS, 12, '0" st"', 12),
    (PLANS, 12, r'_-* #,##0\ _k_r_-;-* #,##0\ _k_r_-;_-* "-"??\ _k_r_-;_-@_-', 12),
    (PLANS, 0, '_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', 0),
    (PLANS, 12, "[Red]0;[Blue]-0", 12),
    (PLANS, 12000, "#,##0,", reasons.SCALED),
    (PLANS, 12000000, "0.0,,", reasons.SCALED),
    (PLANS, 12000, "#,##0,_ ;-#,##0,_ ", reasons.SCALED),
    (PLANS, 12, '0"000"', reasons.SCALED),
    (PLANS, 12, '0" tusen"', reasons.SCALED),
    (PLANS, 12, r"0\0\0\0", reasons.SCALED),
    (PLANS, 12, "0 [$tkr-41D]", reasons.SCALED),
    (PLANS, 12, "[>10]0,;0", reasons.SCALED),
    (PLANS, 12, ";;;", reasons.NOT_SHOWN),
    (PLANS, 12, '"dold"', reasons.NOT_SHOWN),
    (PLANS, 0, "0;-0;;@", reasons.NOT_SHOWN),
    (PLANS, 0, "#", reasons.NOT_SHOWN),
    (PLANS, 0.12, "0%", reasons.PERCENT),
    (PLANS, 12, "yyyy-mm-dd", reasons.NOT_A_NUMBER),
    (PLANS, 12.5, "0", reasons.NOT_WHOLE),
    (PLANS, 12.345, "0.000", reasons.NOT_WHOLE),
    (PLANS, 12, "-0", reasons.SCALED),
    (PLANS, 12, '"-"0', reasons.SCALED),
    (PLANS, 125, r"0\,0", reasons.SCALED),
    (PLANS, 12, '0"."000', reasons.SCALED),
    (PLANS, 12, '0;-0;"tusen"', 12),
    (PERCENT, 12, '0"‰"', reasons.SCALED),
    (PERCENT, 12, "0‰", reasons.SCALED),
    (PERCENT, 0.35, "General", reasons.SHARE_OR_PERCENT),
    (PERCENT, 0.35, "0%", 35),
    (PERCENT, 0.35, "0.0 %;[Red]-0.0 %", 35),
    (PERCENT, 35, '0" %"', 35),
    (PERCENT, 35, r"0\ \%", 35),
    (PERCENT, 35, "0_%", 35),
    (PERCENT, 12.345, "General", 12.345),
    (PERCENT, 35, "0%", reasons.outside(None, 100)),
    (PERCENT, 0.35, "0%%", reasons.SCALED),
    (INDEX, 0.62, "0.00", 0.62),
    (INDEX, 0.62, "0%", reasons.PERCENT),
    (INDEX, -0.4, "0.0;0.0", reasons.SCALED),
    (INDEX, -0.4, "0.0;[Red]0.0", OUTSIDE),
]


def workbook(measure: str, value: object, change: Callable[[Worksheet], object], path: Path) -> bytes:
    """The file of a workbook with this value in E2, after it was changed."""
    area = "0484" if measure == PLANS else "0004"
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "uppgifter"
    sheet.append(["omrade_id", "omrade", "ar", "kon", "varde", "kommentar"])
    sheet.append([area, None, 2024, "T", value])
    change(sheet)
    book.save(path)
    return path.read_bytes()


@pytest.mark.parametrize("measure", [PLANS, INDEX, PERCENT])
def test_number_formats(measure: str, followed: Catalog, tmp_path: Path) -> None:
    cases = [case for of, *case in FORMATS if of == measure]

    def change(sheet: Worksheet) -> None:
        area = sheet["A2"].value
        for number, (year, (value, number_format, _)) in enumerate(zip(YEARS, cases, strict=False), start=2):
            for column, cell in enumerate((area, None, year, "T", value), start=1):
                sheet.cell(number, column).value = cell
            sheet.cell(number, 5).number_format = number_format

    local = read(followed, f"{measure}.xlsx", workbook(measure, None, change, tmp_path / "x.xlsx"))
    actual = [(case[:2], result) for case, result in zip(cases, outcomes(local, len(cases)), strict=True)]
    assert actual == [(case[:2], expected(case[2], f"E{number}")) for number, case in enumerate(cases, start=2)]


@pytest.mark.parametrize(
    ("measure", "stored", "read_as"), [(PLANS, "11.999999999999998", 12), (INDEX, "0.30000000000000004", 0.3)]
)
def test_what_a_sum_leaves_behind_the_fifteenth_digit_is_not_read(
    measure: str, stored: str, read_as: float, followed: Catalog, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(measure, 77, do("pass"), tmp_path / "x.xlsx"))) as packed:
        parts = {
            name: packed.read(name).replace(b"<v>77</v>", f"<v>{stored}</v>".encode()) for name in packed.namelist()
        }
    # As Excel writes it where somebody has printed.
    parts["xl/printerSettings/printerSettings1.bin"] = b"\\\x00s\x00k\x00"
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    local = read(followed, f"{measure}.xlsx", (tmp_path / "x.xlsx").read_bytes())
    assert outcome(local, "0484" if measure == PLANS else "0004") == [read_as]


def rich(*parts: str | TextBlock) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet["E2"].value = CellRichText(*parts)

    return change


def font(cell: str, **style: object) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet[cell].font = Font(**style)

    return change


def below(*rows: list[object]) -> Callable[[Worksheet], None]:
    """More rows, and the first of them hidden."""

    def change(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)
        sheet.row_dimensions[3].hidden = True

    return change


def columns(letter: str, **style: object) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        for name, value in style.items():
            setattr(sheet.column_dimensions[letter], name, value)

    return change


def another(title: str, state: str, *rows: list[object]) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        other = sheet.parent.create_sheet(title)
        other.sheet_state = state
        for row in rows:
            other.append(row)

    return change


def filled(color: str, background: str) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet["E2"].font, sheet["E2"].fill = Font(color=color), PatternFill("solid", fgColor=background)

    return change


def drawn(rule: Rule) -> Callable[[Worksheet], None]:
    return lambda sheet: sheet.conditional_formatting.add("E1:E9", rule)


def conditional(**style: object) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        rule = CellIsRule(operator="lessThan", formula=["99"])
        rule.dxf = DifferentialStyle(**style)
        sheet.conditional_formatting.add("E1:E9", rule)

    return change


def do(statement: str) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        exec(statement, {"sheet": sheet})

    return change


HEADER: list[object] = ["omrade_id", "omrade", "ar", "kon", "varde"]
RAISED, STRUCK = InlineFont(vertAlign="superscript"), InlineFont(strike=True)
HIDDEN: list[object] = ["0461", None, 2024, "T", 18]
EXCEL: dict[str, tuple[Callable[[Worksheet], object], str, Expected]] = {
    "a footnote": (rich("12", TextBlock(RAISED, "1")), "E2", reasons.RAISED),
    "lowered": (rich("12", TextBlock(InlineFont(vertAlign="subscript"), "1")), "E2", reasons.RAISED),
    "raised as a whole": (font("E2", vertAlign="superscript"), "E2", reasons.RAISED),
    "in a year": (font("C2", vertAlign="superscript"), "C2", reasons.RAISED),
    "bold in part": (rich("1", TextBlock(InlineFont(b=True), "2")), "E2", 12),
    "struck": (font("E2", strike=True), "E2", reasons.STRUCK),
    "struck in part": (rich(TextBlock(STRUCK, "21"), "12"), "E2", reasons.STRUCK),
    "an id is struck": (font("A2", strike=True), "A2", reasons.STRUCK),
    "a header is struck": (font("E1", strike=True), "E1", reasons.STRUCK),
    "white on white": (font("E2", color="FFFFFFFF"), "E2", reasons.INVISIBLE),
    "white in part": (rich("1", TextBlock(InlineFont(color="FFFFFFFF"), "2")), "E2", reasons.INVISIBLE),
    "blue on blue": (filled("FF0000FF", "FF0000FF"), "E2", reasons.INVISIBLE),
    "white by its number": (font("E2", color=Color(indexed=9)), "E2", reasons.INVISIBLE),
    "white on blue": (filled("FFFFFFFF", "FF0000FF"), "", 12),
    "a comment is struck": (font("F2", strike=True), "", 12),
    "maybe struck": (conditional(font=Font(strike=True)), "E2", reasons.CONDITIONAL_FORMAT),
    "maybe invisible": (
        conditional(numFmt=NumberFormat(numFmtId=170, formatCode=";;;")),
        "E2",
        reasons.CONDITIONAL_FORMAT,
    ),
    "maybe white": (conditional(font=Font(color="FFFFFFFF")), "E2", reasons.CONDITIONAL_FORMAT),
    "a bar without its number": (
        drawn(DataBarRule("min", 0, "max", 9, "FF638EC6", False)),
        "E2",
        reasons.CONDITIONAL_FORMAT,
    ),
    "an icon without its number": (
        drawn(IconSetRule("3Arrows", "percent", [0, 33, 67], showValue=False)),
        "E2",
        reasons.CONDITIONAL_FORMAT,
    ),
    "an icon beside its number": (drawn(IconSetRule("3Arrows", "percent", [0, 33, 67])), "", 12),
    "zeros are not shown": (
        do("sheet['E2'] = 0; sheet.sheet_view.showZeros = False"),
        "E2",
        reasons.ZERO_NOT_SHOWN,
    ),
    "other zeros are not shown": (do("sheet.sheet_view.showZeros = False"), "", 12),
    "maybe red": (conditional(font=Font(color="FFFF0000")), "", 12),
    "hidden row": (below(HIDDEN), "rad 3", reasons.HIDDEN_ROW),
    "hidden empty row": (below([None] * 5), "", 12),
    "flat row": (
        do("sheet.append(['0461', '', 2024, 'T', 18]); sheet.row_dimensions[3].height = 0.5"),
        "rad 3",
        reasons.HIDDEN_ROW,
    ),
    "filtered": (
        do(
            "sheet.append(['0461', '', 2024, 'T', 18]); sheet.auto_filter.ref = 'A1:F3';"
            "sheet.auto_filter.add_filter_column(0, ['0484']); sheet.row_dimensions[3].hidden = True"
        ),
        "rad 3",
        reasons.HIDDEN_ROW,
    ),
    "hidden column": (columns("E", hidden=True), "kolumn E", reasons.HIDDEN_COLUMN),
    "hidden columns": (columns("B", hidden=True, min=2, max=5), "kolumn B", reasons.HIDDEN_COLUMN),
    "narrow column": (columns("E", width=0.1), "kolumn E", reasons.HIDDEN_COLUMN),
    "hidden extra column": (
        do("sheet['H1'] = 9; sheet.column_dimensions['H'].hidden = True"),
        "kolumn H",
        reasons.HIDDEN_COLUMN,
    ),
    "hidden empty columns": (columns("H", hidden=True, min=8, max=16384), "", 12),
    "hidden sheet": (another("gamla", "hidden", HEADER), "bladet gamla", reasons.HIDDEN_SHEET),
    "very hidden sheet": (another("gamla", "veryHidden", [1]), "bladet gamla", reasons.HIDDEN_SHEET),
    "hidden empty sheet": (another("gamla", "hidden"), "", 12),
    "the sheet is hidden": (
        do("sheet.parent.create_sheet('nya').append([1]); sheet.sheet_state = 'hidden'; sheet.parent.active = 1"),
        "bladet uppgifter",
        reasons.HIDDEN_SHEET,
    ),
    "another sheet": (another("läs mig", "visible", ["Vad som räknas"]), "", 12),
    "formula": (do("sheet['E2'] = '=6+6'"), "E2", reasons.FORMULA),
    "formula of several cells": (
        do("from openpyxl.worksheet.formula import ArrayFormula as F; sheet['E2'] = F('E2:E2', '=SUM(1)')"),
        "E2",
        reasons.FORMULA,
    ),
    "filled by a formula elsewhere": (
        do("from openpyxl.worksheet.formula import ArrayFormula as F; sheet['F2'] = F('E2:F2', '=B2:C2')"),
        "E2",
        reasons.FORMULA,
    ),
    "the mått's own template": (another("läs mig", "visible", [f"Spara filen som {PLANS}.xlsx"]), "", 12),
    "protected": (do("sheet.protection.sheet = True"), "", 12),
    "merged": (do("sheet.merge_cells('E2:F2')"), "E2", reasons.MERGED_CELL),
    "merged downwards": (
        do("sheet.append(['0461', '', 2024, 'T', 18]); sheet.merge_cells('E2:E3')"),
        "E3",
        reasons.MERGED_CELL,
    ),
    "number as text": (do("sheet['E2'] = '12'"), "", 12),
    "thousands as text": (do("sheet['E2'] = '12.000'"), "E2", reasons.THOUSANDS),
    "spaces as text": (do("sheet['E2'] = '12\\u00a0000'"), "", 12000),
    "error": (do("sheet['E2'] = '#VALUE!'"), "E2", reasons.NOT_FINITE),
    "truth": (do("sheet['E2'] = True"), "E2", reasons.NOT_A_NUMBER),
    "id as number": (do("sheet['A2'] = 484"), "", 12),
    "id as number with noughts": (do("sheet['A2'] = 484; sheet['A2'].number_format = '0000'"), "", 12),
    "year with a mark": (do("sheet['C2'].number_format = '#,##0'"), "", 12),
    "year in thousands": (do("sheet['C2'].number_format = '0,'"), "C2", reasons.SCALED),
    "year as a date": (
        do("import datetime; sheet['C2'] = datetime.date(2024, 12, 31); sheet['C2'].number_format = 'yyyy'"),
        "C2",
        reasons.A_DAY,
    ),
}


@pytest.mark.parametrize("name", EXCEL)
def test_a_workbook(name: str, followed: Catalog, tmp_path: Path) -> None:
    change, place, what = EXCEL[name]
    local = read(followed, f"{PLANS}.xlsx", workbook(PLANS, 12, change, tmp_path / "x.xlsx"))
    whole_file = local.whole.is_empty()
    assert outcome(local)[-1:] == expected(what, place)
    # What is hidden stands beside what is seen, which is read.
    assert whole_file or what != reasons.HIDDEN_ROW or outcome(local)[0] == 12


# --- headers ----------------------------------------------------------------------------------------------------------

_TITLES: list[list[object]] = [["Antal SIP 2024"], [], HEADER, ["0484", "", 2024, "T", 12]]
HEADERS: dict[str, tuple[str, bytes | Callable[[Worksheet], object], Reason, str]] = {
    "sep": (".csv", b"sep=;\nomrade_id;ar;kon;varde\n0484;2024;T;12\n", reasons.SEPARATOR_LINE, "rad 1"),
    "sep in quotes": (
        ".csv",
        b'\xef\xbb\xbf"SEP=,"\r\nomrade_id,ar,kon,varde\r\n0484,2024,T,12\r\n',
        reasons.SEPARATOR_LINE,
        "rad 1",
    ),
    "a title": (".csv", b"Antal SIP\nomrade_id;ar;kon;varde\n0484;2024;T;12\n", reasons.HEADER_BELOW, "rad 1"),
    "a title with commas": (
        ".csv",
        b"Antal, 2024, prel\n\nomrade_id;ar;kon;varde\n0484;2024;T;12\n",
        reasons.HEADER_BELOW,
        "rad 1",
    ),
    "empty lines": (".csv", b"\n;;;\nomrade_id;ar;kon;varde\n0484;2024;T;12\n", reasons.HEADER_BELOW, "rad 1"),
    "a title in Excel": (
        ".xlsx",
        do("sheet.insert_rows(1); sheet['A1'] = 'Antal SIP'"),
        reasons.HEADER_BELOW,
        "rad 1",
    ),
    "a merged title": (
        ".xlsx",
        do("sheet.insert_rows(1, 2); sheet['A1'] = 'Antal SIP'; sheet.merge_cells('A1:F1')"),
        reasons.HEADER_BELOW,
        "rad 1",
    ),
    "merged over figures": (".xlsx", do("sheet.merge_cells('D1:E1')"), reasons.MERGED_HEADER, "rad 1"),
    "merged over two rows": (
        ".xlsx",
        do("sheet.insert_rows(2); [sheet.merge_cells(f'{at}1:{at}2') for at in 'ABCDE']"),
        reasons.MERGED_HEADER,
        "rad 1",
    ),
    "again below": (
        ".csv",
        b"omrade_id;ar;kon;varde\n0484;2024;T;12\nid;ar;kon;varde\n0461;2024;T;9\n",
        reasons.HEADER_TWICE,
        "rad 3",
    ),
    "again below in Excel": (
        ".xlsx",
        do("sheet.append(['varde', 'kon', 'ar', '', 'omrade_id'])"),
        reasons.HEADER_TWICE,
        "rad 3",
    ),
    "two sheets of figures": (".xlsx", another("uppgifter (2)", "visible", *_TITLES), reasons.TWO_SHEETS, ""),
    "another mått's template": (
        ".xlsx",
        another("läs mig", "visible", ["Andel prov"], [f"Spara filen som {SHARE}.xlsx (eller {SHARE}.csv)"]),
        reasons.OTHER_TEMPLATE,
        "bladet läs mig",
    ),
    "hidden header": (".xlsx", do("sheet.row_dimensions[1].hidden = True"), reasons.HIDDEN_ROW, "rad 1"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_what_stands_above_the_figures_is_named_as_the_cause(name: str, followed: Catalog, tmp_path: Path) -> None:
    suffix, file, reason, place = HEADERS[name]
    content = file if isinstance(file, bytes) else workbook(PLANS, 12, file, tmp_path / "x.xlsx")
    (line,) = findings(read(followed, f"{PLANS}{suffix}", content).refused)
    assert line.startswith(f"{PLANS}{suffix}:{place}:" if place else f"{PLANS}{suffix}:")
    assert reason.what in line
    assert line.endswith(reason.fix)


# --- names ------------------------------------------------------------------------------------------------------------

NAMES = {
    "Västby": "0484",
    "Västbys kommun": "0484",
    "VÄSTBY  KOMMUN": "0484",
    "Västby kommun": "0484",
    unicodedata.normalize("NFD", "Västbys kommun"): "0484",
    "Regionen": "0004",
    "Region Prov": "0004",
    "Region Provs län": "0004",
    "Östbys kommun": None,
    "Västbys": None,
    "Provs län": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_an_area_may_be_called_by_its_official_name(name: str, followed: Catalog) -> None:
    rows = [f"{area};{name};2024;T;12;24" for area in ("0484", "0004")]
    content = "\n".join(["omrade_id;omrade;ar;kon;taljare;namnare", *rows]).encode()
    local = read(followed, f"{SHARE}.csv", content)
    areas = set(local.values["omrade_id"])
    assert areas == ({NAMES[name]} if NAMES[name] else set())
    assert set(local.refused["orsak"]) == {reasons.OTHER_NAME.what}


def test_a_second_byte_order_mark_is_no_fault(followed: Catalog) -> None:
    assert outcome(read(followed, f"{PLANS}.csv", "\ufeff\ufeffomrade_id;ar;kon;varde\n0484;2024;T;12".encode())) == [
        12
    ]


def test_kön_and_headers_may_be_written_on_a_mac(followed: Catalog) -> None:
    content = unicodedata.normalize("NFD", "Område-id;År;Kön;Värde\n0484;2024;Män;12\n").encode()
    assert read(followed, f"{PLANS}.csv", content).values.row(0)[1:5] == ("0484", 2024, "M", 12)


# --- sums -------------------------------------------------------------------------------------------------------------

SUMS: dict[str, tuple[str, list[str], Reason | None]] = {
    "right": (PLANS, ["0484;T;30", "0484;K;18", "0484;M;12"], None),
    "too few": (PLANS, ["0484;T;30", "0484;K;18", "0484;M;11"], reasons.GENDERS_DIFFER),
    "too many": (PLANS, ["0484;T;30", "0484;K;18", "0484;M;120"], reasons.GENDERS_DIFFER),
    "only women": (PLANS, ["0484;T;30", "0484;K;18"], None),
    "more women than people": (PLANS, ["0484;T;12", "0484;K;18"], reasons.GENDERS_DIFFER),
    "no total": (PLANS, ["0484;K;18", "0484;M;120"], None),
    "numerators": (SHARE, ["0484;T;30;90", "0484;K;18;50", "0484;M;13;40"], reasons.GENDERS_DIFFER),
    "denominators": (SHARE, ["0484;T;30;80", "0484;K;18;50", "0484;M;12;40"], reasons.GENDERS_DIFFER),
    "region": (SHARE, ["0004;T;50;190", "0484;T;30;90", "0461;T;20;100"], None),
    "somebody has moved": (SHARE, ["0004;T;51;190", "0484;T;30;90", "0461;T;20;100"], None),
    "region too large": (SHARE, ["0004;T;80;190", "0484;T;30;90", "0461;T;20;100"], reasons.REGION_DIFFERS),
    "region too small": (SHARE, ["0004;T;50;150", "0484;T;30;90", "0461;T;20;100"], reasons.REGION_DIFFERS),
    "less than a kommun": (SHARE, ["0004;T;20;190", "0484;T;30;90"], reasons.REGION_DIFFERS),
    "a kommun lacks": (SHARE, ["0004;T;50;190", "0484;T;30;90"], None),
}


@pytest.mark.parametrize("name", SUMS)
def test_parts_and_wholes(name: str, followed: Catalog) -> None:
    measure, rows, reason = SUMS[name]
    columns = "taljare;namnare" if measure == SHARE else "varde"
    others = ["0484;2023;T;20;40" if measure == SHARE else "0484;2023;T;20"]
    written = [row.replace(";", ";2024;", 1) for row in rows] + others
    local = read(followed, f"{measure}.csv", "\n".join([f"omrade_id;ar;kon;{columns}", *written]).encode())
    lines = [f"{measure}.csv:rad 2–{len(rows) + 1}: {reason.what} → {reason.fix}"] if reason else []
    assert findings(local.refused) == lines
    # The next year is no worse for it, and what is stored of this one stays.
    assert local.values.filter(pl.col("ar") == 2023).height
    assert local.protected.filter(pl.col("nyckeltal_id") == f"L_{measure}").height == (len(rows) if reason else 0)


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ({2022: "12;301000", 2023: "12;302000", 2024: "12;303"}, [2024]),
        ({2023: "12;301000", 2024: "12;301"}, [2023, 2024]),
        ({2023: "12;301000", 2024: "12;30100"}, []),
        # Of few nobody knows.
        ({2023: "12;900", 2024: "12;20"}, []),
    ],
)
def test_a_denominator_is_of_the_magnitude_of_the_others(
    rows: dict[int, str], refused: list[int], followed: Catalog
) -> None:
    content = "\n".join(["omrade_id;ar;kon;taljare;namnare", *(f"0004;{y};T;{n}" for y, n in rows.items())]).encode()
    local = read(followed, f"{PER}.csv", content)
    assert local.refused.select("ar", "orsak").rows() == [(year, reasons.OTHER_MAGNITUDE.what) for year in refused]


def test_a_region_that_counts_its_own_is_no_sum(tmp_path: Path) -> None:
    folder = catalog(tmp_path / "katalog")
    text = (folder / "indikatorer.yaml").read_text()
    (folder / "indikatorer.yaml").write_text(
        text.replace("      niva: A\n", "      niva: A\n      region_summa: nej\n", 1)
    )
    content = b"omrade_id;ar;kon;taljare;namnare\n0004;2024;T;20;190\n0484;2024;T;30;90\n"
    assert read(load_catalog(folder), f"{SHARE}.csv", content).refused.is_empty()


# --- what nobody has filled in ----------------------------------------------------------------------------------------


def test_rows_that_nobody_has_filled_in_are_one_line(followed: Catalog, tmp_path: Path) -> None:
    csv = ["omrade_id;ar;kon;varde", *(f"0484;{year};T;{12 if year == 2010 else ''}" for year in range(2000, 2026))]
    local = read(followed, f"{PLANS}.csv", "\n".join(csv).encode())
    assert findings(local.refused) == [
        f"{PLANS}.csv:rad 2–11, 13–27, kolumn varde: {reasons.EMPTY.what} → {reasons.EMPTY.fix}"
    ]
    assert (local.values.height, local.refused.height) == (1, 25)

    def change(sheet: Worksheet) -> None:
        for year in range(2000, 2020):
            sheet.append(["0484", None, year, "T", None])

    excel = read(followed, f"{PLANS}.xlsx", workbook(PLANS, 12, change, tmp_path / "x.xlsx"))
    assert findings(excel.refused) == [f"{PLANS}.xlsx:E3–E22: {reasons.EMPTY.what} → {reasons.EMPTY.fix}"]


# --- files that were handed in ----------------------------------------------------------------------------------------

HANDED_IN: dict[str, tuple[dict[tuple[str, int], float], list[str]]] = {
    "lakarbesok-hemmet.tusenpunkt.csv": ({}, ["rad 2, kolumn namnare: punkt, komma"]),
    "distansbesok.tusenpunkt.csv": ({}, ["rad 2, kolumn taljare: punkt, komma"]),
    "sip-antal.tusenpunkt.csv": (
        {("0480", 2025): 46},
        ["rad 2, kolumn varde: punkt, komma", "rad 4, kolumn varde: punkt, komma"],
    ),
    "kontinuitetsindex-lakare.decimalkomma.csv": ({}, ["rad 2: decimalkomma går inte att skilja"]),
    "kontinuitetsindex-lakare.granser.csv": (
        {("0004", 2025): 0.62},
        ["rad 3, kolumn varde: värdet ligger utanför 0–1", "rad 4, kolumn varde: värdet ligger utanför 0–1"],
    ),
    "sip-antal.formatering.xlsx": (
        {("0482", 2025): 22},
        ["E2: cellen har upphöjd", "E3: texten i cellen är överstruken", "rad 4: raden är dold"],
    ),
}


@pytest.mark.parametrize("name", HANDED_IN)
def test_a_file_that_was_handed_in(name: str, shared_data: Path) -> None:
    measure, _, suffix = name.split(".")
    content = (shared_data / "handed-in" / name).read_bytes()
    local = read(own_catalog(), f"{measure}.{suffix}", content)
    values, lines = HANDED_IN[name]
    assert {row[1:3]: row[4] for row in local.values.iter_rows()} == values
    assert len(findings(local.refused)) == len(lines)
    for finding, beginning in zip(findings(local.refused), lines, strict=True):
        assert finding.startswith(f"{measure}.{suffix}:{beginning}")
