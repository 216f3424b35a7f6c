"""The client against a scripted Kolada: what it asks, what it tries again, and when it gives up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from pipelines.errors import SourceError
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Municipality

BASE = "https://kolada.test/v3"
Reply = httpx.Response | Exception


def page(*ids: str, next_url: str | None = None) -> httpx.Response:
    values = [{"id": i, "title": i, "type": "K"} for i in ids]
    return httpx.Response(
        200, json={"values": values, "count": len(values), "next_url": next_url, "previous_url": None}
    )


def sent(reply: httpx.Response) -> httpx.Response:
    """The reply as it comes off the wire: unread."""
    return httpx.Response(reply.status_code, headers=reply.headers, stream=httpx.ByteStream(reply.content))


class Script:
    """A Kolada that gives these replies in order, and remembers what was asked, archived and waited for."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[httpx.Request] = []
        self.archived: list[tuple[int, bytes]] = []
        self.waits: list[float] = []
        self.retried: list[str] = []
        self.now = 0.0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return sent(reply)

    def store(self, url: str, status: int, body: bytes, received: datetime) -> str:
        self.archived.append((status, body))
        return f"sha-{len(self.archived)}"

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def fetch(self, patience: float = 60.0, gate: Any = None, asked_wait: float = 0.0) -> list[str]:
        async def ids() -> list[str]:
            client = KoladaClient(
                BASE,
                self.store,
                patience=patience,
                asked_wait=asked_wait,
                on_retry=self.retried.append,
                gate=gate,
                transport=httpx.MockTransport(self.handle),
                sleep=self.sleep,
                clock=lambda: self.now,
            )
            async with client:
                return [area.id async for _, rows in client.pages("/municipality", Municipality) for area in rows]

        return asyncio.run(ids())

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.asked]


def test_pages_are_followed_to_the_end_in_order() -> None:
    kolada = Script(page("0428", next_url=f"{BASE}/municipality?per_page=5000&page=2"), page("0461"))
    assert kolada.fetch() == ["0428", "0461"]
    assert kolada.urls == [f"{BASE}/municipality?per_page=5000", f"{BASE}/municipality?per_page=5000&page=2"]


def test_an_empty_page_is_not_the_last_one() -> None:
    kolada = Script(
        page("0428", next_url=f"{BASE}/municipality?page=2"), page(next_url=f"{BASE}/municipality?page=3"), page("0461")
    )
    assert kolada.fetch() == ["0428", "0461"]


@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_next_url_does_not_say_whether_the_list_goes_on(blank: str) -> None:
    with pytest.raises(SourceError, match=f"next_url is '{blank}', expected an address or null"):
        Script(*[page("0428", next_url=blank)] * 3).fetch()


def test_it_says_who_it_is() -> None:
    kolada = Script(page("0428"))
    kolada.fetch()
    assert kolada.asked[0].headers["User-Agent"].startswith("malbild/")


def test_a_relative_next_url_is_resolved() -> None:
    kolada = Script(page("0428", next_url="/v3/municipality?page=2"), page("0461"))
    assert kolada.fetch() == ["0428", "0461"]
    assert kolada.urls[1] == f"{BASE}/municipality?page=2"


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.test/v3/municipality?page=2",
        "http://kolada.test:8080/v3/municipality?page=2",
        "http://kolada.test/admin",
        "http://evil.test/v3/municipality?page=2",
        "https://kolada.test:8443/v3/municipality?page=2",
        "https://kolada.test/admin",
        "file:///etc/passwd",
        # What cannot be read as an address leads nowhere.
        "https://kolada.test/v3/\0",
        f"https://kolada.test/v3/{'a' * 70_000}",
    ],
    ids=lambda address: address[:50],
)
def test_a_next_url_that_leads_away_is_refused_unread(away: str) -> None:
    kolada = Script(page("0428", next_url=away))
    with pytest.raises(SourceError, match=r"away from https://kolada.test/v3"):
        kolada.fetch()
    assert len(kolada.asked) == 1


@pytest.mark.parametrize(
    "plain", ["http://kolada.test/v3/municipality?page=2", "HTTP://kolada.test:80/v3/municipality?page=2"]
)
def test_what_leads_on_by_http_is_asked_by_https(plain: str) -> None:
    kolada = Script(page("0428", next_url=plain), page("0461"))
    assert kolada.fetch() == ["0428", "0461"]
    assert kolada.asked[1].url.scheme == "https"
    redirected = Script(httpx.Response(307, headers={"Location": plain}), page("0428"))
    assert redirected.fetch() == ["0428"]
    assert redirected.asked[1].url.scheme == "https"


