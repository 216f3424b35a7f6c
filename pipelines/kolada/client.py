"""The client for Kolada v3: whole lists by page, politely, with every answer archived before it is read.

A request that keeps failing fails the run; nothing is skipped. Retried are only faults that pass by themselves:
429, 5xx, timeouts, broken transfers, and (a few times) answers that cannot be read. What to ask is `plan`, what an
answer must look like is `contract`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import getproxies

import httpx

from pipelines import __version__
from pipelines.errors import SourceError
from pipelines.kolada.contract import Body, TooLargeError, UnreadableAnswerError, read_page
from pipelines.kolada.plan import PER_PAGE

T = TypeVar("T")
log = logging.getLogger("malbild.kolada")

# A stand-in says in this header what it serves; Kolada itself never sends it.
STANDIN_HEADER = "X-Malbild-Standin"

# Who asks; everything that talks to Kolada says so.
HEADERS = {
    "User-Agent": f"malbild/{__version__} (uppfoljning av nara vard)",
    "Accept": "application/json",
    # What `contract.Body` reads.
    "Accept-Encoding": "gzip",
}

_MAX_PAGES = 2000
_MAX_REDIRECTS = 3
# Kolada's largest honest page is about 2 MB; one record can not make it a hundred times that.
_MAX_ANSWER_BYTES = 200_000_000
_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 30.0
# From first to last byte: stops an answer that drips.
_ANSWER_TIMEOUT = 120.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
# Nobody waits longer than this for anything; a server may ask for any number.
_LONGEST_ASKED = 366 * 86400.0
# How long a server that names a time is waited for in all, where nobody sits and waits.
_ASKED_IN_ALL = 900.0
_UNREADABLE_TRIES = 3
_TRANSIENT = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """One archived answer: where it came from, when (UTC, naive), and the sha256 of its body."""

    url: str
    received: datetime
    sha256: str
    records: int


@dataclass(slots=True)
class Traffic:
    """What the client has done so far."""

    requests: int = 0
    bytes: int = 0
    retries: int = 0
    # Rows of Kolada's catalogue that are none of ours and could not be used.
    skipped: int = 0
    # What the server's stand-in header said; None = no answer yet, "" = no such header.
    standin: str | None = None


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: httpx.Headers
    body: bytes
    received: datetime


@dataclass(slots=True)
class _Queued:
    """How long the tries of one request have waited for their turns, which is no fault of Kolada's (seconds)."""

    seconds: float = 0.0


class TooManyIdsError(SourceError):
    """Kolada refuses a request that may have more ids than it allows (422)."""


