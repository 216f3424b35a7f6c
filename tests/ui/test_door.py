"""The door of the web UI: what is let in, and what a page of somebody else's can do from a real browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pipelines.webserver import Door, refusal
from tests.web import Silent, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOST = {"host": "127.0.0.1:3000"}
JSON = HOST | {"content-type": "application/json; charset=utf-8"}
CROSS = {"sec-fetch-site": "cross-site"}
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/graphql", JSON, None),
        ("POST", "/graphql", JSON | {"origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-origin"}, None),
        ("POST", "/graphql", JSON | {"host": "localhost:8080", "origin": "http://localhost:8080"}, None),
        ("GET", "/runs/1", HOST | {"sec-fetch-site": "none"} | LINK, None),
        ("GET", "/runs/1", HOST | CROSS | LINK, None),
        ("GET", "/graphql", HOST, 405),
        ("HEAD", "/graphql", HOST, 405),
        ("GET", "/graphql", HOST | CROSS | LINK, 405),
        ("POST", "/graphql", HOST, 415),
        ("POST", "/graphql", HOST | {"content-type": "text/plain; application/json"}, 415),
        ("POST", "/report_asset_materialization/a", HOST | {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/graphql", JSON | {"origin": "https://exempel.se"}, 403),
        ("POST", "/graphql", JSON | {"origin": "null"}, 403),
        ("POST", "/graphql", JSON | {"origin": "http://127.0.0.1:8000"}, 403),
        ("POST", "/graphql", JSON | {"origin": "https://127.0.0.1:3000"}, 403),
        ("POST", "/graphql", JSON | {"sec-fetch-site": "same-site"}, 403),
        ("POST", "/graphql", JSON | CROSS | LINK, 403),
        ("GET", "/logs/a.out", HOST | CROSS | {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ("GET", "/", HOST | CROSS | {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ("GET", "/", {}, 403),
        ("GET", "/", {"host": "ond.exempel.se:3000"}, 403),
        ("GET", "/", {"host": "127.0.0.1.exempel.se"}, 403),
        ("GET", "/", {"host": "localhost:3000@exempel.se"}, 403),
    ],
)
def test_what_is_let_in(method: str, path: str, headers: dict[str, str], status: int | None) -> None:
    refused = refusal("http", method, path, Headers(headers))
    assert (refused[0] if refused else None) == status, refused


def test_two_hosts_are_none() -> None:
    assert refusal("http", "GET", "/", Headers(raw=[(b"host", b"localhost"), (b"host", b"exempel.se")])) is not None


@contextmanager
def behind_the_door() -> Iterator[tuple[int, list[str]]]:
    """An application behind the door, on a free port, and what reached it."""
    reached: list[str] = []

    async def answer(request: Request) -> Response:
        reached.append(f"{request.method} {request.url.path}")
        return PlainTextResponse("inne")

    async def talk(websocket: WebSocket) -> None:
        reached.append("websocket")
        await websocket.accept()
        await websocket.send_text("inne")
        await websocket.close()

    app = Starlette(
        routes=[WebSocketRoute("/graphql", talk), Route("/{path:path}", answer, methods=["GET", "POST", "OPTIONS"])]
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(Door(app), log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1], reached
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def other_site() -> Iterator[int]:
    """A web server with an empty page."""

    class Page(Silent):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

    with served(HTTPServer(("127.0.0.1", 0), Page)) as port:
        yield port


# Each is a way for a page to make the browser ask; it returns "inne" when the answer came from inside.
ATTEMPTS = {
    "get": "fetch(url + '/graphql?query=mutation', {mode: 'no-cors'}).then(() => 'sent')",
    "image": "new Promise(r => { const i = new Image(); i.onerror = () => r('sent'); i.src = url + '/graphql?q=1' })",
    "plain post": "fetch(url + '/graphql', {method: 'POST', mode: 'no-cors', body: '{}'}).then(() => 'sent')",
    "json post": "fetch(url + '/graphql', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})"
    ".then(r => r.text()).catch(() => 'sent')",
    "form": "new Promise(r => { const f = document.createElement('form'); f.method = 'POST'; f.enctype = 'text/plain';"
    "f.action = url + '/graphql'; const i = document.createElement('iframe'); i.name = 'x'; i.onload = () => r('sent');"
    "document.body.append(i, f); f.target = 'x'; f.submit() })",
    "websocket": "new Promise(r => { const w = new WebSocket(url.replace('http', 'ws') + '/graphql');"
    "w.onmessage = m => r(m.data); w.onclose = () => r('sent') })",
}


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("localhost", marks=pytest.mark.lang)])
def test_a_page_of_somebody_elses_reaches_nothing(browser: Browser, host: str) -> None:
    with behind_the_door() as (port, reached), other_site() as elsewhere:
        page = browser.new_page()
        for name, script in ATTEMPTS.items():
            page.goto(f"http://{host}:{elsewhere}/")
            assert page.evaluate(f"(url) => {script}", f"http://127.0.0.1:{port}") == "sent", name
            assert reached == [], name
        # The UI's own page does the same and is let in, and so is a program of this machine's.
        page.goto(f"http://127.0.0.1:{port}/runs")
        for name in ("json post", "websocket"):
            assert page.evaluate(f"(url) => {ATTEMPTS[name]}", f"http://127.0.0.1:{port}") == "inne", name
        page.close()
        assert httpx.post(f"http://127.0.0.1:{port}/graphql", json={}).text == "inne"
        assert [r for r in reached if "favicon" not in r] == [
            "GET /runs",
            "POST /graphql",
            "websocket",
            "POST /graphql",
        ]
