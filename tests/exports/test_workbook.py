"""The workbook, opened by another library than the one that wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.exports.everything import export_all
from pipelines.exports.workbook import sheet_names
from tests.exports.conftest import HOSTILE_TITLE, MISSING, ZERO
from tests.warehouse.small import query

OTHERS = ("Månader och kvartal", "Definitioner", "Kolumner")


@pytest.fixture(scope="module")
def book(exported: Path) -> Any:
    return openpyxl.load_workbook(exported / "export" / "malbild.xlsx")


def rows(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows under the header, which is on the second line."""
    _, header, *values = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in values]


def goal_areas(book: Any) -> list[Worksheet]:
    return [sheet for sheet in book if sheet.title not in ("Nuläge", "Om", *OTHERS)]


def test_a_sheet_for_each_malomrade_holds_the_values_of_the_database(book: Any, exported: Path) -> None:
    names = [name for (name,) in query(exported / "analys.duckdb", "SELECT namn FROM malomrade ORDER BY ordning")]
    assert book.sheetnames == ["Nuläge", "Om", *names, *OTHERS]
    actual = [
        (row["indikator"], row["mått"], row["nyckeltal_id"], row["område"], row["kön"], row["år"], row["värde"])
        for sheet in goal_areas(book)
        for row in rows(sheet)
    ]
    expected = query(
        exported / "analys.duckdb",
        """SELECT i.namn, m.namn, v.nyckeltal_id, o.namn, v.kon, v.ar, v.varde
           FROM indikator i, indikator_matt im, matt m, matt_nyckeltal k, matvarde v, omrade o
           WHERE i.indikator_id = im.indikator_id AND im.matt_id = m.matt_id AND k.matt_id = m.matt_id
             AND v.nyckeltal_id = k.nyckeltal_id AND v.omrade_id = o.omrade_id AND (o.i_malbild OR o.typ = 'riket')""",
    )
    assert len(actual) > 20
    assert sorted(actual, key=repr) == sorted(expected, key=repr)
    assert "Annan kommun" not in {row[3] for row in actual}


def test_missing_is_empty_with_its_status_and_zero_is_zero(book: Any) -> None:
    by_key = {
        (row["nyckeltal_id"], row["område"], row["år"], row["kön"]): row
        for sheet in goal_areas(book)
        for row in rows(sheet)
    }
    missing = by_key[MISSING[0], "Östby", *MISSING[2:]]
    assert (missing["värde"], missing["status"]) == (None, "saknas")
    zero = by_key[ZERO[0], "Östby", *ZERO[2:]]
    assert (zero["värde"], zero["status"]) == (0, "publicerad")


@pytest.mark.parametrize("gender", ["T", "K", "M"])
def test_comparisons_stand_beside_the_value(book: Any, exported: Path, gender: str) -> None:
    (row,) = (
        row
        for sheet in goal_areas(book)
        for row in rows(sheet)
        if (row["nyckeltal_id"], row["område"], row["år"], row["kön"]) == ("U00001", "Västby", 2024, gender)
    )
    (expected,) = query(
        exported / "analys.duckdb",
        f"""SELECT riket, lan_varde, lan_grund, lan_antal, liknande, liknande_antal, mot_riket, osakerhet_grund,
                plats, plats_till, antal_med_varde, band
            FROM jamforelse LEFT JOIN placering USING (nyckeltal_id, omrade_id, ar, kon)
            WHERE nyckeltal_id = 'U00001' AND omrade_id = '0484' AND ar = 2024 AND kon = '{gender}'""",
    )
    assert list(row.values())[-12:] == list(expected)
    assert row["riket (jämförelse)"] is not None


def test_nulage_is_the_wide_view_with_a_column_for_each_huvudman(book: Any, exported: Path) -> None:
    columns = "matt, enhet, riktning, ar, ostby, vastby, regionen, lanet, riket"
    expected = query(exported / "analys.duckdb", f"SELECT {columns} FROM bred ORDER BY ordning, visas_for")
    headers = ("mått", "enhet", "bra är", "år", "Östby", "Västby", "Regionen", "länet", "riket")
    actual = [tuple(row[name] for name in headers) for row in rows(book["Nuläge"])]
    assert actual == expected
    assert any(row[4] is not None and row[5] is not None and row[8] is not None for row in actual)


def test_every_sheet_prints_across_one_page_with_its_header_on_each(book: Any) -> None:
    for sheet in book:
        if sheet.title != "Om":
            assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.print_title_rows == "$2:$2"


def test_the_newest_value_is_a_filter(book: Any) -> None:
    newest = [row for sheet in goal_areas(book) for row in rows(sheet) if row["nyast"] == 1]
    series = {(row["indikator"], row["mått"], row["nyckeltal_id"], row["område"], row["kön"]) for row in newest}
    assert len(newest) == len(series) > 10


