"""A server of a test's own, on a free port of loopback, for as long as a block lasts."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler


class Silent(BaseHTTPRequestHandler):
    """Answers, and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(server: socketserver.TCPServer) -> Iterator[int]:
    """The port of the server, which answers until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
