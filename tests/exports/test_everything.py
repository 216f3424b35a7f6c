"""All exports together: their checksums, what a failure leaves, what a night notices."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.pages import attribution
from pipelines.errors import ConfigError
from pipelines.exports.about import read_about
from pipelines.exports.everything import export_all, files_in_checksums
from pipelines.warehouse.formulas import neutral_sql, neutral_texts
from tests.exports.conftest import STALE, hostile_dataset
from tests.small import kolada, run_night
from tests.warehouse.small import change


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_sha256sum_finds_every_file_whole(exported: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(exported, tmp_path / "data", ignore=shutil.ignore_patterns("dagster")))
    assert checked(copy / "export").returncode == 0
    summed = {path.resolve() for path in files_in_checksums(copy / "export")}
    there = {path for name in ("export", "parquet") for path in (copy / name).rglob("*") if path.is_file()}
    assert summed == (there | {copy / "analys.duckdb"}) - {copy / "export" / "SHA256SUMS"}
    with (copy / "parquet" / "matvarde.parquet").open("ab") as file:
        file.write(b"x")
    assert checked(copy / "export").returncode == 1


def test_a_failed_export_leaves_the_old_ones(exported: Path, published: Path, tmp_path: Path) -> None:
    for name in ("export", "parquet"):
        shutil.copytree(exported / name, tmp_path / name)
    before = files(tmp_path)
    # The workbook comes late: what was written before it must not be in place either.
    change(published, "UPDATE matvarde SET varde = 99", "DROP TABLE jamforelse")
    with pytest.raises(duckdb.Error):
        export_all(published, tmp_path / "parquet", tmp_path / "export")
    after = files(tmp_path)
    assert {name: content for name, content in after.items() if name.name != published.name} == {
        name: content for name, content in before.items() if name.name != published.name
    }


def test_files_of_tables_that_are_no_more_go(lacking: Path) -> None:
    assert not [name for name in STALE if (lacking / name).exists()]
    assert (lacking / "parquet" / "matvarde.parquet").exists()


def test_a_database_without_a_finished_run_is_refused(published: Path, tmp_path: Path) -> None:
    change(published, "UPDATE korning SET utfall = 'misslyckad'")
    with pytest.raises(ConfigError, match="no finished run"):
        export_all(published, tmp_path / "parquet", tmp_path / "export")
    assert not (tmp_path / "export").exists()


@pytest.mark.lang
def test_a_night_without_news_makes_a_missing_file_again(exported: Path, tmp_path: Path) -> None:
    data, katalog = tmp_path / "data", tmp_path / "katalog"
    shutil.copytree(exported.parent, tmp_path, dirs_exist_ok=True)
    with kolada(hostile_dataset()) as url:
        quiet = run_night(url, data, katalog=katalog)
        assert "Unchanged" in quiet.out
        (data / "export" / "csv" / "trend.csv").unlink()
        mended = run_night(url, data, katalog=katalog)
        assert "Unchanged" not in mended.out
    assert (data / "export" / "csv" / "trend.csv").exists()


def test_the_readme_says_what_is_cut_and_whose_figures_they_are(exported: Path) -> None:
    text = (exported / "export" / "LAS_MIG.txt").read_text()
    assert text.startswith("SYNTETISKA UPPGIFTER")
    assert "Bara raderna för målbildens egna områden" in text
    assert "Källa: Kolada" not in text


@pytest.mark.parametrize("source", ["kolada", "syntetisk", "http://127.0.0.1:9/v3"])
def test_exports_and_report_sign_alike(published: Path, source: str) -> None:
    change(published, f"UPDATE korning SET kalla = '{source}'")
    with duckdb.connect(str(published), read_only=True) as connection:
        about = read_about(connection)
    assert (about.mark, about.unchanged, about.own) == (
        attribution.mark(source),
        attribution.unchanged(source),
        attribution.own(source),
    )


TEXTS = ["=1+1", "+46", "-5", "@SUM(A1)", "\tx", "\rx", "a=b", "'=1", "", "åäö", " =1", "−5", "a\n=b"]


def test_formulas_are_neutral_alike_in_sql_and_in_frames() -> None:
    frame = pl.DataFrame({"text": TEXTS})
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        in_sql = [row[0] for row in connection.sql(f"SELECT {neutral_sql('text')} FROM frame").fetchall()]
    assert in_sql == frame.select(neutral_texts())["text"].to_list()
    assert in_sql[:6] == [f"'{text}" for text in TEXTS[:6]]
    assert in_sql[6:] == TEXTS[6:]
