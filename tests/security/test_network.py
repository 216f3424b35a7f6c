"""Who is asked, and who may ask: verified servers, our own proxies, and nobody but this machine as a client."""

from __future__ import annotations

import ast
import asyncio
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from pipelines.channels import Channels
from pipelines.errors import ConfigError, SourceError
from pipelines.kolada.client import KoladaClient
from pipelines.kolada.contract import Municipality
from pipelines.settings import Settings
from pipelines.standin.server import running
from tests.conftest import ROOT
from tests.notices.sinks import CERTIFICATE
from tests.security.sockets import LOOPBACK, listening
from tests.small import dataset
from tests.web import Silent, served

PAGE = b'{"values": [{"id": "0484", "title": "x", "type": "K"}], "count": 1, "next_url": null}'


class _Answers(Silent):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)


@pytest.fixture
def impostor() -> Iterator[str]:
    """A server that speaks TLS as Kolada does, with a certificate that nobody but itself has signed."""
    server = http.server.HTTPServer(("127.0.0.1", 0), _Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with served(server) as port:
        yield f"https://localhost:{port}/v3"


def fetch(url: str) -> list[str]:
    async def ids() -> list[str]:
        async with KoladaClient(url, lambda *_: "sha", patience=0) as client:
            return [area.id async for _, rows in client.pages("/municipality", Municipality) for area in rows]

    return asyncio.run(ids())


@pytest.mark.parametrize(
    "attempt", [{}, {"PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "", "SSL_VERIFY": "false"}]
)
def test_a_server_with_a_certificate_of_its_own_is_not_believed(
    impostor: str, attempt: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in attempt.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(impostor)


def test_an_installation_may_trust_an_authority_of_its_own(impostor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so the refusal above is about the certificate, and nothing else."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert fetch(impostor) == ["0484"]


def test_a_certificate_of_another_name_is_not_believed(impostor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(impostor.replace("localhost", "127.0.0.1"))


_SWITCHES = {"verify", "cert_reqs", "check_hostname", "verify_mode", "CERT_NONE", "_create_unverified_context"}


def test_nothing_in_the_code_turns_verification_off() -> None:
    uses = []
    for package in ("pipelines", "dashboards"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            # Most have no such word at all.
            for node in ast.walk(ast.parse(text)) if any(switch in text for switch in _SWITCHES) else ():
                name = node.arg if isinstance(node, ast.keyword) else getattr(node, "attr", None)
                if name in _SWITCHES:
                    uses.append(f"{path.relative_to(ROOT)}: {name}")
    assert uses == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://api.kolada.se/v3", "neither encrypted nor verified"),
        ("http://10.0.0.1/v3", "neither encrypted nor verified"),
        ("http://localhost.ond.example/v3", "neither encrypted nor verified"),
        ("https://malbild:HEMLIGT@api.kolada.se/v3", "holds a user name or password"),
        ("https://HEMLIGT@api.kolada.se/v3", "holds a user name or password"),
        ("https://api.kolada.se/v3?nyckel=1", "more than a server and a path"),
        ("https://api.kolada.se:99999/v3", "cannot be read"),
        ("https://[::1/v3", "cannot be read"),
        ("https:///v3", "cannot be read"),
        ("https://api.kolada.se/v3\n", "signs that an address may have"),
        ("ftp://api.kolada.se/v3", "signs that an address may have"),
    ],
)
def test_an_address_that_could_harm_is_refused_before_anything_is_sent(url: str, why: str) -> None:
    for settings in (
        lambda: Settings.from_env({}, kolada_url=url),
        lambda: Settings.from_env({"MALBILD_KOLADA_URL": url}),
    ):
        with pytest.raises(ConfigError, match=why) as refused:
            settings()
        assert "HEMLIGT" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://api.kolada.se/v3", "http://127.0.0.1:9/v3", "http://[::1]:9/v3", "http://localhost/v3"]
)
def test_these_are_used(url: str) -> None:
    assert Settings.from_env({}, kolada_url=url).kolada_url == url


@pytest.mark.parametrize("url", ["http://[", "https://hook.example:99999/HEMLIGT", "HEMLIGT", "https://a:HEMLIGT@x/"])
def test_a_webhook_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match="MALBILD_WEBHOOK") as refused:
        Channels.from_env({"MALBILD_WEBHOOK": url})
    assert "HEMLIGT" not in str(refused.value)


def test_a_proxy_is_asked_instead_and_only_for_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes through a proxy is encrypted to Kolada: all that it hears is a name."""
    heard: list[bytes] = []

    def listen(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen, args=(server,), daemon=True)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://malbild:HEMLIGT@127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(SourceError) as gave_up:
            fetch("https://api.kolada.se/v3")
        thread.join(timeout=300)
    (request,) = heard
    assert request.startswith(b"CONNECT api.kolada.se:443 HTTP/1.1\r\n")
    assert b"municipality" not in request
    assert "HEMLIGT" not in str(gave_up.value)


def test_the_stand_in_listens_on_this_machine_only() -> None:
    with running(dataset(), "arkiv") as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        assert listening(port) == {LOOPBACK}
