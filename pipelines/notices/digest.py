"""Rollbrev: what each role hears before its meeting, and when something beyond the noise came. Pure: facts to lines.

Nobody hears when there is nothing to do, and nobody hears the same thing twice. Which facts there are is
`digest_facts`, who the roles are `roles`; sending and remembering is `outbox`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from pipelines.notices.outbox import Notice, Outbox
from pipelines.notices.roles import Role

ASKED, DUE, NEW, CHANGED = "fråga", "förfaller", "nytt", "ändrat"
LINES_AT_MOST: Final = 5
# In this order: what somebody must do comes before what is only news.
_ORDER: Final = (ASKED, DUE, NEW, CHANGED)
# The folder of tonight's draft in that of the reports, and that in the data dir: where nobody has said at which address
# the reports are read.
_DRAFT: Final = "utkast/"
_IN_DATA_DIR: Final = "rapport/"
# What a role remembers of a fact: that it has been sent, or that it was there before the first rollbrev.
SENT, KNOWN = "skickat", "känt"
_BEGUN: Final = "rollbrev"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a role may want to hear. key: what makes it the same thing. subject: facts of one subject share a
    line where a role has several areas. role: only this one's. sudden: beyond the noise, and worth hearing before the
    next meeting. day: when it is due.
    """

    key: str
    kind: str
    text: str
    page: str
    subject: str = ""
    role: str | None = None
    areas: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    initiative: str | None = None
    sudden: bool = False
    day: date | None = None


class Line(NamedTuple):
    """A line of a rollbrev, and the page of the report that it leads to."""

    text: str
    page: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A rollbrev to a role: at most LINES_AT_MOST lines. keys: of all the facts that it covers. meeting: what it is
    before, if anything.
    """

    role: Role
    meeting: date | None
    lines: tuple[Line, ...]
    keys: tuple[str, ...]

    def written(self, address: str | None = None) -> list[str]:
        """The lines, each with its page. address: where the reports are read, such as 'https://malbild.example.se/'."""
        folder = f"{address.rstrip('/')}/" if address else _IN_DATA_DIR
        return [f"{line.text} {folder}{_DRAFT}{line.page}" for line in self.lines]


@dataclass(slots=True)
class Memory:
    """Key → SENT or KNOWN, of facts and meetings by role; `notes` are those of the outbox."""

    notes: dict[str, str]

    def of(self, role: Role, key: str) -> str | None:
        return self.notes.get(_note(role, key))

    def remember(self, digest: Digest) -> None:
        """The digest has been sent."""
        for key in digest.keys:
            self.notes[_note(digest.role, key)] = SENT
        if digest.meeting:
            self.notes[_note(digest.role, _meeting(digest.meeting))] = SENT

    def begin(self, roles: Iterable[Role], facts: Iterable[Fact]) -> None:
        """What is there before the first rollbrev is no sudden news, but is said before the next meeting."""
        listed = [fact for fact in facts if fact.sudden]
        for role in roles:
            for fact in listed:
                if concerns(role, fact):
                    self.notes.setdefault(_note(role, fact.key), KNOWN)


def of_today(
    box: Outbox, roles: Sequence[Role], facts: Sequence[Fact], now: datetime, today: date, before: timedelta
) -> list[Digest]:
    """What goes today by what the outbox remembers, which then remembers it."""
    memory = Memory(box.digests)
    if _BEGUN not in box.seen:
        memory.begin(roles, facts)
        box.seen[_BEGUN] = now
    sent = digests(roles, facts, memory, today, before)
    for digest in sent:
        memory.remember(digest)
    return sent


def digests(
    roles: Sequence[Role], facts: Sequence[Fact], memory: Memory, today: date, before: timedelta
) -> list[Digest]:
    """What goes today, by role. before: how long before a meeting."""
    return [digest for role in roles if (digest := _digest(role, facts, memory, today, before)) is not None]


def _digest(role: Role, facts: Sequence[Fact], memory: Memory, today: date, before: timedelta) -> Digest | None:
    own = [fact for fact in facts if concerns(role, fact) and memory.of(role, fact.key) != SENT]
    meeting = min((day for day in role.meetings if today <= day <= today + before), default=None)
    if meeting is None or memory.of(role, _meeting(meeting)) == SENT:
        own, meeting = [fact for fact in own if _cannot_wait(role, fact, memory, today, before)], None
    else:
        own = [fact for fact in own if fact.day is None or fact.day <= today + before]
    if not own:
        return None
    return Digest(role, meeting, tuple(_lines(role, own)), tuple(fact.key for fact in own))


def _cannot_wait(role: Role, fact: Fact, memory: Memory, today: date, before: timedelta) -> bool:
    """Whether it is heard without a meeting: it has just come and sticks out, or it is a question due soon."""
    if fact.role == role.id:
        return fact.day is not None and today <= fact.day <= today + before
    return fact.sudden and memory.of(role, fact.key) is None


def concerns(role: Role, fact: Fact) -> bool:
    """Whether it is the role's business."""
    if fact.role is not None:
        return fact.role == role.id
    if role.areas is not None and not fact.areas & role.areas:
        return False
    if role.measures is None:
        return True
    return bool(fact.measures & role.measures) or fact.initiative in (role.initiatives or ())


def _lines(role: Role, facts: Sequence[Fact]) -> list[Line]:
    """A line for each subject, what must be done first; the last says how many more there are."""
    by_subject: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=lambda fact: (_ORDER.index(fact.kind), fact.day or date.max)):
        by_subject.setdefault(fact.subject or fact.key, []).append(fact)
    groups = list(by_subject.values())
    shown = groups if len(groups) <= LINES_AT_MOST else groups[: LINES_AT_MOST - 1]
    lines = [
        Line(f"{first.kind.capitalize()}: {first.text}{f' Samma gäller {len(rest)} till.' if rest else ''}", first.page)
        for first, *rest in shown
    ]
    if len(shown) < len(groups):
        lines.append(Line(f"Och {len(groups) - len(shown)} till:", role.page))
    return lines


def notice(digest: Digest, origin: str, address: str | None) -> Notice:
    """The digest as a message for the channels. address: as of `Digest.written`."""
    lines = digest.written(address)
    asked = lines[0].startswith(ASKED.capitalize())
    what = f"inför mötet {digest.meeting}" if digest.meeting else "att svara på" if asked else "nytt som sticker ut"
    synthetic = " (syntetiska uppgifter)" if origin.startswith("SYNTETISKA") else ""
    return Notice(
        f"rollbrev-{digest.role.id}",
        "\n".join((str(digest.meeting), *lines)),
        f"malbild: till {digest.role.name}, {what}{synthetic}",
        "\n".join([*lines, *([f"{origin}."] if origin else [])]) + "\n",
        digest.role.id,
    )


def _note(role: Role, key: str) -> str:
    return f"{role.id}/{key}"


def _meeting(day: date) -> str:
    return f"möte/{day}"
