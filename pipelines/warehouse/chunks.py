"""A few nyckeltal at a time, so that memory follows a setting and not the size of Kolada."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def chunks(rows: Mapping[str, int], chunk_size: int) -> Iterator[list[str]]:
    """The keys of `rows` (nyckeltal → its number of values) in order, in lists that hold at most `chunk_size` values
    together; a nyckeltal with more is alone.
    """
    chunk: list[str] = []
    height = 0
    for kpi in sorted(rows):
        if chunk and height + rows[kpi] > chunk_size:
            yield chunk
            chunk, height = [], 0
        chunk.append(kpi)
        height += rows[kpi]
    if chunk:
        yield chunk
