"""Bodies as they travel: plain or gzipped once, and never larger than the limit, however they are packed."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from pipelines.kolada.contract import Body, TooLargeError, UnreadableAnswerError

TEXT = b'{"values": [], "count": 0, "next_url": null}' * 50


def read(sent: bytes, encoding: str | None, limit: int = 1_000_000, chunk: int = 7) -> bytes:
    body = Body(encoding, limit)
    for start in range(0, len(sent), chunk):
        body.add(sent[start : start + chunk])
    return body.whole()


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_plain_and_gzipped_bodies_come_out_the_same_in_chunks_of_any_size(chunk: int) -> None:
    for sent, encoding in (
        (TEXT, None),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(b""), " GZIP "),
    ):
        assert read(sent, encoding, chunk=chunk) == (TEXT if len(sent) > 30 else b"")


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x"])
def test_another_packing_is_unreadable(encoding: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=f"Content-Encoding is '{encoding}', expected gzip or none"):
        read(TEXT, encoding)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (TEXT, "gzip is damaged"),
        (gzip.compress(TEXT)[:-1], "gzip ends before its end"),
        (gzip.compress(TEXT) + b"x", "something follows"),
        (gzip.compress(TEXT)[:-8] + bytes(8), "gzip is damaged"),
        (b"", "gzip ends before its end"),
        (zlib.compress(TEXT), "gzip is damaged"),
    ],
    ids=["plain", "cut", "more", "wrong sum", "nothing", "zlib"],
)
def test_damaged_gzip_is_unreadable(sent: bytes, words: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=words):
        read(sent, "gzip")


def test_what_unpacks_beyond_the_limit_is_stopped_at_it() -> None:
    assert len(read(gzip.compress(bytes(1000)), "gzip", limit=1000)) == 1000
    body = Body("gzip", 1000)
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            body.add(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
    with pytest.raises(TooLargeError):
        read(bytes(1001), None, limit=1000)
