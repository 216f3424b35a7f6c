"""What must hold in and between the issues of uppfoljningar.yaml, and what deserves a warning.

Each finding stands on the line where it is mended. That ids are unique and defined is `references`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from pipelines.catalog.follow_ups import BODIES, DECIDED, DRAFT, FollowUp
from pipelines.catalog.workdays import working_days_between
from pipelines.errors import Problem
from pipelines.yamlfile import Location, YamlFile

WORKING_DAYS_BEFORE_SENDING = 10

Located = tuple[Location, FollowUp]


def check(follow_ups: Iterable[Located], file: YamlFile, now: datetime) -> None:
    """Report every breach. now: UTC, naive."""
    number, when, decided = 0, datetime.min, True
    for location, follow_up in follow_ups:
        place = file.prefix(location)
        if follow_up.number <= number:
            what = f"{place}nr {follow_up.number} follows {number}"
            file.report((*location, "nr"), what, "write rising numbers, each once, the oldest issue first")
        number = follow_up.number
        _as_of(location, follow_up, when, file, now)
        when = follow_up.as_of or when
        if follow_up.status == DECIDED and not decided:
            what = f"{place}is fastställd, but the uppföljning before it is not"
            file.report((*location, "status"), what, "decide them in order")
        decided = follow_up.status == DECIDED
        _decision(location, follow_up, file)
        _meetings(location, follow_up, file)
        _approved(location, follow_up, file)
        _rectifications(location, follow_up, file)


def warnings(follow_ups: Iterable[Located], file: YamlFile) -> Iterator[Problem]:
    """What may well be meant, but deserves a look: frozen too late before the papers are sent."""
    for location, follow_up in follow_ups:
        if follow_up.as_of is None or follow_up.sent is None or follow_up.status == DECIDED:
            continue
        days = working_days_between(follow_up.as_of.replace(tzinfo=UTC).date(), follow_up.sent)
        if days < WORKING_DAYS_BEFORE_SENDING:
            here: Location = (*location, "as_of")
            yield Problem(
                file.name,
                file.line(here),
                f"{file.prefix(here)}{days} working days lie between as_of and utskick {follow_up.sent}, "
                f"at least {WORKING_DAYS_BEFORE_SENDING} are meant to",
                "freeze earlier, or send later, if the calendar allows it",
            )


def _as_of(location: Location, follow_up: FollowUp, before: datetime, file: YamlFile, now: datetime) -> None:
    """What is frozen says as of when; the times rise, and none is yet to come."""
    place = file.prefix(location)
    if follow_up.as_of is None:
        if follow_up.status != DRAFT:
            file.report(location, f"{place}status {follow_up.status} lacks as_of", "add as_of: and the time it shows")
        return
    here: Location = (*location, "as_of")
    if follow_up.as_of > now:
        what = f"{place}as_of {follow_up.as_of}Z lies in the future (it is {now:%Y-%m-%d %H:%M}Z)"
        file.report(here, what, "write a time that has been, or leave it out until the issue is frozen")
    if follow_up.as_of <= before:
        file.report(here, f"{place}as_of does not lie after the uppföljning before it", "correct the time or the order")


def _decision(location: Location, follow_up: FollowUp, file: YamlFile) -> None:
    place = file.prefix(location)
    if follow_up.status != DECIDED and follow_up.decided is not None:
        what = f"{place}faststalld does not go with status {follow_up.status}"
        file.report((*location, "faststalld"), what, "remove the line, or decide with `malbild uppfoljning faststall`")
    if follow_up.status != DECIDED and follow_up.rectifications:
        what = f"{place}rattelser do not go with status {follow_up.status}"
        file.report((*location, "rattelser"), what, "remove them: only what is fastställd can be rectified")


def _meetings(location: Location, follow_up: FollowUp, file: YamlFile) -> None:
    """Each body once, in the order of the styrkedja, on days that do not go back; the papers are sent before NSV."""
    day: date | None = None
    rank = -1
    for index, meeting in enumerate(follow_up.meetings):
        here: Location = (*location, "moten", index)
        if BODIES.index(meeting.body) <= rank:
            what = f"{file.prefix(here)}{meeting.body} stands after {BODIES[rank]}"
            file.report((*here, "instans"), what, f"write each once, in the order {', '.join(BODIES)}")
        if day is not None and meeting.day < day:
            what = f"{file.prefix(here)}datum {meeting.day} lies before the meeting before it ({day})"
            file.report((*here, "datum"), what, "correct the day or the order")
        rank, day = max(rank, BODIES.index(meeting.body)), meeting.day
    if follow_up.board_day is None:
        return
    last = [meeting for meeting in follow_up.meetings if meeting.body != "NSV"][-1:]
    wrong = [meeting for meeting in follow_up.meetings if meeting.body == "NSV" and meeting.day != follow_up.board_day]
    if wrong or (last and last[0].day > follow_up.board_day):
        other = (wrong or last)[0]
        what = f"{file.prefix(location)}nsv_datum {follow_up.board_day} does not fit {other.body} {other.day}"
        file.report((*location, "nsv_datum"), what, "correct one of the days")
    if follow_up.sent is not None and follow_up.sent > follow_up.board_day:
        what = f"{file.prefix(location)}utskick {follow_up.sent} lies after nsv_datum {follow_up.board_day}"
        file.report((*location, "utskick"), what, "correct one of the days")


def _approved(location: Location, follow_up: FollowUp, file: YamlFile) -> None:
    """The sentences of a målområde are approved once."""
    seen: set[str] = set()
    for index, approved in enumerate(follow_up.approved):
        here: Location = (*location, "sammanfattning", index, "malomrade")
        if approved.goal_area in seen:
            file.report(here, f"{file.prefix(here)}{approved.goal_area} stands here a second time", "keep one of them")
        seen.add(approved.goal_area)


def _rectifications(location: Location, follow_up: FollowUp, file: YamlFile) -> None:
    # Not the day of the decision: that may be a meeting's to come, and a fault is rectified when it is seen.
    days = [follow_up.as_of.date() if follow_up.as_of else None, follow_up.decided]
    day = min((day for day in days if day), default=None)
    for index, rectification in enumerate(follow_up.rectifications):
        here: Location = (*location, "rattelser", index)
        if rectification.version != index + 2:
            file.report(
                (*here, "version"),
                f"{file.prefix(here)}version {rectification.version} follows {index + 1}",
                "write 2, 3 and so on",
            )
        if day is not None and rectification.day < day:
            what = (
                f"{file.prefix(here)}datum {rectification.day} lies before the version before it, or its as_of ({day})"
            )
            file.report((*here, "datum"), what, "correct the day")
        day = rectification.day
