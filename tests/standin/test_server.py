"""The server as a process: what it prints, where it listens, how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from pipelines.errors import ConfigError
from pipelines.standin.server import RequestLog, running
from tests.conftest import ROOT
from tests.standin.conftest import small_dataset

FOREVER = """
from pipelines.standin.server import serve_forever
from tests.standin.conftest import small_dataset
serve_forever(small_dataset(), "syntetisk")
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.lang)])
def test_serve_forever_prints_its_base_url_when_ready_and_ends_cleanly(ending: signal.Signals) -> None:
    command = [sys.executable, "-c", FOREVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx.get(f"{url}/kpi", trust_env=False, timeout=300).json()["count"] == 3
            process.send_signal(ending)
            _, errors = process.communicate(timeout=300)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")


def test_a_port_in_use_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = rf"--port {port}: .* → name a free port, or 0"
        with pytest.raises(ConfigError, match=message), running(small_dataset(), "syntetisk", port=port):
            pass


def test_a_named_port_is_used_and_free_again_afterwards() -> None:
    with running(small_dataset(), "syntetisk") as base:
        httpx.get(f"{base}/kpi", trust_env=False, timeout=300)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/kpi", trust_env=False, timeout=300)
    with running(small_dataset(), "syntetisk", port=httpx.URL(base).port or 0) as again:
        assert again == base


def test_requests_run_at_once_and_are_logged() -> None:
    log = RequestLog()

    async def three(base: str) -> None:
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=300) as http:
            await asyncio.gather(*(http.get("/kpi?per_page=1") for _ in range(3)))

    with running(small_dataset(), "syntetisk", log=log, latency=2) as base:
        asyncio.run(three(base))
    assert log.most_at_once == 3
    assert {(entry.method, entry.target, entry.status) for entry in log.entries} == {("GET", "/v3/kpi?per_page=1", 200)}
    assert len(log.entries) == 3
