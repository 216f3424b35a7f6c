"""The answer to a query of one's own, as Excel reads it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from pipelines.errors import ConfigError
from pipelines.exports.answer import write_answer
from pipelines.warehouse.queries import read_published

QUERY = """SELECT omrade_id, varde, ar, visas, '=1+1' AS text, DATE '2026-11-22' AS dag, NULL AS inget
    FROM senaste WHERE nyckeltal_id = 'U00001' AND namn = 'Västby' AND kon = 'T'"""


def test_a_swedish_excel_reads_the_answer(exported: Path, tmp_path: Path) -> None:
    with read_published(exported / "analys.duckdb") as connection:
        ((value,),) = connection.sql(f"SELECT varde FROM ({QUERY})").fetchall()
        assert {write_answer(connection, QUERY, tmp_path / name) for name in ("svar.csv", "svar.xlsx")} == {1}
    number = str(value).replace(".", ",")
    assert (tmp_path / "svar.csv").read_bytes().decode() == (
        f"\ufeffomrade_id;varde;ar;visas;text;dag;inget\r\n0484;{number};2024;nej;'=1+1;2026-11-22;\r\n"
    )
    line, header, row = openpyxl.load_workbook(tmp_path / "svar.xlsx")["Svar"].iter_rows(values_only=True)
    assert line[0].startswith("SYNTETISKA UPPGIFTER")
    assert header == ("omrade_id", "varde", "ar", "visas", "text", "dag", "inget")
    assert row == ("0484", value, 2024, "nej", "=1+1", "2026-11-22", None)


@pytest.mark.parametrize(
    ("query", "target", "words"),
    [
        ("FROM ingen", "svar.csv", "ingen does not exist"),
        ("FROM matvarde_per(DATE '1999-01-01')", "svar.xlsx", "före den första körningen"),
        ("SET threads = 1", "svar.csv", "gives no table"),
        ("SELECT 1; SELECT 2", "svar.csv", "write one SELECT"),
        ("FROM senaste", "svar.txt", "the ending says the form"),
    ],
)
def test_what_cannot_be_answered_says_why(exported: Path, tmp_path: Path, query: str, target: str, words: str) -> None:
    with read_published(exported / "analys.duckdb") as connection, pytest.raises(ConfigError, match=words):
        write_answer(connection, query, tmp_path / target)
    assert not (tmp_path / target).exists()
