"""The probe: what we assume of Kolada v3, asked of a server once, politely, with its answers kept as fixtures.

One request at a time, none of them repeated, at most MAX_REQUESTS. Here: the one runner, the folder and the table;
what is asked is `questions`, what the answers mean `assumptions`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap

import httpx
import msgspec

from pipelines.errors import SourceError
from pipelines.kolada.assumptions import DIFFERS, HOLDS, UNTOLD, Finding, judge
from pipelines.kolada.client import HEADERS, STANDIN_HEADER
from pipelines.kolada.questions import questions
from pipelines.kolada.recorded import CannotTellError, Recorded, one_line

MAX_REQUESTS = 40
WIDTH = 120

# The client's own limits: what it would give up on shall be seen here.
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_ANSWER_TIMEOUT = 120.0
_MAX_ANSWER_BYTES = 50_000_000
# So many requests in a row without a useful answer, and the server is left alone.
_FAILURES = 3

_KEPT_HEADERS = (
    "content-type",
    "content-encoding",
    "cache-control",
    "etag",
    "last-modified",
    "retry-after",
    "location",
    "server",
    "date",
    STANDIN_HEADER.lower(),
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
    """Ask `kolada_url`, keep every answer in `folder`, and tell what holds. `pause`: seconds between two requests.

    In `folder`: one file per answer with the body's bytes (`kpi.json`; `per_page-0.422.json` when the status is not
    200), and index.json with address, status, headers and time, in the order of the requests. Files of an earlier probe
    are overwritten. Raises SourceError when the first request gets no answer.
    """
    return judge(asyncio.run(_ask(kolada_url.rstrip("/"), folder, pause)))


def table(findings: list[Finding]) -> str:
    """The findings as plain text, at most WIDTH columns: verdict · assumption and where it matters · what was seen."""
    widths = (len(UNTOLD), 52, WIDTH - len(UNTOLD) - 52 - 4)
    lines = _row(("verdict", "assumption (where it matters)", "seen"), widths)
    lines.append("─" * WIDTH)
    for finding in findings:
        lines += _row((finding.verdict, f"{finding.assumption} ({finding.matters_for})", finding.seen), widths)
    counts = {verdict: sum(f.verdict == verdict for f in findings) for verdict in (HOLDS, DIFFERS, UNTOLD)}
    lines.append("─" * WIDTH)
    lines.append(", ".join(f"{verdict}: {number}" for verdict, number in counts.items()))
    return "\n".join(lines)


@dataclass(slots=True)
class _Manners:
    """How long the server is still asked: `reason` says why not any more."""

    asked: int = 0
    failed: int = 0
    reason: str = ""

    def heed(self, answer: Recorded) -> None:
        self.asked += 1
        self.failed = self.failed + 1 if answer.fault or answer.status >= 500 else 0
        if answer.status == 429:
            self.reason = "not asked: Kolada had answered 429, too many requests"
        elif self.failed >= _FAILURES:
            self.reason = f"not asked: {_FAILURES} requests in a row had failed"
        elif self.asked >= MAX_REQUESTS:
            self.reason = "request budget used"


async def _ask(base: str, folder: Path, pause: float) -> dict[str, Recorded]:
    """Every question, one after the other; answers are in `folder` before the next request."""
    answers: dict[str, Recorded] = {}
    entries: list[_Entry] = []
    manners = _Manners()
    async with httpx.AsyncClient(
        headers=HEADERS,
        timeout=_TIMEOUT,
        limits=httpx.Limits(max_connections=1),
        follow_redirects=False,
    ) as http:
        for key, question in questions(base, datetime.now(UTC).date()).items():
            if manners.reason:
                answers[key] = Recorded(fault=manners.reason)
                continue
            try:
                url = question if isinstance(question, str) else question(answers)
            except CannotTellError as error:
                answers[key] = Recorded(fault=str(error))
                continue
            if manners.asked:
                await asyncio.sleep(pause)
            answer = await _get(http, url)
            manners.heed(answer)
            if manners.asked == 1:
                _refuse_silence(answer)
            answers[key] = answer
            entries.append(_save(folder, key, answer))
            _write(folder / "index.json", msgspec.json.format(msgspec.json.encode(entries), indent=1))
    return answers


async def _get(http: httpx.AsyncClient, url: str) -> Recorded:
    """One request, never repeated."""
    loop = asyncio.get_running_loop()
    start, status, headers, wire = loop.time(), 0, dict[str, str](), 0
    body, fault = bytearray(), ""
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT), http.stream("GET", url) as response:
            status, headers = response.status_code, _headers(response.headers)
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    fault = f"an answer larger than {_MAX_ANSWER_BYTES // 10**6} MB was left unread"
                    break
            wire = response.num_bytes_downloaded
    except TimeoutError:
        fault = f"no whole answer within {_ANSWER_TIMEOUT:.0f} s"
    except (httpx.RequestError, httpx.InvalidURL) as error:
        fault = f"no whole answer: {type(error).__name__}: {error or 'nothing more is known'}"
    seconds = loop.time() - start
    return Recorded(_public(url), status, headers, bytes(body), wire, datetime.now(UTC), seconds, one_line(fault))


def _refuse_silence(answer: Recorded) -> None:
    if answer.fault or answer.status >= 500:
        raise SourceError(
            f"Kolada: {answer.url}: {answer.fault or f'status {answer.status}'}; nothing could be probed "
            "→ check the network and --kolada-url, or try again later"
        )


def _headers(headers: httpx.Headers) -> dict[str, str]:
    """Those that tell something about the answer; never cookies."""
    return {
        name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS or "ratelimit" in name.lower()
    }


def _save(folder: Path, key: str, answer: Recorded) -> _Entry:
    """Keep the body, if one came, and tell where."""
    file = ""
    if answer.status and not answer.fault:
        kind = "json" if "json" in answer.headers.get("content-type", "") else "txt"
        file = f"{key}.{kind}" if answer.status == 200 else f"{key}.{answer.status}.{kind}"
        _write(folder / file, answer.body)
    return _Entry(
        answer.url, answer.received, round(answer.seconds, 3), answer.status, dict(answer.headers), file, answer.fault
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _public(url: str) -> str:
    """The address without user name and password."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b""))
    except httpx.InvalidURL:
        return url


def _row(cells: tuple[str, str, str], widths: tuple[int, int, int]) -> list[str]:
    columns = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    padded = [column + [""] * (height - len(column)) for column in columns]
    return [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in zip(*padded, strict=True)
    ]
