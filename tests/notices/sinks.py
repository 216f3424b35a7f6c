"""A mail server and a web server on loopback that keep what they are sent.

The mail server speaks as much of SMTP as a client needs; nothing is installed for it.
"""

from __future__ import annotations

import base64
import email
import json
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import HTTPServer
from typing import Any

from tests.conftest import ROOT
from tests.web import Silent, served

CERTIFICATE = ROOT / "tests" / "data" / "localhost-endast-prov.pem"


@dataclass
class Mailbox:
    """What came. `refuse`: addresses that are turned away. `drops`: at this word the connection is lost. `logins`: user
    and password as they were given, and whether they came encrypted."""

    port: int = 0
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    drops: str | None = None
    password: str | None = None

    @property
    def subjects(self) -> list[str]:
        return [message["Subject"] for _, message in self.received]

    def text(self, number: int = -1) -> str:
        body: str = self.received[number][1].get_content().replace("\r\n", "\n")
        return body


@contextmanager
def mail_server(*, starttls: bool = False, tls: bool = False, password: str | None = None) -> Iterator[Mailbox]:
    """starttls: it is offered, as is a login before it. tls: from the first byte on."""
    box = Mailbox(password=password)

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            super().setup()
            if tls:
                self.encrypt()

        def encrypt(self) -> None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATE)
            self.request = context.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 localhost")
            receivers: list[str] = []
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == box.drops:
                    return
                if verb == "EHLO":
                    offers = [
                        "localhost",
                        *(["STARTTLS"] if starttls else []),
                        *(["AUTH PLAIN"] if password else []),
                        "8BITMIME",
                    ]
                    for number, offer in enumerate(offers, start=1):
                        self.say(f"250{' ' if number == len(offers) else '-'}{offer}")
                elif verb == "STARTTLS":
                    self.say("220 go ahead")
                    self.encrypt()
                elif verb == "AUTH":
                    _, user, given = base64.b64decode(line.split()[2]).decode().split("\0")
                    box.logins.append((user, given, isinstance(self.request, ssl.SSLSocket)))
                    self.say("235 ok" if given == password else f"535 no such login: {given}")
                elif verb == "RCPT":
                    address = line[line.index("<") + 1 : line.index(">")]
                    receivers.append(address)
                    self.say("550 unknown here" if address in box.refuse else "250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    # A point that begins a line comes twice (RFC 5321, 4.5.2).
                    lines = iter(self.rfile.readline, b".\r\n")
                    body = b"".join(line.removeprefix(b".") for line in lines)
                    box.received.append((receivers[-1], email.message_from_bytes(body, policy=default)))  # type: ignore[arg-type]
                    self.say("250 ok")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        box.port = port
        yield box


@dataclass
class Hook:
    """What was posted. `status`: what it answers."""

    port: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200


@contextmanager
def web_server() -> Iterator[Hook]:
    hook = Hook()

    class Handler(Silent):
        def do_POST(self) -> None:
            hook.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.status)
            self.end_headers()

    with served(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        hook.port = port
        yield hook
