"""The stand-in as a running server on loopback, with its label, its request log and its faults.

What it answers is `routes`. Nothing here ever binds another address than loopback.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Literal

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import ConfigError
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import FaultPlan, Protocol, target, with_faults
from pipelines.standin.routes import kolada_v3

# What the values are: the synthetic sample, or an archive folder.
Label = Literal["syntetisk", "arkiv"]
LABEL_HEADER = "X-Malbild-Standin"

_LOOPBACK = "127.0.0.1"
# Answers that are still under way when the server stops get this long (seconds).
_LAST_ANSWERS = 1


@dataclass(frozen=True, slots=True)
class Logged:
    """A request that was answered: `target` is path and query, `size` the bytes of the body that were sent.

    `status` is 0 when the connection ended before any answer.
    """

    method: str
    target: str
    status: int
    size: int


class RequestLog:
    """Every request in the order they were answered, and how many ran at once. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: list[Logged] = []
        self._running = 0
        self._most = 0

    @property
    def entries(self) -> list[Logged]:
        with self._lock:
            return list(self._entries)

    @property
    def most_at_once(self) -> int:
        with self._lock:
            return self._most

    @property
    def running(self) -> int:
        """How many are being answered now."""
        with self._lock:
            return self._running

    def start(self) -> None:
        with self._lock:
            self._running += 1
            self._most = max(self._most, self._running)

    def finish(self, entry: Logged) -> None:
        with self._lock:
            self._running -= 1
            self._entries.append(entry)


def make_app(
    dataset: Dataset,
    *,
    label: Label,
    log: RequestLog | None = None,
    latency: float = 0.0,
    faults: FaultPlan | None = None,
) -> ASGIApp:
    """The stand-in as an ASGI app. `latency`: seconds that every answer waits.

    Every answer, errors and faults included, says in the header X-Malbild-Standin what is served.
    """
    inner: ASGIApp = kolada_v3(dataset)
    if faults is not None:
        inner = with_faults(inner, faults)
    request_log = log if log is not None else RequestLog()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        status = size = 0
        answered = False

        def finish() -> None:
            request_log.finish(Logged(scope["method"], target(scope), status, size))

        async def labelled(message: Message) -> None:
            nonlocal status, size, answered
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[LABEL_HEADER] = label
                status = message["status"]
            else:
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    # Logged before the last byte leaves: whoever has the answer finds it in the log.
                    answered = True
                    finish()
            await send(message)

        request_log.start()
        try:
            await asyncio.sleep(latency)
            await inner(scope, receive, labelled)
        finally:
            if not answered:
                finish()

    return app


@contextmanager
def running(
    dataset: Dataset,
    label: Label,
    *,
    port: int = 0,
    log: RequestLog | None = None,
    latency: float = 0.0,
    faults: FaultPlan | None = None,
) -> Iterator[str]:
    """The stand-in in a background thread of this process; yields its base URL, e.g. http://127.0.0.1:8000/v3.

    Port 0 takes a free one. Raises ConfigError when the port is taken.
    """
    app = make_app(dataset, label=label, log=log, latency=latency, faults=faults)
    with _bound(port) as listener:
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            # X-Forwarded-Host is part of what is imitated; nothing else that proxies add may change a request.
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="kolada-standin", daemon=True)
        thread.start()
        while not server.started:
            thread.join(timeout=0.005)
            if not thread.is_alive():
                raise RuntimeError("the stand-in ended before it listened")
        try:
            yield f"http://{_LOOPBACK}:{listener.getsockname()[1]}/v3"
        finally:
            server.should_exit = True
            thread.join()


def serve_forever(dataset: Dataset, label: Label, port: int = 0) -> None:
    """Serve until interrupted or terminated; prints the base URL on stdout as soon as requests are answered.

    For the main thread. Raises ConfigError when the port is taken.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running(dataset, label, port=port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            while True:
                # Polars' handler of SIGINT lets the wait for a lock go on; a sleep ends.
                time.sleep(1)


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port that was served a moment ago is free again.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigError(
            f"--port {port}: the stand-in cannot listen there ({error}) → name a free port, or 0 for any"
        ) from error
    return listener
