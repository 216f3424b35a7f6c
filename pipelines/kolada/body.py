"""The bytes of an answer as they travel → its body: sent plainly or gzipped once, and never larger than a limit.

Decoded here and not by the HTTP library, which unpacks a chunk as a whole: of gzip in gzip, or zstd, a chunk of 64 kB
can hold gigabytes.
"""

from __future__ import annotations

import zlib

from pipelines.kolada.contract import UnreadableAnswerError


class TooLargeError(Exception):
    """The body is larger than the limit."""


class Body:
    """`encoding`: what Content-Encoding says; `limit` in bytes, unpacked.

    Raises UnreadableAnswerError when the bytes are packed otherwise than by gzip, or damaged; TooLargeError.
    """

    def __init__(self, encoding: str | None, limit: int) -> None:
        name = (encoding or "identity").strip().lower()
        if name not in ("identity", "gzip", "x-gzip"):
            raise UnreadableAnswerError(f"Content-Encoding is {encoding!r}, expected gzip or none")
        self._unpack = None if name == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._limit = limit
        self._body = bytearray()

    def add(self, chunk: bytes) -> None:
        """The next bytes as they came."""
        if self._unpack is None:
            self._body += chunk
        else:
            try:
                self._body += self._unpack.decompress(chunk, self._limit - len(self._body) + 1)
            except zlib.error as error:
                raise UnreadableAnswerError(f"gzip is damaged ({error})") from error
            if self._unpack.unused_data:
                raise UnreadableAnswerError("something follows after the gzipped body")
        if len(self._body) > self._limit:
            raise TooLargeError

    def whole(self) -> bytes:
        """The body, once all has come."""
        if self._unpack is not None and not self._unpack.eof:
            raise UnreadableAnswerError("gzip ends before its end")
        return bytes(self._body)