def test_a_list_that_leads_back_to_itself_is_refused() -> None:
    kolada = Script(
        page("0428", next_url=f"{BASE}/municipality?page=2"),
        page("0461", next_url=f"{BASE}/municipality?per_page=5000"),
    )
    with pytest.raises(SourceError, match="never ends"):
        kolada.fetch()
    assert len(kolada.asked) == 2


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(500),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(429),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.Response(200, html="<h1>Vi är snart tillbaka</h1>"),
        httpx.Response(200, content=b'{"values": [{"id": "0428", "ti'),
        httpx.Response(200, content=b""),
    ],
    ids=lambda f: f"{f.status_code} {f.content[:9]!r}" if isinstance(f, httpx.Response) else type(f).__name__,
)
def test_a_fault_that_passes_is_tried_again(fault: Reply) -> None:
    kolada = Script(fault, page("0428"))
    assert kolada.fetch() == ["0428"]
    assert len(kolada.asked) == 2
    assert kolada.waits == [0.5]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_other_refusals_are_final(status: int) -> None:
    kolada = Script(httpx.Response(status, json={"detail": "Not Found"}))
    with pytest.raises(SourceError, match=f"status {status}, expected 200; it says .*Not Found"):
        kolada.fetch()
    assert len(kolada.asked) == 1
    assert kolada.waits == []


def test_waits_grow_until_patience_ends() -> None:
    kolada = Script(*[httpx.Response(503)] * 20)
    with pytest.raises(SourceError, match=r"status 503; gave up after 60 s → try again later"):
        kolada.fetch(patience=60)
    assert kolada.waits == [0.5, 1, 2, 4, 8, 16, 28.5]


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        (None, "HTTPS_PROXY is not set"),
        ("http://anna:hemligt@proxy.test:3128", "HTTPS_PROXY is http://proxy.test:3128"),
    ],
)
def test_a_network_that_is_not_there_is_named_with_firewall_and_proxy(
    proxy: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    kolada = Script(*[httpx.ConnectError("[Errno -3] Temporary failure in name resolution")] * 20)
    with pytest.raises(SourceError, match="gave up after 5 s → check the network") as raised:
        kolada.fetch(patience=5)
    assert "the firewall lets kolada.test port 443 through" in str(raised.value)
    assert said in str(raised.value)
    assert "hemligt" not in str(raised.value)
    # Said at the first fault, for whoever sits and waits.
    assert (
        kolada.retried[0]
        == "https://kolada.test/v3/municipality: ConnectError: [Errno -3] Temporary failure in name resolution"
    )


def test_silence_is_borne_for_as_long_as_the_patience() -> None:
    def limits(patience: float) -> httpx.Timeout:
        async def opened() -> httpx.Timeout:
            async with KoladaClient(BASE, lambda *_: "", patience=patience) as client:
                return client._http.timeout

        return asyncio.run(opened())

    assert [(limits(p).connect, limits(p).read) for p in (60, 5, 0)] == [(10, 30), (5, 5), (10, 30)]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(form: str) -> None:
    when = "7" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=7), usegmt=True)
    kolada = Script(httpx.Response(429, headers={"Retry-After": when}), page("0428"))
    assert kolada.fetch() == ["0428"]
    (wait,) = kolada.waits
    # A date has whole seconds, and some time passes until it is read.
    assert wait == 7 if form == "seconds" else 0 < wait <= 7


def test_a_server_that_asks_for_no_wait_is_not_asked_at_once() -> None:
    kolada = Script(*[httpx.Response(503, headers={"Retry-After": "0"})] * 3, page("0428"))
    assert kolada.fetch() == ["0428"]
    assert kolada.waits == [0.5, 1, 2]


def test_a_retry_after_beyond_patience_is_not_waited_for() -> None:
    kolada = Script(httpx.Response(503, headers={"Retry-After": "3600"}))
    with pytest.raises(SourceError, match="asks for a wait of 3600 s; gave up after 0 s"):
        kolada.fetch()
    assert kolada.waits == []


