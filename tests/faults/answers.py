"""Wrong answers: what a fault of kind `made` makes of a right one. Each is a `Make`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import zstandard

from pipelines.standin.faults import FaultyAnswer

Make = Callable[[FaultyAnswer], FaultyAnswer]
Json = dict[str, Any]

# The value that faults of a single value change.
KPI, AREA, YEAR = "U00001", "0461", 2024
# A body that unpacks to more than a client accepts.
_BOMB_BYTES = 300_000_000


def page(change: Callable[[Json], object]) -> Make:
    """The answer after `change` of its JSON, which may use NaN and the like."""

    def make(right: FaultyAnswer) -> FaultyAnswer:
        content = json.loads(right.body)
        change(content)
        return FaultyAnswer(200, json.dumps(content, ensure_ascii=False).encode())

    return make


def record(change: Callable[[Json], object]) -> Make:
    """The answer after `change` of the one record; an answer without the record stays as it is."""

    def change_record(content: Json) -> None:
        for row in content["values"]:
            if (row["kpi"], row["municipality"], row["period"]) == (KPI, AREA, YEAR):
                change(row)

    return page(change_record)


def record_with(**fields: object) -> Make:
    return record(lambda row: row.update(fields))


def value_with(**fields: object) -> Make:
    return record(lambda row: row["values"][0].update(fields))


def value_without(*names: str) -> Make:
    return record(lambda row: [row["values"][0].pop(name) for name in names])


def envelope(**fields: object) -> Make:
    return page(lambda content: content.update(fields))


def rows(change: Callable[[list[Json]], list[Json]]) -> Make:
    """A list with other rows, and the right count."""

    def make(content: Json) -> None:
        content["values"] = change(content["values"])
        content["count"] = len(content["values"])

    return page(make)


def kpi_with(**fields: object) -> Make:
    """The catalogue, with other fields of the one KPI."""
    return rows(lambda kpis: [row | fields if row["id"] == KPI else row for row in kpis])


def body(change: Callable[[bytes], bytes], **headers: str) -> Make:
    """Other bytes, with headers (`_` for "-")."""
    return lambda right: FaultyAnswer(200, change(right.body), _headers(headers))


def status(number: int, **headers: str) -> Make:
    return lambda right: FaultyAnswer(number, b'{"detail":"fault"}', _headers(headers))


def _headers(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def gzipped(right: bytes) -> bytes:
    return gzip.compress(right, 1)


@cache
def gzip_bomb(right: bytes) -> bytes:
    """Gzip that is small and unpacks to more than any answer."""
    return gzip.compress(bytes(_BOMB_BYTES), 1)


def zstd(right: bytes) -> bytes:
    return zstandard.compress(right)


def nested(right: bytes) -> bytes:
    """An unknown field, 100,000 lists deep."""
    return right[:-1] + b',"djup":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
