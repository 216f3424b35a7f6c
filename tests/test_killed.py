"""A run that is killed leaves a warehouse that the next run opens and finishes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl

from pipelines.warehouse.store import open_warehouse
from tests.conftest import ROOT
from tests.small import CATALOG, dataset, kolada, run_night, values

# Seconds into a run of about three: while it fetches, while it merges, while it publishes.
MOMENTS = (1.6, 2.2, 2.8)


def current(data_dir: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True) as connection:
        return connection.sql(
            "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status FROM matvarde ORDER BY ALL"
        ).fetchall()


def kill_a_run(url: str, data_dir: Path, after: float) -> bool:
    """Start a run and kill it; False when it had ended before."""
    command = [
        sys.executable,
        "-m",
        "pipelines",
        "run",
        "--full",
        "--godkann",
        "--kolada-url",
        url,
        "--data-dir",
        str(data_dir),
    ]
    with subprocess.Popen(
        [*command, "--katalog", str(CATALOG)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    ) as run:
        time.sleep(after)
        killed = run.poll() is None
        run.kill()
    return killed


def test_a_killed_run_is_made_good_by_the_next(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with kolada() as url:
        assert run_night(url, data_dir).code == 0
    before = current(data_dir)
    killed = 0
    for number, moment in enumerate(MOMENTS):
        revised = values().with_columns(value=pl.col("value") + number + 1)
        with kolada(dataset(figures=revised)) as url:
            killed += kill_a_run(url, data_dir, moment)
            after_kill = current(data_dir)
            # Every value is revised at once: a person must have looked.
            ended = run_night(url, data_dir, "--full", "--godkann")
            assert ended.code == 0, ended.err
            after = current(data_dir)
        assert after_kill in (before, after)
        assert after != before
        before = after
    assert killed, "every run ended before it was killed: choose earlier moments"
    with open_warehouse(data_dir / "lager.duckdb") as connection:
        outcomes = [row[0] for row in connection.sql("SELECT DISTINCT utfall FROM korning ORDER BY 1").fetchall()]
        doubled = connection.sql(
            "SELECT count(*) - count(DISTINCT (nyckeltal_id, omrade_id, ar, kon)) FROM matvarde"
        ).fetchall()
    assert set(outcomes) <= {"avbruten", "klar"}
    assert "pågår" not in outcomes
    assert doubled == [(0,)]
