"""What can go wrong between Kolada and a client, on demand.

A `Fault` says which requests it strikes and how; the middleware `with_faults` puts it between the server and the wire.
Answers without a fault are `server`'s.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, repeat
from threading import Lock
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

Kind = Literal[
    "status",
    "html",
    "empty",
    "truncated",
    "reset",
    "late_reset",
    "slow",
    "drip",
    "endless",
    "cycle",
    "cross_host",
    "made",
]

_HTML = b"<!doctype html><html lang='sv'><title>Underhall</title><p>Tjansten ar strax tillbaka.</html>"
OTHER_HOST = "http://annan-vard.invalid"


# How often a dripping answer gives a byte (seconds), and what an endless one goes on with.
_DRIP, _MORE = 1.0, b" " * 65_536


@dataclass(frozen=True, slots=True)
class FaultyAnswer:
    """An answer that a fault has made from the right one: status, headers beside Content-Length, body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong for requests whose path and query match the regular expression `match`.

    kind:
        status      answers with `status`, and with `Retry-After: retry_after` if given
        html        200 with a web page
        empty       200 with no body
        truncated   half the body, then the connection closes
        reset       the connection is reset before any answer
        late_reset  the connection is reset after the headers and half the body
        slow        the right answer, after `delay`
        drip        the right answer, a byte a second
        endless     the right answer, and white space after it for ever
        cycle       next_url leads to the request itself
        cross_host  next_url leads to another host
        made        what `make` returns for the right answer
    `delay` (seconds) can precede every kind. `times`: how many requests it strikes; None = all.
    """

    match: str
    kind: Kind
    times: int | None = 1
    status: int = 503
    retry_after: str | None = None
    delay: float = 0.0
    make: Callable[[FaultyAnswer], FaultyAnswer] | None = None


class FaultPlan:
    """Faults in order: a request meets the first that matches and still has strikes left. Safe between threads."""

    def __init__(self, *faults: Fault) -> None:
        self._left: list[tuple[Fault, int | None]] = [(fault, fault.times) for fault in faults]
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """One more, after the others."""
        with self._lock:
            self._left.append((fault, fault.times))

    def strike(self, target: str) -> Fault | None:
        """The fault that this request meets, which then has one strike less."""
        with self._lock:
            for number, (fault, left) in enumerate(self._left):
                if left != 0 and re.search(fault.match, target):
                    self._left[number] = (fault, None if left is None else left - 1)
                    return fault
        return None


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Uvicorn's own, but each request's scope["state"] names its connection, so that a fault can reset it."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def with_faults(app: ASGIApp, plan: FaultPlan) -> ASGIApp:
    """`app`, with the faults of `plan`. Needs a server that runs `Protocol`."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        fault = plan.strike(target(scope))
        if fault is None:
            return await app(scope, receive, send)
        await asyncio.sleep(fault.delay)
        match fault.kind:
            case "slow":
                return await app(scope, receive, send)
            case "reset":
                return await _reset(scope["state"]["transport"], receive)
            case "status":
                retry = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
                return await _answer(send, fault.status, b'{"detail":"fault"}', **retry)
            case "html":
                return await _answer(send, 200, _HTML, **{"content-type": "text/html"})
            case "empty":
                return await _answer(send, 200, b"")
        body = await _body(app, scope, receive)
        match fault.kind:
            case "truncated" | "late_reset":
                await _start(send, 200, len(body))
                await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                if fault.kind == "late_reset":
                    return await _reset(scope["state"]["transport"], receive)
                scope["state"]["transport"].close()
                await _disconnected(receive)
            case "drip":
                await _pieces(scope, receive, send, (body[n : n + 1] for n in range(len(body))), len(body), _DRIP)
            case "endless":
                await _pieces(scope, receive, send, chain([body], repeat(_MORE)), None, 0)
            case "made":
                assert fault.make is not None, "kind made needs make"
                answer = fault.make(FaultyAnswer(200, body))
                await _answer(send, answer.status, answer.body, **answer.headers)
            case "cycle":
                host = dict(scope["headers"])[b"host"].decode()
                await _answer(send, 200, _with_next(body, f"{scope['scheme']}://{host}{target(scope)}"))
            case "cross_host":
                await _answer(send, 200, _with_next(body, f"{OTHER_HOST}{target(scope)}"))

    return faulty


def target(scope: Scope) -> str:
    """The request's path and query as they stood on the wire."""
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return (path + b"?" + query if query else path).decode("ascii")


async def _body(app: ASGIApp, scope: Scope, receive: Receive) -> bytes:
    parts: list[bytes] = []

    async def keep(message: Message) -> None:
        parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    return b"".join(parts)


def _with_next(body: bytes, url: str) -> bytes:
    return json.dumps(json.loads(body) | {"next_url": url}, ensure_ascii=False).encode()


async def _reset(transport: asyncio.Transport, receive: Receive) -> None:
    # Lingering for no time at all makes the system send RST, as a host does that went down.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    """Until the connection is gone: uvicorn complains about an unfinished answer on one that is still there."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pieces(
    scope: Scope, receive: Receive, send: Send, pieces: Iterable[bytes], length: int | None, pause: float
) -> None:
    """An answer in pieces, until it ends or nobody is there any more."""
    await _start(send, 200, length)
    transport: asyncio.Transport = scope["state"]["transport"]
    for piece in pieces:
        if transport.is_closing():
            return
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b""})


async def _answer(send: Send, status: int, body: bytes, **headers: str) -> None:
    await _start(send, status, len(body), **headers)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, status: int, length: int | None, **headers: str) -> None:
    lines = {"content-type": "application/json"} | headers
    if length is not None:
        lines["content-length"] = str(length)
    raw = [(name.encode(), value.encode()) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
