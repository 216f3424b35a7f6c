"""The stand-in in a process of its own, with its answers encoded beforehand, so that it is not what is measured.

    python -m tools.bench.serve KPIS COPIES LATENCY

KPIS 0 means all. Prints its base URL. `/bench/stats` gives requests, bytes and CPU seconds so far. An answer stays in
memory once it has been asked for; whoever measures asks for everything once before.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import msgspec
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.standin.faults import target
from pipelines.standin.routes import kolada_v3
from pipelines.standin.server import LABEL_HEADER
from tools import ROOT
from tools.bench.large import kolada


class Stats(msgspec.Struct, frozen=True):
    """What the server has done so far; CPU in seconds."""

    requests: int
    bytes: int
    cpu: float

    def __sub__(self, earlier: Stats) -> Stats:
        return Stats(self.requests - earlier.requests, self.bytes - earlier.bytes, self.cpu - earlier.cpu)


def cached(app: ASGIApp, latency: float) -> ASGIApp:
    """`app`, answering from memory what it has answered before, each answer after `latency` seconds."""
    answers: dict[str, list[Message]] = {}
    requests = size = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal requests, size
        if scope["path"] == "/bench/stats":
            usage = resource.getrusage(resource.RUSAGE_SELF)
            body = msgspec.json.encode(Stats(requests, size, usage.ru_utime + usage.ru_stime))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            return await send({"type": "http.response.body", "body": body})
        key = target(scope)
        if key not in answers:
            messages: list[Message] = []

            async def store(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((LABEL_HEADER.lower().encode(), b"arkiv"))
                messages.append(message)

            await app(scope, receive, store)
            answers[key] = messages
        await asyncio.sleep(latency)
        requests += 1
        for message in answers[key]:
            size += len(message.get("body", b""))
            await send(message)

    return answer


@dataclass(frozen=True)
class Server:
    """A running server. `url`: its base URL."""

    url: str

    def stats(self) -> Stats:
        body = httpx.get(f"{self.url.removesuffix('/v3')}/bench/stats").content
        return msgspec.json.decode(body, type=Stats)


@contextmanager
def serving(kpis: int = 0, copies: int = 1, latency: float = 0.1) -> Iterator[Server]:
    """The server as a child process, until the block ends."""
    command = [sys.executable, "-m", "tools.bench.serve", str(kpis), str(copies), str(latency)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Server(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    kpis, copies, latency = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    app = cached(kolada_v3(kolada(kpis or None, copies)), latency)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/v3", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="error", access_log=False))
    server.run([listener])


if __name__ == "__main__":
    main()