class TransientError(Exception):
    """A fault that may pass: worth another try while patience lasts."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


@dataclass(slots=True)
class KoladaClient:
    """Use as `async with`. `store(url, status, body, received)` archives an answer and returns its sha256; it runs in
    a thread.

    `asked_wait`: how long a wait that Kolada asks for (Retry-After, seconds) is none of the patience's business.
    `on_retry`: gets every fault that is tried again. `gate`: what every request enters while it lasts; by default it
    lets `requests_at_once` in. `transport`, `sleep` and `clock` (seconds) are the outside world, given by tests.
    """

    base_url: str
    store: Callable[[str, int, bytes, datetime], str]
    requests_at_once: int = 3
    patience: float = 60.0
    asked_wait: float = 0.0
    on_retry: Callable[[str], None] = lambda what: None
    gate: AbstractAsyncContextManager[object] | None = None
    transport: httpx.AsyncBaseTransport | None = None
    sleep: Callable[[float], object] = asyncio.sleep
    clock: Callable[[], float] | None = None
    traffic: Traffic = field(default_factory=Traffic)
    _http: httpx.AsyncClient = field(init=False)
    _gate: AbstractAsyncContextManager[object] = field(init=False)

    async def __aenter__(self) -> KoladaClient:
        self.base_url = self.base_url.rstrip("/")
        self._gate = self.gate or asyncio.Semaphore(self.requests_at_once)
        self._http = httpx.AsyncClient(
            headers=HEADERS,
            timeout=httpx.Timeout(self._within(_READ_TIMEOUT), connect=self._within(_CONNECT_TIMEOUT)),
            limits=httpx.Limits(max_connections=self.requests_at_once),
            transport=self.transport,
            # Proxies are the installation's business (HTTPS_PROXY), certificates never are: TLS is always verified.
            follow_redirects=False,
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._http.aclose()

    def _within(self, timeout: float) -> float:
        """No silence is borne for longer than the patience; without any there is one try, and that has its time."""
        return min(timeout, self.patience) or timeout

    async def pages(
        self,
        path: str,
        record: type[T],
        params: Sequence[tuple[str, str]] = (),
        ours: Collection[str] | None = None,
    ) -> AsyncIterator[tuple[Answer, list[T]]]:
        """Every page of a list, in order: the archived answer and its records. `ours`: as of `contract.read_page`.

        Raises SourceError when Kolada cannot be reached, refuses the request, or pages in a way that cannot be trusted.
        """
        query = httpx.QueryParams([*params, ("per_page", str(PER_PAGE))])
        url: str | None = f"{self.base_url}{path}?{query}"
        seen: set[str] = set()
        while url is not None:
            seen.add(url)
            answer, rows, next_url = await self._get_page(url, record, ours)
            yield answer, rows
            # Hundreds of lists wait for their next pages; none of them needs the last one any longer.
            del rows
            url = self.next_address(url, next_url, seen)

    def next_address(self, url: str, next_url: str | None, seen: set[str]) -> str | None:
        """Where a list goes on after the page at `url`; None at its end. `seen`: the pages that have been read.

        Raises SourceError when `next_url` leads away from Kolada, or back.
        """
        if next_url is None:
            return None
        target = self._secured(_joined(url, next_url))
        if not self._is_kolada(target):
            raise SourceError(
                f"{short_url(url)}: next_url leads to {short_url(target)}, away from {self.base_url}; it was not "
                "followed → check --kolada-url and any proxy that rewrites addresses"
            )
        if target in seen:
            raise SourceError(
                f"{short_url(url)}: next_url leads back to {short_url(target)}; the list never ends → try again later"
            )
        if len(seen) >= _MAX_PAGES:
            raise SourceError(
                f"{short_url(url)}: more than {_MAX_PAGES} pages, expected a few → tell RKA, or check --kolada-url"
            )
        return target

    def _secured(self, url: str) -> str:
        """The same address by https, when it is ours by http: a server behind a proxy may not know how it was asked."""
        try:
            plain = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            return url
        # Another port than http's own is another server.
        if plain.scheme == "http" and plain.port in (None, 80) and not _climbs(url):
            secured = str(plain.copy_with(scheme="https", port=None))
            return secured if self._is_kolada(secured) else url
        return url

    def _is_kolada(self, url: str) -> bool:
        """Whether an address lies below our own. Read by the parser that sends, so that both see the same server."""
        try:
            ours, theirs = httpx.URL(self.base_url), httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            return False
        same_host = (ours.scheme, ours.raw_host, ours.port) == (theirs.scheme, theirs.raw_host, theirs.port)
        below = theirs.path.startswith(f"{ours.path.rstrip('/')}/")
        return same_host and below and not theirs.userinfo and not _climbs(url)

    async def _get_page(
        self, url: str, record: type[T], ours: Collection[str] | None
    ) -> tuple[Answer, list[T], str | None]:
        """One page, tried again while the fault may pass and patience lasts."""
        clock = self.clock or asyncio.get_running_loop().time
        start, wait, unreadable, asked, queued = clock(), _FIRST_WAIT, 0, 0.0, _Queued()
        while True:
            try:
                return await self._try_page(url, record, ours, clock, queued)
            except UnreadableAnswerError as error:
                unreadable += 1
                fault: Exception = error
                pause = wait
                exhausted = unreadable >= _UNREADABLE_TRIES
                what = f"the answer is unreadable ({error}), expected JSON as Kolada v3 documents it"
            except TransientError as error:
                # Who asks for no wait at all gets our own: many would be asked at once.
                fault, pause, exhausted = error, error.wait or wait, False
                what = str(error)
            elapsed = clock() - start - queued.seconds
            requested = isinstance(fault, TransientError) and bool(fault.wait)
            granted = requested and pause <= self.asked_wait and asked + pause <= _ASKED_IN_ALL
            left = self.patience - (elapsed - asked)
            if exhausted or (not granted and (left <= 0 or (requested and pause > left))):
                wish = f", and it asks for a wait of {pause:.0f} s" if requested else ""
                raise SourceError(
                    f"Kolada: {short_url(url)}: {what}{wish}; gave up after {elapsed:.0f} s → {_advice(url, fault)}"
                ) from fault
            if not granted:
                pause = min(pause, left)
            self.traffic.retries += 1
            self.on_retry(f"{short_url(url)}: {what}")
            log.warning("%s: %s; trying again in %.1f s", short_url(url), what, pause)
            await self.sleep(pause)  # type: ignore[misc]
            if granted:
                asked += pause
                continue
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _try_page(
        self,
        url: str,
        record: type[T],
        ours: Collection[str] | None,
        clock: Callable[[], float],
        queued: _Queued,
    ) -> tuple[Answer, list[T], str | None]:
        for _ in range(_MAX_REDIRECTS + 1):
            reply = await self._request(url, clock, queued)
            location = reply.headers.get("Location")
            if reply.status not in (301, 302, 303, 307, 308) or location is None:
                break
            target = self._secured(_joined(url, location))
            if not self._is_kolada(target):
                raise SourceError(
                    f"{short_url(url)} redirects to {short_url(target)}, away from {self.base_url} → check --kolada-url"
                )
            url = target
        else:
            raise SourceError(f"{short_url(url)}: more than {_MAX_REDIRECTS} redirects → check --kolada-url")
        sha256 = await asyncio.to_thread(self.store, url, reply.status, reply.body, reply.received)
        if reply.status in _TRANSIENT:
            raise TransientError(f"status {reply.status}", _retry_after(reply.headers, reply.received))
        if reply.status != 200:
            start = reply.body[:120].decode("utf-8", "replace")
            error = TooManyIdsError if reply.status == 422 else SourceError
            raise error(
                f"Kolada: {short_url(url)}: status {reply.status}, expected 200; it says {start!r} → check --kolada-url"
            )
        page = read_page(reply.body, record, ours)
        if page.skipped:
            self.note_skipped(url, page.skipped)
        return Answer(url, reply.received, sha256, len(page.values)), page.values, page.next()

    def note_skipped(self, url: str, faults: Sequence[str]) -> None:
        """Count and log rows that are none of ours and cannot be used."""
        self.traffic.skipped += len(faults)
        log.warning(
            "%s: %d rows that are none of ours are skipped: %s", short_url(url), len(faults), "; ".join(faults[:5])
        )

    async def _request(self, url: str, clock: Callable[[], float], queued: _Queued) -> _Reply:
        queued_at = clock()
        try:
            async with self._gate:
                queued.seconds += clock() - queued_at
                async with asyncio.timeout(_ANSWER_TIMEOUT), self._http.stream("GET", url) as response:
                    self.traffic.requests += 1
                    incoming = Body(response.headers.get("Content-Encoding"), _MAX_ANSWER_BYTES)
                    async for chunk in response.aiter_raw():
                        incoming.add(chunk)
                    body = incoming.whole()
        except TooLargeError as error:
            raise SourceError(
                f"Kolada: {short_url(url)}: an answer larger than {_MAX_ANSWER_BYTES // 10**6} MB, "
                "expected a few → check --kolada-url"
            ) from error
        except TimeoutError as error:
            raise TransientError(f"no whole answer within {_ANSWER_TIMEOUT:.0f} s") from error
        except httpx.InvalidURL as error:
            raise SourceError(f"{short_url(url)}: not a usable address ({error}) → check --kolada-url") from error
        except httpx.RequestError as error:
            # This machine's fault, which looks like a lost connection: Kolada must not be blamed, nor asked again.
            if _is_of_memory(error):
                raise MemoryError(f"no memory was left to read the answer of {short_url(url)}") from error
            raise TransientError(f"{type(error).__name__}: {error or 'no answer'}") from error
        self.traffic.bytes += len(body)
        standin = response.headers.get(STANDIN_HEADER, "")
        if self.traffic.standin is not None and standin != self.traffic.standin:
            raise SourceError(
                f"{short_url(url)}: answers come from two servers ({self.traffic.standin or 'Kolada'!r} and "
                f"{standin or 'Kolada'!r}) → check --kolada-url"
            )
        self.traffic.standin = standin
        return _Reply(response.status_code, response.headers, body, datetime.now(UTC).replace(tzinfo=None))


def store_nothing(url: str, status: int, body: bytes, received: datetime) -> str:
    """For a KoladaClient whose answers are only looked at."""
    return hashlib.sha256(body).hexdigest()


def _advice(url: str, fault: Exception) -> str:
    """What to do about a fault that did not pass."""
    if not isinstance(fault.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return "try again later, or check --kolada-url"
    there, proxy = httpx.URL(url), getproxies().get("https")
    proxy_setting = f"is {short_url(proxy)}" if proxy else "is not set"
    port = there.port or {"http": 80}.get(there.scheme, 443)
    return (
        f"check the network, that the firewall lets {there.host} port {port} through, and the proxy (HTTPS_PROXY "
        f"{proxy_setting})"
    )


def _retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Retry-After in seconds, in either of its two forms; None when absent or unreadable."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_ASKED)
    try:
        when = parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        wait = (when - now.replace(tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, wait), _LONGEST_ASKED)


def _is_of_memory(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, MemoryError):
        error = error.__cause__ or error.__context__
    return error is not None


def _joined(url: str, there: str) -> str:
    """An address that an answer names, seen from `url`; as it is written when it is none."""
    try:
        return urljoin(url, there)
    except ValueError:
        return there


def _climbs(url: str) -> bool:
    """Whether a server or a proxy could read the path as one that leads up, however it is encoded."""
    path = re.split(r"[?#]", url)[0]
    while (decoded := unquote(path)) != path:
        path = decoded
    return "\\" in path or not path.isprintable() or not {".", ".."}.isdisjoint(re.split(r"[/;?#]", path))


def short_url(url: str) -> str:
    """A URL for people: id lists of more than three shortened, secrets in user info dropped."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "what is no address"
    segments = []
    # Whoever sent the address chose its signs, and this is read in terminals.
    server, path = (quote(part, safe="/,%:@;=&+") for part in (parts.hostname or "", parts.path))
    for segment in path.split("/"):
        ids = segment.split(",")
        segments.append(segment if len(ids) <= 3 else f"{ids[0]},{ids[1]},… ({len(ids)})")
    return f"{parts.scheme}://{server}{f':{port}' if port else ''}{'/'.join(segments)}"
