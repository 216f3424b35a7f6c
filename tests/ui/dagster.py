"""`malbild ui` as a user starts it: webserver and daemon on loopback over one data dir."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests import conftest

# Long enough for a machine with other things to do; nothing is asserted about it.
PATIENCE = 1200.0 * conftest.PATIENCE
CHILDREN = ("code-server", "pipelines.webserver", "dagster-daemon")
_JOB = {"repositoryLocationName": "pipelines.definitions:defs", "repositoryName": "__repository__", "jobName": "natt"}
_LAUNCH = """
mutation ($s: JobOrPipelineSelector!) { launchRun(executionParams: {selector: $s, runConfigData: {}}) {
  __typename ... on LaunchRunSuccess { run { runId } } } }
"""
_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@dataclass(frozen=True)
class Dagster:
    """A served data dir. `process`: the command; its children are webserver and daemon."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]

    def ask(self, query: str, **variables: Any) -> Any:
        answer = httpx.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=PATIENCE)
        return answer.raise_for_status().json()["data"]

    def launch(self) -> str:
        """Start the night's job; the id of its run."""
        return str(self.ask(_LAUNCH, s=_JOB)["launchRun"]["run"]["runId"])

    def status(self, run_id: str) -> str:
        return str(self.ask(_STATUS, id=run_id)["runOrError"]["status"])

    def wait(self, run_id: str, *wanted: str) -> str:
        """Wait until the run has one of these states."""
        return until(lambda: status if (status := self.status(run_id)) in wanted else None)

    def child(self, module: str) -> int:
        """The process id of the webserver or the daemon."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid and module in command:
                return int(folder.name)
        raise LookupError(f"{module} is no child of {self.process.pid}")


def gone(pid: int) -> bool | None:
    """True once the process has ended, as `until` wants it."""
    try:
        return "Z (zombie)" in Path(f"/proc/{pid}/status").read_text() or None
    except FileNotFoundError:
        return True


def until(result: Any) -> Any:
    """What `result` gives once it is not None."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (value := result()) is not None:
            return value
        time.sleep(0.2)
    raise AssertionError(f"nothing came within {PATIENCE} s")


@contextmanager
def serving(data_dir: Path, **environment: str) -> Iterator[Dagster]:
    """Serve the data dir on a free port until the block ends, and assert that all its processes end with it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "ui", "--data-dir", str(data_dir), "--port", str(port)],
            cwd=conftest.ROOT,
            env={**{k: v for k, v in os.environ.items() if not k.startswith("MALBILD_")}, **environment},
            stdout=subprocess.DEVNULL,
            stderr=err,
        )
        served = Dagster(f"http://127.0.0.1:{port}", data_dir, process)

        def ready() -> bool | None:
            if process.poll() is not None:
                err.seek(0)
                raise AssertionError(f"malbild ui ended with {process.returncode}: {err.read()[-3000:]}")
            try:
                return httpx.get(f"{served.url}/server_info", timeout=5).is_success or None
            except httpx.HTTPError:
                return None

        try:
            until(ready)
            yield served
            if process.poll() is None:
                children = [served.child(name) for name in CHILDREN]
                process.terminate()
                assert process.wait(timeout=PATIENCE) == 0
                assert [pid for pid in children if not gone(pid)] == []
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(timeout=PATIENCE)
