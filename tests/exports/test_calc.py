"""The files for Excel as LibreOffice reads them: numbers as numbers, ids as text, and Nuläge on a few pages."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pypdf
import pytest

from tests.exports.calc import Job, cells, convert

pytestmark = pytest.mark.lang

NUMBERS = ("integer", "number")


@pytest.fixture(scope="module")
def read(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what LibreOffice has made of every file for Excel."""
    export, folder = exported / "export", tmp_path_factory.mktemp("calc")
    jobs = [
        Job(export / resource["path"], folder / f"{Path(resource['path']).stem}.xlsx",
            [field["type"] not in NUMBERS for field in resource["schema"]["fields"]])
        for resource in resources(export)
    ]  # fmt: skip
    jobs.append(Job(export / "malbild.xlsx", folder / "arbetsbok.xlsx"))
    jobs.append(Job(export / "malbild.xlsx", folder / "nulage.pdf", sheet="Nuläge"))
    convert(jobs, folder)
    return folder


def resources(export: Path) -> list[dict[str, Any]]:
    package = json.loads((export / "datapackage.json").read_text())
    return [resource for resource in package["resources"] if resource["path"].startswith("csv-excel/")]


def same(cell: object, expected: object) -> bool:
    """LibreOffice writes fifteen figures of a number."""
    if isinstance(cell, int | float) and isinstance(expected, int | float):
        return math.isclose(cell, expected, rel_tol=1e-14)
    return cell == expected


def test_every_csv_file_gives_numbers_and_texts(read: Path, exported: Path) -> None:
    seen = 0
    for resource in resources(exported / "export"):
        source = exported / "export" / resource["path"]
        with source.open(encoding="utf-8-sig", newline="") as file:
            header, *written = csv.reader(file, delimiter=";")
        shown_header, *shown = cells(read / f"{source.stem}.xlsx")
        assert list(shown_header) == header
        assert len(shown) == len(written), source.name
        numbers = [field["type"] in NUMBERS for field in resource["schema"]["fields"]]
        for row, cell_row in zip(written, shown, strict=True):
            for name, text, cell, number in zip(header, row, cell_row, numbers, strict=True):
                expected = None if not text else float(text.replace(",", ".")) if number else text
                assert same(cell, expected), f"{source.name}, {name}: {cell!r} of {text!r}"
                seen += number and cell is not None
    assert seen > 1000


def test_the_workbook_keeps_its_cells(read: Path, exported: Path) -> None:
    workbook = exported / "export" / "malbild.xlsx"
    for sheet in openpyxl.load_workbook(workbook, read_only=True).sheetnames:
        written = cells(workbook, sheet)
        for row, expected in zip(cells(read / "arbetsbok.xlsx", sheet), written, strict=True):
            assert all(map(same, row, expected)), (sheet, row, expected)
    _, header, *rows = cells(read / "arbetsbok.xlsx", "Nuläge")
    with duckdb.connect(str(exported / "analys.duckdb"), read_only=True) as connection:
        shown = connection.sql("SELECT matt, vastby FROM bred ORDER BY ordning, visas_for").fetchall()
    for row, (measure, value) in zip(rows, shown, strict=True):
        assert row[header.index("mått")] == measure
        assert same(row[header.index("Västby")], value)


def test_nulage_prints_on_a_few_pages(read: Path) -> None:
    pages = pypdf.PdfReader(read / "nulage.pdf").pages
    assert 1 <= len(pages) <= 6
    text = "".join(page.extract_text() for page in pages)
    assert "SYNTETISKA UPPGIFTER" in text
    assert "Östby" in text
    width, height = pages[0].mediabox[2:]
    assert width > height, "landscape"
