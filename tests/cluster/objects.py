"""Object storage on loopback, for as long as a test takes: so much of S3 as DuckDB uses, in memory, as bad as asked.

Signatures are not verified; the key that signed is kept, for the tests to see.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.web import Silent, served


class Objects:
    """`stored`: "/bucket/key" → content. `refuse_after`: so many writes are taken, the rest are answered 503; None: all
    are taken. `slow_to_read`: what is stored is answered after `DELAY` seconds. `keys`: ids of the keys that signed.
    """

    DELAY = 2.5

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.keys: set[str] = set()
        self.writes = 0
        self.refuse_after: int | None = None
        self.slow_to_read = False
        self.url = ""
        self.stopping = threading.Event()


@contextmanager
def objects() -> Iterator[Objects]:
    """The storage, served until the block ends."""
    held = Objects()

    class Handler(_Handler):
        storage = held

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        held.url = f"http://127.0.0.1:{port}"
        try:
            yield held
        finally:
            held.stopping.set()


class _Handler(Silent):
    protocol_version = "HTTP/1.1"
    storage: Objects

    def _begin(self) -> tuple[str, dict[str, str], bytes]:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if signed := re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", "")):
            self.storage.keys.add(signed[1])
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return unquote(parts.path), query, body

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        try:
            self.send_response(status)
            for name, value in {"Content_Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except ConnectionError:
            # Whoever asked did not wait for it.
            self.close_connection = True

    def do_PUT(self) -> None:
        path, query, body = self._begin()
        self.storage.writes += 1
        if self.storage.refuse_after is not None and self.storage.writes > self.storage.refuse_after:
            return self._answer(503)
        if "uploadId" in query:
            self.storage.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.storage.stored[path] = body
        self._answer(200, ETag=f'"{len(body)}"')

    def do_POST(self) -> None:
        path, query, body = self._begin()
        if "uploads" in query:
            upload = f"u{len(self.storage.parts)}-{time.monotonic_ns()}"
            self.storage.parts[upload] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        elif "uploadId" in query:
            parts = self.storage.parts.pop(query["uploadId"])
            self.storage.stored[path] = b"".join(parts[number] for number in sorted(parts))
            text = "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
        elif "delete" in query:
            for key in re.findall(r"<Key>([^<]*)</Key>", body.decode()):
                self.storage.stored.pop(f"{path.rstrip('/')}/{key}", None)
            text = "<DeleteResult></DeleteResult>"
        else:
            return self._answer(400)
        self._answer(200, text.encode(), Content_Type="application/xml")

    def do_DELETE(self) -> None:
        path, _, _ = self._begin()
        self.storage.stored.pop(path, None)
        self._answer(204)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path, query, _ = self._begin()
        if "list-type" in query:
            prefix = f"{path.rstrip('/')}/"
            keys = sorted(
                key.removeprefix(prefix) for key in self.storage.stored if key.startswith(prefix + query["prefix"])
            )
            items = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>x</ETag><Size>{len(self.storage.stored[prefix + key])}</Size></Contents>"
                for key in keys
            )
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
            return self._answer(200, text.encode(), Content_Type="application/xml")
        if self.storage.slow_to_read and self.command == "GET":
            self.storage.stopping.wait(self.storage.DELAY)
        content = self.storage.stored.get(path)
        if content is None:
            return self._answer(404)
        headers = {
            "ETag": f'"{len(content)}"',
            "Last_Modified": "Wed, 01 Jan 2020 00:00:00 GMT",
            "Accept_Ranges": "bytes",
        }
        if asked := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
            headers["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
            return self._answer(206, content[first : last + 1], **headers)
        if self.command == "HEAD":
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            return self.end_headers()
        self._answer(200, content, **headers)
