"""`malbild ui` and its processes: they end together, whoever is ended first, and a port that is taken is one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import MalbildError
from pipelines.locks import LOCK_FILE, lock_holder
from pipelines.ui import _Children
from tests.conftest import ROOT
from tests.small import CATALOG, malbild
from tests.ui.dagster import CHILDREN, gone, serving, until

SLEEP = "import time; time.sleep(3600)"
# A child that has started one of its own, and names both.
WITH_OWN = f"""
import os, subprocess, sys, time
own = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(os.getpid(), own.pid, file=open(sys.argv[1] + ".tmp", "w"))
os.rename(sys.argv[1] + ".tmp", sys.argv[1])
time.sleep(3600)
"""
PARENT = f"""
import os, sys, time
from pipelines.ui import _Children
children = _Children(os.environ, [])
children.start("the sleeper", "-c", {WITH_OWN!r}, sys.argv[1])
time.sleep(3600)
"""


def pids(file: Path) -> list[int]:
    until(lambda: file.exists() or None)
    return [int(pid) for pid in file.read_text().split()]


def test_a_child_that_ends_is_named_and_all_are_ended(tmp_path: Path) -> None:
    children = _Children(os.environ, [])
    children.start("the sleeper", "-c", WITH_OWN, str(tmp_path / "pids"))
    children.check()
    children.start("the daemon", "-c", "raise SystemExit(3)")

    def failure() -> str | None:
        try:
            children.check()
        except MalbildError as error:
            return str(error)
        return None

    assert "the daemon ended by itself (code 3)" in until(failure)
    children.end()
    assert all(until(lambda pid=pid: gone(pid)) for pid in pids(tmp_path / "pids"))


@pytest.mark.lang
def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "pids")], cwd=ROOT)
    child, own = pids(tmp_path / "pids")
    parent.kill()
    parent.wait()
    try:
        assert until(lambda: gone(child))
    finally:
        os.kill(own, signal.SIGKILL)


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = malbild("ui", "--port", port, "--data-dir", tmp_path / "data", MALBILD_KATALOG=str(CATALOG))
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert f"--port {port} cannot be had (Address already in use) → " in ended.err


@pytest.mark.lang
def test_all_end_when_one_ends(tmp_path: Path) -> None:
    """That all end with the command is asserted of every Dagster that is served for a test."""
    with serving(tmp_path / "data", MALBILD_KATALOG=str(CATALOG)) as dagster:
        children = [dagster.child(name) for name in CHILDREN]
        os.kill(dagster.child("pipelines.webserver"), signal.SIGTERM)
        assert dagster.process.wait(timeout=600) == 1
        assert all(gone(pid) for pid in children)
    # It can be served again.
    assert lock_holder(tmp_path / "data" / "dagster" / LOCK_FILE) is None
