"""The next results while the last one is used: for work that polars, DuckDB or zstd does, which lets go of the
interpreter. Not for requests; how many of those are under way is `kolada.client`'s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def prefetch(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """`work` of every item, in order, with `threads` of them in the making, or made, while one is used.

    Items are taken in the caller's thread. An error comes out where its result would have.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
