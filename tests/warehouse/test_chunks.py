"""A few nyckeltal at a time: however few, the same comes out."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse.analyse import compare, judge_trends
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import FileWarehouse

pytestmark = pytest.mark.lang

ANALYSED = ("jamforelse", "konsskillnad", "spridning", "lansdel_varde", "trend", "lan_trend", "mal")


@pytest.mark.parametrize(
    ("chunk_size", "results"),
    [(10, [["a", "b", "c", "d"]]), (5, [["a", "b"], ["c"], ["d"]]), (1, [["a", "b"], ["c"], ["d"]])],
)
def test_every_nyckeltal_is_in_one_chunk(chunk_size: int, results: list[list[str]]) -> None:
    assert list(chunks({"d": 3, "a": 1, "b": 0, "c": 6}, chunk_size)) == results


def test_the_analysis_is_the_same_in_chunks(small_night: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(small_night / "lager.duckdb", tmp_path / "lager.duckdb"))
    results = []
    for chunk_size in (1_000_000, 5):
        with FileWarehouse(file).open() as connection:
            for name in ANALYSED:
                connection.execute(f"DELETE FROM {name}")
            compare(connection, chunk_size)
            judge_trends(connection, chunk_size)
            results.append({name: connection.sql(f"FROM {name} ORDER BY ALL").fetchall() for name in ANALYSED})
    assert results[0] == results[1]
    # The small Kolada knows no kön.
    assert [name for name, rows in results[0].items() if not rows] == ["konsskillnad"]


def test_what_is_published_is_the_same_in_chunks(small_night: Path, tmp_path: Path) -> None:
    results = []
    for number, chunk_size in enumerate((1_000_000, 5)):
        file = tmp_path / f"{number}.duckdb"
        publish(FileWarehouse(small_night / "lager.duckdb"), file, date(2026, 11, 22), chunk_size)
        with duckdb.connect(str(file), read_only=True) as connection:
            # In the order in which they lie there, by which readers are fast.
            names = connection.sql("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
            results.append(
                {name: connection.sql(f"FROM {name}").fetchall() for (name,) in names if name != "main.kommunprofil"}
            )
    assert results[0] == results[1]
    assert len(results[0]["main.matvarde"]) > 100
