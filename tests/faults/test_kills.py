"""Runs that are killed (SIGKILL) at any moment: readers have the old or the new, and the next run makes it good."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipelines.standin.dataset import Dataset
from pipelines.warehouse.info import STORED, read_info
from pipelines.warehouse.store import FileWarehouse
from tests.faults.play import RESULTS, assert_report, assert_values, assert_whole, here, published
from tests.small import CATALOG, begun, dataset, kolada, values

LONG = os.environ.get("FAULTS") == "all"
# Of each part: another moment is drawn when a run was done before.
KILLS = 26 if LONG else 3
# The same moments every time, but for `make kills`.
SEED = int(os.environ.get("FAULTS_SEED") or (time.time_ns() % 1_000_000 if LONG else 1))


class Killed:
    """A data dir on which runs are killed: which phase each was in, and how long a whole run takes (seconds)."""

    def __init__(self, data_dir: Path, seed: int) -> None:
        self.data_dir = data_dir
        self.phases: Counter[str] = Counter()
        self.random = random.Random(seed)
        self.longest = 2.0
        self.number = 0

    def news(self) -> Dataset:
        """Every value is another than before."""
        self.number += 1
        return dataset(figures=values().with_columns(value=pl.col("value") + self.number))

    def kill_one(self, url: str) -> bool:
        """Begin a run and kill it at some moment after it has the data dir; False when it was done before."""
        there = set(self.data_dir.glob("arbete/*/"))
        report, sums = self._inode("rapport/utkast/index.html"), self._inode("export/SHA256SUMS")
        database = self._inode("analys.duckdb")
        out, err = self.data_dir.with_name("ut"), self.data_dir.with_name("fel")
        run = begun(self.arguments(url), out, err)
        while not (mine := set(self.data_dir.glob("arbete/*/")) - there):
            assert run.is_alive(), err.read_text()
            time.sleep(0.001)
        begun_at = time.monotonic()
        run.join(self.random.uniform(0, self.longest))
        if run.exitcode is not None:
            assert run.exitcode == 0, err.read_text()
            self.longest = time.monotonic() - begun_at
            return False
        run.kill()
        run.join()
        assert run.exitcode == -signal.SIGKILL
        (folder,) = mine
        if self._inode("analys.duckdb") != database:
            done = [self._inode("export/SHA256SUMS") != sums, self._inode("rapport/utkast/index.html") != report]
            phase = {0: "exporter och rapport", 1: "exporter och rapport", 2: "avslutning"}[sum(done)]
        elif self.data_dir.joinpath("analys.duckdb.tmp").exists():
            phase = "publicering"
        elif self._has_stored(folder.name):
            phase = "kontroll och analys"
        elif list(folder.glob("godkant-*")):
            phase = "granskning och sammanslagning"
        else:
            phase = "hämtning"
        self.phases[phase] += 1
        return True

    def arguments(self, url: str) -> list[str]:
        # Every value is revised at once: a person must have looked.
        where = ["--kolada-url", url, "--data-dir", str(self.data_dir), "--katalog", str(CATALOG)]
        return ["run", "--full", "--godkann", *where]

    def _has_stored(self, run_id: str) -> bool:
        """Whether the run had come past the merge; asked of a copy, because opening the warehouse clears its log."""
        copy = self.data_dir.with_name("kopia.duckdb")
        for end in ("", ".wal"):
            copy.with_name(f"{copy.name}{end}").unlink(missing_ok=True)
            if (log := self.data_dir / f"lager.duckdb{end}").exists():
                shutil.copyfile(log, copy.with_name(f"{copy.name}{end}"))
        with FileWarehouse(copy).read() as connection:
            return (read_info(connection, STORED) or "").startswith(f"{run_id} ")

    def _inode(self, name: str) -> int:
        return (self.data_dir / name).stat().st_ino


@pytest.mark.parametrize("part", [1, 2] if LONG else [1])
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(small_night: Path, tmp_path: Path, part: int) -> None:
    seed = SEED + part
    print(f"FAULTS_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    killed = Killed(Path(shutil.copytree(small_night, tmp_path / "data")), seed)
    before = published(killed.data_dir)
    while killed.phases.total() < KILLS:
        served = killed.news()
        with kolada(served) as url:
            hit = killed.kill_one(url)
            found = published(killed.data_dir)
            if not found.equals(before):
                assert_values(found, served)
            assert_report(killed.data_dir)
            if LONG or killed.phases.total() == KILLS:
                ended = here(killed.arguments(url), 240)
                assert ended.code == 0, ended.err
                assert_values(published(killed.data_dir), served)
                assert_whole(killed.data_dir)
        before = published(killed.data_dir)
        assert hit or killed.number < 3 * KILLS
        if RESULTS in os.environ:
            told = {"seed": SEED, "phases": dict(killed.phases)}
            (Path(os.environ[RESULTS]) / f"_kills-{part}.json").write_text(json.dumps(told, ensure_ascii=False))
    with FileWarehouse(killed.data_dir / "lager.duckdb").open() as connection:
        outcomes = {row[0] for row in connection.sql("SELECT DISTINCT utfall FROM korning").fetchall()}
        ((doubled,),) = connection.sql(
            "SELECT count(*) - count(DISTINCT (nyckeltal_id, omrade_id, ar, kon)) FROM matvarde"
        ).fetchall()
    assert outcomes <= {"avbruten", "klar"}
    assert doubled == 0
