"""A run that is killed leaves a warehouse that the next run opens and finishes."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import duckdb
import polars as pl

from pipelines.warehouse.store import open_warehouse
from tests.small import CATALOG, begun, dataset, kolada, run_night, values

# Files that a run makes when it has asked for the catalogue, when it has validated everything, when it publishes.
MOMENTS = ("arbete/*/katalog.json", "arbete/*/vagrat.parquet", "analys.duckdb.tmp")


def current(data_dir: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True) as connection:
        return connection.sql(
            "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status FROM matvarde ORDER BY ALL"
        ).fetchall()


def kill_a_run(url: str, data_dir: Path, moment: str) -> None:
    """Start a run and kill it as soon as it has made a new file of this name."""
    there = set(data_dir.glob(moment))
    out, err = data_dir.with_name("ut"), data_dir.with_name("fel")
    run = begun(
        ["run", "--full", "--godkann", "--kolada-url", url, "--data-dir", data_dir, "--katalog", CATALOG], out, err
    )
    while not set(data_dir.glob(moment)) - there:
        assert run.is_alive(), f"ended before {moment} was there: {err.read_text()}"
    run.kill()
    run.join()
    assert run.exitcode == -signal.SIGKILL


def test_a_killed_run_is_made_good_by_the_next(small_night: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data"))
    before = current(data_dir)
    for number, moment in enumerate(MOMENTS):
        revised = values().with_columns(value=pl.col("value") + number + 1)
        with kolada(dataset(figures=revised)) as url:
            kill_a_run(url, data_dir, moment)
            after_kill = current(data_dir)
            # Every value is revised at once: a person must have looked.
            ended = run_night(url, data_dir, "--full", "--godkann")
            assert ended.code == 0, ended.err
            after = current(data_dir)
        assert after_kill in (before, after)
        assert after != before
        before = after
    with open_warehouse(data_dir / "lager.duckdb") as connection:
        outcomes = [row[0] for row in connection.sql("SELECT DISTINCT utfall FROM korning ORDER BY 1").fetchall()]
        doubled = connection.sql(
            "SELECT count(*) - count(DISTINCT (nyckeltal_id, omrade_id, ar, kon)) FROM matvarde"
        ).fetchall()
    assert outcomes == ["avbruten", "klar"]
    assert doubled == [(0,)]
