"""Files and names in `lokala/`: figures or a reason, row by row; nothing small is shown."""

from __future__ import annotations

import io
import os
import zipfile
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.local import reasons
from pipelines.local.archive import archive_files, archived_files
from pipelines.local.intake import SHOWN, Local, LocalFile, find, findings, read_local
from tests.fuzz.cases import cases, scrambled
from tests.local.small import INDEX, PLANS, SHARE, TODAY, catalog

_HEADS = {
    PLANS: "omrade_id;omrade;ar;kon;varde;kommentar",
    SHARE: "omrade_id;omrade;ar;kon;taljare;namnare;kommentar",
    INDEX: "omrade_id;omrade;ar;kon;varde;kommentar",
}
_ROWS = {
    PLANS: ["0461;Östby;2024;T;20;", "0461;;2024;K;17;", "0461;;2024;M;3;", "0484;Västby;2024;T;1 200;klart"],
    SHARE: ["0461;Östby;2024;T;20;40;", "0484;;2024;T;3;40;", "0004;;2024;T;23;80;", "0461;;2023;K;5;10;"],
    INDEX: ["0004;Regionen;2024;T;0,75;", "0004;;2023;T;-0,1;ännu en", "0004;;2022;T;1e5;"],
}
# What may stand in a cell.
# fmt: off
_WORDS = [
    "", " ", "0484", "484", "0461", "0004", "9999", "Östby", "T", "K", "M", "kvinnor", "X", "2024", "2023", "1899",
    "2099", "0", "1", "4", "5", "-3", "12,5", "1 000", "1\u00a0000", "1.234", "35 %", "nan", "inf", "1e5", "9" * 40,
    "²", "٣", "=1+1", "@SUM(A1)", '"', "\n", ";", "<b>", "\x1b[2J", "\u202e", "å" * 50, "true", "2024-01-01",
]
# fmt: on


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load_catalog(catalog(tmp_path_factory.mktemp("katalog")))


