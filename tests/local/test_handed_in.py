"""What a file may hold, and what happens to everything else: every row comes out as a figure or with a reason.

What a single cell may hold is in `test_misreadings`, how a period may be written in `test_periods`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.catalog.model import Catalog
from pipelines.local.archive import archive_files, archived_files
from pipelines.local.intake import SHOWN, Local, find, findings, read_local
from tests.local.small import INDEX, PLANS, SHARE, TODAY, catalog, csv, excel
from tests.small import malbild

NOTHING_SHOWN = pl.DataFrame(schema=SHOWN)
HEADER: list[object] = ["omrade_id", "omrade", "ar", "kon", "varde"]
RATIO: list[object] = ["omrade_id", "ar", "kon", "taljare", "namnare"]


@pytest.fixture
def taken(followed: Catalog, tmp_path: Path) -> Callable[[], Local]:
    """What a run takes from the folder `lokala` of the test."""

    def read() -> Local:
        return read_local(find(tmp_path / "lokala"), followed, NOTHING_SHOWN, TODAY)

    return read


def values(local: Local, measure: str = PLANS) -> dict[tuple[object, ...], object]:
    of_measure = local.values.filter(pl.col("nyckeltal_id") == f"L_{measure}")
    return {row[:3]: row[3] for row in of_measure.select("omrade_id", "ar", "kon", "varde").iter_rows()}


def reasons(local: Local) -> list[tuple[object, ...]]:
    return list(local.refused.select("cell", "orsak").iter_rows())


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("484;;2024;T;9;", ("0484", 2024, "T")),
        ("0484;Västby;2024;totalt;9;", ("0484", 2024, "T")),
        ("0484;västby kommun;2024;T;9;", ("0484", 2024, "T")),
        ("0484;;2024;Kvinnor;9;", ("0484", 2024, "K")),
        ("0484;;2024;män;9;", ("0484", 2024, "M")),
    ],
)
def test_areas_and_kön_are_read_as_people_write_them(
    row: str, key: tuple[object, ...], taken: Callable[[], Local], tmp_path: Path
) -> None:
    csv(tmp_path / "lokala", PLANS, row)
    assert values(taken()) == {key: 9.0}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_is_read_in_the_encodings_of_swedish_excel(
    encoding: str, taken: Callable[[], Local], tmp_path: Path
) -> None:
    csv(tmp_path / "lokala", PLANS, "0484;Västby;2024;män;9;", encoding=encoding)
    assert values(taken()) == {("0484", 2024, "M"): 9.0}


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_mark_between_cells_is_found(delimiter: str, taken: Callable[[], Local], tmp_path: Path) -> None:
    (tmp_path / "lokala").mkdir()
    text = "Område-id;År;Kön;Värde\n0484;2024;T;9\n".replace(";", delimiter)
    (tmp_path / "lokala" / f"{PLANS}.csv").write_text(text)
    assert values(taken()) == {("0484", 2024, "T"): 9.0}


def test_a_share_is_computed_and_its_counts_are_kept(taken: Callable[[], Local], tmp_path: Path) -> None:
    excel(tmp_path / "lokala" / f"{SHARE}.xlsx", RATIO, [484, 2024, "T", 31, 62], ["0461", 2024, "T", 0, 40])
    records = taken().values.select("nyckeltal_id", "omrade_id", "varde").sort("nyckeltal_id", "omrade_id").rows()
    assert records == [
        (f"L_{SHARE}", "0461", 0.0),
        (f"L_{SHARE}", "0484", 50.0),
        (f"L_{SHARE}.namnare", "0461", 40.0),
        (f"L_{SHARE}.namnare", "0484", 62.0),
        (f"L_{SHARE}.taljare", "0461", 0.0),
        (f"L_{SHARE}.taljare", "0484", 31.0),
    ]


def test_the_only_sheet_is_taken_whatever_its_name(taken: Callable[[], Local], tmp_path: Path) -> None:
    excel(tmp_path / "lokala" / f"{PLANS}.xlsx", HEADER, ["0484", "", 2024, "T", 9], sheet="Blad1")
    assert values(taken()) == {("0484", 2024, "T"): 9.0}


def test_templates_and_what_excel_leaves_behind_are_not_figures(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path / "lokala" / "mallar", PLANS, "0484;;2024;T;9;")
    (tmp_path / "lokala" / f"~${PLANS}.xlsx").write_bytes(b"")
    (tmp_path / "lokala" / ".DS_Store").write_bytes(b"")
    local = taken()
    assert local.values.is_empty()
    assert local.refused.is_empty()


# --- rows that are refused --------------------------------------------------------------------------------------------

ROWS = {
    "9999;;2024;T;9;": ("omrade_id", "området är inget av dem som lämnar måttet"),
    "0004;;2024;T;9;": ("omrade_id", "området är inget av dem som lämnar måttet"),
    "Västby;;2024;T;9;": ("omrade_id", "området är inget av dem som lämnar måttet"),
    "484;Östby;2024;T;9;": ("omrade_id", "områdets namn och id hör inte ihop"),
    ";;2024;T;9;": ("omrade_id", "cellen är tom"),
    "0484;;2024/25;T;9;": ("ar", "perioden går inte att läsa"),
    "0484;;;T;9;": ("ar", "cellen är tom"),
    "0484;;2024;X;9;": ("kon", "okänt kön, väntade T, K eller M"),
    "0484;;2024;T;;": ("varde", "cellen är tom"),
    "0484;;2024;T;nio;": ("varde", "talet går inte att läsa"),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_wrong_row_has_its_reason_and_the_right_one_beside_it_stays(
    row: str, taken: Callable[[], Local], tmp_path: Path
) -> None:
    csv(tmp_path / "lokala", PLANS, "0461;Östby;2024;T;30;", row)
    local = taken()
    column, reason = ROWS[row]
    assert reasons(local) == [(f"rad 3, kolumn {column}", reason)]
    assert values(local) == {("0461", 2024, "T"): 30.0}
    # A count that was refused may be a small one.
    assert local.refused["stod"].to_list() == [None]


@pytest.mark.parametrize(
    ("figures", "cell", "reason"),
    [
        ("9;0", "namnare", "nämnaren är noll"),
        ("9;8", "taljare", "täljaren är större än nämnaren"),
        ("9;", "namnare", "cellen är tom"),
        ("9;x", "namnare", "talet går inte att läsa"),
    ],
)
def test_a_share_must_be_one(figures: str, cell: str, reason: str, taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path / "lokala", SHARE, f"0484;;2024;T;{figures};", columns="taljare;namnare")
    assert reasons(taken()) == [(f"rad 2, kolumn {cell}", reason)]


def test_of_the_same_row_twice_one_stays_and_of_different_ones_none(taken: Callable[[], Local], tmp_path: Path) -> None:
    rows = ["0461;;2024;T;30;", "0461;;2024;T;30;", "0484;;2024;T;9;", "0484;;2024;T;10;", "0484;;2023;T;9;"]
    csv(tmp_path / "lokala", PLANS, *rows, "0484;;2023;T;nio;")
    local = taken()
    assert values(local) == {("0461", 2024, "T"): 30.0}
    different = "samma uppgift flera gånger med olika värden"
    assert sorted(reasons(local)) == [
        ("rad 3", "samma uppgift flera gånger"),
        ("rad 4", different),
        ("rad 5", different),
        ("rad 6", different),
        ("rad 7, kolumn varde", "talet går inte att läsa"),
    ]


def test_what_stood_is_told_of_an_index_only(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path / "lokala", INDEX, "0004;;2024;T;hög;")
    assert taken().refused["stod"].to_list() == ["hög"]


def test_a_kön_that_the_mått_is_not_parted_by_is_refused(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path / "lokala", INDEX, "0004;;2024;K;0,5;")
    assert reasons(taken()) == [("rad 2, kolumn kon", "måttet lämnas inte uppdelat på kön")]


# --- files that are refused -------------------------------------------------------------------------------------------


def merged_header(path: Path) -> None:
    book = excel(path, HEADER, ["0484", "", 2024, "T", 9])
    book["uppgifter"].merge_cells("F1:G1")
    book.save(path)


def two_sheets(path: Path) -> None:
    book = excel(path, HEADER, ["0484", "", 2024, "T", 9], sheet="Blad1")
    book.create_sheet("Blad2")
    book.save(path)


FILES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "rubbish": (".xlsx", lambda path: path.write_bytes(b"PK\x03\x04 no workbook"), "filen kan inte läsas"),
    "empty workbook": (".xlsx", lambda path: path.write_bytes(b""), "filen kan inte läsas"),
    "cut off": (
        ".xlsx",
        lambda path: (two_sheets(path), path.write_bytes(path.read_bytes()[:2000])),
        "filen kan inte läsas",
    ),
    "nothing": (".csv", lambda path: path.write_bytes(b""), "filen har inga uppgifter"),
    "header only": (".csv", lambda path: path.write_text("omrade_id;ar;kon;varde\n"), "filen har inga uppgifter"),
    "utf-16": (
        ".csv",
        lambda path: path.write_text("omrade_id;ar;kon;varde\n0484;2024;T;9\n", encoding="utf-16"),
        "filen är inte text i UTF-8 eller Windows-1252",
    ),
    "open quote": (
        ".csv",
        lambda path: path.write_text('omrade_id;ar;kon;varde\n0484;2024;T;"9\n'),
        "citationstecken går inte ihop, eller text har både radbrytning och skiljetecken",
    ),
    "too large": (".csv", lambda path: path.write_bytes(b"x" * 5_000_001), "filen är för stor"),
    "another format": (".xls", lambda path: path.write_bytes(b""), "filens format läses inte"),
    "locked, or an old format by a new name": (
        ".xlsx",
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)),
        "filen är i ett äldre Excelformat eller har lösenord",
    ),
    "missing column": (".csv", lambda path: path.write_text("omrade_id;ar;varde\n"), "en kolumn saknas: kon"),
    "column twice": (
        ".csv",
        lambda path: path.write_text("omrade_id;ar;kon;varde;varde\n0484;2024;T;9;10\n"),
        "en kolumn finns två gånger: varde",
    ),
    "merged header": (".xlsx", merged_header, "rubrikraden har sammanslagna celler"),
    "two sheets": (".xlsx", two_sheets, "bladet uppgifter finns inte: bladen heter Blad1, Blad2"),
    "chart sheet only": (".xlsx", lambda path: chart_sheet(path), "filen kan inte läsas"),
}


def chart_sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("Chart")
    book.remove(book.worksheets[0])
    book.save(path)


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    what: str, taken: Callable[[], Local], tmp_path: Path
) -> None:
    suffix, write, reason = FILES[what]
    (tmp_path / "lokala").mkdir()
    write(tmp_path / "lokala" / f"{PLANS}{suffix}")
    csv(tmp_path / "lokala", INDEX, "0004;;2024;T;0,5;")
    local = taken()
    assert local.refused.select("nyckeltal_id", "fil", "orsak").rows() == [(f"L_{PLANS}", f"{PLANS}{suffix}", reason)]
    # Nothing of it may be taken for deleted, and its neighbour is read.
    assert local.whole["nyckeltal_id"].to_list() == [f"L_{INDEX}"]
    assert values(local, INDEX) == {("0004", 2024, "T"): 0.5}


def test_two_files_of_a_mått_unknown_names_and_folders_are_told(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path / "lokala", PLANS, "0484;;2024;T;9;")
    excel(tmp_path / "lokala" / f"{PLANS}.xlsx", HEADER, ["0484", "", 2024, "T", 9])
    csv(tmp_path / "lokala", "vardtillfallen", "0484;;2024;T;9;")
    (tmp_path / "lokala" / "sip.docx").write_bytes(b"")
    (tmp_path / "lokala" / "gamla").mkdir()
    (tmp_path / "lokala" / os.fsdecode(b"\xff.csv")).write_bytes(b"")
    local = taken()
    assert local.values.is_empty()
    assert sorted(local.refused.select("fil", "orsak").rows()) == [
        ("?.csv", "filens namn är inte ett mått som lämnas lokalt"),
        ("gamla", "en mapp läses inte"),
        ("sip.docx", "filens namn är inte ett mått som lämnas lokalt"),
        (f"{PLANS}.csv", "måttet har lämnats i två filer"),
        (f"{PLANS}.xlsx", "måttet har lämnats i två filer"),
        ("vardtillfallen.csv", "filens namn är inte ett mått som lämnas lokalt"),
    ]


# --- what may be taken for deleted ------------------------------------------------------------------------------------


def test_a_whole_file_covers_every_area_of_its_level(taken: Callable[[], Local], tmp_path: Path) -> None:
    csv(tmp_path / "lokala", SHARE, "0484;;2024;T;9;20;", columns="taljare;namnare")
    pairs = taken().whole.rows()
    assert len(pairs) == 9
    assert (f"L_{SHARE}.namnare", "0004") in pairs


def test_a_refused_row_protects_its_figure_and_one_without_a_key_all(
    taken: Callable[[], Local], tmp_path: Path
) -> None:
    csv(tmp_path / "lokala", PLANS, "0484;;2024;T;nio;", "0461;;2024;T;9;")
    local = taken()
    assert local.protected.rows() == [(f"L_{PLANS}", "0484", 2024, "2024", "T")]
    assert local.whole.height == 2
    csv(tmp_path / "lokala", PLANS, "0485;;2024;T;9;", "0461;;2024;T;9;")
    assert taken().whole.is_empty()


def test_what_was_kept_is_read_the_same(tmp_path: Path) -> None:
    csv(tmp_path / "lokala", PLANS, "0484;;2024;T;nio;", "0461;;2024;T;9;")
    (tmp_path / "lokala" / "gamla").mkdir()
    files = find(tmp_path / "lokala")
    assert archived_files(archive_files(files)) == files
    assert archived_files({}) == []


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_templates_are_read_once_they_are_filled_in(tmp_path: Path) -> None:
    where = ("--data-dir", tmp_path / "data", "--katalog", catalog(tmp_path / "katalog"))
    ended = malbild("lokal", "mall", *where)
    assert ended.code == 0, ended.err
    templates, local = tmp_path / "data" / "lokala" / "mallar", tmp_path / "data" / "lokala"
    assert sorted(path.name for path in templates.iterdir()) == sorted(
        f"{measure}.{suffix}" for measure in (PLANS, SHARE, INDEX) for suffix in ("csv", "xlsx")
    )
    book = openpyxl.load_workbook(templates / f"{SHARE}.xlsx")
    sheet = book["uppgifter"]
    assert [cell.value for cell in sheet[1]][:6] == ["omrade_id", "omrade", "period", "kon", "taljare", "namnare"]
    assert sheet.max_row == 1 + 3 * 3
    (allowed,) = sheet.data_validations.dataValidation
    assert (allowed.type, allowed.formula1, str(allowed.sqref)) == ("whole", "0", "E2:F10000")
    counts = {"T": (20, 40), "K": (8, 17), "M": (12, 23)}
    for row in sheet.iter_rows(min_row=2):
        areas = 2 if row[0].value == "0004" else 1
        row[4].value, row[5].value = (areas * count for count in counts[row[3].value])
    book.save(local / f"{SHARE}.xlsx")
    content = (templates / f"{INDEX}.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    (local / f"{INDEX}.csv").write_bytes(content.replace(b"T;;", b"T;0,7;"))
    ended = malbild("lokal", "kontroll", *where)
    assert (ended.code, "28 values" in ended.out) == (0, True), ended

    # Filled-in files are never written over.
    before = {path.name: path.read_bytes() for path in local.glob("*.*")}
    assert malbild("lokal", "mall", *where, "--till", local).code == 2
    assert malbild("lokal", "mall", *where).code == 0
    assert {path.name: path.read_bytes() for path in local.glob("*.*")} == before


def test_check_and_kontroll_say_what_would_be_refused(tmp_path: Path) -> None:
    where = ("--data-dir", tmp_path / "data", "--katalog", catalog(tmp_path / "katalog"))
    csv(tmp_path / "data" / "lokala", PLANS, "0484;;2024;T;nio;", "0461;;2024;T;9;")
    ended = malbild("lokal", "kontroll", *where)
    assert ended.code == 2
    assert f"{PLANS}.csv:rad 2, kolumn varde: talet går inte att läsa → skriv bara siffror" in ended.out
    ended = malbild("check", *where)
    assert (ended.code, "1 rows or files" in ended.out + ended.err) == (0, True), ended
    shutil.rmtree(tmp_path / "data" / "lokala")
    assert malbild("lokal", "kontroll", *where).code == 0


def test_findings_name_the_file_alone_when_no_cell_is_to_blame(followed: Catalog, tmp_path: Path) -> None:
    (tmp_path / "gamla").mkdir()
    assert findings(read_local(find(tmp_path), followed, NOTHING_SHOWN, TODAY).refused) == [
        "gamla: en mapp läses inte → lägg filerna direkt i lokala/"
    ]
