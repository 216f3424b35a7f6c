"""The server as a process: what it prints, where it listens, how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pipelines.errors import ConfigError
from pipelines.standin.server import RequestLog, running
from tests.standin.conftest import small_dataset

ROOT = Path(__file__).resolve().parents[2]
FOREVER = """
from pipelines.standin.server import serve_forever
from tests.standin.conftest import small_dataset
serve_forever(small_dataset(), "syntetisk")
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_forever_prints_its_base_url_when_ready_and_ends_cleanly(ending: signal.Signals) -> None:
    command = [sys.executable, "-c", FOREVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx.get(f"{url}/kpi", trust_env=False).json()["count"] == 3
            process.send_signal(ending)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_told_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = rf"--port {port}: .* → name a free port, or 0"
        with pytest.raises(ConfigError, match=told), running(small_dataset(), "syntetisk", port=port):
            pass


def test_a_named_port_is_used_and_free_again_afterwards() -> None:
    with running(small_dataset(), "syntetisk") as base:
        port = httpx.URL(base).port
        httpx.get(f"{base}/kpi", trust_env=False)
    assert port is not None
    with running(small_dataset(), "syntetisk", port=port) as again:
        assert again == base
        assert httpx.get(f"{again}/kpi", trust_env=False).status_code == 200


def test_only_loopback_is_listened_on() -> None:
    with running(small_dataset(), "syntetisk") as base:
        port = httpx.URL(base).port
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as elsewhere:
            # The rest of 127/8 is another address: it would be taken, were the server bound to all.
            elsewhere.bind(("127.0.0.2", port))


def test_requests_run_at_once_and_are_counted() -> None:
    log = RequestLog()

    async def three(base: str) -> None:
        async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
            await asyncio.gather(*(http.get("/kpi") for _ in range(3)))

    with running(small_dataset(), "syntetisk", log=log, latency=0.3) as base:
        asyncio.run(three(base))
    assert log.most_at_once == 3
    assert len(log.entries) == 3