def read_file(file: LocalFile, small: Catalog) -> Local:
    """What is read from one file, after checking that it is consistent."""
    local = read_local([file], small, pl.DataFrame(schema=SHOWN), TODAY)
    values, refused = local.values, local.refused
    key = ["nyckeltal_id", "omrade_id", "ar", "kon"]
    assert not values.select(pl.struct(key).is_duplicated().any()).item()
    assert values.filter(~pl.col("varde").is_finite()).is_empty()
    assert values.filter((pl.col("status") == "sekretess") & pl.col("varde").is_not_null()).is_empty()
    counts = values.filter(pl.col("nyckeltal_id").str.ends_with("upplevd-kontinuitet"))
    assert counts.filter(pl.col("varde").is_between(1, 4)).is_empty(), "a small count is shown"
    assert refused.select(pl.any_horizontal(pl.col("orsak", "fil", "atgard").is_null()).any()).item() in (False, None)
    assert all(len(line.splitlines()) == 1 for line in findings(refused))
    # A count may be too small to be shown: only the text of an index is in the reason.
    assert file.name.startswith(INDEX) or refused["stod"].null_count() == refused.height
    return local


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str]:
    """A mått and a CSV of it, in which some cells are changed."""
    measure = draw(st.sampled_from(sorted(_HEADS)))
    rows = [row.split(";") for row in _ROWS[measure]]
    for _ in range(draw(st.integers(0, 3))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        row[draw(st.integers(0, len(row) - 1))] = draw(st.one_of(st.sampled_from(_WORDS), st.text(max_size=5)))
    return measure, "\r\n".join([_HEADS[measure], *map(";".join, rows)]) + "\r\n"


@given(table=tables(), data=st.data())
@cases(30)
def test_a_csv_file_is_figures_or_reasons(table: tuple[str, str], data: st.DataObject, small: Catalog) -> None:
    measure, text = table
    content = data.draw(scrambled(st.just(text))) if data.draw(st.booleans()) else text.encode("utf-8", "replace")
    read_file(LocalFile(f"{measure}.csv", content), small)


_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def _cell(at: str, text: str) -> str:
    if text.isascii() and text.isdigit() and not text.startswith("0"):
        return f'<c r="{at}"><v>{text}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


@cache
def sheet(measure: str) -> str:
    rows = [_HEADS[measure].split(";"), *(row.split(";") for row in _ROWS[measure])]
    cells = [
        f'<row r="{number}">{"".join(_cell(f"{chr(65 + at)}{number}", word) for at, word in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    ]
    return f'<?xml version="1.0"?><worksheet xmlns="{_NS}"><sheetData>{"".join(cells)}</sheetData></worksheet>'


def workbook(part: bytes, **more: bytes) -> bytes:
    """The smallest file that is a workbook, with this sheet."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PKG}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_SHEET_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PKG}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_NS}" xmlns:r="{_REL}"><sheets>'
        '<sheet name="uppgifter" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PKG}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
        packed.writestr("xl/worksheets/sheet1.xml", part)
        for name, content in more.items():
            packed.writestr(name, content)
    return target.getvalue()


# fmt: off
_XML = [
    '<c r="XFD1048576"/>', '<c r="A0"/>', '<c r="ÅÄÖ1"><v>1</v></c>', "<c/>", '<c r="B2" t="s"><v>99</v></c>',
    '<row r="-1"/>', '<row r="9999999"><c/></row>', '<c t="d"><v>2024-99-99</v></c>', '<c t="b"><v>7</v></c>',
    '<c r="E2"><f>SUM(A1:A9)</f><v>1</v></c>', '<c r="E3" t="e"><v>#N/A</v></c>', '<c r="E2" s="9999"><v>1</v></c>',
    '<c r="E2"><v>nan</v></c>', '<c r="E2"><v>1E400</v></c>', '<c r="E2" t="n"><v/></c>', "&x;", "<!-- -->", "</row>",
]
# fmt: on
_AFTER = [
    *('<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', '<mergeCells><mergeCell ref="A2:C2"/></mergeCells>'),
    *('<mergeCells><mergeCell ref="nej"/></mergeCells>', '<hyperlinks><hyperlink ref="A1:XFD9999"/></hyperlinks>'),
    *('<dimension ref="A1:XFD1048576"/>', '<cols><col min="1" max="99999999"/></cols>', "<autoFilter ref='x'/>"),
]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, bytes]:
    """A mått and a sheet of it, in which something stands that nobody expects."""
    measure = draw(st.sampled_from(sorted(_HEADS)))
    text = sheet(measure)
    for _ in range(draw(st.integers(1, 2))):
        places = [at for at in range(len(text)) if text.startswith(("<c ", "<v>", "</row>", "<t>"), at)]
        at = draw(st.sampled_from(places))
        text = text[:at] + draw(st.sampled_from(_XML)) + text[at:]
    if draw(st.booleans()):
        text = text.replace("</sheetData>", f"</sheetData>{draw(st.sampled_from(_AFTER))}")
    if draw(st.integers(0, 2)) == 0:
        return measure, draw(scrambled(st.just(text)))
    return measure, text.encode()


@given(case=sheets(), data=st.data())
@cases(20)
def test_a_workbook_is_figures_or_reasons(case: tuple[str, bytes], data: st.DataObject, small: Catalog) -> None:
    measure, part = case
    content = workbook(part)
    if data.draw(st.integers(0, 5)) == 0:
        at = data.draw(st.integers(0, len(content) - 1))
        content = content[:at] + data.draw(st.binary(max_size=4)) + content[at + 1 :]
    read_file(LocalFile(f"{measure}.xlsx", content), small)


@pytest.mark.parametrize(
    "more",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
        '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        '</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576"/></hyperlinks>',
        f"<row>{'<c/>' * 300_000}</row></sheetData>",
        f"</sheetData><x>{'<y/>' * 600_000}</x>",
    ],
    ids=["a cell in the corner", "one merged", "one link", "many cells", "many elements"],
)
def test_a_workbook_that_names_more_cells_than_anybody_hands_in_is_too_large(more: str, small: Catalog) -> None:
    local = read_file(LocalFile(f"{PLANS}.xlsx", workbook(sheet(PLANS).replace("</sheetData>", more).encode())), small)
    assert local.refused["orsak"].to_list() == [reasons.TOO_LARGE.what]


def test_the_sheet_itself_is_read(small: Catalog) -> None:
    """Otherwise the properties above would be about refused files only."""
    for measure in _HEADS:
        assert read_file(LocalFile(f"{measure}.xlsx", workbook(sheet(measure).encode())), small).values.height >= 2
        text = "\n".join([_HEADS[measure], *_ROWS[measure]])
        assert read_file(LocalFile(f"{measure}.csv", text.encode()), small).values.height >= 2


# fmt: off
_NAMES = [
    f"{PLANS}.csv", f"{PLANS}.CSV", f"{PLANS}.xlsx", "..csv", ".csv", "~$x.xlsx", "mallar", "a\nb.csv", "\x1b[2J.csv",
    "-rf.csv", "a b.csv", "å" * 100, "con", "x.csv.csv", f"{PLANS}.csv ", f" {PLANS}.csv", "lokala.json", "%2e%2e",
]
# fmt: on


@given(
    names=st.lists(
        st.one_of(
            st.sampled_from(_NAMES).map(os.fsencode),
            st.binary(min_size=1, max_size=20).map(lambda name: name.replace(b"/", b"_").replace(b"\0", b"_")),
        ).filter(lambda name: name not in (b".", b"..")),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    folder=st.booleans(),
)
@cases(20)
def test_any_name_of_a_file_can_be_reported_and_archived(
    names: list[bytes], folder: bool, small: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("namn")
    for number, name in enumerate(names):
        path = Path(os.fsdecode(os.path.join(os.fsencode(place), name)))  # noqa: PTH118 - bytes
        if folder and number == 0:
            path.mkdir()
        else:
            path.write_bytes(b"omrade_id;ar;kon;varde\n0461;2024;T;20\n")
    files = find(place)
    local = read_local(files, small, pl.DataFrame(schema=SHOWN), TODAY)
    assert all(len(line.splitlines()) == 1 for line in findings(local.refused))
    assert archived_files(archive_files(files)) == files
