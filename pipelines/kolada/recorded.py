"""A recorded answer and how it is read: leniently, because a probe is told what it did not expect.

Reading raises CannotTellError when the answer that would tell is not there, and DifferentError when it came and is
something else. What the content means for our assumptions is `assumptions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
from msgspec import UNSET

# Answers that may be another one next time: they tell nothing about what was asked.
_PASSING = frozenset({429, 502, 503, 504})
_VALUE_FIELDS = ("gender", "value", "count", "status", "isdeleted")
# Longer than this, and the table is a wall.
_SEEN = 180


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what came of it.

    `body` is free of any content-encoding, `wire` the bytes that travelled; `received` in UTC, `seconds` until the last
    byte; header names in lower case. `fault`: why no whole answer came; `url` is "" when nothing was asked.
    """

    url: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    wire: int = 0
    received: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    fault: str = ""


Answers: TypeAlias = Mapping[str, Recorded]


class CannotTellError(Exception):
    """The answer that would tell is not there; the message says why."""


class DifferentError(Exception):
    """An answer came, and is not of the kind that was expected; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Value:
    """One gender's value as it came; UNSET where the field is absent."""

    gender: object
    value: object
    count: object
    status: object
    isdeleted: object


@dataclass(frozen=True, slots=True)
class DataRecord:
    """One (kpi, area, period) as it came."""

    kpi: str
    area: str
    period: object
    values: list[Value]

    @property
    def cell(self) -> tuple[str, str, str]:
        return self.kpi, self.area, str(self.period)

    def __str__(self) -> str:
        return f"{self.kpi} {self.area} {self.period}"


def status_of(answer: Recorded) -> int:
    """The status. Raises CannotTellError when no answer came, or one that says no more than that it may pass."""
    if answer.fault:
        raise CannotTellError(answer.fault)
    if answer.status in _PASSING:
        raise CannotTellError(f"status {answer.status}")
    return answer.status


def json_object(answer: Recorded) -> dict[str, object]:
    """The JSON object of an answer, whatever its status."""
    status_of(answer)
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DifferentError(f"{short(answer.url)} is not JSON; it begins {start_of(answer)}") from error
    if not isinstance(found, dict):
        raise DifferentError(f"{short(answer.url)} is JSON but no object; it begins {start_of(answer)}")
    return found


def envelope(answer: Recorded) -> dict[str, object]:
    """The envelope of a list. Raises CannotTellError when the answer is not 200."""
    if status_of(answer) != 200:
        raise CannotTellError(f"{short(answer.url)}: status {answer.status}")
    return json_object(answer)


def rows_of(answer: Recorded) -> list[dict[str, object]]:
    """The rows of a list, of whatever kind."""
    rows = envelope(answer).get("values", UNSET)
    if not isinstance(rows, list):
        raise DifferentError(f"{short(answer.url)}: values is {show(rows)}, expected a list")
    for row in rows:
        if not isinstance(row, dict):
            raise DifferentError(f"{short(answer.url)}: values holds {show(row)}, expected objects")
    return rows


def whole_list(answers: Answers, keys: Sequence[str]) -> list[dict[str, object]]:
    """The rows of all pages of a list. Raises CannotTellError when it goes on after them, or does not say."""
    rows: list[dict[str, object]] = []
    for key in keys:
        rows += rows_of(answers[key])
        following = envelope(answers[key]).get("next_url", UNSET)
        if following is UNSET:
            raise CannotTellError(f"{key} does not say whether it is whole (no next_url)")
        if following is None:
            return rows
    raise CannotTellError(f"{keys[0]} goes on after {len(keys)} pages")


def records_of(answer: Recorded) -> list[DataRecord]:
    """The data records of an answer."""
    records = []
    for row in rows_of(answer):
        kpi, area, values = row.get("kpi"), row.get("municipality"), row.get("values")
        if not isinstance(kpi, str) or not isinstance(area, str) or not isinstance(values, list):
            raise DifferentError(f"{short(answer.url)}: not a data record: {show(row)}")
        found = []
        for value in values:
            if not isinstance(value, dict):
                raise DifferentError(f"{short(answer.url)}: {kpi} {area}: not a value: {show(value)}")
            found.append(Value(*(value.get(name, UNSET) for name in _VALUE_FIELDS)))
        records.append(DataRecord(kpi, area, row.get("period", UNSET), found))
    return records


def ids_of(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return [str(row.get("id")) for row in rows]


def one_line(text: str) -> str:
    """`text` without line breaks and control characters, cut to a readable length."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _SEEN else f"{plain[: _SEEN - 1]}…"


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def show(value: object) -> str:
    return "absent" if value is UNSET else repr(value)[:80]


def start_of(answer: Recorded) -> str:
    return repr(answer.body[:100].decode("utf-8", "replace"))


def short(url: str) -> str:
    """An address without its host's user info, with long id lists cut."""
    return re.sub(r"([^/,]+,[^/,]+),[^/?]+", r"\1,…", re.sub(r"//[^/@]*@", "//", url))
