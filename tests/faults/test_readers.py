"""Readers and writers at once: nobody who asks the published database sees two publications in one answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from pipelines.standin.faults import Fault
from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import FileWarehouse
from tests.conftest import PATIENCE, ROOT
from tests.faults.play import RESULTS
from tests.small import CATALOG, begun, dataset, kolada

LONG = os.environ.get("FAULTS") == "all"
READERS, PUBLICATIONS, HELD_SECONDS = (8, 20, 60) if LONG else (3, 4, 0)


def publish_number(data_dir: Path, number: int) -> None:
    """A publication of which every value, now and in the revisions, is `number`."""
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        for table in ("matvarde", "matvarde_revision"):
            connection.execute(f"UPDATE {table} SET varde = $1", [number])
        connection.execute("UPDATE korning SET arkiv_byte = $1", [number])
    publish(FileWarehouse(data_dir / "lager.duckdb"), data_dir / "analys.duckdb", date(2026, 11, 22))


def reader(data_dir: Path, stop: Path, *hold: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.reading", data_dir / "analys.duckdb", stop, *hold]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_no_reader_sees_an_error_or_two_publications_at_once(small_night: Path, tmp_path: Path) -> None:
    data_dir, stop = Path(shutil.copytree(small_night, tmp_path / "data")), tmp_path / "slut"
    publish_number(data_dir, 1)
    begun_at = time.monotonic()
    readers = [reader(data_dir, stop) for _ in range(READERS)]
    holder = reader(data_dir, stop, "hold")
    for process in (*readers, holder):
        assert process.stdout
        assert process.stdout.readline() == "begun\n", "nothing changes before everybody has begun"
    for number in range(2, PUBLICATIONS + 2):
        publish_number(data_dir, number)
        time.sleep(HELD_SECONDS / PUBLICATIONS)
    stop.touch()
    answers = 0
    seen_by_all: set[float] = set()
    for process in (*readers, holder):
        out, err = process.communicate(timeout=240 * PATIENCE)
        assert process.returncode == 0, err
        seen = json.loads(out)
        answers += len(seen)
        numbers = [lowest for lowest, *_ in seen]
        assert all(lowest == highest == run for lowest, highest, _, run in seen), "two publications in one answer"
        assert len({rows for *_, rows, _ in seen}) == 1
        assert numbers == sorted(numbers), "an older publication came back"
        if process is holder:
            assert set(numbers) == {1}
        else:
            assert numbers[-1] == PUBLICATIONS + 1
            seen_by_all.update(numbers)
    assert len(seen_by_all) > 2
    if RESULTS in os.environ:
        told = {"readers": READERS, "publications": PUBLICATIONS, "answers": answers}
        told["held"] = round(time.monotonic() - begun_at)
        (Path(os.environ[RESULTS]) / "_readers.json").write_text(json.dumps(told))


def test_of_two_runs_at_once_one_is_told_so(small_night: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data"))
    with kolada(dataset(), Fault("/data/", "slow", times=None, delay=3)) as url:
        runs = [
            begun(
                ["run", "--full", "--kolada-url", url, "--data-dir", data_dir, "--katalog", CATALOG],
                tmp_path / f"ut-{number}",
                tmp_path / f"fel-{number}",
            )
            for number in (1, 2)
        ]
        for run in runs:
            run.join(240 * PATIENCE)
    assert sorted(run.exitcode for run in runs) == [0, 5]  # type: ignore[type-var]
    refused = next(number for number, run in enumerate(runs, start=1) if run.exitcode == 5)
    (line,) = (tmp_path / f"fel-{refused}").read_text().strip().splitlines()
    assert "another run (process" in line
    if RESULTS in os.environ:
        (Path(os.environ[RESULTS]) / "_two.json").write_text(json.dumps({"line": line.removeprefix("malbild: ")}))
