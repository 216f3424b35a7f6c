"""`make night`: the real daemon is killed in the middle of a run, and the next start makes it good.

Too slow for every `make test`, which has the parts of it: `faults.test_kills`, `test_schedule`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.standin.faults import Fault, FaultPlan
from pipelines.standin.server import RequestLog, running
from pipelines.warehouse.store import FileWarehouse
from tests.small import CATALOG, dataset, malbild
from tests.ui.dagster import serving, until


def descendants(pid: int) -> list[int]:
    """The process and all that came of it."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    pids = [pid]
    for parent_pid in pids:
        pids += [child for child, parent in parents.items() if parent == parent_pid]
    return pids


def shown(data_dir: Path) -> dict[str, bytes]:
    files = (data_dir / "analys.duckdb", data_dir / "rapport" / "utkast" / "index.html")
    return {file.name: file.read_bytes() for file in files}


@pytest.fixture
def slow_kolada() -> Iterator[tuple[str, FaultPlan, RequestLog]]:
    """A Kolada that can be made slow, so that a run is caught in the middle."""
    faults, log = FaultPlan(), RequestLog()
    # Under a name of its own: `malbild ui` gives synthetic figures its own stand-in.
    with running(dataset(), "arkiv", faults=faults, log=log) as url:
        yield url, faults, log


@pytest.mark.parametrize("killed", ["the daemon", "everything"])
def test_a_run_whose_daemon_is_killed_is_made_good(
    slow_kolada: tuple[str, FaultPlan, RequestLog], tmp_path: Path, killed: str
) -> None:
    url, faults, log = slow_kolada
    data_dir = tmp_path / "data"
    environment = {"MALBILD_KATALOG": str(CATALOG), "MALBILD_KOLADA_URL": url}
    with serving(data_dir, **environment) as dagster:
        dagster.wait(dagster.launch(), "SUCCESS")
        before = shown(data_dir)
        faults.add(Fault("/data/", "slow", times=None, delay=5.0))
        asked = len(log.entries)
        caught = dagster.launch()
        until(lambda: len(log.entries) > asked or None)
        assert dagster.status(caught) == "STARTED"
        second = malbild("ui", "--data-dir", data_dir, **environment)
        assert second.code == 5
        assert "is served already" in second.err
        pids = [dagster.child("dagster-daemon")] if killed == "the daemon" else descendants(dagster.process.pid)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        dagster.process.wait(timeout=600)
    assert shown(data_dir) == before
    with serving(data_dir, **environment) as dagster:
        # What the daemon had started may go on by itself for a while.
        dagster.wait(caught, "FAILURE", "SUCCESS")
        dagster.wait(dagster.launch(), "SUCCESS")
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        outcomes = [row[0] for row in connection.sql("SELECT utfall FROM korning ORDER BY startad").fetchall()]
    assert outcomes[0] == outcomes[-1] == "klar"
    assert outcomes[1] in ("avbruten", "klar")
