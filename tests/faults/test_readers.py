"""Readers and writers at once: nobody who asks the published database sees two publications in one answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.files import replacing_folder, write_files
from pipelines.locks import hold_data_dir
from pipelines.standin.faults import Fault
from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import FileWarehouse
from tests.conftest import ROOT
from tests.faults import report_reader
from tests.faults.play import SECONDS
from tests.small import CATALOG, dataset, kolada, malbild, run_night, start_command, values

LONG = os.environ.get("FAULTS") == "all"
READERS, PUBLICATIONS, PAUSE = (8, 20, 3) if LONG else (1, 3, 0)


def publish_number(data_dir: Path, number: int) -> None:
    """A publication of which every value, now and in the revisions, is `number`."""
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        for table in ("matvarde", "matvarde_revision"):
            connection.execute(f"UPDATE {table} SET varde = $1", [number])
        connection.execute("UPDATE korning SET arkiv_byte = $1", [number])
    publish(FileWarehouse(data_dir / "lager.duckdb"), data_dir / "analys.duckdb", date(2026, 11, 22))


def reader(data_dir: Path, stop: Path, *hold: str) -> subprocess.Popen[str]:
    return started("tests.faults.reader", data_dir / "analys.duckdb", stop, *hold)


def started(module: str, *arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until_begun(processes: Iterable[subprocess.Popen[str]]) -> None:
    """Nothing changes before everybody has had a first answer."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "begun\n", process.communicate()[1]


@pytest.mark.lang
def test_no_reader_sees_an_error_or_two_publications_at_once(small_night: Path, tmp_path: Path) -> None:
    data_dir, stop = Path(shutil.copytree(small_night, tmp_path / "data")), tmp_path / "slut"
    publish_number(data_dir, 1)
    holder, *readers = processes = [reader(data_dir, stop, "hold"), *(reader(data_dir, stop) for _ in range(READERS))]
    wait_until_begun(processes)
    for number in range(2, PUBLICATIONS + 2):
        publish_number(data_dir, number)
        time.sleep(PAUSE)
    stop.touch()
    numbers = {process: numbers_seen(process) for process in processes}
    assert set(numbers[holder]) == {1}, "who has the file open keeps the publication that was there"
    for process in readers:
        assert numbers[process] == sorted(numbers[process]), "an older publication came back"
        assert numbers[process][-1] == PUBLICATIONS + 1
    assert len({number for process in readers for number in numbers[process]}) > 2


def numbers_seen(process: subprocess.Popen[str]) -> list[float]:
    """The publication of each answer that a reader had, which must be of one publication."""
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    answers = json.loads(out)
    assert all(lowest == highest == run for lowest, highest, _, run in answers), "two publications in one answer"
    assert len({rows for *_, rows, _ in answers}) == 1
    return [lowest for lowest, *_ in answers]


def test_no_reader_of_a_report_sees_half_of_it_or_two_builds_of_it(tmp_path: Path) -> None:
    folder, stop = tmp_path / "rapport" / "utkast", tmp_path / "slut"

    def build(number: int) -> None:
        with replacing_folder(folder) as new:
            write_files(new, {name: f"{number}{' ' * 100_000}{number}".encode() for name in report_reader.NAMES})

    build(1)
    readers = [started("tests.faults.report_reader", folder, stop) for _ in range(READERS)]
    wait_until_begun(readers)
    builds = 20 * PUBLICATIONS
    for number in range(2, builds + 1):
        build(number)
    stop.touch()
    readings = []
    for process in readers:
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, f"no report, or half of one: {err}"
        readings.append(json.loads(out))
    for seen in readings:
        assert all(page == table for page, table, same in seen if same), "two builds in one folder"
        numbers = [number for page, table, _ in seen for number in (page, table)]
        assert numbers == sorted(numbers), "an older build came back"
        assert numbers[-1] == builds
    assert len({page for seen in readings for page, _, _ in seen}) > 2


@pytest.mark.lang
@pytest.mark.parametrize(("readers", "nights", "looks"), [(8, 20, 200) if LONG else (1, 1, 2)])
def test_nobody_sees_two_nights_at_once(
    small_night: Path, tmp_path: Path, readers: int, nights: int, looks: int
) -> None:
    """Database, files and report by the paths that readers use, and in the folder of a publication that was left."""
    data_dir, stop = Path(shutil.copytree(small_night, tmp_path / "data", symlinks=True)), tmp_path / "slut"
    processes = [started("tests.faults.publication_reader", data_dir, stop) for _ in range(readers)]
    wait_until_begun(processes)
    for number in range(1, nights + 1):
        with kolada(dataset(figures=values().with_columns(value=pl.col("value") + number))) as url:
            ended = run_night(url, data_dir, "--full", "--godkann")
            assert ended.code == 0, ended.err
    stop.touch()
    seen = []
    for process in processes:
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err
        seen += json.loads(out)
    assert all(len(set(look)) == 1 for look in seen), [look for look in seen if len(set(look)) > 1]
    assert len({look[0] for look in seen}) > nights / 2
    assert len(seen) >= looks
    assert len(list((data_dir / "publiceringar").iterdir())) == min(3, nights + 1)


@pytest.mark.lang
def test_one_of_two_runs_at_once_is_refused(small_night: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data"))
    with kolada(None, Fault("/data/", "slow", times=None, delay=1)) as url:
        line = ["run", "--full", "--kolada-url", url, "--data-dir", data_dir, "--katalog", CATALOG]
        files = [(tmp_path / f"ut-{number}", tmp_path / f"fel-{number}") for number in (1, 2)]
        runs = [start_command(line, out, err) for out, err in files]
        for run in runs:
            run.join(SECONDS)
    codes = [run.exitcode for run in runs]
    assert sorted(codes) == [0, 5]  # type: ignore[type-var]
    (line_of_error,) = files[codes.index(5)][1].read_text().strip().splitlines()
    assert "another run (process" in line_of_error


@pytest.mark.parametrize("command", ["run", "rebuild", "report"])
def test_what_writes_to_a_data_dir_that_is_held_ends_with_5(command: str, small_night: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data"))
    with hold_data_dir(data_dir):
        ended = malbild(command, "--data-dir", data_dir, **{"MALBILD_KATALOG": str(CATALOG)})
    assert ended.code == 5
    (line,) = ended.err.strip().splitlines()
    assert f"process {os.getpid()}" in line
    assert "→" in line
