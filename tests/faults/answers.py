"""Answers that are wrong: what a fault of kind `made` makes of a right one. Each is a `Callable[[Made], Made]`."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import zstandard

from pipelines.standin.faults import Made

Make = Callable[[Made], Made]
Json = dict[str, Any]

# The value that single faults strike.
KPI, AREA, YEAR = "U00001", "0461", 2024
# A body that unpacks to more than a client takes.
_BOMB = 300_000_000


def page(change: Callable[[Json], object]) -> Make:
    """The answer after `change` of its JSON, which may use NaN and the like."""

    def make(right: Made) -> Made:
        found = json.loads(right.body)
        change(found)
        return Made(200, json.dumps(found, ensure_ascii=False).encode())

    return make


def record(change: Callable[[Json], object]) -> Make:
    """The answer after `change` of the one record; of an answer without it, nothing."""

    def one(found: Json) -> None:
        for row in found["values"]:
            if (row["kpi"], row["municipality"], row["period"]) == (KPI, AREA, YEAR):
                change(row)

    return page(one)


def value(**fields: object) -> Make:
    """The one value with these fields."""
    return record(lambda row: row["values"][0].update(fields))


def without(name: str) -> Make:
    """The one value without a field."""
    return record(lambda row: row["values"][0].pop(name))


def whole(**fields: object) -> Make:
    """The one record with these fields."""
    return record(lambda row: row.update(fields))


def envelope(**fields: object) -> Make:
    return page(lambda found: found.update(fields))


def each(key: str, chosen: str, **fields: object) -> Make:
    """A list whose row with `key` = `chosen` has these fields."""

    def change(found: Json) -> None:
        for row in found["values"]:
            if row[key] == chosen:
                row.update(fields)

    return page(change)


def rows(change: Callable[[list[Json]], list[Json]]) -> Make:
    """A list with other rows, and the right count."""

    def make(found: Json) -> None:
        found["values"] = change(found["values"])
        found["count"] = len(found["values"])

    return page(make)


def text(old: str, new: str) -> Make:
    """The answer with the first `old` in its text replaced."""
    return lambda right: Made(200, right.body.replace(old.encode(), new.encode(), 1))


def body(change: Callable[[bytes], bytes], **headers: str) -> Make:
    """Other bytes, with headers (`_` for "-")."""
    named = {name.replace("_", "-"): said for name, said in headers.items()}
    return lambda right: Made(200, change(right.body), named)


def status(number: int, **headers: str) -> Make:
    named = {name.replace("_", "-"): said for name, said in headers.items()}
    return lambda right: Made(number, b'{"detail":"fault"}', named)


def packed(right: bytes) -> bytes:
    return gzip.compress(right, 1)


@cache
def _zeros() -> bytes:
    return gzip.compress(bytes(_BOMB), 1)


def bomb(right: bytes) -> bytes:
    """Gzip that is small and unpacks to more than any answer."""
    return _zeros()


def double_bomb(right: bytes) -> bytes:
    return gzip.compress(_zeros(), 9)


def zstd(right: bytes) -> bytes:
    return zstandard.compress(right)


def deflated(right: bytes) -> bytes:
    return zlib.compress(right)


def nested(right: bytes) -> bytes:
    """A field that nobody asked for, 100,000 lists deep."""
    return right[:-1] + b',"djup":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
