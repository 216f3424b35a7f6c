"""CSV: whole for programs, cut for a Swedish Excel; missing is empty, and no text is a formula."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.warehouse.schema import schema
from tests.exports.conftest import HOSTILE_TITLE, MISSING
from tests.warehouse.small import query


def read(file: Path, delimiter: str) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text, delimiter=delimiter))


VIEWS = {*schema().views, "bred"}


@pytest.mark.parametrize(("folder", "delimiter", "views"), [("csv", ",", set()), ("csv-excel", ";", VIEWS)])
def test_every_table_is_there_with_its_columns(exported: Path, folder: str, delimiter: str, views: set[str]) -> None:
    files = {file.stem: file for file in (exported / "export" / folder).iterdir()}
    assert set(files) == {table.name for table in schema().published} | views
    for table in schema().published:
        header = files[table.name].read_text(encoding="utf-8-sig").splitlines()[0]
        assert header == delimiter.join(table.columns)


def test_the_file_for_programs_holds_our_areas_whole_and_the_newest_of_the_others(exported: Path) -> None:
    actual = read(exported / "export" / "csv" / "matvarde.csv", ",")
    expected = query(
        exported / "analys.duckdb",
        """SELECT nyckeltal_id, omrade_id, ar, kon, varde, preliminart, strftime(hamtad, '%Y-%m-%dT%H:%M:%S.%fZ')
           FROM matvarde JOIN omrade USING (omrade_id) WHERE i_malbild OR typ = 'riket' OR nyast = 1""",
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
    assert {row["ar"] for row in actual if (row["nyckeltal_id"], row["omrade_id"]) == ("U00002", "1000")} == {"2024"}
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
    assert rows
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
           WHERE i_malbild OR typ = 'riket' OR (typ = 'grupp' AND nyast = 1)""",
    )
    assert actual == {area for (area,) in wanted}
    assert {"0461", "0484", "0004", "0000", "G1"} <= actual
    assert not {"1000", "0001"} & actual
    # What is no value is there whole.
    assert "1000" in {row["omrade_id"] for row in read(exported / "export" / "csv-excel" / "omrade.csv", ";")}


def test_refused_values_of_unknown_areas_are_in_excel_s_file_too(corrected: Path) -> None:
    actual = {row["omrade_id"] for row in read(corrected / "export" / "csv-excel" / "karantan.csv", ";")}
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


def test_parquet_keeps_text_and_types_and_says_what_it_is(exported: Path) -> None:
    folder = exported / "parquet"
    assert {file.stem for file in folder.iterdir()} == {table.name for table in schema().published} | VIEWS
    assert HOSTILE_TITLE in set(pl.read_parquet(folder / "nyckeltal.parquet")["titel"])
    for name in ("matvarde", "senaste", "bred"):
        stored = pl.read_parquet(folder / f"{name}.parquet")
        assert stored.rows() == query(exported / "analys.duckdb", f"FROM {name}")
    said = {key.decode(): text.decode() for key, text in pq.read_metadata(folder / "senaste.parquet").metadata.items()}
    assert said["beskrivning"] == schema().views["senaste"].comment
    assert json.loads(said["kolumner"])["visas"] == schema().views["senaste"].columns["visas"].comment
    assert (said["kalla"], said["markning"][:10]) == ("Egen bearbetning av syntetiska uppgifter", "SYNTETISKA")
    assert query(exported / "analys.duckdb", "SELECT korning_id FROM klar_korning WHERE nyast = 1") == [
        (said["korning"],)
    ]


def test_what_is_computed_at_every_question_is_cut_as_parquet(exported: Path) -> None:
    stored = pl.read_parquet(exported / "parquet" / "utveckling.parquet")
    assert set(stored["omrade_id"]) == {"0461", "0484", "0004", "0000"}
    order = "ORDER BY nyckeltal_id, omrade_id, ar, kon"
    ours = f"FROM utveckling WHERE i_malbild OR typ = 'riket' {order}"
    assert stored.rows() == query(exported / "analys.duckdb", ours)
