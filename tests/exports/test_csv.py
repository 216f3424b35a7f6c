"""CSV: whole for programs, cut for a Swedish Excel; missing is empty, and no text is a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from pipelines.exports.everything import export_all
from pipelines.warehouse.schema import schema
from tests.exports.conftest import HOSTILE_TITLE, MISSING, change, query


def read(file: Path, delimiter: str) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text, delimiter=delimiter))


@pytest.mark.parametrize("folder", ["csv", "csv-excel"])
def test_every_table_is_there_with_its_columns(exported: Path, folder: str) -> None:
    delimiter = "," if folder == "csv" else ";"
    files = {file.stem: file for file in (exported / "export" / folder).iterdir()}
    assert set(files) == {table.name for table in schema().published}
    for table in schema().published:
        header = files[table.name].read_text(encoding="utf-8-sig").splitlines()[0]
        assert header == delimiter.join(table.columns)


def test_the_whole_file_holds_what_the_database_holds(exported: Path) -> None:
    actual = read(exported / "export" / "csv" / "matvarde.csv", ",")
    expected = query(
        exported / "analys.duckdb",
        """SELECT nyckeltal_id, omrade_id, ar, kon, varde, preliminart, strftime(hamtad, '%Y-%m-%dT%H:%M:%S.%fZ')
           FROM matvarde""",
    )
    typed = [
        (
            row["nyckeltal_id"],
            row["omrade_id"],
            int(row["ar"]),
            row["kon"],
            float(row["varde"]) if row["varde"] else None,
            {"true": True, "false": False}[row["preliminart"]],
            row["hamtad"],
        )
        for row in actual
    ]
    assert sorted(typed, key=repr) == sorted(expected, key=repr)
    assert "1000" in {row["omrade_id"] for row in actual}
    assert not (exported / "export" / "csv" / "matvarde.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_missing_value_is_empty_in_both(exported: Path) -> None:
    for folder, delimiter in (("csv", ","), ("csv-excel", ";")):
        (row,) = [
            row
            for row in read(exported / "export" / folder / "matvarde.csv", delimiter)
            if (row["nyckeltal_id"], row["omrade_id"], int(row["ar"]), row["kon"]) == MISSING
        ]
        assert (row["varde"], row["status"]) == ("", "saknas")


def test_excel_s_file_is_as_a_swedish_excel_reads_it(exported: Path) -> None:
    file = exported / "export" / "csv-excel" / "matvarde.csv"
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n")
    rows = read(file, ";")
    whole = {
        (row["nyckeltal_id"], row["omrade_id"], row["ar"], row["kon"]): row["varde"]
        for row in read(exported / "export" / "csv" / "matvarde.csv", ",")
    }
    assert all(
        row["varde"].replace(",", ".") == whole[row["nyckeltal_id"], row["omrade_id"], row["ar"], row["kon"]]
        for row in rows
    )
    assert any("," in row["varde"] for row in rows)
    assert {row["preliminart"] for row in rows} == {"nej"}


def test_excel_s_file_holds_the_malbild_s_own_areas_and_whom_they_are_compared_with(exported: Path) -> None:
    actual = {row["omrade_id"] for row in read(exported / "export" / "csv-excel" / "matvarde.csv", ";")}
    wanted = query(
        exported / "analys.duckdb",
        """SELECT DISTINCT omrade_id FROM matvarde JOIN omrade USING (omrade_id)
           WHERE i_malbild OR typ IN ('riket', 'grupp')""",
    )
    assert actual == {area for (area,) in wanted}
    assert {"0461", "0484", "0004", "0000", "G1"} <= actual
    assert not {"1000", "0001"} & actual
    # What is no value is there whole.
    assert "1000" in {row["omrade_id"] for row in read(exported / "export" / "csv-excel" / "omrade.csv", ";")}


def test_refused_values_of_unknown_areas_are_in_excel_s_file_too(published: Path, tmp_path: Path) -> None:
    refused = """INSERT INTO karantan BY NAME SELECT 'natt' AS korning_id, $$U00001$$ AS nyckeltal_id,
        {area} AS omrade_id, 'prov' AS orsak, 1 AS antal, '{{}}' AS rad"""
    change(published, *(refused.format(area=area) for area in ("NULL", "'9999'", "'0461'", "'1000'")))
    export_all(published, tmp_path / "parquet", tmp_path / "export")
    actual = {row["omrade_id"] for row in read(tmp_path / "export" / "csv-excel" / "karantan.csv", ";")}
    assert actual == {"", "9999", "0461"}


@pytest.mark.parametrize(("folder", "delimiter"), [("csv", ","), ("csv-excel", ";")])
def test_no_text_begins_like_a_formula(exported: Path, folder: str, delimiter: str) -> None:
    titles = {
        row["nyckeltal_id"]: row["titel"] for row in read(exported / "export" / folder / "nyckeltal.csv", delimiter)
    }
    assert titles["U00002"] == f"'{HOSTILE_TITLE}"
    for table in schema().published:
        texts = [column.name for column in table.columns.values() if column.type == "VARCHAR"]
        for row in read(exported / "export" / folder / f"{table.name}.csv", delimiter):
            assert not [row[name] for name in texts if row[name][:1] in ("=", "+", "-", "@", "\t", "\r") and row[name]]


def test_parquet_keeps_text_and_types_as_they_are(exported: Path) -> None:
    folder = exported / "parquet"
    assert {file.stem for file in folder.iterdir()} == {table.name for table in schema().published}
    assert HOSTILE_TITLE in set(pl.read_parquet(folder / "nyckeltal.parquet")["titel"])
    ((sum_,),) = query(exported / "analys.duckdb", "SELECT sum(varde) FROM matvarde")
    assert pl.read_parquet(folder / "matvarde.parquet")["varde"].sum() == pytest.approx(sum_)
