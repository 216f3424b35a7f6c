"""How the probe asks: one request at a time, none of them repeated, at most MAX_REQUESTS, every answer kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec

from pipelines.errors import SourceError
from pipelines.findings import Finding
from pipelines.kolada.client import HEADERS, STANDIN_HEADER
from pipelines.kolada.contract import Body, TooLargeError, UnreadableAnswerError
from pipelines.kolada.probe.answers import DiffersError, Kind, NotAnsweredError, Recorded, one_line
from pipelines.kolada.probe.checks import judge
from pipelines.kolada.probe.requests import requests

MAX_REQUESTS: Final = 40
# The client's own limits: what it would give up on shall be seen here.
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_ANSWER_TIMEOUT: Final = 120.0
_MAX_ANSWER_BYTES: Final = 50_000_000
# So many requests in a row without a useful answer, and the server is left alone.
_FAILURES: Final = 3
# What says something about the answer; never cookies.
_KEPT_HEADERS: Final = (
    *("content-type", "content-encoding", "cache-control", "etag", "last-modified"),
    *("retry-after", "location", "server", "date", STANDIN_HEADER.lower()),
)


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of index.json: a request, when its answer was received (UTC), and the file that holds it."""

    url: str
    received: datetime
    seconds: float
    status: int = 0
    headers: dict[str, str] = {}
    file: str = ""
    fault: str = ""


def probe(kolada_url: str, folder: Path, *, pause: float = 1 / 3) -> list[Finding]:
    """Ask `kolada_url`, keep every answer in `folder`, and judge them. `pause`: seconds between two requests.

    In `folder`: one file per answer with the body's bytes (`kpi.json`; `batch.422.json` when the status is not 200),
    and index.json with address, status, headers and time, in the order of the requests. Files of an earlier probe are
    overwritten. Raises SourceError when the first request gets no answer.
    """
    return judge(asyncio.run(ask(kolada_url.rstrip("/"), folder, pause)))


@dataclass(slots=True)
class _Budget:
    """How long the server is still asked. `used_up`: why it is not any more."""

    asked: int = 0
    failed: int = 0
    used_up: str = ""

    def update(self, answer: Recorded) -> None:
        self.asked += 1
        self.failed = self.failed + 1 if answer.fault or answer.status >= 500 else 0
        if answer.status == 429:
            self.used_up = "not asked: Kolada had answered 429, too many requests"
        elif self.failed >= _FAILURES:
            self.used_up = f"not asked: {_FAILURES} requests in a row had failed"
        elif self.asked >= MAX_REQUESTS:
            self.used_up = "not asked: the probe's requests were used up"


async def ask(base: str, folder: Path, pause: float) -> dict[str, Recorded]:
    """Send every request, one after the other; an answer is in `folder` before the next request. Raises as `probe`."""
    answers: dict[str, Recorded] = {}
    entries: list[_Entry] = []
    budget = _Budget()
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(headers=HEADERS, timeout=_TIMEOUT, limits=limits, follow_redirects=False) as http:
        for key, request in requests(base, datetime.now(UTC).date()).items():
            try:
                if budget.used_up:
                    raise NotAnsweredError(budget.used_up)
                url = request.address if isinstance(request.address, str) else request.address(answers)
            except (NotAnsweredError, DiffersError) as error:
                answers[key] = Recorded(request.kind, fault=one_line(str(error)))
                continue
            if budget.asked:
                await asyncio.sleep(pause)
            answer = await _get(http, url, request.kind)
            budget.update(answer)
            if budget.asked == 1:
                _refuse_silence(answer)
            answers[key] = answer
            entries.append(_keep(folder, key, answer))
            (folder / "index.json").write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=1))
    return answers


async def _get(http: httpx.AsyncClient, url: str, kind: Kind) -> Recorded:
    loop = asyncio.get_running_loop()
    start, status, headers, body, fault = loop.time(), 0, dict[str, str](), b"", ""
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT), http.stream("GET", url) as response:
            status, headers = response.status_code, _informative(response.headers)
            incoming = Body(response.headers.get("Content-Encoding"), _MAX_ANSWER_BYTES)
            async for chunk in response.aiter_raw():
                incoming.add(chunk)
            body = incoming.whole()
    except TooLargeError:
        fault = f"an answer larger than {_MAX_ANSWER_BYTES // 10**6} MB was left unread"
    except UnreadableAnswerError as error:
        fault = str(error)
    except TimeoutError:
        fault = f"no whole answer within {_ANSWER_TIMEOUT:.0f} s"
    except (httpx.RequestError, httpx.InvalidURL) as error:
        fault = f"no whole answer: {type(error).__name__}: {error or 'nothing more is known'}"
    return Recorded(kind, _public(url), status, headers, body, datetime.now(UTC), loop.time() - start, one_line(fault))


def _refuse_silence(answer: Recorded) -> None:
    if answer.fault or answer.status >= 500:
        raise SourceError(
            f"Kolada: {answer.url}: {answer.fault or f'status {answer.status}'}; nothing could be probed "
            "→ check the network and --kolada-url, or try again later"
        )


def _informative(headers: httpx.Headers) -> dict[str, str]:
    # httpx gives the names in lower case.
    return {name: value for name, value in headers.items() if name in _KEPT_HEADERS or "ratelimit" in name}


def _keep(folder: Path, key: str, answer: Recorded) -> _Entry:
    """Write the body, if one came, and say where."""
    file = ""
    folder.mkdir(parents=True, exist_ok=True)
    if answer.status and not answer.fault:
        kind = "json" if "json" in answer.headers.get("content-type", "") else "txt"
        file = f"{key}.{kind}" if answer.status == 200 else f"{key}.{answer.status}.{kind}"
        (folder / file).write_bytes(answer.body)
    seconds = round(answer.seconds, 3)
    return _Entry(answer.url, answer.received, seconds, answer.status, dict(answer.headers), file, answer.fault)


def _public(url: str) -> str:
    """The address without user name and password."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b""))
    except httpx.InvalidURL:
        return url
