"""A recorded answer, read by the client's own contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias, TypeVar

from pipelines.kolada.client import short_url
from pipelines.kolada.contract import Group, KpiRecord, Municipality, Page, Record, UnreadableAnswerError, read_page

T = TypeVar("T")
Kind: TypeAlias = type[Record] | type[KpiRecord] | type[Municipality] | type[Group]

# Answers that may be others next time: they say nothing about what was asked.
_PASSING: Final = frozenset({429, 502, 503, 504})
# Longer than this, and the report of the probe is a wall.
_LONGEST_TEXT: Final = 180


class NotAnsweredError(Exception):
    """The answer that would show it is not there; the message says why."""


class DiffersError(Exception):
    """An answer came, and is not as we lean on it to be; the message says how it is."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what came of it.

    kind: what its list holds. body: unpacked. received: UTC. seconds: until the last byte. Header names in lower case.
    fault: why no whole answer came. url: "" when nothing was asked.
    """

    kind: Kind
    url: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    fault: str = ""

    def page(self, record: type[T]) -> Page[T]:
        """The answer as the contract reads it.

        Raises NotAnsweredError when none came that can be read, DiffersError when the request was refused.
        """
        if self.fault:
            raise NotAnsweredError(self.fault)
        if self.status in _PASSING:
            raise NotAnsweredError(f"{short_url(self.url)}: status {self.status}")
        if self.status != 200:
            start = self.body[:100].decode("utf-8", "replace")
            raise DiffersError(f"{short_url(self.url)}: status {self.status}, expected 200; it says {start!r}")
        try:
            return read_page(self.body, record)
        except UnreadableAnswerError as error:
            raise NotAnsweredError(f"{short_url(self.url)} cannot be read: see contract") from error

    def rows(self, record: type[T]) -> list[T]:
        """The rows of the answer. Raises as `page`."""
        return self.page(record).values

    def next_url(self, record: type[T]) -> str | None:
        """Where its list goes on. Raises as `page`, and NotAnsweredError when it does not say."""
        try:
            return self.page(record).next()
        except UnreadableAnswerError as error:
            raise NotAnsweredError(f"{short_url(self.url)} does not say whether it is whole: see contract") from error


Answers: TypeAlias = Mapping[str, Recorded]


def whole_list(pages: Sequence[Recorded], record: type[T]) -> list[T]:
    """The rows of all pages of a list. Raises as `Recorded.page`, and NotAnsweredError when it goes on after them."""
    rows: list[T] = []
    for answer in pages:
        rows += answer.rows(record)
        if answer.next_url(record) is None:
            return rows
    raise NotAnsweredError(f"{short_url(pages[0].url)} goes on after {len(pages)} pages")


def one_line(text: str) -> str:
    """`text` without line breaks and control characters, cut to a readable length."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= _LONGEST_TEXT else f"{plain[: _LONGEST_TEXT - 1]}…"
