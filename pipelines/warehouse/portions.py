"""A few nyckeltal at a time, so that memory follows a setting and not the size of Kolada."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

# A country's portion of this many values takes some hundred megabytes while it is merged.
VALUES_AT_ONCE: Final = 500_000


def portions(rows: Mapping[str, int], at_once: int) -> Iterator[list[str]]:
    """The keys of `rows` (nyckeltal → its number of values) in order, in lists that hold at most `at_once` values
    together; a nyckeltal with more is alone.
    """
    portion: list[str] = []
    height = 0
    for kpi in sorted(rows):
        if portion and height + rows[kpi] > at_once:
            yield portion
            portion, height = [], 0
        portion.append(kpi)
        height += rows[kpi]
    if portion:
        yield portion