def test_a_night_waits_some_minutes_when_it_is_asked_to() -> None:
    def asks(seconds: int) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": str(seconds)})

    kolada = Script(asks(240), asks(300), httpx.Response(503), page("0428"))
    assert kolada.fetch(asked_wait=300) == ["0428"]
    assert kolada.waits == [240, 300, 0.5]
    for replies, said in (([asks(301)], "301 s; gave up after 0 s"), ([asks(300)] * 4, "300 s; gave up after 900 s")):
        with pytest.raises(SourceError, match=said):
            Script(*replies).fetch(asked_wait=300)


def test_an_answer_that_stays_unreadable_ends_the_fetch() -> None:
    kolada = Script(*[httpx.Response(200, html="<h1>Underhåll</h1>")] * 5)
    with pytest.raises(SourceError, match=r"unreadable .*the answer begins '<h1>Underh.*expected JSON as Kolada v3"):
        kolada.fetch()
    assert len(kolada.asked) == 3


def test_every_answer_is_archived_before_it_is_read() -> None:
    broken = b"<h1>nej</h1>"
    kolada = Script(httpx.Response(503, content=b"vila"), httpx.Response(200, content=broken), page("0428"))
    kolada.fetch()
    assert kolada.archived[:2] == [(503, b"vila"), (200, broken)]
    assert json.loads(kolada.archived[2][1])["values"][0]["id"] == "0428"


def test_a_page_that_came_short_is_unreadable() -> None:
    short = {"values": [], "count": 3, "next_url": None}
    kolada = Script(*[httpx.Response(200, json=short)] * 3)
    with pytest.raises(SourceError, match="count says 3 but 0 rows came"):
        kolada.fetch()


def test_an_answer_without_next_url_is_unreadable_not_the_last_page() -> None:
    old_form = {"values": [], "count": 0, "next_page": "https://kolada.test/v3/municipality?page=2"}
    kolada = Script(*[httpx.Response(200, json=old_form)] * 3)
    with pytest.raises(SourceError, match="lacks count or next_url"):
        kolada.fetch()


def test_a_redirect_within_kolada_is_followed_and_one_away_is_not() -> None:
    kolada = Script(httpx.Response(307, headers={"Location": "/v3/municipality/"}), page("0428"))
    assert kolada.fetch() == ["0428"]
    kolada = Script(httpx.Response(302, headers={"Location": "https://evil.test/v3/municipality"}))
    with pytest.raises(SourceError, match=r"redirects to https://evil.test/v3/municipality, away from"):
        kolada.fetch()
    kolada = Script(*[httpx.Response(307, headers={"Location": "/v3/municipality"})] * 10)
    with pytest.raises(SourceError, match="more than 3 redirects"):
        kolada.fetch()


def test_answers_of_two_servers_are_not_mixed() -> None:
    stand_in = page("0461")
    stand_in.headers["X-Malbild-Standin"] = "syntetisk"
    kolada = Script(page("0428", next_url=f"{BASE}/municipality?page=2"), stand_in)
    with pytest.raises(SourceError, match="two servers"):
        kolada.fetch()


def test_a_lack_of_memory_is_not_kolada_s_and_is_not_tried_again() -> None:
    lost = httpx.ReadError("")
    # As asyncio and anyio hand it on: the loss of the connection, and beneath it why.
    lost.__cause__ = OSError("the connection is broken")
    lost.__cause__.__cause__ = MemoryError()
    kolada = Script(lost, page("0428"))
    with pytest.raises(MemoryError, match="no memory was left to read the answer of https://kolada"):
        kolada.fetch()
    assert len(kolada.asked) == 1


def test_no_more_than_three_requests_at_once() -> None:
    under_way = most = 0

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return sent(page("0428"))

    async def many() -> None:
        store: Callable[[str, int, bytes, datetime], str] = lambda *_: "sha"  # noqa: E731
        async with KoladaClient(BASE, store, transport=httpx.MockTransport(handle)) as client:

            async def fetch_list() -> None:
                async for _ in client.pages("/municipality", Municipality):
                    pass

            await asyncio.gather(*(fetch_list() for _ in range(12)))

    asyncio.run(many())
    assert most == 3


def test_waiting_for_a_turn_takes_nothing_from_the_patience() -> None:
    kolada = Script(httpx.Response(503), page("0428"))

    class Queue:
        async def __aenter__(self) -> None:
            kolada.now += 100

        async def __aexit__(self, *exc_info: object) -> None:
            pass

    assert kolada.fetch(patience=60, gate=Queue()) == ["0428"]
    assert kolada.waits == [0.5]
