"""Runs that are killed (SIGKILL) at any moment: readers have the old or the new, and the next run makes it good."""

from __future__ import annotations

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
from tests.faults.play import Place, arguments, assert_values, assert_whole, published
from tests.small import CATALOG, dataset, kolada, malbild, start_command, values

pytestmark = pytest.mark.lang

LONG = os.environ.get("FAULTS") == "all"
# Of each part: another moment is drawn when a run had ended before it was killed.
KILLS = 26 if LONG else 3
# The same moments every time, but for `make kills`.
SEED = int(os.environ.get("FAULTS_SEED") or (time.time_ns() % 1_000_000 if LONG else 1))
DATABASE, SUMS, REPORT = "analys.duckdb", "export/SHA256SUMS", "rapport/utkast/index.html"


class Killer:
    """Kills runs on a data dir. phases: how many in each phase. longest: seconds that a whole run takes."""

    def __init__(self, data_dir: Path, seed: int) -> None:
        self.place = Place(data_dir, CATALOG)
        self.phases: Counter[str] = Counter()
        self.random = random.Random(seed)
        self.longest = 2.0

    def kill(self, url: str) -> bool:
        """Start a run and kill it at some moment after it has taken the data dir; False when it had ended before."""
        data_dir = self.place.data_dir
        folders, inodes = set(data_dir.glob("arbete/*/")), self.inodes()
        out, err = data_dir.with_name("ut"), data_dir.with_name("fel")
        run = start_command(self.arguments(url), out, err)
        while not (new := set(data_dir.glob("arbete/*/")) - folders):
            assert run.is_alive(), err.read_text()
            time.sleep(0.001)
        started = time.monotonic()
        run.join(self.random.uniform(0, self.longest))
        if run.exitcode is not None:
            assert run.exitcode == 0, err.read_text()
            self.longest = time.monotonic() - started
            return False
        run.kill()
        run.join()
        assert run.exitcode == -signal.SIGKILL
        (folder,) = new
        self.phases[self.phase(folder, inodes)] += 1
        return True

    def phase(self, folder: Path, inodes: dict[str, int]) -> str:
        replaced = [name for name, inode in self.inodes().items() if inode != inodes[name]]
        if DATABASE in replaced:
            assert len(replaced) == 3, "one publication is switched at once"
            return "end"
        if list(self.place.data_dir.glob("publiceringar/.*Z-*")):
            return "publication"
        if self.has_stored(folder.name):
            return "checks and analysis"
        return "validation and merge" if list(folder.glob("godkant-*")) else "fetch"

    def arguments(self, url: str) -> list[str]:
        # Every value is revised at once: a person must have looked.
        return arguments(url, self.place, "--full", "--godkann")

    def inodes(self) -> dict[str, int]:
        return {name: (self.place.data_dir / name).stat().st_ino for name in (DATABASE, SUMS, REPORT)}

    def has_stored(self, run_id: str) -> bool:
        """Whether the run had come past the merge; asked of a copy, because opening the warehouse clears its log."""
        data_dir = self.place.data_dir
        copy = data_dir.with_name("kopia.duckdb")
        for end in ("", ".wal"):
            copy.with_name(f"{copy.name}{end}").unlink(missing_ok=True)
            if (log := data_dir / f"lager.duckdb{end}").exists():
                shutil.copyfile(log, copy.with_name(f"{copy.name}{end}"))
        with FileWarehouse(copy).read() as connection:
            return (read_info(connection, STORED) or "").startswith(f"{run_id} ")


def all_values_plus(number: int) -> Dataset:
    return dataset(figures=values().with_columns(value=pl.col("value") + number))


@pytest.mark.parametrize("part", [1, 2] if LONG else [1])
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(small_night: Path, tmp_path: Path, part: int) -> None:
    print(f"FAULTS_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data"))
    killer = Killer(data_dir, SEED + part)
    for number in range(1, 3 * KILLS):
        served, before = all_values_plus(number), published(data_dir)
        with kolada(served) as url:
            killer.kill(url)
            after = published(data_dir)
            if not after.equals(before):
                assert_values(after, served)
            assert_whole(data_dir)
            if LONG or killer.phases.total() == KILLS:
                ended = malbild(*killer.arguments(url))
                assert ended.code == 0, ended.err
                assert_values(published(data_dir), served)
        if killer.phases.total() == KILLS:
            break
    assert killer.phases.total() == KILLS
    print(dict(killer.phases))  # noqa: T201 - `make kills` shows it
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        outcomes = {row[0] for row in connection.sql("SELECT DISTINCT utfall FROM korning").fetchall()}
        ((doubled,),) = connection.sql(
            "SELECT count(*) - count(DISTINCT (nyckeltal_id, omrade_id, ar, kon)) FROM matvarde"
        ).fetchall()
    assert outcomes <= {"avbruten", "klar"}
    assert doubled == 0