def test_a_title_like_a_formula_is_text(book: Any) -> None:
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert HOSTILE_TITLE in {cell.value for cell in cells}


def test_headers_are_frozen_and_can_be_filtered(book: Any) -> None:
    for sheet in book:
        if sheet.title != "Om":
            assert sheet.freeze_panes == "A3"
            assert sheet.auto_filter.ref.startswith("A2:")
            assert sheet.max_row == int(sheet.auto_filter.ref.split(":")[1].strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def test_synthetic_figures_say_so_on_every_sheet_and_name_nobody(book: Any) -> None:
    assert all(sheet["A1"].value.startswith("SYNTETISKA UPPGIFTER") for sheet in book)
    assert book.properties.subject.startswith("SYNTETISKA UPPGIFTER")
    texts = {str(cell.value) for sheet in goal_areas(book) for line in sheet.iter_rows() for cell in line}
    assert not [text for text in texts if "Källa: Kolada" in text]


@pytest.fixture(scope="module")
def corrected_book(corrected: Path) -> Any:
    return openpyxl.load_workbook(corrected / "export" / "malbild.xlsx")


def test_kolada_is_named_for_unchanged_values_only(corrected_book: Any) -> None:
    assert corrected_book.properties.subject.startswith("Källa: Kolada där korrigering är tom")
    actual = {(row["korrigering"], row["källa"]) for sheet in goal_areas(corrected_book) for row in rows(sheet)}
    assert actual == {(None, "Källa: Kolada"), ("rattad", "Egen bearbetning")}
    assert not any("SYNTETISK" in sheet["A1"].value for sheet in corrected_book)


def test_months_and_quarters_have_a_sheet_of_their_own_and_files(corrected: Path, corrected_book: Any) -> None:
    sheet = rows(corrected_book["Månader och kvartal"])
    assert [[row[name] for name in ("område", "kön", "period", "värde", "status", "källa")] for row in sheet] == [
        ["Östby", "T", "2025-02", 90.5, "publicerad", "Källa: Egen räkning"],
        ["Östby", "T", "2025-03", None, "sekretess", "Källa: Egen räkning"],
        ["Östby", "K", "2025-02", 91.5, "publicerad", "Källa: Egen räkning"],
        ["Östby", "M", "2025-02", 89.5, "publicerad", "Källa: Egen räkning"],
    ]
    assert [list(row.values())[-5:] for row in sheet] == [
        [20.0, -1.5, 41.5, "gäller", "utanför gränserna"], [None] * 5, [None] * 5, [None] * 5,
    ]  # fmt: skip
    file = pl.read_parquet(corrected / "parquet" / "periodvarde.parquet")
    assert file.filter((pl.col("nyckeltal_id") == "U00002") & (pl.col("kon") == "T")).select(
        "period", "varde"
    ).rows() == [
        ("2025-02", 90.5),
        ("2025-03", None),
    ]
    assert "2025-03" not in {row["år"] for part in goal_areas(corrected_book) for row in rows(part)}


def test_every_nyckeltal_is_defined_and_every_column_explained(book: Any, exported: Path) -> None:
    defined = [row["nyckeltal_id"] for row in rows(book["Definitioner"])]
    assert defined == [
        name for (name,) in query(exported / "analys.duckdb", "SELECT nyckeltal_id FROM nyckeltal ORDER BY ALL")
    ]
    explained = {(row["blad eller tabell"], row["kolumn"]): row["betyder"] for row in rows(book["Kolumner"])}
    comments = query(
        exported / "analys.duckdb",
        "SELECT objekt, kolumn, beskrivning FROM datakatalog WHERE kolumn IS NOT NULL AND typ <> 'funktion'",
    )
    assert {(table, column): comment for table, column, comment in comments}.items() <= explained.items()


def test_the_same_figures_give_the_same_bytes(exported: Path, published: Path, tmp_path: Path) -> None:
    export_all(published, tmp_path / "parquet", tmp_path / "export")
    for name in ("malbild.xlsx", "datapackage.json", "dcat.jsonld", "LAS_MIG.txt", "csv/matvarde.csv"):
        assert (tmp_path / "export" / name).read_bytes() == (exported / "export" / name).read_bytes(), name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nära", "Nära"),
        ("Hälsa/vård: [alla]?", "Hälsa vård   alla"),
        ("x" * 40, "x" * 31),
        ("'Citat'", "Citat"),
        ("  ", "Målområde"),
        ("om", "om (2)"),
        ("History", "History (2)"),
    ],
)
def test_a_sheet_s_name_is_one_that_excel_takes(title: str, name: str) -> None:
    assert sheet_names([title]) == [name]


def test_sheets_whose_names_are_cut_alike_stay_apart() -> None:
    assert sheet_names(["a" * 31 + "b", "A" * 31 + "c"]) == ["a" * 31, "A" * 27 + " (2)"]
